"""What a request is about, known before its images are loaded and its weights are there."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from idcore.data.form import Form
from idcore.data.load import Samples, load
from idcore.data.source import dataset
from idcore.data.texts import load_texts
from idcore.errors import DataError, NetworkError, RequestError
from idcore.networks import form
from idcore.networks.build import skeleton
from idcore.networks.catalogue import CatalogueEntry
from idcore.networks.extras import bare_language, look_up, vocabulary
from idcore.networks.language import IDS, SEEN, TAKEN, forecast
from idcore.networks.tokens import check_reduction, read
from idcore.pipeline.layers import plan
from idcore.record import Dataset, Layer
from idcore.spec import FACTORY, OF_IMAGES, FromFile, Pretrained, Recipe, Representations, Request
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


@dataclass(frozen=True)
class Scene:
    """entry: of the network. shown, learned: the data set that is measured, and the one that a `Recipe` trains on (the
    same for other weights). form: of the images. shape: (c, h, w) of one; of a sequence (3, T), see
    `language.LanguageNetwork`. outputs: of the network, as far as that is
    known without its weights."""

    request: Request
    entry: CatalogueEntry
    shown: Dataset
    learned: Dataset
    form: Form
    shape: tuple[int, ...]
    outputs: int


def scene(request: Request, store: Store | None, at_hand: bool = False) -> Scene:
    """The scene of a request. at_hand: whether the network is handed in as a module. Raises NetworkError, and DataError
    for a data set that has not been read yet."""
    weights = request.network.weights
    if isinstance(weights, Representations):
        raise NetworkError("Representations that were computed elsewhere have no network to be shown images.")
    if not at_hand and request.network.architecture.name.startswith(FACTORY):
        raise NetworkError(
            f"{request.network.architecture.name.removeprefix(FACTORY)} is a network of somebody's own code, which is "
            "not here: it can be shown nothing. What was measured of it stands on the pages."
        )
    entry = look_up(request.network.architecture.name, weights.entry if isinstance(weights, Pretrained) else None)
    shown = dataset(request.data.dataset, store)
    if shown.matrices:
        raise DataError(
            f"{shown.title} holds representations, not images: they can be measured, but not shown to a network. "
            "Choose images, or leave the network out."
        )
    if entry.texts or shown.texts:
        return _of_texts(request, entry, shown)
    if request.reduce not in OF_IMAGES:
        raise RequestError(
            f"Images have no {request.reduce} token: reduce must be one of {', '.join(OF_IMAGES)} for them."
        )
    learned = dataset(weights.dataset, store) if isinstance(weights, Recipe) else shown
    chosen = form.form(request, entry, shown, learned)
    outputs = len(learned.classes) if isinstance(weights, Recipe) else entry.classes or len(shown.classes)
    return Scene(request, entry, shown, learned, chosen, form.shape(chosen, shown), outputs)


def _of_texts(request: Request, entry: CatalogueEntry, shown: Dataset) -> Scene:
    """Raises NetworkError where network and data do not go together, RequestError for what texts do not have."""
    if not shown.texts:
        raise NetworkError(
            f"{entry.title} is a language model, and {shown.title} holds images: choose a data set of texts, sentences "
            "for instance, or a network of images."
        )
    if not entry.texts:
        raise NetworkError(
            f"{entry.title} is a network of images, and {shown.title} holds texts: choose a language model, hf:NAME, "
            "or a data set of images."
        )
    if isinstance(request.network.weights, (Recipe, FromFile)):
        raise NetworkError(
            f"{entry.title} is a language model: it is measured with the weights that lie beside its description "
            "(pretrained), or with initial ones (untrained). None is trained here, or read from a file alone."
        )
    if request.size is not None or request.normalise != "usual":
        raise RequestError("Texts have no height and width and no mean of channels: leave size and normalise out.")
    if wrong := request.data.amiss(True):
        raise DataError(wrong)
    tokens = vocabulary(entry)
    check_reduction(request.reduce, tokens)
    length = min(request.data.length, tokens.most or request.data.length)
    return Scene(request, entry, shown, shown, Form(), (len((IDS, SEEN, TAKEN)), length), 0)


def example(scene: Scene) -> Tensor:
    """Samples of the shape that the network takes, with nothing in them: to see how long it takes."""
    if scene.entry.texts:
        return torch.ones((3, *scene.shape), dtype=torch.int64)
    return torch.zeros((3, *scene.shape))


def samples(scene: Scene, store: Store, watch: Watch = UNWATCHED) -> Samples:
    """The samples that the request names, as its network takes them: images, or tokens (n, 3, T) int64 in their place.
    Raises RequestError, Cancelled."""
    data = scene.request.data
    if not scene.entry.texts:
        return load(data, scene.form, store, watch=watch)
    texts = load_texts(data, store, watch=watch)
    tokens, notes = read(texts, data, scene.request.reduce, vocabulary(scene.entry), watch)
    light = torch.zeros((len(tokens), 1, 1, 1))
    return Samples(tokens, texts.labels, texts.ids, texts.classes, light, (*texts.notes, *notes))


def bare(scene: Scene) -> tuple[nn.Module, tuple[Layer, ...]]:
    """(the network without weights, all its layers as `plan` gives them); neither takes memory. Raises NetworkError.

    A forecast, to refuse and to promise by before anything is loaded or trained. What is measured are the layers of the
    network with its weights: only those tell which rows depend on their batch, and what comes from missing weights.
    """
    if scene.entry.texts:
        model = bare_language(scene.entry)
        return model, forecast(model)
    module = skeleton(scene.request.network.architecture, scene.shape, scene.outputs).to("meta")
    images = torch.zeros((3, *scene.shape), device="meta")
    return module, plan(module, images, scene.request.reduce)


def filled(module: nn.Module, device: torch.device) -> nn.Module:
    """A bare network with weights that are all zero: as fast as any."""
    module = module.to_empty(device=device)
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.data.zero_()
    return module
