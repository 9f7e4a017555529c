"""Every estimator, side by side on one layer. Another one is a file that ends with its `ESTIMATOR`, and a line here."""

from dataclasses import replace

from idcore.errors import PointsError
from idcore.estimators import abide, gride, levina_bickel, maximum_likelihood, ties, twonn
from idcore.estimators.estimator import Estimate, Estimator, noted
from idcore.record import LayerGeometry
from idcore.spec import USUAL, Reading

ESTIMATORS: tuple[Estimator, ...] = (
    twonn.ESTIMATOR,
    maximum_likelihood.ESTIMATOR,
    gride.ESTIMATOR,
    levina_bickel.ESTIMATOR,
    abide.ESTIMATOR,
)


def estimates(geometry: LayerGeometry, reading: Reading = USUAL) -> tuple[Estimate, ...]:
    """All estimators on the distinct points of a layer, in their order. Never raises for what the data are like."""
    estimated = []
    for estimator in ESTIMATORS:
        try:
            if geometry.note:
                raise PointsError(geometry.note)
            one = estimator.function(geometry, reading)
            assert one.id is not None and one.stderr is not None
            above = ties.within_columns(one.id, one.stderr, geometry.columns)
            estimated.append(one if above in one.note else replace(one, note=noted(one.note, above)))
        except PointsError as error:
            estimated.append(Estimate(estimator.name, None, None, 0, str(error)))
    return tuple(estimated)
