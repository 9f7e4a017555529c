"""The vocabulary: frozen dataclasses that say what is measured, and the keys that name results.

A `Request` holds everything that can change a number and nothing that cannot: batch size, device, memory
budget, worker count and layer selection are not in it. Standard library only.
"""

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import Any, Literal

from idcore.errors import RequestError

ALGORITHM = 1
"""Version of the measurement; a change that moves any number by more than 1e-4 relative raises it."""

Regime = Literal["trained", "untrained", "shuffled"]
REGIMES: tuple[Regime, ...] = ("trained", "untrained", "shuffled")


def _check(ok: bool, sentence: str) -> None:
    if not ok:
        raise RequestError(sentence)


def _integer(name: str, value: Any, low: int, high: int) -> None:
    ok = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    _check(ok, f"{name} must be a whole number from {low} to {high}, not {value!r}.")


def _number(name: str, value: Any, low: float, high: float) -> None:
    ok = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and low <= value <= high
    )
    _check(ok, f"{name} must be a number from {low:g} to {high:g}, not {value!r}.")


MAX_SEED = 2**31 - 1
MAX_N = 100_000


@dataclass(frozen=True)
class DataSpec:
    """A data subset: `n` samples of `dataset`, drawn with `seed` from the chosen split and classes.

    classes: class indices to draw from, None for all. gradient: lambda of the paper's MNIST* (luminance
    x + xi, xi uniform in (0, lambda) per image, rescaled to [0, 1]); 0 is the plain data.
    """

    dataset: str = "mnist5k"
    split: Literal["train", "test", "all"] = "test"
    classes: tuple[int, ...] | None = None
    n: int = 1000
    seed: int = 0
    gradient: float = 0.0

    def __post_init__(self) -> None:
        _check(self.split in ("train", "test", "all"), f"The split must be train, test or all, not {self.split!r}.")
        _integer("N", self.n, 1, MAX_N)
        _integer("The data seed", self.seed, 0, MAX_SEED)
        _number("The luminance gradient lambda", self.gradient, 0.0, 1e6)
        object.__setattr__(self, "gradient", float(self.gradient))
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(sorted(set(self.classes))))
            _check(len(self.classes) > 0, "Choose at least one class.")
            for c in self.classes:
                _integer("A class", c, 0, 100_000)


@dataclass(frozen=True)
class Architecture:
    """A network without weights. width: units of each hidden layer, depth: number of hidden layers (mlp only)."""

    name: str = "cnn"
    width: int | None = None
    depth: int | None = None

    def __post_init__(self) -> None:
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
class Recipe:
    """Everything that determines trained weights: data, labels, optimiser, when to stop, seed.

    shuffled: fraction of the training labels that is permuted (0 = true labels, 1 = the paper's MNIST-dagger).
    Training stops after the first epoch whose train accuracy reaches `target`, or after `epochs`.
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

    def __post_init__(self) -> None:
        _number("The luminance gradient lambda", self.gradient, 0.0, 1e6)
        _number("The fraction of shuffled labels", self.shuffled, 0.0, 1.0)
        _check(self.optimiser in ("adam", "sgd"), f"The optimiser must be adam or sgd, not {self.optimiser!r}.")
        _number("The learning rate", self.learning_rate, 1e-8, 10.0)
        _integer("The batch size", self.batch_size, 1, 10_000)
        _integer("The number of epochs", self.epochs, 1, 10_000)
        _number("The target train accuracy", self.target, 0.0, 1.0)
        _integer("The training seed", self.seed, 0, MAX_SEED)
        for name in ("gradient", "shuffled", "learning_rate", "target"):
            object.__setattr__(self, name, float(getattr(self, name)))


@dataclass(frozen=True)
class NetworkSpec:
    """An architecture with weights: from a seed, or trained by a recipe."""

    architecture: Architecture = field(default_factory=Architecture)
    weights: Untrained | Recipe = field(default_factory=Recipe)

    @property
    def regime(self) -> Regime:
        if isinstance(self.weights, Untrained):
            return "untrained"
        return "shuffled" if self.weights.shuffled > 0 else "trained"


@dataclass(frozen=True)
class Request:
    """What is measured: everything that can change a number, nothing that cannot."""

    data: DataSpec = field(default_factory=DataSpec)
    network: NetworkSpec = field(default_factory=NetworkSpec)
    reduce: Literal["flatten", "mean", "cls"] = "flatten"
    algorithm: int = ALGORITHM

    def __post_init__(self) -> None:
        _check(self.reduce in ("flatten", "mean", "cls"), f"reduce must be flatten, mean or cls, not {self.reduce!r}.")


@dataclass(frozen=True)
class ProfileJob:
    """Measure the chosen layers of a request; weights that are missing are trained first."""

    request: Request
    layers: Literal["checkpoints", "all"] | tuple[str, ...] = "checkpoints"


@dataclass(frozen=True)
class TrainJob:
    """Train the network and keep its weights under its recipe."""

    network: NetworkSpec


@dataclass(frozen=True)
class EmbedJob:
    """UMAP of measured layers, each from its exact neighbour table, initialised from the layer before (chained)."""

    request: Request
    layers: tuple[str, ...]
    neighbours: int = 15
    min_dist: float = 0.1
    chained: bool = True
    seed: int = 0


Job = ProfileJob | TrainJob | EmbedJob

_TYPES = {
    t.__name__: t
    for t in (DataSpec, Architecture, Untrained, Recipe, NetworkSpec, Request, ProfileJob, TrainJob, EmbedJob)
}


def to_json(spec: Any) -> Any:
    """A spec as JSON values; each dataclass carries its type under "type"."""
    if dataclasses.is_dataclass(spec):
        fields = {f.name: to_json(getattr(spec, f.name)) for f in dataclasses.fields(spec)}
        return {"type": type(spec).__name__, **fields}
    return list(spec) if isinstance(spec, tuple) else spec


def from_json(value: Any) -> Any:
    """The inverse of `to_json`. Raises RequestError for an unknown type or field."""
    if isinstance(value, dict) and "type" in value:
        fields = {k: from_json(v) for k, v in value.items() if k != "type"}
        if value["type"] not in _TYPES:
            raise RequestError(f"Unknown kind of request: {value['type']!r}.")
        try:
            return _TYPES[value["type"]](**fields)
        except TypeError as error:
            raise RequestError(f"This request has a field that {value['type']} does not know: {error}.") from None
    return tuple(value) if isinstance(value, list) else value


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, no NaN; the same text on every machine."""
    return json.dumps(to_json(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def key(kind: str, *parts: Any) -> str:
    """Name of an entry of the store: sha256 (hex) of the canonical JSON of its kind and parts."""
    return hashlib.sha256(canonical([kind, *map(to_json, parts)]).encode()).hexdigest()


def layer_key(request: Request, layer: str) -> str:
    """Key of the `LayerGeometry` of one layer."""
    return key("layer", request, layer)


def run_key(request: Request) -> str:
    """Key of the run entry: the list of layers, the labels and predictions of the samples, the accuracies."""
    return key("run", request)


def weights_key(network: NetworkSpec) -> str:
    """Key of trained weights."""
    return key("weights", network)
