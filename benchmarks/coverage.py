"""Table 5: how often the 95 % interval of TwoNN holds the mean of the estimate over independent draws of N samples.

python -m benchmarks.coverage [--quick]   ->   benchmarks/results/coverage.json; some minutes on two cores

Clouds are drawn anew each time. Of images there are only so many: the 4000 of the training split (and the 1000 others)
are dealt into hands of N that share none. The hands of one deal are independent draws, so that one of J lies from
their mean by (J - 1) / J of the variance of a draw; each interval is shortened by the root of that. Nothing is drawn
twice within a deal, so that no finite pool narrows the spread; the pool is dealt many times over to use all of it.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from benchmarks.peers import THREADS
from benchmarks.report import save
from idcore.data.load import load
from idcore.estimators.twonn import TwoNN, from_neighbours
from idcore.networks.ship import NETWORKS
from idcore.networks.weights import obtain
from idcore.record import Neighbours
from idcore.spec import DataSpec
from idcore.store import Store
from tests.tools.manifolds import cube, gaussian, line, sphere, swiss_roll

Cloud = Callable[[int, int], np.ndarray]
CLOUDS: dict[str, Cloud] = {
    **{f"Gaussian, d = {d}": partial(lambda n, seed, d: gaussian(n, d, seed), d=d) for d in (2, 5, 10, 20)},
    "line": line,
    "square": lambda n, seed: cube(n, 2, seed),
    "cube, d = 10": lambda n, seed: cube(n, 10, seed),
    "sphere, d = 2": lambda n, seed: sphere(n, 2, seed),
    "sphere, d = 5": lambda n, seed: sphere(n, 5, seed),
    "swiss roll": swiss_roll,
}
LAYERS = ("input", "conv2", "d1", "output")
SPLITS = {"train": 4000, "test": 1000}


def row(name: str, n: int, deals: list[list[TwoNN]]) -> dict:
    """deals: of the same number of independent draws each."""
    pairs = [(fit, np.mean([other.id for other in deal])) for deal in deals for fit in deal]
    share = 1 - 1 / len(deals[0])
    off = np.array([fit.id - mean for fit, mean in pairs])
    half = np.array([fit.interval[1] - fit.id for fit, _ in pairs])
    result = {
        "cloud": name,
        "n": n,
        "draws": len(pairs),
        "id": float(np.mean([fit.id for fit, _ in pairs])),
        "spread": float((off @ off / len(off) / share) ** 0.5),
        "bar": float(np.mean([fit.stderr for fit, _ in pairs])),
        "scatter": float(np.std([fit.stderr for fit, _ in pairs])),
        "covered": float(np.mean(abs(off) < half * share**0.5)),
    }
    print(result, flush=True)
    return result


def activations(network: torch.nn.Module, images: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """The input and the layers by name, (n, D)."""
    yield "input", images.flatten(1)
    for name in LAYERS[1:]:
        kept: list[torch.Tensor] = []
        hook = network.get_submodule(name).register_forward_hook(
            lambda _, __, out, kept=kept: kept.append(out.flatten(1).clone())
        )
        with torch.inference_mode():
            for batch in images.split(250):
                network(batch)
        hook.remove()
        yield name, torch.cat(kept)


def squares(x: np.ndarray) -> np.ndarray:
    """Squared distances (n, n), infinite on the diagonal; points far from their neighbours need no more care."""
    x = x - x.mean(axis=0)
    norms = np.einsum("nd,nd->n", x, x)
    result = np.maximum(norms[:, None] + norms - 2 * (x @ x.T), 0)
    np.fill_diagonal(result, np.inf)
    return result


def fit(squares: np.ndarray) -> TwoNN:
    """squares: overwritten."""
    rows, near, near_squares = np.arange(len(squares)), [], []
    for _ in range(2):  # twice the least of all is faster than a partition
        near.append(squares.argmin(axis=1))
        near_squares.append(squares[rows, near[-1]])
        squares[rows, near[-1]] = np.inf
    return from_neighbours(Neighbours(np.stack(near, axis=1), np.sqrt(np.stack(near_squares, axis=1))))


def dealt(x: np.ndarray, n: int, deals: int) -> list[list[TwoNN]]:
    random, apart = np.random.default_rng(0), squares(x)
    hands = [random.permutation(len(x))[: len(x) // n * n].reshape(-1, n) for _ in range(deals)]
    return [[fit(apart[np.ix_(hand, hand)]) for hand in deal] for deal in hands]


def networks(n: int, values: int) -> Iterator[dict]:
    for spec in NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            network = obtain(spec, Store(folder)).module.eval()
        for split, size in SPLITS.items():
            images = load(DataSpec("mnist5k", split, n=size)).images  # type: ignore[arg-type]
            for name, x in activations(network, images):
                if name != "input" or spec is NETWORKS[0]:
                    words = f"{name}, {split}" if name == "input" else f"{spec.regime} {name}, {split}"
                    yield row(words, n, dealt(x.double().numpy(), n, values // (size // n)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    parser.add_argument("--n", type=int, default=500)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    n, share = arguments.n, 10 if arguments.quick else 1
    rows = [
        row(name, n, [[fit(squares(cloud(n, seed))) for seed in range(1000 // share)]])
        for name, cloud in CLOUDS.items()
    ]
    rows += networks(n, 400 // share)
    save("coverage", {"rows": rows})
