"""Layerscope's library: the geometry of neural-network layers.

The public names are loaded when they are first used, so that `import idcore` costs nothing and a process that only
reads results (a page, a notebook) never imports torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idcore.api import Profile, neighbours, pca, profile, run, twonn
    from idcore.errors import LayerscopeError
    from idcore.estimators.spectrum import Spectrum
    from idcore.estimators.twonn import TwoNN
    from idcore.estimators.units import Units, units
    from idcore.inside.attention import attention
    from idcore.inside.ideal import Ideal, ideal_input
    from idcore.record import LayerGeometry, Neighbours
    from idcore.spec import (
        Architecture,
        DataSpec,
        FromFile,
        NetworkSpec,
        Pretrained,
        Recipe,
        Representations,
        Request,
        Untrained,
    )

__version__ = "0.1.0"

_HOME = {
    "api": ("Profile", "neighbours", "pca", "profile", "run", "twonn"),
    "errors": ("LayerscopeError",),
    "estimators.spectrum": ("Spectrum",),
    "estimators.twonn": ("TwoNN",),
    "estimators.units": ("Units", "units"),
    "inside.attention": ("attention",),
    "inside.ideal": ("Ideal", "ideal_input"),
    "record": ("LayerGeometry", "Neighbours"),
    "spec": (
        *("Architecture", "DataSpec", "NetworkSpec", "Request"),
        *("FromFile", "Pretrained", "Recipe", "Representations", "Untrained"),
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Architecture",
    "DataSpec",
    "FromFile",
    "Ideal",
    "LayerGeometry",
    "LayerscopeError",
    "Neighbours",
    "NetworkSpec",
    "Pretrained",
    "Profile",
    "Recipe",
    "Representations",
    "Request",
    "Spectrum",
    "TwoNN",
    "Units",
    "Untrained",
    "attention",
    "ideal_input",
    "neighbours",
    "pca",
    "profile",
    "run",
    "twonn",
    "units",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'idcore' has no attribute {name!r}")
    return getattr(import_module(f"idcore.{_MODULE_OF[name]}"), name)
