"""The way of a GPU, few large calls, taken on a CPU: tried everywhere, but for the arithmetic of the GPU itself."""

import importlib
import pkgutil

from idcore import geometry
from idcore.geometry import held, threads


def like_a_gpu(monkeypatch, tiles: bool = False) -> None:
    """tiles: as if there were memory for a few rows and columns at a time only."""
    for name in ["threads", *(found.name for found in pkgutil.iter_modules(geometry.__path__))]:
        module = importlib.import_module(f"idcore.geometry.{name}")
        if hasattr(module, "massive"):
            monkeypatch.setattr(module, "massive", lambda device: True)
    assert threads.grain("cpu", 1, 2) == 2
    if tiles:
        monkeypatch.setattr(held, "GPU_STRIP", (48, 96))
        monkeypatch.setattr(held, "GPU_BYTES", 2**40)
