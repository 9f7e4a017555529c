"""What an estimator of the dimension is to the rest: a row of `table.ESTIMATORS`."""

from collections.abc import Callable
from dataclasses import dataclass

from idcore.record import LayerGeometry
from idcore.spec import Reading

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Estimate:
    """One estimator on one layer. name: of the estimator. id, stderr: None where there is no number, with the reason in
    `note`. n: points used. note: what the error is, or why there is no number."""

    name: str
    id: float | None
    stderr: float | None
    n: int
    note: str


@dataclass(frozen=True)
class Estimator:
    """name: in the address and in tables. title: on pages. words: what it looks at and what it rests on, for a reader.
    formula: LaTeX. source: where it is from. needs: the fields of a `Reading` that change its number. function: the
    estimate on the distinct points of a layer that has numbers; raises PointsError."""

    name: str
    title: str
    words: str
    formula: str
    source: str
    needs: tuple[str, ...]
    function: Callable[[LayerGeometry, Reading], Estimate]


def noted(about: str, note: str) -> str:
    return f"{about.removesuffix('.')}. {note}" if note else about


def interval_words(interval: tuple[float, float]) -> str:
    return "95% interval {:.2f} to {:.2f}".format(*interval)


def neighbours(geometry: LayerGeometry, reading: Reading) -> int:
    """How many neighbours are taken: an even number, no more than the table has."""
    return min(reading.neighbours, geometry.neighbours.k) // 2 * 2
