"""The protocol of the paper's hunchback figure: an ID for each class by itself, then mean and spread over the classes
(Ansuini et al. 2019, figure 3). Numpy only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from idcore.errors import RequestError
from idcore.estimators.summary import LayerSummary
from idcore.spec import Request


@dataclass(frozen=True)
class ClassSpread:
    """A layer over its classes. by_class: TwoNN ID of each class, None where there is none. mean: of those there are;
    deviation: their standard deviation (ddof 1), None for fewer than two. n: samples of each class. classes: how many
    classes have an ID."""

    layer: str
    order: int
    depth: float
    units: int
    n: int
    classes: int
    mean: float | None
    deviation: float | None
    by_class: dict[int, float | None]


def by_class(request: Request, classes: Sequence[int], n: int) -> list[Request]:
    """The same request for `n` samples of each class alone. Raises RequestError where there are no classes."""
    if not classes:
        raise RequestError("The protocol per class needs at least one class.")
    return [replace(request, data=replace(request.data, classes=(c,), n=n)) for c in classes]


def mean_and_spread(rows: Mapping[int, Sequence[LayerSummary]]) -> tuple[ClassSpread, ...]:
    """Mean and standard deviation over the classes, layer by layer, in call order.

    rows: of each class; a class whose layer is missing, or has no ID, counts for the other layers only. Raises
    RequestError where a layer was measured on different numbers of samples.
    """
    by_layer: dict[str, dict[int, LayerSummary]] = {}
    for c, layers in rows.items():
        for row in layers:
            by_layer.setdefault(row.layer, {})[c] = row
    return tuple(sorted((_spread(layer, of) for layer, of in by_layer.items()), key=lambda one: one.order))


def _spread(layer: str, of: Mapping[int, LayerSummary]) -> ClassSpread:
    first = next(iter(of.values()))
    if {row.n for row in of.values()} != {first.n}:
        counts = ", ".join(str(row.n) for row in of.values())
        raise RequestError(f"The classes of {layer} have {counts} samples. Measure the same number of each.")
    by_class = {c: row.id for c, row in of.items()}
    ids = np.array([value for value in by_class.values() if value is not None])
    return ClassSpread(
        layer=layer,
        order=first.order,
        depth=first.depth,
        units=first.units,
        n=first.n,
        classes=len(ids),
        mean=float(ids.mean()) if len(ids) else None,
        deviation=float(ids.std(ddof=1)) if len(ids) > 1 else None,
        by_class=by_class,
    )
