"""A `NetworkSpec` as a module with weights: from a seed, a library, a person's file, or trained by a recipe."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from idcore import confined, spec
from idcore.data import source
from idcore.data.form import Form
from idcore.data.load import Samples, load
from idcore.errors import DataError, NetworkError
from idcore.limits import LIMITS
from idcore.networks.build import build, give
from idcore.networks.extras import look_up
from idcore.networks.fit import fit, shapes, unwrapped, usual_shape
from idcore.networks.form import form, shape, training_form
from idcore.networks.pretrained import pretrained
from idcore.networks.resume import kept, restore
from idcore.networks.train import Learner, accuracy, begin, end, go_on
from idcore.networks.unfounded import mark
from idcore.networks.weights_file import WeightsFile, uploaded
from idcore.record import Dataset
from idcore.results import SHIPPED
from idcore.spec import Architecture, DataSpec, FromFile, NetworkSpec, Pretrained, Recipe, Request, Untrained
from idcore.store import Entry, Store
from idcore.watch import UNWATCHED, Watch

_CHANCE = 5 * 10**6  # numbers of all images: a network that knows nothing is not worth a pass over more than these


@dataclass(frozen=True, eq=False)
class Trained:
    """module: in eval mode, on the CPU. classes: its outputs, 0 where its head has no weights; class_names: what they
    stand for, () where nobody says.

    history: one record per epoch (see `train`). train_accuracy: against the labels it was trained on; test_accuracy:
    against true labels; None where it was not trained here. note: where the weights came from."""

    module: nn.Module
    classes: int
    class_names: tuple[str, ...] = ()
    history: tuple[dict[str, Any], ...] = ()
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    note: str = ""


def sample_shape(network: NetworkSpec, dataset: str = "mnist5k", store: Store | None = None) -> tuple[int, int, int]:
    """(c, h, w) of the images of a data set as the network usually sees them. Raises DataError or NetworkError."""
    weights, shown = network.weights, source.dataset(dataset, store)
    entry = look_up(network.architecture.name, weights.entry if isinstance(weights, Pretrained) else None)
    learned = source.dataset(weights.dataset, store) if isinstance(weights, Recipe) else shown
    return shape(form(Request(DataSpec(dataset), network), entry, shown, learned), shown)


def obtain(
    network: NetworkSpec,
    store: Store,
    watch: Watch = UNWATCHED,
    dataset: str = "mnist5k",
    images: tuple[int, ...] | None = None,
) -> Trained:
    """The network with its weights. Training and downloads happen once, and their result is kept.

    dataset: what the network will be shown. images: (c, h, w) of one as the network will see it; as `sample_shape` has
    it when left out. Raises RequestError, JobError where the store says that training failed, and Cancelled.
    """
    images = images or sample_shape(network, dataset, store)  # of a language model (3, T)
    match network.weights:
        case Untrained(seed):
            outputs = look_up(network.architecture.name).classes or len(source.dataset(dataset, store).classes)
            module = build(network.architecture, images, outputs, seed)
            return Trained(module.eval(), outputs, note=f"Untrained: weights as initialised from seed {seed}.")
        case Pretrained(entry):
            module, names, note = pretrained(network.architecture, entry, watch)
            outputs = len(names) or look_up(network.architecture.name, entry).classes or 0
            return Trained(module.eval(), outputs, tuple(names), note=note)
        case FromFile(digest):
            return _from_file(network.architecture, digest, store, images, watch)
        case Recipe():
            return _from_recipe(network, store, watch)
    raise NetworkError("Representations that were computed elsewhere have no network.")


def keep_file(digest: str, architecture: Architecture, store: Store, watch: Watch = UNWATCHED) -> WeightsFile:
    """Read an uploaded file of weights, in a process of its own, check that it fits the architecture, and keep what is
    needed of it.

    The entry: the state dict; meta: kind "file", digest, name, classes, notes, architecture. Raises RequestError,
    Cancelled.
    """
    expected = tuple(shapes(architecture, usual_shape(architecture, {}), 2).items())
    what = "The file of weights"
    ((arrays, values),) = confined.run(uploaded, digest, expected, what=what, store=store, watch=watch)
    own, taken = unwrapped(arrays, architecture)
    fitted = fit(own, architecture, usual_shape(architecture, own))
    notes = (*values["notes"], *taken, *fitted.notes)
    about = {"digest": digest, "name": values["name"], "classes": fitted.classes, "notes": list(notes)}
    meta = {"kind": "file", **about, "architecture": spec.to_json(architecture)}
    store.put(spec.key("file", digest), fitted.weights, meta)
    return WeightsFile(fitted.classes, notes)


def make(
    network: NetworkSpec,
    watch: Watch = UNWATCHED,
    store: Store | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Train the network by its recipe: (arrays of the state dict, meta) of the entry of the store."""
    *_, learner = learn(network, store, watch)
    return trained(network, learner)


def learn(
    network: NetworkSpec,
    store: Store | None = None,
    watch: Watch = UNWATCHED,
) -> Iterator[Learner]:
    """Train the network by its recipe; yields the learner as it is to begin with, and after each epoch.

    store: keeps the training on the way; it begins where a kept one stopped. Raises RequestError and Cancelled.
    """
    recipe = network.weights
    assert isinstance(recipe, Recipe)
    module, about, chosen = _plain(network, recipe, store)
    samples, held_out = _splits(about, recipe.gradient, chosen, store, watch)
    learner = begin(module, recipe)
    learners = go_on(learner, samples, held_out, watch)
    if store is not None and not store.read_only:
        restore(learner, network, store)
        learners = kept(learners, network, store)
    yield learner
    yield from learners


def trained(network: NetworkSpec, learner: Learner) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, meta) of the entry of the store for a network that has learned all it should."""
    history = learner.history
    meta = {
        "kind": "weights",
        "request": spec.to_json(network),
        "history": history,
        "train_accuracy": history[-1]["train_accuracy"],
        "test_accuracy": history[-1]["test_accuracy"],
        "seconds": sum(record["seconds"] for record in history),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
    return {name: value.numpy() for name, value in end(learner).state_dict().items()}, meta


def chance(module: nn.Module, data: DataSpec, chosen: Form, store: Store | None = None) -> tuple[float, float] | None:
    """(train accuracy, test accuracy) of an untrained network on the whole of the data that it is shown.

    chosen: the form of the images. None where the outputs are not the classes, and where there are so many images that
    it would take longer than the measurement."""
    about = source.dataset(data.dataset, store)
    if not {"train", "test"} <= set(about.sizes) or sum(_numbers(about, chosen).values()) > _CHANCE:
        return None
    splits = _splits(about, data.gradient, chosen, store)
    with torch.inference_mode():
        output = module.cpu().eval()(splits[0].images[:2])  # one alone may be squeezed away
    if output.shape[1:] != (len(about.classes),):
        return None
    first, second = (accuracy(module, samples.images, torch.from_numpy(samples.labels)) for samples in splits)
    return first, second


def _plain(network: NetworkSpec, recipe: Recipe, store: Store | None) -> tuple[nn.Module, Dataset, Form]:
    """The network of a recipe before its training, the data set and the form of its images."""
    about = source.dataset(recipe.dataset, store)
    chosen = training_form(recipe, look_up(network.architecture.name), about)
    return build(network.architecture, shape(chosen, about), len(about.classes), recipe.seed), about, chosen


def _numbers(about: Dataset, chosen: Form) -> dict[str, int]:
    """Numbers of all images of each split, in the form in which the network sees them."""
    one = int(np.prod(shape(chosen, about)))
    return {split: one * min(about.sizes[split], spec.MAX_N) for split in ("train", "test")}


def _splits(
    about: Dataset,
    gradient: float,
    chosen: Form,
    store: Store | None,
    watch: Watch = UNWATCHED,
) -> tuple[Samples, Samples]:
    """What a network is trained on, and what it is tested on."""
    if not about.labelled or about.matrices or not {"train", "test"} <= set(about.sizes):
        raise DataError(
            f"A network cannot be trained on {about.title}: this takes images with labels, in a split to train on and "
            "one to test on."
        )
    size, numbers = 4 * sum(_numbers(about, chosen).values()), "x".join(map(str, shape(chosen, about)))
    counts = {split: min(about.sizes[split], spec.MAX_N) for split in ("train", "test")}
    what = f"{counts['train']:,} images of {about.title} to train on and {counts['test']:,} to test on, {numbers} each"
    if size > LIMITS.training:
        raise DataError(
            f"Training on {what}, takes {size / 1e9:.1f} GB of memory; at most {LIMITS.training / 1e9:.1f} GB are "
            "used. Choose a smaller size of the images, or a smaller data set."
        )
    watch.report("loading", f"Loading {what}: {size / 1e6:,.0f} MB.", 0, 1)
    train_split, test_split = (
        load(DataSpec(about.name, split, n=n, gradient=gradient), chosen, store, watch=watch)  # type: ignore[arg-type]
        for split, n in counts.items()
    )
    return train_split, test_split


def _from_recipe(
    network: NetworkSpec,
    store: Store,
    watch: Watch,
) -> Trained:
    assert isinstance(network.weights, Recipe)
    module, about, _ = _plain(network, network.weights, store)
    key = spec.weights_key(network)
    entry, note = store.get(key), "Trained here; weights from the store."
    if entry is None:
        entry, note = Store(SHIPPED, read_only=True).get(key), "Trained; weights shipped with Layerscope."
    if entry is None:
        note = "Trained here; weights kept in the store."
        entry = store.compute_once(key, lambda: make(network, watch, store), watch)
        if not store.read_only:
            store.delete(spec.training_key(network))
    _give(module, entry.arrays)
    meta, names = entry.meta, about.classes
    accuracies = meta["train_accuracy"], meta["test_accuracy"]
    return Trained(module, len(names), names, tuple(meta["history"]), *accuracies, note=note)


def _from_file(
    architecture: Architecture,
    digest: str,
    store: Store,
    images: tuple[int, ...],
    watch: Watch,
) -> Trained:
    entry = _kept(architecture, digest, store, watch)
    fitted = fit(entry.arrays, architecture, images)
    module = build(architecture, images, max(1, fitted.classes), 0)
    state = module.state_dict()
    _give(module, fitted.weights | {name: state[name].numpy() for name in fitted.missing})
    mark(module, fitted.missing)
    note = " ".join((f"Weights from the file {entry.meta['name']!r}.", *entry.meta["notes"]))
    return Trained(module, fitted.classes, note=note)


def _kept(architecture: Architecture, digest: str, store: Store, watch: Watch) -> Entry:
    """The checked weights of an upload; read once more where they are gone, or were kept for another network."""
    key = spec.key("file", digest)
    entry = store.get(key)
    if entry is None or entry.meta.get("architecture") != spec.to_json(architecture):
        keep_file(digest, architecture, store, watch)
        entry = store.get(key)
    if entry is None:
        raise NetworkError("The store did not keep the weights of this file: there is no room on its disk.")
    return entry


def _give(module: nn.Module, arrays: dict[str, np.ndarray]) -> None:
    try:
        give(module, {name: torch.from_numpy(array) for name, array in arrays.items()})
    except RuntimeError as error:
        raise NetworkError(f"The kept weights do not fit the network: {' '.join(str(error).split())}") from error
    module.eval()
