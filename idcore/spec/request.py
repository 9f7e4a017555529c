"""What is measured: a request, of a data subset and a network with its weights."""

from dataclasses import dataclass, field
from typing import Literal

from idcore.spec import checks
from idcore.spec.data import MAX_SEED, DataSpec

ALGORITHM = 2
"""Version of the measurement; a change that moves any number by more than 1e-4 relative raises it."""

Regime = Literal["pretrained", "trained", "untrained", "shuffled", "elsewhere"]
REGIMES: tuple[Regime, ...] = ("pretrained", "trained", "untrained", "shuffled")
"""What was done to the weights. `elsewhere` stands beside them: representations that came without a network."""

UPLOAD = "upload-"
"""What the names of uploaded data sets begin with; the digest of the upload follows."""
FOLDER = "folder-"
"""What the names of folders under the data root begin with."""
FACTORY = "factory:"
"""What the names of networks begin with that a person's own function made: their code is not here."""

OF_IMAGES = ("flatten", "mean", "cls")
REDUCTIONS = (*OF_IMAGES, "last")
"""How an output with positions becomes a row: all of it, its mean, the class token, or (of texts) the last token."""
NORMALISE = ("usual", "imagenet", "none")


@dataclass(frozen=True)
class Architecture:
    """A network without weights. name: of the catalogue, or of an installed library: `timm:NAME`, `hf:OWNER/NAME`, or
    `hf:folder-NAME` for a folder under the data root; `factory:NAME`, as its owner calls what a function made.
    width: units of each hidden layer, depth: number of hidden layers (mlp only)."""

    name: str = "cnn"
    width: int | None = None
    depth: int | None = None

    def __post_init__(self) -> None:
        checks.network(self.name)
        if self.name == "mlp":
            object.__setattr__(self, "width", 256 if self.width is None else self.width)
            object.__setattr__(self, "depth", 3 if self.depth is None else self.depth)
            checks.integer("The width of the mlp", self.width, 2, 4096)
            checks.integer("The depth of the mlp", self.depth, 1, 20)
        else:
            checks.check(
                self.width is None and self.depth is None,
                f"Width and depth can be chosen for the mlp only, not for {self.name!r}.",
            )


@dataclass(frozen=True)
class Untrained:
    """Weights as PyTorch initialises them, from a seed."""

    seed: int = 0

    def __post_init__(self) -> None:
        checks.integer("The seed of the weights", self.seed, 0, MAX_SEED)


@dataclass(frozen=True)
class Pretrained:
    """Weights that the network's library offers. entry: their name there, DEFAULT for the ones it recommends."""

    entry: str = "DEFAULT"

    def __post_init__(self) -> None:
        checks.name("An entry of pretrained weights", self.entry)


@dataclass(frozen=True)
class FromFile:
    """A person's own weights. digest: sha256 of the file that was read, or of all that a factory's network is."""

    digest: str

    def __post_init__(self) -> None:
        checks.digest(self.digest)


@dataclass(frozen=True)
class Representations:
    """No network: the layers are the matrices of the (uploaded) data set, computed elsewhere."""


@dataclass(frozen=True)
class Recipe:
    """Everything that determines trained weights: data, labels, optimiser, when to stop, seed.

    shuffled: fraction of the training labels that is permuted (0 = true labels, 1 = the paper's MNIST-dagger).
    Training stops after the first epoch whose train accuracy reaches `target`, or after `epochs`.
    size: height and width of the images, None for those they have (or the network needs).
    warmup: epochs over which the luminance gradient grows geometrically from 1 to `gradient`; 0: it is there from the
    first on, and a network does not learn digits that are some 100 times fainter.
    """

    dataset: str = "mnist5k"
    gradient: float = 0.0
    shuffled: float = 0.0
    optimiser: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 1e-3
    batch_size: int = 64
    epochs: int = 200
    target: float = 1.0
    seed: int = 0
    size: int | None = None
    warmup: int = 0

    def __post_init__(self) -> None:
        checks.name("A data set", self.dataset)
        checks.size(self.size)
        checks.number("The luminance gradient lambda", self.gradient, 0.0, 1e6)
        checks.number("The fraction of shuffled labels", self.shuffled, 0.0, 1.0)
        checks.one_of("The optimiser", self.optimiser, ("adam", "sgd"))
        checks.number("The learning rate", self.learning_rate, 1e-8, 10.0)
        checks.integer("The batch size", self.batch_size, 1, 10_000)
        checks.integer("The number of epochs", self.epochs, 1, 10_000)
        checks.integer("The warm-up", self.warmup, 0, self.epochs - 1)
        checks.check(
            self.warmup == 0 or self.gradient > 1,
            f"In a warm-up the luminance gradient lambda grows from 1: it must be above that, not {self.gradient:g}.",
        )
        checks.number("The target train accuracy", self.target, 0.0, 1.0)
        checks.integer("The training seed", self.seed, 0, MAX_SEED)
        for name in ("gradient", "shuffled", "learning_rate", "target"):
            object.__setattr__(self, name, float(getattr(self, name)))


LIT = Recipe(gradient=1000.0, warmup=40, epochs=130)
"""MNIST* of the paper (section 3.5): the luminance gradient, which grows since nothing is learned with all of it."""


@dataclass(frozen=True)
class NetworkSpec:
    """An architecture with weights: from a seed, trained by a recipe, pretrained, or from a file."""

    architecture: Architecture = field(default_factory=Architecture)
    weights: Untrained | Recipe | Pretrained | FromFile | Representations = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        checks.is_a("The architecture of a network", self.architecture, Architecture)
        checks.is_a("The weights of a network", self.weights, Untrained, Recipe, Pretrained, FromFile, Representations)
        checks.check(
            isinstance(self.weights, FromFile) or not self.architecture.name.startswith(FACTORY),
            f"{self.architecture.name} is a network of somebody's own code, with the weights that it was measured "
            "with: name them by their digest.",
        )

    @property
    def is_here(self) -> bool:
        """Whether samples can be shown to it here: representations came without a network, and the code of a factory
        stays with its owner."""
        return not isinstance(self.weights, Representations) and not self.architecture.name.startswith(FACTORY)

    @property
    def regime(self) -> Regime:
        match self.weights:
            case Untrained():
                return "untrained"
            case Recipe(shuffled=shuffled):
                return "shuffled" if shuffled > 0 else "trained"
            case Representations():
                return "elsewhere"
        return "pretrained"

    @property
    def told(self) -> str:
        """The regime where numbers leave: "given" of weights that were handed in, for what was done to them is not
        known."""
        return "given" if isinstance(self.weights, FromFile) else self.regime


ELSEWHERE = NetworkSpec(Architecture("none"), Representations())
"""In place of a network, for representations computed elsewhere."""


@dataclass(frozen=True)
class Request:
    """What is measured: everything that can change a number, nothing that cannot.

    size: height and width of the images as the network sees them, None for what is usual for the network and the data.
    normalise: the channels' mean and deviation that are usual for the network, those of ImageNet, or none.
    """

    data: DataSpec = field(default_factory=DataSpec)
    network: NetworkSpec = field(default_factory=NetworkSpec)
    reduce: Literal["flatten", "mean", "cls", "last"] = "flatten"
    size: int | None = None
    normalise: Literal["usual", "imagenet", "none"] = "usual"
    algorithm: int = field(default=ALGORITHM, metadata={"always": True})  # a default that changes

    def __post_init__(self) -> None:
        checks.is_a("The data of a request", self.data, DataSpec)
        checks.is_a("The network of a request", self.network, NetworkSpec)
        checks.size(self.size)
        checks.one_of("normalise", self.normalise, NORMALISE)
        checks.one_of("reduce", self.reduce, REDUCTIONS)
        checks.integer("The version of the algorithm", self.algorithm, 1, 10**6)
