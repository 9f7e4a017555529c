"""Layerscope's library: the geometry of neural-network layers.

The public names are loaded when they are first used, so that `import idcore` costs nothing and a process that only
reads results (a page, a notebook) never imports torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from idcore.version import VERSION

if TYPE_CHECKING:
    from idcore.api import Profile, layers, profile, run
    from idcore.dissimilarity import noise_ceiling, rsa
    from idcore.errors import LayerscopeError
    from idcore.estimators.abide import Abide
    from idcore.estimators.embedding import Embedding
    from idcore.estimators.hidalgo import Hidalgo
    from idcore.estimators.peaks import Peaks
    from idcore.estimators.reliability import Reliability
    from idcore.estimators.rsa import RSA
    from idcore.estimators.spectrum import Spectrum
    from idcore.estimators.twonn import TwoNN
    from idcore.estimators.units import Units, units
    from idcore.figures.printed import save_figure
    from idcore.inside.attention import attention
    from idcore.inside.ideal import Ideal, ideal_input
    from idcore.points import neighbours, pca, twonn
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
    from idcore.statistics import (
        abide,
        cka,
        gride,
        information_imbalance,
        levina_bickel,
        local_id,
        overlap,
        ph_dimension,
    )
    from idcore.structure import density_peaks, hidalgo, redundancy, umap

__version__ = VERSION

_HOME = {
    "api": ("Profile", "layers", "profile", "run"),
    "dissimilarity": ("noise_ceiling", "rsa"),
    "errors": ("LayerscopeError",),
    "estimators.abide": ("Abide",),
    "estimators.embedding": ("Embedding",),
    "estimators.hidalgo": ("Hidalgo",),
    "estimators.peaks": ("Peaks",),
    "estimators.reliability": ("Reliability",),
    "estimators.rsa": ("RSA",),
    "estimators.spectrum": ("Spectrum",),
    "estimators.twonn": ("TwoNN",),
    "estimators.units": ("Units", "units"),
    "figures.printed": ("save_figure",),
    "inside.attention": ("attention",),
    "inside.ideal": ("Ideal", "ideal_input"),
    "points": ("neighbours", "pca", "twonn"),
    "record": ("LayerGeometry", "Neighbours"),
    "spec": (
        *("Architecture", "DataSpec", "NetworkSpec", "Request"),
        *("FromFile", "Pretrained", "Recipe", "Representations", "Untrained"),
    ),
    "statistics": (
        *("abide", "cka", "gride", "information_imbalance"),
        *("levina_bickel", "local_id", "overlap", "ph_dimension"),
    ),
    "structure": ("density_peaks", "hidalgo", "redundancy", "umap"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Abide",
    "Architecture",
    "DataSpec",
    "Embedding",
    "FromFile",
    "Hidalgo",
    "Ideal",
    "LayerGeometry",
    "LayerscopeError",
    "Neighbours",
    "NetworkSpec",
    "Peaks",
    "Pretrained",
    "Profile",
    "RSA",
    "Recipe",
    "Reliability",
    "Representations",
    "Request",
    "Spectrum",
    "TwoNN",
    "Units",
    "Untrained",
    "abide",
    "attention",
    "cka",
    "density_peaks",
    "gride",
    "hidalgo",
    "ideal_input",
    "information_imbalance",
    "layers",
    "levina_bickel",
    "local_id",
    "neighbours",
    "noise_ceiling",
    "overlap",
    "pca",
    "ph_dimension",
    "profile",
    "redundancy",
    "rsa",
    "run",
    "save_figure",
    "twonn",
    "umap",
    "units",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'idcore' has no attribute {name!r}")
    return getattr(import_module(f"idcore.{_MODULE_OF[name]}"), name)
