"""What a worker can be asked to do."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from idcore.spec import checks
from idcore.spec.data import MAX_SEED, DataSpec
from idcore.spec.request import ALGORITHM, Architecture, NetworkSpec, Recipe, Request


@dataclass(frozen=True)
class ProfileJob:
    """Measure the chosen layers of a request; weights that are missing are trained first."""

    request: Request
    layers: Literal["checkpoints", "all"] | tuple[str, ...] = "checkpoints"

    def __post_init__(self) -> None:
        checks.is_a("What is measured", self.request, Request)
        if isinstance(self.layers, str):
            checks.one_of("The choice of layers", self.layers, ("checkpoints", "all"))
        else:
            checks.layers(self.layers)


@dataclass(frozen=True)
class TrainJob:
    """Train the network and keep its weights under its recipe."""

    network: NetworkSpec

    def __post_init__(self) -> None:
        checks.is_a("What is trained", self.network, NetworkSpec)


@dataclass(frozen=True)
class WatchJob:
    """Train the network by its recipe, and after some of its epochs (`results.dynamics.is_measured`) measure its
    checkpoint layers on `data`."""

    network: NetworkSpec
    data: DataSpec = field(default_factory=lambda: DataSpec(n=500))
    algorithm: int = field(default=ALGORITHM, metadata={"always": True})

    def __post_init__(self) -> None:
        checks.is_a("What is trained", self.network, NetworkSpec)
        checks.is_a("A network that is watched while it learns", self.network.weights, Recipe)
        checks.is_a("What is measured", self.data, DataSpec)
        checks.integer("The version of the algorithm", self.algorithm, 1, 10**6)


@dataclass(frozen=True)
class EmbedJob:
    """UMAP of measured layers, each from its exact neighbour table, initialised from the layer before (chained)."""

    request: Request
    layers: tuple[str, ...]
    neighbours: int = 15
    min_dist: float = 0.1
    chained: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        checks.is_a("What is mapped", self.request, Request)
        checks.layers(self.layers)
        checks.integer("The number of neighbours", self.neighbours, 1, 1000)
        checks.number("min_dist", self.min_dist, 0.0, 1.0)
        checks.is_a("chained", self.chained, bool)
        checks.integer("The seed of a map", self.seed, 0, MAX_SEED)


@dataclass(frozen=True)
class ProbeJob:
    """Fit a linear probe to measured layers of a request: how well a straight cut reads the labels from each."""

    request: Request
    layers: tuple[str, ...]

    def __post_init__(self) -> None:
        checks.is_a("What is probed", self.request, Request)
        checks.layers(self.layers)


@dataclass(frozen=True)
class ReadJob:
    """Read what came from outside, check it, and keep what is needed of it.

    what: a zip of images by class (images), a file of texts (texts), matrices computed elsewhere (representations),
    weights of `architecture` (weights), or a data set of the catalogue or a folder under the data root (dataset). name:
    digest of the upload, or name of the data set. download: whether the data set may be fetched where it is not there.
    """

    what: Literal["images", "texts", "representations", "weights", "dataset"]
    name: str
    architecture: Architecture | None = None
    download: bool = False

    def __post_init__(self) -> None:
        checks.one_of("What is read", self.what, ("images", "texts", "representations", "weights", "dataset"))
        checks.is_a("The architecture", self.architecture, Architecture, type(None))
        checks.is_a("download", self.download, bool)
        checks.name("A data set", self.name) if self.what == "dataset" else checks.digest(self.name)


@dataclass(frozen=True)
class PlaceJob:
    """Find where uploaded pictures lie among the samples of a request, in measured layers. digest: of the upload."""

    request: Request
    layers: tuple[str, ...]
    digest: str

    def __post_init__(self) -> None:
        checks.is_a("Where pictures are placed", self.request, Request)
        checks.layers(self.layers)
        checks.digest(self.digest)


@dataclass(frozen=True)
class UnitsJob:
    """Count what the units of measured layers of a request detect."""

    request: Request
    layers: tuple[str, ...]

    def __post_init__(self) -> None:
        checks.is_a("Whose units are counted", self.request, Request)
        checks.layers(self.layers)


MOST_PIECES = 6


@dataclass(frozen=True)
class SegmentJob:
    """Part measured layers of a request into pieces of different dimension (Hidalgo), as many up to `most` as have the
    highest likelihood."""

    request: Request
    layers: tuple[str, ...]
    most: int = 4

    def __post_init__(self) -> None:
        checks.is_a("What is parted", self.request, Request)
        checks.layers(self.layers)
        checks.integer("The number of pieces", self.most, 1, MOST_PIECES)


@dataclass(frozen=True)
class RedundancyJob:
    """Take random chunks of the units of the last hidden layer of a measured request, `draws` of each size."""

    request: Request
    draws: int = 40

    def __post_init__(self) -> None:
        checks.is_a("Whose chunks are taken", self.request, Request)
        checks.integer("The number of draws", self.draws, 1, 1000)


MOST_CLOUDS, FEWEST_TOKENS = 64, 32
"""Sequences whose tokens are a cloud each; tokens that a cloud has at least."""


@dataclass(frozen=True)
class CloudsJob:
    """Measure the tokens of single sequences of a measured request, a cloud each: the first `sequences` that are long
    enough."""

    request: Request
    sequences: int = 32

    def __post_init__(self) -> None:
        checks.is_a("Whose tokens are measured", self.request, Request)
        checks.integer("The number of sequences", self.sequences, 1, MOST_CLOUDS)


@dataclass(frozen=True)
class AttendJob:
    """Keep the attention weights of one sequence of a measured request, by layer and head. sequence: its place among
    the samples."""

    request: Request
    sequence: int = 0

    def __post_init__(self) -> None:
        checks.is_a("Whose attention is kept", self.request, Request)
        checks.integer("The sequence", self.sequence, 0, 10**9)


MOST_UNITS = 64


@dataclass(frozen=True)
class IdealJob:
    """Seek the ideal inputs of units of one layer. units: as `UnitsJob` counts them. natural: 0 (free) to 1 (held to
    what images are like)."""

    request: Request
    layer: str
    units: tuple[int, ...]
    natural: float = 0.1
    steps: int = 160
    seed: int = 0

    def __post_init__(self) -> None:
        checks.is_a("Whose ideal inputs are sought", self.request, Request)
        checks.layers((self.layer,))
        _check_units(self.units, "Ideal inputs are sought")
        checks.number("natural", self.natural, 0.0, 1.0)
        checks.integer("The number of steps", self.steps, 1, 10_000)
        checks.integer("The seed of an ideal input", self.seed, 0, MAX_SEED)
        object.__setattr__(self, "natural", float(self.natural))


@dataclass(frozen=True)
class ColumnJob:
    """Keep the values of units of one layer on all samples. units: as `UnitsJob` counts them."""

    request: Request
    layer: str
    units: tuple[int, ...]

    def __post_init__(self) -> None:
        checks.is_a("Whose values are kept", self.request, Request)
        checks.layers((self.layer,))
        _check_units(self.units, "Values are kept")


def _check_units(units: tuple[int, ...], what: str) -> None:
    checks.is_a("The units", units, tuple)
    checks.check(0 < len(units) <= MOST_UNITS, f"{what} of 1 to {MOST_UNITS} units at once, not of {len(units)}.")
    for unit in units:
        checks.integer("A unit", unit, 0, 10**9)


Experiment = Literal["features", "widths", "lazy"]
EXPERIMENTS: tuple[Experiment, ...] = get_args(Experiment)
Loss = Literal["squared", "cross entropy"]
LOSSES: tuple[Loss, ...] = get_args(Loss)
DISJOINT = 4
"""Sets of digits that have none in common: what a network makes of each differs by its variance."""
FEWEST_LEARNED, MOST_LEARNED = 50, 1000
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 4.0, 8.0)
_WIDTHS = (2, 4, 6, 8, 10, 14, 20, 32, 64, 128, 256)
_ALPHAS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_SIZES: dict[str, tuple[str, float, float]] = {
    "features": ("A number of random features", 2, 20_000),
    "widths": ("A width", 1, 1024),
    "lazy": ("A scale alpha", 0.1, 10_000.0),
}
MOST_SIZES = 40


@dataclass(frozen=True)
class GeneraliseJob:
    """An experiment on networks with more weights than samples, on the digits of mnist5k.

    experiment: random features in closed form (features), networks of one hidden layer that are trained (widths), or
    one whose output is scaled (lazy). n: digits that each learns from. noise: share of their labels that is permuted.
    loss: of the widths. sizes: numbers of features, widths or scales alpha, kept rising; () for the usual ones.
    """

    experiment: Experiment
    n: int = MOST_LEARNED
    noise: float = 0.0
    seed: int = 0
    loss: Loss = "squared"
    sizes: tuple[float, ...] = ()
    algorithm: int = field(default=ALGORITHM, metadata={"always": True})

    def __post_init__(self) -> None:
        checks.one_of("The experiment", self.experiment, EXPERIMENTS)
        whole = isinstance(self.n, int) and not isinstance(self.n, bool)
        checks.check(
            whole and FEWEST_LEARNED <= self.n <= MOST_LEARNED,
            f"n must be a whole number from {FEWEST_LEARNED} to {MOST_LEARNED}, not {checks.shown(self.n)}: {DISJOINT} "
            f"sets of n that have none in common are drawn from the {DISJOINT * MOST_LEARNED:,} training digits of "
            "mnist5k. Choose an n within them.",
        )
        checks.number("The label noise", self.noise, 0.0, 1.0)
        checks.integer("The seed", self.seed, 0, MAX_SEED)
        checks.one_of("The loss", self.loss, LOSSES)
        checks.integer("The version of the algorithm", self.algorithm, 1, 10**6)
        object.__setattr__(self, "noise", float(self.noise))
        self._check_experiment()
        self._check_sizes()

    def _check_experiment(self) -> None:
        checks.check(
            self.experiment != "lazy" or self.noise == 0,
            f"Lazy and rich training is compared on true labels: leave the label noise at 0, not {self.noise:g}.",
        )
        checks.check(
            self.experiment == "widths" or self.loss == LOSSES[0],
            f"The loss is chosen where widths are trained; {self.experiment} has the squared error. Leave it out.",
        )

    def _check_sizes(self) -> None:
        name, low, high = _SIZES[self.experiment]
        checks.is_a("The sizes", self.sizes, tuple)
        checks.check(
            len(self.sizes) <= MOST_SIZES, f"At most {MOST_SIZES} sizes are tried at once, not {len(self.sizes)}."
        )
        whole = self.experiment != "lazy"
        for size in self.sizes:
            if whole:
                checks.integer(name, size, int(low), int(high))
            else:
                checks.number(name, size, low, high)
        chosen = tuple(sorted({size if whole else float(size) for size in self.sizes}))
        object.__setattr__(self, "sizes", () if chosen == self._usual else chosen)

    @property
    def _usual(self) -> tuple[float, ...]:
        if self.experiment == "features":
            return tuple(sorted({max(2, round(share * self.n)) for share in _SHARES}))
        return _WIDTHS if self.experiment == "widths" else _ALPHAS

    @property
    def tried(self) -> tuple[float, ...]:
        """The sizes that are tried, rising."""
        return self.sizes or self._usual


@dataclass(frozen=True)
class LookJob:
    """See where the network of a request looks on one image.

    sample: its place among the samples; among the uploaded pictures where there is a digest. target: the output that is
    explained, None for the largest. digest: of the upload, "" for none.
    """

    request: Request
    sample: int = 0
    target: int | None = None
    digest: str = ""

    def __post_init__(self) -> None:
        checks.is_a("Where it looks", self.request, Request)
        checks.integer("The sample", self.sample, 0, 10**9)
        if self.target is not None:
            checks.integer("The output that is explained", self.target, 0, 10**9)
        if self.digest:
            checks.digest(self.digest)


Job = (
    ProfileJob
    | TrainJob
    | WatchJob
    | EmbedJob
    | ProbeJob
    | ReadJob
    | PlaceJob
    | UnitsJob
    | IdealJob
    | ColumnJob
    | SegmentJob
    | RedundancyJob
    | CloudsJob
    | AttendJob
    | GeneraliseJob
    | LookJob
)
