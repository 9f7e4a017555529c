"""Where a network looks on one sample, by every method that it allows, each judged against deleting by chance and
deleting the ink."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from idcore.data.load import load
from idcore.errors import NetworkError, RequestError
from idcore.inside import deletion, maps
from idcore.inside.attention import NoAttention, attention
from idcore.networks.hooks import INPUT
from idcore.networks.state import home, ready
from idcore.networks.trace import trace
from idcore.networks.weights import obtain
from idcore.pipeline.read import as_it_is, read_first
from idcore.pipeline.scene import scene
from idcore.shapes import Float
from idcore.spec import ELSEWHERE, Request
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

_FEW = 3  # positions of which no map is made
_MOST = 8  # patches on a side where the network has none of its own


@dataclass(frozen=True, eq=False)
class Judged:
    """method: in words. scores: (rows, columns) float64 of the patches, None for the mean of random orders. area: mean
    probability of the class while all patches are deleted, the highest scores first; the lower, the better the map
    names what the network uses. after: probability after a tenth and after a third of the patches."""

    method: str
    scores: Float[np.ndarray, "rows columns"] | None
    area: float
    after: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Attended:
    """id, label: of the sample. target: the output that the maps are made for, the largest. probability: of it on the
    whole image. rows: the methods, then the two baselines. notes: why others are not among them."""

    id: int
    label: int
    target: int
    probability: float
    rows: tuple[Judged, ...]
    notes: tuple[str, ...] = ()

    def loses(self, row: Judged) -> list[str]:
        """The baselines that a method does not beat."""
        return [one.method for one in self.rows[-2:] if one is not row and row.area >= one.area]


def attend(request: Request, sample: int, store: Store, watch: Watch = UNWATCHED) -> Attended:
    """The maps of one sample. sample: its place among those of the request. A deleted patch becomes 0 as the network
    sees it: black, or the mean colour where a mean is taken off. Raises RequestError, NetworkError, Cancelled."""
    request = as_it_is(request, store, watch)
    if request.network == ELSEWHERE:
        raise RequestError("Representations that were computed elsewhere have no network that looks at an image.")
    if not 0 <= sample < request.data.n:
        raise RequestError(f"The sample must be a number from 0 to {request.data.n - 1:,}, not {sample:,}.")
    watch.report("loading", "Loading the data.")
    read_first(request, store, watch)
    about = scene(request, store)
    samples = load(request.data, about.form, store, watch=watch)
    module = obtain(request.network, store, watch, request.data.dataset, about.shape).module
    image = samples.images[sample : sample + 1]
    target, probability = _says(module, image)
    found, notes = [], list[str]()
    grid = _grid(about.shape[1:])
    for method, scores in _maps(module, image, target, grid, notes):
        watch.report("seeking", f"Judging {method}.")
        grid = (scores.shape[0], scores.shape[1])
        found.append(_judged(method, scores, deletion.deletion(module, image[0], scores, target)))
    watch.report("seeking", "Judging the baselines.")
    ink = deletion.ink(image[0], grid)
    found.append(_judged("most ink", ink, deletion.deletion(module, image[0], ink, target)))
    found.append(_judged("random", None, deletion.random(module, image[0], grid, target)))
    watch.report("done", "Done.")
    return Attended(
        int(samples.ids[sample]), int(samples.labels[sample]), target, probability, tuple(found), tuple(notes)
    )


def _maps(
    module: nn.Module, image: Tensor, target: int, grid: tuple[int, int], notes: list[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """notes: takes why a method that the network might be asked by gives no map."""
    try:
        yield from _of_attention(module, image, target)
    except NoAttention:
        pass  # a convolutional network, say: nothing is missing
    except (NetworkError, RequestError) as error:
        notes.append(f"Not every map of attention is there: {error}")
    layer = _last_positions(module, image)
    if layer:
        found = maps.grad_cam(module, image, layer, target)
        yield f"Grad-CAM at {layer}", _patches(F.interpolate(found[None], image.shape[2:], mode="bilinear")[0, 0], grid)
    found = maps.integrated_gradients(module, image, target)[0].sum(0)
    yield "integrated gradients", _patches(found, grid)


def _of_attention(module: nn.Module, image: Tensor, target: int) -> Iterator[tuple[str, np.ndarray]]:
    """Raises NoAttention, NetworkError, RequestError."""
    weights = attention(module, image)
    tokens = next(iter(weights.values())).shape[-1]
    side = round((tokens - 1) ** 0.5)
    if side**2 != tokens - 1 or len({a.shape for a in weights.values()}) > 1:
        raise RequestError("its tokens are not one for the class before a square of patches, the same in every layer.")

    def of_class(rows: Tensor) -> np.ndarray:
        found: np.ndarray = rows[0, 0, 1:].reshape(side, side).double().numpy()
        return found

    yield "attention of the class token, last layer", of_class(list(weights.values())[-1].mean(1))
    yield "attention rollout", of_class(maps.rollout(weights))
    yield "gradient-weighted attention", of_class(maps.gradient_weighted(module, image, target))


def _last_positions(module: nn.Module, image: Tensor) -> str:
    """The last layer of channels over two axes of positions, "" where there is none."""
    shapes = {layer.name: layer.shape for layer in trace(module, image)}
    axes = {layer.name: layer.channels for layer in trace(module, image, "mean") if not layer.note}
    found = ""
    for name, shape in shapes.items():
        if name != INPUT and len(shape) == 3 and axes.get(name) in (0, 2):
            positions = prod(shape) // shape[axes[name] or 0]
            found = name if positions > _FEW else found
    return found


def _grid(size: tuple[int, ...]) -> tuple[int, int]:
    """The finest grid of at most `_MOST` patches a side that divides the image evenly."""
    down, across = (max(side for side in range(1, _MOST + 1) if length % side == 0) for length in size)
    return down, across


def _patches(pixels: Tensor, grid: tuple[int, int]) -> np.ndarray:
    rows, columns = grid
    height, width = pixels.shape[0] // rows, pixels.shape[1] // columns
    found: np.ndarray = pixels.double().numpy().reshape(rows, height, columns, width).sum((1, 3))
    return found


def _judged(method: str, scores: np.ndarray | None, found: deletion.Deletion) -> Judged:
    curve = found.probability
    tenth, third = (max(1, round((len(curve) - 1) * share)) for share in (0.1, 1 / 3))
    return Judged(method, scores, found.area, (float(curve[tenth]), float(curve[third])))


def _says(module: nn.Module, image: Tensor) -> tuple[int, float]:
    with ready(module, home(module)):
        output = module(image.repeat(2, 1, 1, 1).to(home(module)))
    if not isinstance(output, Tensor) or output.ndim != 2:
        raise NetworkError("Where it looks is asked of a network that gives one row of numbers for each sample.")
    shares = output[0].double().softmax(0)
    return int(shares.argmax()), float(shares.max())
