"""Table 1: TwoNN of one layer, Layerscope against its peers, side by side in one process, interleaved.

python -m benchmarks.layer [--quick]   ->   benchmarks/results/layer.json
"""

import argparse
import functools

import numpy as np
import torch

from benchmarks.measure import Runs, record
from benchmarks.peers import PEERS, THREADS, fast_reference, reference
from benchmarks.report import save

SHAPES = [(2000, 512), (2000, 100_352), (10_000, 512), (20_000, 2048), (500, 802_816)]
QUICK = [(500, 512), (1000, 4096)]
SLOW = 1e11  # N^2 D flops above which the slow exact peers run once, not `repeats` times


def points(n: int, d: int, kind: str = "plain") -> np.ndarray:
    """n points of a curved manifold of dimension 10 in d units, with noise, float32."""
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(n, 10)).astype(np.float32)
    x = np.empty((n, d), np.float32)
    for start in range(0, d, 8192):
        width = min(8192, d - start)
        x[:, start : start + width] = np.cos(latent @ rng.normal(size=(10, width)).astype(np.float32) * 0.3)
    if kind == "offset 1000x":
        x += 1000 * x.std()
    if kind == "near-duplicates":
        copies = n // 50
        x[:copies] = x[copies : 2 * copies] * (1 + 1e-6 * rng.normal(size=(copies, 1)).astype(np.float32))
    return x


def gemm_flops() -> float:
    """Highest float32 product rate seen here, flop/s."""
    from time import perf_counter

    a = torch.randn(4096, 4096)
    times = []
    for _ in range(6):
        start = perf_counter()
        a @ a
        times.append(perf_counter() - start)
    return 2 * 4096**3 / min(times)


def compare(x: np.ndarray, repeats: int) -> dict[str, Runs]:
    """Every peer `repeats` times on the same points, one after another in each round."""
    runs = {name: Runs() for name in PEERS}
    for round_ in range(repeats + 1):
        for name, (call, _) in PEERS.items():
            slow = x.shape[0] ** 2 * x.shape[1] > SLOW and name in ("scikit-dimension", "DADApy")
            if runs[name].failure or (slow and round_ > 1):
                continue
            record(runs[name], functools.partial(call, x))
        if round_ == 0:  # imports and first-call compilation
            for run in runs.values():
                run.seconds.clear()
                run.bytes_above.clear()
    return runs


def table(shapes: list[tuple[int, int]], repeats: int) -> list[dict]:
    rate, rows = gemm_flops(), []
    for n, d in shapes:
        x = points(n, d)
        references = {c: fast_reference(x, c) for c in ("i/n", "(i-1)/n")}
        for name, run in compare(x, repeats).items():
            right = references[PEERS[name][1]]
            rows.append(_row(name, run, right, n=n, d=d, kind="plain", floor=n * n * d / rate, bytes=x.nbytes))
            print(rows[-1], flush=True)
    return rows


def errors(n: int, d: int) -> list[dict]:
    """The same on clouds that break unchecked float32 products."""
    rows = []
    for kind in ("plain", "offset 1000x", "near-duplicates"):
        x = points(n, d, kind)
        references = {c: reference(x, c) for c in ("i/n", "(i-1)/n")}
        for name, run in compare(x, 1).items():
            rows.append(_row(name, run, references[PEERS[name][1]], n=n, d=d, kind=kind, floor=0.0, bytes=x.nbytes))
            print(rows[-1], flush=True)
    return rows


def _row(name: str, run: Runs, right: float, **rest) -> dict:
    return {
        "library": name,
        **rest,
        "seconds": run.median,
        "repeats": len(run.seconds),
        "peak": run.peak,
        "id": run.value,
        "reference": right,
        "error": run.value / right - 1,
        "failure": run.failure,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small shapes, to see that it runs")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    shapes = QUICK if arguments.quick else SHAPES
    save("layer", {"speed": table(shapes, arguments.repeats), "errors": errors(1000, 2048)})
