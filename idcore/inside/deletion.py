"""Does a map name what matters? Delete the patches that it names, and watch the probability of the class fall."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from idcore.errors import PointsError, RequestError
from idcore.inside.maps import one_output
from idcore.networks.hooks import Enough, forward
from idcore.networks.state import home, ready
from idcore.shapes import Float, Int64
from idcore.spec import checks

DRAWS = 8
"""Random orders whose mean is the baseline."""


@dataclass(frozen=True, eq=False)
class Deletion:
    """probability: (steps + 1,) float64, of the class after 0, 1, ... patches are deleted. area: their mean over the
    deleted share, by the trapezoidal rule: the lower, the sooner the map named what the network used. spread: standard
    deviation of the area over several orders, 0 of one."""

    probability: Float[np.ndarray, " steps"]
    area: float
    spread: float = 0.0


def deletion(
    module: nn.Module,
    image: Float[Tensor, "c h w"],
    scores: Float[np.ndarray, "rows columns"],
    target: int,
    blank: float = 0.0,
) -> Deletion:
    """The curve of one map (Petsiuk, Das, Saenko 2018). scores: of patches that divide the image evenly, the highest is
    deleted first, equal ones by index. blank: what a deleted pixel becomes. Raises RequestError, PointsError."""
    scores = np.asarray(scores, np.float64)
    if not np.isfinite(scores).all():
        raise PointsError("Some scores of the map are NaN or infinite, so the patches have no order.")
    order = np.argsort(-scores.ravel(), kind="stable")
    return _of(_curve(module, image, order, scores.shape, target, blank))


def random(
    module: nn.Module,
    image: Float[Tensor, "c h w"],
    grid: tuple[int, int],
    target: int,
    blank: float = 0.0,
    seed: int = 0,
) -> Deletion:
    """The baseline that any map must beat: the mean curve over `DRAWS` random orders."""
    draw = np.random.default_rng(seed)
    orders = [draw.permutation(grid[0] * grid[1]) for _ in range(DRAWS)]
    curves = [_curve(module, image, order, grid, target, blank) for order in orders]
    spread = float(np.std([_of(curve).area for curve in curves], ddof=1))
    return replace(_of(np.mean(curves, axis=0)), spread=spread)


def ink(image: Float[Tensor, "c h w"], grid: tuple[int, int], blank: float = 0.0) -> Float[np.ndarray, "rows columns"]:
    """The other baseline: how far the pixels of each patch are from the blank, which asks no network."""
    rows, columns = grid
    height, width = _patch(image, grid)
    far = (image - blank).abs().sum(0).double().cpu().numpy()
    scores: np.ndarray = far.reshape(rows, height, columns, width).sum((1, 3))
    return scores


def _curve(
    module: nn.Module, image: Tensor, order: Int64[np.ndarray, " p"], grid: tuple[int, int], target: int, blank: float
) -> np.ndarray:
    height, width = _patch(image, grid)
    checks.number("The blank", blank, -1e6, 1e6)
    images = image[None].repeat(len(order) + 1, 1, 1, 1)
    for step, patch in enumerate(order.tolist()):
        row, column = divmod(patch, grid[1])
        images[step + 1 :, :, row * height : (row + 1) * height, column * width : (column + 1) * width] = blank
    probabilities = []
    with ready(module, home(module)):
        for some in images.split(128):
            outputs: list[Tensor] = []

            def hear(_: str, path: str, __: nn.Module, output: object, outputs: list[Tensor] = outputs) -> None:
                if not path:
                    one_output(output, target)
                    outputs.append(output)  # type: ignore[arg-type]
                    raise Enough

            forward(module, some.to(home(module)), hear, {"output"})
            probabilities.append(outputs[0].double().softmax(1)[:, target].cpu())
    return torch.cat(probabilities).numpy()


def _of(probability: np.ndarray) -> Deletion:
    return Deletion(probability, float((probability[1:] + probability[:-1]).mean() / 2))


def _patch(image: Tensor, grid: tuple[int, int]) -> tuple[int, int]:
    c, height, width = image.shape
    if len(grid) != 2 or min(grid) < 1 or height % grid[0] or width % grid[1]:
        raise RequestError(
            f"An image of {height} x {width} is not divided evenly by {' x '.join(map(str, grid))} patches. Give "
            "scores of patches that do."
        )
    return height // grid[0], width // grid[1]
