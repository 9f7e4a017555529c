"""What a map shows of its samples beside their places: thumbnails, and the labels that the network was trained on."""

import numpy as np

from idcore import spec
from idcore.data import source, versions
from idcore.data.load import thumbnails
from idcore.data.texts import load_texts
from idcore.networks.train import permuted
from idcore.results import atlas, passages
from idcore.results.passages import Passages
from idcore.spec import DataSpec, Recipe, Request
from idcore.store import Store
from idcore.watch import Watch


def keep_atlas(request: Request, store: Store, watch: Watch) -> None:
    """Leave a thumbnail of each sample, or its text, in the store, unless they are there; representations have neither,
    and there are none of images that are not here. Raises DataError where an image cannot be read, Cancelled."""
    if atlas.there(store, request) or versions.absent(request.data.dataset):
        return
    data = request.data
    if source.dataset(data.dataset, store).texts:
        texts = load_texts(data, store, watch=watch)
        return passages.save(store, data, Passages(texts.texts, texts.names))
    watch.report("loading", "Making thumbnails of the samples.")
    atlas.save(store, data, thumbnails(data, store, atlas.side(data.n), watch=watch))


def learned_labels(request: Request, ids: np.ndarray, store: Store) -> np.ndarray:
    """The labels that a network was trained on, (n,) int64, -1 for a sample it was not trained on; (0,) where it
    learned true labels, or none of these samples. ids: (n,) int64, of the samples."""
    recipe, data = request.network.weights, request.data
    nothing = np.zeros(0, np.int64)
    if not isinstance(recipe, Recipe) or not recipe.shuffled or recipe.dataset != data.dataset:
        return nothing
    opened = source.opened(recipe.dataset, store)
    trained = source.draw(DataSpec(recipe.dataset, "train", n=min(opened.info.sizes["train"], spec.MAX_N)), opened)
    labels = np.full(len(opened.labels), -1, np.int64)
    labels[trained] = permuted(opened.labels[trained], recipe)
    return labels[ids] if (labels[ids] >= 0).any() else nothing
