"""The only place where things meet: a request becomes records in the store."""

from idcore.pipeline.estimate import RunEstimate, sentence
from idcore.pipeline.handed import Origin, prepared, profile_handed
from idcore.pipeline.layers import devices
from idcore.pipeline.module import layers_of, profile_module, profile_named
from idcore.pipeline.place import place
from idcore.pipeline.probe import probe
from idcore.pipeline.read import read
from idcore.pipeline.redundancy import chunks
from idcore.pipeline.requests import embed, estimate, profile_request, run, train, warm, warm_maps
from idcore.pipeline.segment import segment
from idcore.pipeline.training import measure_while_training

__all__ = [
    "Origin",
    "RunEstimate",
    "chunks",
    "devices",
    "embed",
    "estimate",
    "layers_of",
    "measure_while_training",
    "place",
    "prepared",
    "probe",
    "profile_handed",
    "profile_module",
    "profile_named",
    "profile_request",
    "read",
    "run",
    "segment",
    "sentence",
    "train",
    "warm",
    "warm_maps",
]
