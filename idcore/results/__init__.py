"""What jobs leave in the store: the formats of its entries, each read and written in one module here. No torch.

Keys are those of `spec`; the arrays and the meta of each kind are listed in docs/architecture.md. `atlas`, `attended`,
`placed`, `dynamics`, `detected`, `segmented`, `chunked`, `clouded`, `columns`, `sought`, `reliable` and `sampled` are
used as modules, the others by the names below.
"""

from idcore.results.embedded import embedding, embedding_key, save_embedding
from idcore.results.machines import devices, save_devices
from idcore.results.measured import Run, chosen, layer, run, runs, save_layer, save_run
from idcore.results.owned import EVERYBODY, disown, owners, renew, save_owner
from idcore.results.pictured import picture, save_picture
from idcore.results.probed import probe, probe_key, save_probe
from idcore.results.received import (
    OwnWeights,
    dataset,
    datasets,
    save_dataset,
    save_upload,
    upload,
    weights_files,
)
from idcore.results.trained import SHIPPED, Training, training, trainings

__all__ = [
    "EVERYBODY",
    "SHIPPED",
    "OwnWeights",
    "Run",
    "Training",
    "chosen",
    "dataset",
    "datasets",
    "devices",
    "disown",
    "embedding",
    "embedding_key",
    "layer",
    "owners",
    "renew",
    "picture",
    "probe",
    "probe_key",
    "run",
    "runs",
    "save_dataset",
    "save_embedding",
    "save_layer",
    "save_owner",
    "save_picture",
    "save_probe",
    "save_run",
    "save_upload",
    "save_devices",
    "training",
    "trainings",
    "upload",
    "weights_files",
]
