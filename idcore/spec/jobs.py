"""What a worker can be asked to do."""

from dataclasses import dataclass, field
from typing import Literal

from idcore.spec import checks
from idcore.spec.data import MAX_SEED, DataSpec
from idcore.spec.experiments import GeneraliseJob
from idcore.spec.inside_jobs import AttendJob, CloudsJob, ColumnJob, IdealJob, LookJob, UnitsJob
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
