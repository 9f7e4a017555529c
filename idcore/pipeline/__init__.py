"""The only place where things meet: a request becomes records in the store."""

from idcore.pipeline.layers import Progress
from idcore.pipeline.module import profile_module
from idcore.pipeline.requests import embed, run, train, warm, warm_maps

__all__ = ["Progress", "embed", "profile_module", "run", "train", "warm", "warm_maps"]
