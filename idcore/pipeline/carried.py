"""A network and its samples, both at hand: measured and kept as the request says, with a run's entry at both ends."""

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from idcore import results
from idcore.activations import itemsize
from idcore.data.load import Samples
from idcore.networks.language import SEEN, LanguageNetwork
from idcore.networks.weights import Trained, chance
from idcore.pipeline.atlas import keep_atlas, learned_labels
from idcore.pipeline.estimate import RunEstimate, sentence, split
from idcore.pipeline.layers import RecordShelf, Subject, cost, held, measured, plan
from idcore.pipeline.predictions import from_images, from_slices, meanings, predicts
from idcore.pipeline.scene import Scene, example
from idcore.record import Layer, LayerGeometry
from idcore.results import Run
from idcore.spec import FACTORY, Untrained
from idcore.store import Store
from idcore.watch import Watch

_FEW = 3


def carried_out(
    about: Scene,
    samples: Samples,
    trained: Trained,
    layers: str | Sequence[str],
    store: Store,
    memory: int,
    device: torch.device,
    started: float,
    watch: Watch,
) -> Iterator[LayerGeometry]:
    """The chosen layers in call order. started: when the work on the request began, of `time.perf_counter`. The rest as
    of `requests.run`."""
    request, shelf = about.request, RecordShelf(store, about.request)
    module, images = trained.module, samples.images
    run = _begun(about, samples, trained, device, learned_labels(request, samples.ids, store))
    meaning, why = meanings(about, trained, run.layers[-1])
    absent = missing(run.layers, layers, shelf.has)
    promised = cost_of(about, module, run.layers, absent, memory, device, typical(module, images))
    run = replace(run, estimate=sentence(promised), notes=(*run.notes, *filter(None, [why])))
    known = results.run(store, request)
    if known is None:
        results.save_run(store, run)
    subject = Subject(module, images, shelf, promised, device, watch)
    predictions = known.predictions if known is not None and known.finished else None
    for geometry, slices in measured(subject, results.chosen(run.layers, layers)):
        if slices is not None and geometry.layer.name == run.layers[-1].name and predicts(run.layers):
            predictions = from_slices(slices, meaning)
        yield geometry
    if predictions is None:
        predictions = from_images(module, images, run.layers, meaning, device, watch)
    accuracy = None if meaning is None else float(np.mean(predictions == samples.labels))
    if isinstance(request.network.weights, Untrained):
        watch.report("measuring", "Reading the accuracy of the untrained network.")
        known_nothing = None if about.shown.texts else chance(module, request.data, about.form, store)
        train_accuracy, test_accuracy = known_nothing or (None, None)
        run = replace(run, train_accuracy=train_accuracy, test_accuracy=test_accuracy)
    keep_atlas(request, store, watch)
    seconds = time.perf_counter() - started
    results.save_run(store, replace(run, predictions=predictions, sample_accuracy=accuracy, seconds=seconds))


def _begun(about: Scene, samples: Samples, trained: Trained, device: torch.device, learned: np.ndarray) -> Run:
    """What is known of a run before its first layer is measured."""
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    return Run(
        request=about.request,
        layers=plan(trained.module, samples.images, about.request.reduce),
        labels=samples.labels,
        predictions=np.zeros(0, np.int64),
        ids=samples.ids,
        class_names=samples.classes,
        learned_labels=learned,
        train_accuracy=trained.train_accuracy,
        test_accuracy=trained.test_accuracy,
        device=str(device),
        notes=(*samples.notes, *filter(None, [trained.note])),
        versions=versions,
    )


def typical(module: nn.Module, images: Tensor) -> Tensor:
    """A few samples of which each takes as long as the samples do on average. Sequences are of many lengths, and run
    with others of like length, padded to the longest of them: what counts are tokens with that padding."""
    if not isinstance(module, LanguageNetwork):
        return images[:_FEW]
    parts = module.batches(images)
    tokens = sum(len(part) * int(images[part, SEEN].sum(1).max()) for part in parts)
    return torch.ones((_FEW, images.shape[1], max(1, round(tokens / len(images)))), dtype=images.dtype)


def missing(all_layers: Sequence[Layer], layers: str | Sequence[str], known: Callable[[str], bool]) -> list[Layer]:
    """Those of the chosen layers that are not known."""
    return [layer for layer in results.chosen(all_layers, layers) if not known(layer.name)]


def refuse(about: Scene, module: nn.Module, missing: Sequence[Layer], memory: int) -> None:
    """Raises RequestError where the run cannot fit into the memory."""
    layers = [layer for layer in missing if not layer.note]
    split(layers, about.request.data.n, memory, itemsize(module), held(module, about.shape))


def cost_of(
    about: Scene,
    module: nn.Module,
    all_layers: Sequence[Layer],
    missing: Sequence[Layer],
    memory: int,
    device: torch.device,
    samples: Tensor | None = None,
) -> RunEstimate:
    """What it takes to measure the missing layers. samples: a few of which a forward pass takes as long as of the usual
    ones; without any, sequences are taken to be as long as they may. Raises RequestError where it cannot fit."""
    return cost(
        module,
        example(about) if samples is None else samples,
        missing,
        about.request.data.n,
        memory,
        device,
        network=about.request.network.architecture.name.removeprefix(FACTORY),
        predicted=not about.shown.texts and all_layers[-1].name not in {layer.name for layer in missing},
        holding=held(module, about.shape),
    )
