"""Two layers at once, where the library compares all of several."""

from idcore.estimators.cka import CKA, cka_matrix
from idcore.record import LayerGeometry


def cka_of(a: LayerGeometry, b: LayerGeometry, debiased: bool = True) -> CKA:
    """The CKA of one layer with another."""
    return cka_matrix([a], [b], debiased)[0][0]
