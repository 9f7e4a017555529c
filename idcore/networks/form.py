"""What images must be like for a network: its usual form, the one it was trained in, or another size. Plain Python."""

from dataclasses import replace

from idcore.data.form import IMAGENET_MEAN, IMAGENET_STD, Form
from idcore.errors import NetworkError
from idcore.networks.catalogue import CatalogueEntry, check_size
from idcore.record import Dataset
from idcore.spec import FACTORY, Recipe, Request


def form(request: Request, entry: CatalogueEntry, shown: Dataset, learned: Dataset | None = None) -> Form:
    """The form of a request's images: the usual one of the network, or the one it was trained in; changed by the
    request's size and normalisation.

    entry: of the network and its pretrained weights (`catalogue.lookup`). shown, learned: the data set that is
    measured, and the one that a `Recipe` trains on (the same when left out). Raises NetworkError where they do not go
    together.
    """
    weights = request.network.weights
    if request.network.architecture.name.startswith(FACTORY):
        return _checked(own_form(request.size, request.normalise), entry, shown)
    chosen = training_form(weights, entry, learned or shown) if isinstance(weights, Recipe) else usual(entry)
    if request.size is not None:
        chosen = _sized(chosen, request.size)
    chosen = _normalised(chosen, request, entry, shown)
    return _checked(chosen, entry, shown)


def usual(entry: CatalogueEntry) -> Form:
    """The usual form of a network's images."""
    own = entry.form or Form()
    return own if entry.size is None or own.crop or own.resize else replace(own, resize=entry.size)


def own_form(size: int | None, normalise: str) -> Form:
    """The form for a network of somebody's own, of which nothing is known: as they are, but for what was chosen."""
    sized = Form() if size is None else _sized(Form(), size)
    return replace(sized, channels=3, mean=IMAGENET_MEAN, std=IMAGENET_STD) if normalise == "imagenet" else sized


def training_form(recipe: Recipe, entry: CatalogueEntry, dataset: Dataset) -> Form:
    """The form in which a network is trained: the size of the recipe, else the one that the network needs, else that
    of the images where all have the same, else the network's usual one. Raises NetworkError."""
    chosen = usual(entry)
    if recipe.size is not None:
        chosen = _sized(chosen, recipe.size)
    elif entry.size is None and dataset.shape is not None:
        channels = chosen.channels or (1 if dataset.shape[0] == 1 else 3)
        chosen = replace(chosen, channels=channels, resize=dataset.shape[1:], crop=None)
    if recipe.warmup:  # the images at the contrast that they have without the gradient, and around 0
        count = shape(chosen, dataset)[0]
        chosen = replace(chosen, mean=(0.5,) * count, std=(1 / (1 + recipe.gradient),) * count)
    return _checked(chosen, entry, dataset)


def shape(form: Form, dataset: Dataset) -> tuple[int, int, int]:
    """(channels, height, width) of an image of the data set in this form, which says its size where the images of the
    data set have many."""
    own = dataset.shape or (3, 0, 0)
    channels = form.channels or own[0]
    if form.crop is not None:
        return (channels, *form.crop)
    if isinstance(form.resize, tuple):
        return (channels, *form.resize)
    scale = 1.0 if form.resize is None else form.resize / min(own[1:])
    return channels, round(own[1] * scale), round(own[2] * scale)


def words(form: Form) -> str:
    """The form for a reader: "3 channels, resized to 256, centre crop 224x224, ImageNet mean and deviation"."""
    said = [] if form.channels is None else [f"{form.channels} channel{'s' * (form.channels > 1)}"]
    if form.resize is not None:
        said.append(f"resized to {form.resize if isinstance(form.resize, int) else _by(form.resize)}")
    if form.crop is not None:
        said.append(f"centre crop {_by(form.crop)}")
    if form.mean:
        imagenet = (form.mean, form.std) == (IMAGENET_MEAN, IMAGENET_STD)
        numbers = (", ".join(f"{value:g}" for value in values) for values in (form.mean, form.std))
        said.append("ImageNet mean and deviation" if imagenet else "mean {} and deviation {}".format(*numbers))
    return ", ".join(said) or "as they are"


def _sized(form: Form, size: int) -> Form:
    """The form for images of another height and width: what is cut off keeps its share."""
    if form.crop is None or form.resize is None:
        return replace(form, resize=(size, size), crop=None)
    side = form.resize if isinstance(form.resize, int) else min(form.resize)
    return replace(form, resize=round(size * side / form.crop[0]), crop=(size, size))


def _normalised(form: Form, request: Request, entry: CatalogueEntry, shown: Dataset) -> Form:
    if request.normalise == "usual":
        return form
    if request.normalise == "none":
        return replace(form, mean=(), std=())
    channels = form.channels or (shown.shape or (3,))[0]
    if channels != len(IMAGENET_MEAN):
        raise NetworkError(
            f"The mean and deviation of ImageNet are those of {len(IMAGENET_MEAN)} channels, and {entry.title} is "
            f"shown {channels}. Choose the usual normalisation, or none."
        )
    return replace(form, mean=IMAGENET_MEAN, std=IMAGENET_STD)


def _checked(form: Form, entry: CatalogueEntry, dataset: Dataset) -> Form:
    if dataset.shape is None and form.resize is None and form.crop is None:
        raise NetworkError(
            f"The images of {dataset.title} are not all of one size, and {entry.title} takes them as they are. "
            "Choose a size, 64 for instance."
        )
    check_size(entry, shape(form, dataset)[1:])
    return form


def _by(size: tuple[int, int]) -> str:
    return "x".join(map(str, size))
