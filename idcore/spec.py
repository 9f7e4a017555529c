"""The vocabulary: frozen dataclasses that say what is measured, and the keys that name results.

A `Request` holds everything that can change a number and nothing that cannot: batch size, device, memory
budget, worker count and layer selection are not in it. Standard library only.
"""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from idcore.errors import RequestError

ALGORITHM = 1
"""Version of the measurement; a change that moves any number by more than 1e-4 relative raises it."""

Regime = Literal["pretrained", "trained", "untrained", "shuffled", "elsewhere"]
REGIMES: tuple[Regime, ...] = ("pretrained", "trained", "untrained", "shuffled")
"""What was done to the weights. `elsewhere` stands beside them: representations that came without a network."""

UPLOAD = "upload-"
"""What the names of uploaded data sets begin with; the digest of the upload follows."""
FOLDER = "folder-"
"""What the names of folders under the data root begin with."""


def _check(ok: bool, sentence: str) -> None:
    if not ok:
        raise RequestError(sentence)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of more digits than Python prints
        return "this"
    return text if len(text) <= 80 else f"{text[:79]}…"


def _one_of(name: str, value: Any, known: tuple[str, ...]) -> None:
    _check(value in known, f"{name} must be one of {', '.join(known)}, not {_shown(value)}.")


def _is(name: str, value: Any, *kinds: type) -> None:
    what = " or ".join(kind.__name__ for kind in kinds)
    _check(isinstance(value, kinds), f"{name} must be of the kind {what}, not {_shown(value)}.")


def _integer(name: str, value: Any, low: int, high: int) -> None:
    ok = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    _check(ok, f"{name} must be a whole number from {low} to {high}, not {_shown(value)}.")


def _number(name: str, value: Any, low: float, high: float) -> None:
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
    _check(ok, f"{name} must be a number from {low:g} to {high:g}, not {_shown(value)}.")


def _name(what: str, value: Any) -> None:
    _check(isinstance(value, str) and 0 < len(value) <= MAX_NAME, f"{what} has a name of 1 to {MAX_NAME} characters.")


def _layers(value: Any) -> None:
    _is("The choice of layers", value, tuple)
    for name in value:
        _check(isinstance(name, str), f"A layer is chosen by its name, not by {_shown(name)}.")


def _size(value: Any) -> None:
    if value is not None:
        _integer("The size of the images", value, 1, 1024)


def _digest(value: Any) -> None:
    ok = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    _check(ok, "A file is named by its sha256: 64 hexadecimal digits.")


MAX_SEED = 2**31 - 1
MAX_N = 100_000
MAX_NAME = 200
NORMALISE = ("usual", "imagenet", "none")
PIXELS = ("plain", "permuted", "noise")


@dataclass(frozen=True)
class DataSpec:
    """A data subset: `n` samples of `dataset`, drawn with `seed` from the chosen split and classes.

    dataset: a name of the catalogue, `upload-<digest>` or `folder-<name>`. classes: class indices to draw from, None
    for all. gradient: lambda of the paper's MNIST* (luminance x + xi, xi uniform in (0, lambda) per image, rescaled to
    [0, 1]); 0 is the plain data. noise: standard deviation of Gaussian noise that is added to pixels in [0, 1]. pixels:
    as they are (plain), in one random order for all images (permuted), or replaced by Gaussian noise of the same mean
    and spread (noise).
    """

    dataset: str = "mnist5k"
    split: Literal["train", "test", "all"] = "test"
    classes: tuple[int, ...] | None = None
    n: int = 1000
    seed: int = 0
    gradient: float = 0.0
    noise: float = 0.0
    pixels: Literal["plain", "permuted", "noise"] = "plain"

    def __post_init__(self) -> None:
        _name("A data set", self.dataset)
        _one_of("The split", self.split, ("train", "test", "all"))
        _integer("N", self.n, 1, MAX_N)
        _integer("The data seed", self.seed, 0, MAX_SEED)
        _number("The luminance gradient lambda", self.gradient, 0.0, 1e6)
        _number("The noise", self.noise, 0.0, 10.0)
        _one_of("The pixels", self.pixels, PIXELS)
        for name in ("gradient", "noise"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.classes is not None:
            _is("The choice of classes", self.classes, tuple, list)
            _check(len(self.classes) > 0, "Choose at least one class.")
            for c in self.classes:
                _integer("A class", c, 0, 100_000)
            object.__setattr__(self, "classes", tuple(sorted(set(self.classes))))


@dataclass(frozen=True)
class Architecture:
    """A network without weights. name: of the catalogue, or `timm:NAME` or `hf:NAME` of an installed library.
    width: units of each hidden layer, depth: number of hidden layers (mlp only)."""

    name: str = "cnn"
    width: int | None = None
    depth: int | None = None

    def __post_init__(self) -> None:
        _name("A network", self.name)
        if self.name == "mlp":
            object.__setattr__(self, "width", 256 if self.width is None else self.width)
            object.__setattr__(self, "depth", 3 if self.depth is None else self.depth)
            _integer("The width of the mlp", self.width, 2, 4096)
            _integer("The depth of the mlp", self.depth, 1, 20)
        else:
            _check(
                self.width is None and self.depth is None,
                f"Width and depth can be chosen for the mlp only, not for {self.name!r}.",
            )


@dataclass(frozen=True)
class Untrained:
    """Weights as PyTorch initialises them, from a seed."""

    seed: int = 0

    def __post_init__(self) -> None:
        _integer("The seed of the weights", self.seed, 0, MAX_SEED)


@dataclass(frozen=True)
class Pretrained:
    """Weights that the network's library offers. entry: their name there, DEFAULT for the ones it recommends."""

    entry: str = "DEFAULT"

    def __post_init__(self) -> None:
        _name("An entry of pretrained weights", self.entry)


@dataclass(frozen=True)
class FromFile:
    """A person's own weights. digest: sha256 of the file that was read."""

    digest: str

    def __post_init__(self) -> None:
        _digest(self.digest)


@dataclass(frozen=True)
class Representations:
    """No network: the layers are the matrices of the (uploaded) data set, computed elsewhere."""


@dataclass(frozen=True)
class Recipe:
    """Everything that determines trained weights: data, labels, optimiser, when to stop, seed.

    shuffled: fraction of the training labels that is permuted (0 = true labels, 1 = the paper's MNIST-dagger).
    Training stops after the first epoch whose train accuracy reaches `target`, or after `epochs`.
    size: height and width of the images, None for those they have (or the network needs).
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

    def __post_init__(self) -> None:
        _name("A data set", self.dataset)
        _size(self.size)
        _number("The luminance gradient lambda", self.gradient, 0.0, 1e6)
        _number("The fraction of shuffled labels", self.shuffled, 0.0, 1.0)
        _one_of("The optimiser", self.optimiser, ("adam", "sgd"))
        _number("The learning rate", self.learning_rate, 1e-8, 10.0)
        _integer("The batch size", self.batch_size, 1, 10_000)
        _integer("The number of epochs", self.epochs, 1, 10_000)
        _number("The target train accuracy", self.target, 0.0, 1.0)
        _integer("The training seed", self.seed, 0, MAX_SEED)
        for name in ("gradient", "shuffled", "learning_rate", "target"):
            object.__setattr__(self, name, float(getattr(self, name)))


@dataclass(frozen=True)
class NetworkSpec:
    """An architecture with weights: from a seed, trained by a recipe, pretrained, or from a file."""

    architecture: Architecture = field(default_factory=Architecture)
    weights: Untrained | Recipe | Pretrained | FromFile | Representations = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        _is("The architecture of a network", self.architecture, Architecture)
        _is("The weights of a network", self.weights, Untrained, Recipe, Pretrained, FromFile, Representations)

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
    reduce: Literal["flatten", "mean", "cls"] = "flatten"
    size: int | None = None
    normalise: Literal["usual", "imagenet", "none"] = "usual"
    algorithm: int = field(default=ALGORITHM, metadata={"always": True})  # a default that changes

    def __post_init__(self) -> None:
        _is("The data of a request", self.data, DataSpec)
        _is("The network of a request", self.network, NetworkSpec)
        _size(self.size)
        _one_of("normalise", self.normalise, NORMALISE)
        _one_of("reduce", self.reduce, ("flatten", "mean", "cls"))
        _integer("The version of the algorithm", self.algorithm, 1, 10**6)


@dataclass(frozen=True)
class ProfileJob:
    """Measure the chosen layers of a request; weights that are missing are trained first."""

    request: Request
    layers: Literal["checkpoints", "all"] | tuple[str, ...] = "checkpoints"

    def __post_init__(self) -> None:
        _is("What is measured", self.request, Request)
        if isinstance(self.layers, str):
            _one_of("The choice of layers", self.layers, ("checkpoints", "all"))
        else:
            _layers(self.layers)


@dataclass(frozen=True)
class TrainJob:
    """Train the network and keep its weights under its recipe."""

    network: NetworkSpec

    def __post_init__(self) -> None:
        _is("What is trained", self.network, NetworkSpec)


@dataclass(frozen=True)
class WatchJob:
    """Train the network by its recipe, and after some of its epochs (`watched.is_measured`) measure its checkpoint
    layers on `data`."""

    network: NetworkSpec
    data: DataSpec = field(default_factory=lambda: DataSpec(n=500))

    def __post_init__(self) -> None:
        _is("What is trained", self.network, NetworkSpec)
        _is("A network that is watched while it learns", self.network.weights, Recipe)
        _is("What is measured", self.data, DataSpec)


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
        _is("What is mapped", self.request, Request)
        _layers(self.layers)
        _integer("The number of neighbours", self.neighbours, 1, 1000)
        _number("min_dist", self.min_dist, 0.0, 1.0)
        _is("chained", self.chained, bool)
        _integer("The seed of a map", self.seed, 0, MAX_SEED)


@dataclass(frozen=True)
class ProbeJob:
    """Fit a linear probe to measured layers of a request: how well a straight cut reads the labels from each."""

    request: Request
    layers: tuple[str, ...]

    def __post_init__(self) -> None:
        _is("What is probed", self.request, Request)
        _layers(self.layers)


@dataclass(frozen=True)
class ReadJob:
    """Read what came from outside, check it, and keep what is needed of it.

    what: a zip of images by class (images), matrices computed elsewhere (representations), weights of `architecture`
    (weights), or a data set of the catalogue or a folder under the data root (dataset). name: digest of the upload, or
    name of the data set. download: whether the data set may be fetched where it is not there.
    """

    what: Literal["images", "representations", "weights", "dataset"]
    name: str
    architecture: Architecture | None = None
    download: bool = False

    def __post_init__(self) -> None:
        _one_of("What is read", self.what, ("images", "representations", "weights", "dataset"))
        _is("The architecture", self.architecture, Architecture, type(None))
        _is("download", self.download, bool)
        _name("A data set", self.name) if self.what == "dataset" else _digest(self.name)


@dataclass(frozen=True)
class PlaceJob:
    """Find where uploaded pictures lie among the samples of a request, in measured layers. digest: of the upload."""

    request: Request
    layers: tuple[str, ...]
    digest: str

    def __post_init__(self) -> None:
        _is("Where pictures are placed", self.request, Request)
        _layers(self.layers)
        _digest(self.digest)


Job = ProfileJob | TrainJob | WatchJob | EmbedJob | ProbeJob | ReadJob | PlaceJob

_TYPES: dict[str, Any] = {
    t.__name__: t
    for t in (
        *(DataSpec, Architecture, Untrained, Pretrained, FromFile, Representations, Recipe, NetworkSpec, Request),
        *(ProfileJob, TrainJob, WatchJob, EmbedJob, ProbeJob, ReadJob, PlaceJob),
    )
}


def to_json(spec: Any) -> Any:
    """A spec as JSON values; each dataclass carries its type under "type"."""
    if dataclasses.is_dataclass(spec):
        fields = {f.name: to_json(getattr(spec, f.name)) for f in dataclasses.fields(spec)}
        return {"type": type(spec).__name__, **fields}
    return list(spec) if isinstance(spec, tuple) else spec


def from_json(value: Any, _depth: int = 0) -> Any:
    """The inverse of `to_json`. Raises RequestError for an unknown type or field, or a value that cannot be."""
    _check(_depth < 10, "This request is nested more deeply than any can be.")
    if isinstance(value, dict) and "type" in value:
        kind = _TYPES.get(value["type"]) if isinstance(value["type"], str) else None
        _check(kind is not None, f"Unknown kind of request: {_shown(value['type'])}.")
        known = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
        for name in value:
            _check(name == "type" or name in known, f"{value['type']} has no field {_shown(name)}.")
        for name, f in known.items():
            _check(
                name in value or _default(f) is not dataclasses.MISSING, f"{value['type']} needs the field {name!r}."
            )
        return kind(**{k: from_json(v, _depth + 1) for k, v in value.items() if k != "type"})  # type: ignore[misc]
    return tuple(value) if isinstance(value, list) else value


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, no NaN; the same text on every machine. Fields at their default are left
    out, so that a field added later leaves the keys as they were: a default is for ever."""
    return json.dumps(_essence(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _essence(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        parts = {
            f.name: _essence(part)
            for f in dataclasses.fields(value)
            if (part := getattr(value, f.name)) != _default(f) or "always" in f.metadata
        }
        return {"type": type(value).__name__, **parts}
    if isinstance(value, (tuple, list)):
        return [_essence(part) for part in value]
    return value


def _default(f: "dataclasses.Field[Any]") -> Any:
    return f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default


def key(kind: str, *parts: Any) -> str:
    """Name of an entry of the store: sha256 (hex) of the canonical JSON of its kind and parts."""
    return hashlib.sha256(canonical([kind, *parts]).encode()).hexdigest()


def layer_key(request: Request, layer: str) -> str:
    """Key of the `LayerGeometry` of one layer."""
    return key("layer", request, layer)


def run_key(request: Request) -> str:
    """Key of the run entry: the list of layers, the labels and predictions of the samples, the accuracies."""
    return key("run", request)


def weights_key(network: NetworkSpec) -> str:
    """Key of trained weights."""
    return key("weights", network)


def training_key(network: NetworkSpec) -> str:
    """Key of a training that has not ended."""
    return key("training", network)
