"""The one way to torchvision: `from idcore.torchvision_seam import torchvision`.

A torch without CUDA cannot load the compiled operators of the torchvision wheel, and then `import torchvision` fails
with "operator torchvision::nms does not exist", because it registers shapes for two operators nobody declared.
Declaring the two is enough for models, transforms, feature extraction and datasets.
"""

import importlib.util
from pathlib import Path

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def _load_compiled() -> None:
    """Load the operators as torchvision would, so that what is absent afterwards is really absent."""
    spec = importlib.util.find_spec("torchvision")
    for library in Path(spec.origin).parent.glob("_C.*") if spec and spec.origin else ():
        try:
            torch.ops.load_library(str(library))
        except OSError:
            return


def _declare() -> "torch.library.Library | None":
    absent = [name for name in _SCHEMAS if not hasattr(torch.ops.torchvision, name)]
    if not absent:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in absent:
        library.define(_SCHEMAS[name])
    return library


_load_compiled()
_LIBRARY = _declare()  # kept: the declarations live as long as this object

import torchvision  # noqa: E402

__all__ = ["torchvision"]
