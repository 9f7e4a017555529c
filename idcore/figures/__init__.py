"""Records to figures: pure functions that return a `plotly.graph_objects.Figure`, usable in a notebook. Those of
`__all__` are public; `idcore.save_figure` writes what they give."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idcore.figures.cloud import cloud_figure
    from idcore.figures.curve import id_curve
    from idcore.figures.fit import fit_figure
    from idcore.figures.overlap import cka_figure
    from idcore.figures.spectrum import spectrum_figure

_HOME = {
    "cka_figure": "overlap",
    "cloud_figure": "cloud",
    "fit_figure": "fit",
    "id_curve": "curve",
    "spectrum_figure": "spectrum",
}

__all__ = ["cka_figure", "cloud_figure", "fit_figure", "id_curve", "spectrum_figure"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'idcore.figures' has no attribute {name!r}")
    return getattr(import_module(f"idcore.figures.{_HOME[name]}"), name)
