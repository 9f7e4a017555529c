"""The vocabulary: frozen dataclasses that say what is measured, and the keys that name results.

A `Request` holds everything that can change a number and nothing that cannot: batch size, device, memory
budget, worker count and layer selection are not in it. Standard library only.
"""

from idcore.spec.data import MAX_N, MAX_SEED, PERTURBATIONS, DataSpec, Perturbation
from idcore.spec.jobs import (
    EmbedJob,
    IdealJob,
    Job,
    PlaceJob,
    ProbeJob,
    ProfileJob,
    ReadJob,
    TrainJob,
    UnitsJob,
    WatchJob,
)
from idcore.spec.keys import canonical, from_json, key, layer_key, run_key, to_json, training_key, weights_key
from idcore.spec.reading import BARS, USUAL, Reading
from idcore.spec.request import (
    ALGORITHM,
    ELSEWHERE,
    FOLDER,
    LIT,
    NORMALISE,
    REGIMES,
    UPLOAD,
    Architecture,
    FromFile,
    NetworkSpec,
    Pretrained,
    Recipe,
    Regime,
    Representations,
    Request,
    Untrained,
)

__all__ = [
    "ALGORITHM",
    "BARS",
    "ELSEWHERE",
    "FOLDER",
    "LIT",
    "MAX_N",
    "MAX_SEED",
    "NORMALISE",
    "PERTURBATIONS",
    "REGIMES",
    "UPLOAD",
    "USUAL",
    "Architecture",
    "DataSpec",
    "EmbedJob",
    "FromFile",
    "IdealJob",
    "Job",
    "NetworkSpec",
    "Perturbation",
    "PlaceJob",
    "Pretrained",
    "ProbeJob",
    "ProfileJob",
    "ReadJob",
    "Reading",
    "Recipe",
    "Regime",
    "Representations",
    "Request",
    "TrainJob",
    "UnitsJob",
    "Untrained",
    "WatchJob",
    "canonical",
    "from_json",
    "key",
    "layer_key",
    "run_key",
    "to_json",
    "training_key",
    "weights_key",
]
