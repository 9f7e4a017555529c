"""The only place where things meet: a request becomes records in the store."""

from idcore.pipeline.estimate import Estimate, sentence
from idcore.pipeline.layers import Progress, devices
from idcore.pipeline.module import profile_module
from idcore.pipeline.requests import embed, estimate, run, train, warm, warm_maps

__all__ = [
    "Estimate",
    "Progress",
    "devices",
    "embed",
    "estimate",
    "profile_module",
    "run",
    "sentence",
    "train",
    "warm",
    "warm_maps",
]
