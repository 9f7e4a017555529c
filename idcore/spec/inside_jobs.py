"""What a worker can be asked to do within one layer: its units, where the network looks, the tokens of a sequence."""

from dataclasses import dataclass

from idcore.spec import checks
from idcore.spec.data import MAX_SEED
from idcore.spec.request import Request


@dataclass(frozen=True)
class UnitsJob:
    """Count what the units of measured layers of a request detect."""

    request: Request
    layers: tuple[str, ...]

    def __post_init__(self) -> None:
        checks.is_a("Whose units are counted", self.request, Request)
        checks.layers(self.layers)


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
