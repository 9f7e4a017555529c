"""Where a network looks on one image, by every method that it allows, each judged against deleting by chance and
deleting the ink."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from idcore.data.load import load
from idcore.errors import NetworkError, RequestError
from idcore.inside import deletion, maps
from idcore.inside.attention import NoAttention, Weights, attention
from idcore.inside.deletion import Deletion
from idcore.limits import BUDGET, Budget
from idcore.networks.hooks import INPUT
from idcore.networks.state import home, ready
from idcore.networks.trace import trace
from idcore.networks.weights import obtain
from idcore.pipeline.place import pictures
from idcore.pipeline.read import as_it_is, read_first
from idcore.pipeline.scene import Scene, scene
from idcore.record import Layer
from idcore.results import looked
from idcore.results.looked import Heads, Judged, Looked
from idcore.spec import ELSEWHERE, LookJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

KEPT = 2**22
"""Attention weights that are kept of each head; of more, the mean over the heads and the rows of the class token."""
_FEW = 3  # positions of which no map is made
_MOST = 8  # patches on a side where the network has none of its own
_SHOWN, _DRAWN = 256, 128  # pixels on a side of the image and of a map, as they are kept at most


def look(job: LookJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Look, and keep what is seen. Raises as `attend` does."""
    job = as_it_is(job, store, watch)
    if not looked.there(store, job):
        looked.save(store, job, attend(job, store, watch))
    watch.report("done", "Done.")


def attend(job: LookJob, store: Store, watch: Watch = UNWATCHED) -> Looked:
    """The maps of one image. A deleted patch becomes 0 as the network sees it: black, or the mean colour where a mean
    is taken off. Raises RequestError, NetworkError, Cancelled."""
    job = as_it_is(job, store, watch)
    request = job.request
    if request.network == ELSEWHERE:
        raise RequestError("Representations that were computed elsewhere have no network that looks at an image.")
    if not job.digest and job.sample >= request.data.n:
        raise RequestError(f"The sample must be a number from 0 to {request.data.n - 1:,}, not {job.sample:,}.")
    watch.report("loading", "Loading the data.")
    read_first(request, store, watch)
    about = scene(request, store)
    image, id, label, notes = _image(job, about, store, watch)
    trained = obtain(request.network, store, watch, request.data.dataset, about.shape)
    shares = probabilities(trained.module, image)
    target = int(shares.argmax()) if job.target is None else job.target
    if target >= len(shares):
        raise RequestError(f"The network has {len(shares):,} outputs, from 0 on; there is no output {target:,}.")
    rows, attended, more = judged(trained.module, image, target, watch)
    classes = trained.class_names or about.learned.classes
    return Looked(
        id,
        label,
        _shown(image, about),
        tuple(classes) if len(classes) == len(shares) else (),
        shares,
        target,
        rows,
        (*notes, *more),
        attended,
    )


def judged(
    module: nn.Module, image: Tensor, target: int, watch: Watch = UNWATCHED
) -> tuple[tuple[Judged, ...], tuple[Heads, ...], tuple[str, ...]]:
    """(each map of an output with its curve, and the two baselines; attention by layer; why other maps are not there).
    image: (1, c, h, w), as the module takes it. Raises NetworkError, Cancelled."""
    notes: list[str] = []
    weights = _weights(module, image, notes)
    grid = _grid(image.shape[2:])
    if weights:
        grid = (_side(weights), _side(weights))
    rows = []
    ways = list(_ways(module, image, target, weights, notes))
    for i, way in enumerate(ways):
        watch.report("seeking", f"Judging {way.method}.", i, len(ways) + 2)
        try:
            drawn = way.make()
        except (NetworkError, RequestError) as error:
            notes.append(f"{way.method[0].upper()}{way.method[1:]} is not there: {error}")
            continue
        scores = _patches(drawn, grid, image.shape[2:])
        rows.append(_row(way.method, drawn, scores, deletion.deletion(module, image[0], scores, target)))
    watch.report("seeking", "Judging the baselines.", len(ways), len(ways) + 2)
    ink = deletion.ink(image[0], grid)
    rows.append(_row("most ink", torch.from_numpy(ink), ink, deletion.deletion(module, image[0], ink, target)))
    watch.report("seeking", "Judging the baselines.", len(ways) + 1, len(ways) + 2)
    rows.append(_row("random", None, None, deletion.random(module, image[0], grid, target)))
    return tuple(rows), _kept(weights), tuple(notes)


def probabilities(module: nn.Module, image: Tensor) -> np.ndarray:
    """(outputs,) float64: of one image (1, c, h, w). Raises NetworkError where there is no row of numbers."""
    with ready(module, home(module)):
        output = module(image.repeat(2, 1, 1, 1).to(home(module)))  # one alone may be squeezed away
    if not isinstance(output, Tensor) or output.ndim != 2:
        raise NetworkError("Where it looks is asked of a network that gives one row of numbers for each sample.")
    if not torch.isfinite(output[0]).all():
        raise NetworkError(
            "The network gives NaN or infinite numbers for this sample, so there is no output to explain. Check its "
            "weights, or choose another sample."
        )
    values: np.ndarray = output[0].double().softmax(0).cpu().numpy()
    return values


@dataclass(frozen=True, eq=False)
class _Way:
    """A method in words, and what makes its map (rows, columns)."""

    method: str
    make: Callable[[], Tensor]


def _ways(module: nn.Module, image: Tensor, target: int, weights: Weights, notes: list[str]) -> Iterator[_Way]:
    """notes: takes why a method that the network might be asked by gives no map."""
    if weights:
        side = _side(weights)

        def of_class(rows: Tensor) -> Tensor:
            return rows[0, 0, 1:].reshape(side, side)

        yield _Way("attention of the class token, last layer", lambda: of_class(list(weights.values())[-1].mean(1)))
        yield _Way("attention rollout", lambda: of_class(maps.rollout(weights)))
        yield _Way("gradient-weighted attention", lambda: of_class(maps.gradient_weighted(module, image, target)))
    layer = _last_positions(module, image)
    if layer is not None and layer.depth >= 0.5:
        yield _Way(f"Grad-CAM at {layer.name}", lambda: maps.grad_cam(module, image, layer, target)[0])
    elif layer is not None:
        notes.append(
            f"Grad-CAM is not there: the last layer of channels over positions, {layer.name}, is in the first half of "
            "the network, and what it responds to is not yet the class."
        )
    else:
        notes.append("Grad-CAM is not there: the network has no layer of channels over several positions.")
    yield _Way("integrated gradients", lambda: maps.integrated_gradients(module, image, target)[0].sum(0))


def _weights(module: nn.Module, image: Tensor, notes: list[str]) -> Weights:
    """Attention of one class token and a square of patches in every layer; none, and a note, where there is not."""
    try:
        weights = attention(module, image)
        tokens = next(iter(weights.values())).shape[-1]
        if round((tokens - 1) ** 0.5) ** 2 != tokens - 1 or len({a.shape for a in weights.values()}) > 1:
            raise RequestError("its tokens are not one for the class before a square of patches, the same everywhere.")
        if any(side % _side(weights) for side in image.shape[2:]):
            raise RequestError("its patches do not divide the image evenly.")
        return weights
    except NoAttention:
        notes.append("Attention is not there: no layer of this network attends.")
    except (NetworkError, RequestError) as error:
        notes.append(f"Attention is not shown over the image: {error}")
    return {}


def _side(weights: Weights) -> int:
    tokens: int = next(iter(weights.values())).shape[-1]
    side: int = round((tokens - 1) ** 0.5)
    return side


def _kept(weights: Weights) -> tuple[Heads, ...]:
    every = sum(a[0].numel() for a in weights.values()) <= KEPT
    return tuple(
        Heads(name, a[0].mean(0).half().numpy(), (a[0] if every else a[0, :, :1]).half().numpy())
        for name, a in weights.items()
    )


def _last_positions(module: nn.Module, image: Tensor) -> Layer | None:
    """The last layer of channels over two axes of positions, with its axis of channels; None where there is none."""
    layers = [
        layer for layer in trace(module, image) if not layer.note and layer.name != INPUT and len(layer.shape) == 3
    ]
    if any(layer.channels is None for layer in layers):  # to be found by more passes
        axes = {layer.name: layer.channels for layer in trace(module, image, "mean") if not layer.note}
        layers = [replace(layer, channels=axes.get(layer.name)) for layer in layers]
    usable = [layer for layer in layers if layer.channels in (0, 2)]
    wide = [one for one in usable if one.channels is not None and prod(one.shape) // one.shape[one.channels] > _FEW]
    return wide[-1] if wide else None


def _grid(size: tuple[int, ...]) -> tuple[int, int]:
    """The finest grid of at most `_MOST` patches a side that divides the image evenly."""
    down, across = (max(side for side in range(1, _MOST + 1) if length % side == 0) for length in size)
    return down, across


def _patches(drawn: Tensor, grid: tuple[int, int], size: tuple[int, ...]) -> np.ndarray:
    """A map as scores of patches: of pixels their sum; a coarser one is interpolated over the image before."""
    if tuple(drawn.shape) == grid:
        return drawn.double().numpy()
    whole = drawn
    if tuple(drawn.shape) != tuple(size):
        whole = F.interpolate(drawn[None, None].float(), tuple(size), mode="bilinear")[0, 0]
    rows, columns = grid
    height, width = size[0] // rows, size[1] // columns
    scores: np.ndarray = whole.double().numpy().reshape(rows, height, columns, width).sum((1, 3))
    return scores


def _row(method: str, drawn: Tensor | None, scores: np.ndarray | None, curve: Deletion) -> Judged:
    small = None
    if drawn is not None:
        size = min(drawn.shape[0], _DRAWN), min(drawn.shape[1], _DRAWN)
        small = F.adaptive_avg_pool2d(drawn[None].float(), size)[0].numpy()
    return Judged(method, small, scores, curve.probability, curve.area, curve.spread)


def _image(job: LookJob, about: Scene, store: Store, watch: Watch) -> tuple[Tensor, int, int, tuple[str, ...]]:
    """((1, c, h, w), id, label, notes) of what is looked at."""
    if job.digest:
        images, _, notes = pictures(job.digest, about, store, watch)
        if job.sample >= len(images):
            raise RequestError(f"{len(images)} pictures were uploaded; there is no picture {job.sample}.")
        return images[job.sample : job.sample + 1], -1, -1, notes
    samples = load(job.request.data, about.form, store, watch=watch)
    one = samples.images[job.sample : job.sample + 1]
    return one, int(samples.ids[job.sample]), int(samples.labels[job.sample]), ()


def _shown(image: Tensor, about: Scene) -> np.ndarray:
    mean, std = (torch.tensor(values or (usual,)).view(-1, 1, 1) for values, usual in
                 ((about.form.mean, 0.0), (about.form.std, 1.0)))  # fmt: skip
    pixels = (image[0] * std + mean).clamp(0, 1)
    pixels = pixels if len(pixels) == 3 else pixels.mean(0, keepdim=True).repeat(3, 1, 1)
    size = min(pixels.shape[1], _SHOWN), min(pixels.shape[2], _SHOWN)
    pixels = F.adaptive_avg_pool2d(pixels[None], size)[0]
    shown: np.ndarray = (255 * pixels).round().byte().permute(1, 2, 0).numpy()
    return shown
