"""How redundant the last hidden layer of a measured network is: the network is shown the samples once more."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from idcore import results
from idcore.activations import capture, itemsize
from idcore.errors import PointsError, RequestError
from idcore.estimators.redundancy import FEWEST, Readout, redundancy
from idcore.limits import BUDGET, Budget
from idcore.networks.checkpoints import last_hidden
from idcore.pipeline.estimate import split
from idcore.pipeline.layers import choose_device, held
from idcore.pipeline.read import as_it_is
from idcore.pipeline.units import lent
from idcore.record import Layer
from idcore.results import Run, chunked
from idcore.results.chunked import Chunks
from idcore.spec import ELSEWHERE, RedundancyJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

WIDEST = 4096
"""Units of a layer whose products are held."""
SAME = 0.995
"""Share of the samples on which the read-out must say what the network says."""


def chunks(job: RedundancyJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Take random chunks of the last hidden layer, and keep what they know. A layer that cannot be looked at so keeps
    the reason. Raises RequestError where nothing is measured, or there is no network; NetworkError, Cancelled."""
    job = as_it_is(job, store, watch)
    if chunked.read(store, job.request) is not None:
        return
    run = results.run(store, job.request)
    if run is None:
        raise RequestError("Chunks are taken of measured networks, and nothing is measured here yet. Measure it first.")
    if job.request.network == ELSEWHERE:
        raise RequestError("These layers are matrices that were computed elsewhere: hand one to idcore.redundancy.")
    usable = [layer for layer in run.layers if not layer.note]
    layer = next((one for one in usable if one.name == last_hidden(usable)), None)
    if layer is None or layer.units > WIDEST:
        why = "The network has no hidden layer." if layer is None else _wide(layer)
        chunked.save(store, job.request, Chunks((), "" if layer is None else layer.name, 0, len(run.ids), None, why))
        return
    watch.report("loading", "Loading the data.")
    about, images, trained = lent(job.request, store, watch)
    module, where = trained.module, choose_device(budget.device)
    columns, _ = split([layer], len(images), budget.memory, itemsize(module), held(module, about.shape))
    captured = capture(module, images, [layer], memory=columns, device=where, watch=watch)
    parts = [x.flatten(1).double().cpu() for _, slices in captured for x in slices]
    features: np.ndarray = torch.cat(parts, 1).numpy()
    watch.report("chunks", f"Chunks of {layer.name}.", layer=layer.name)
    chunked.save(store, job.request, _chunks(layer.name, features, run, module, job.draws))
    watch.report("done", "Done.")


def _chunks(name: str, features: np.ndarray, run: Run, module: nn.Module, draws: int) -> Chunks:
    n, width = features.shape
    readout, note = _readout(features, run, module)
    whole = None
    if readout is not None:
        weights, bias, labels = readout
        whole = float(np.mean(np.argmax(features @ weights.T + bias, axis=1) == labels))
    try:
        rows = redundancy(features, sizes(n, width), readout, draws)
    except PointsError as error:
        return Chunks((), name, width, n, whole, str(error))
    return Chunks(rows, name, width, n, whole, note)


def sizes(n: int, width: int) -> Sequence[int]:
    """Halves, quarters, ... of the width, as far as n samples are enough, rising. With none of them the whole width,
    which is refused with the reason."""
    falling = [width >> i for i in range(1, width.bit_length()) if n > FEWEST * (width >> i)]
    return falling[::-1] or [width]


def _readout(features: np.ndarray, run: Run, module: nn.Module) -> tuple[Readout | None, str]:
    """The last linear map, where it reads this layer and says what the network says; else why there is none."""
    dense = [one for one in module.modules() if isinstance(one, nn.Linear)]
    labelled = len(run.labels) > 0 and bool((run.labels >= 0).all())
    if not labelled or not dense or dense[-1].in_features != features.shape[1]:
        return None, "No accuracy: " + (
            "no linear map reads this layer." if labelled else "the samples have no labels."
        )
    weights = dense[-1].weight.detach().double().cpu().numpy()
    bias = np.zeros(len(weights)) if dense[-1].bias is None else dense[-1].bias.detach().double().cpu().numpy()
    said = np.argmax(features @ weights.T + bias, axis=1)
    if len(run.predictions) != len(said) or np.mean(said == run.predictions) < SAME:
        return None, "No accuracy: the last linear map alone does not say what the network says."
    if run.labels.max() >= len(weights):
        return None, "No accuracy: the labels are not those that the network knows."
    return (weights, bias, run.labels), ""


def _wide(layer: Layer) -> str:
    return f"{layer.name} has {layer.units:,} units, and chunks are taken of at most {WIDEST:,}."
