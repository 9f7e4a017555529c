"""Table 3: time of one layer's neighbours (k = 2) and of its whole measurement against N and D, with the exponents.

python -m benchmarks.growth [--quick]   ->   benchmarks/results/growth.json
"""

import argparse

import numpy as np
import torch

from benchmarks.layer import points
from benchmarks.measure import Runs, record
from benchmarks.peers import THREADS
from benchmarks.report import save
from idcore.geometry.measure import measure
from idcore.geometry.neighbours import neighbours
from idcore.record import Layer

ROWS = [500, 1000, 2000, 5000, 10_000, 20_000]
COLUMNS = [512, 2048, 8192, 32_768, 131_072, 802_816]
FIXED_D, FIXED_N = 512, 500
LARGEST, BUDGET = (100_000, 2048), 4 * 2**30


def one(n: int, d: int, repeats: int) -> dict:
    x = torch.from_numpy(points(n, d))
    layer = Layer("layer", 1, 0.5, "Linear", (d,), d)
    nearest, whole = Runs(), Runs()
    for _ in range(repeats + 1):
        record(nearest, lambda: float(neighbours(x, 2).distances[0, 0]))
        if n <= 10_000:
            record(whole, lambda: float(measure([x], layer, memory=BUDGET).eigenvalues[0]))
    row = {"n": n, "d": d, "neighbours": min(nearest.seconds), "measure": min(whole.seconds, default=None)}
    print(row, flush=True)
    return row


def largest(n: int, d: int) -> dict:
    """The whole measurement of as many points as there may be, once."""
    x, run = torch.from_numpy(points(n, d)), Runs()
    layer = Layer("layer", 1, 0.5, "Linear", (d,), d)
    record(run, lambda: float(measure([x], layer, memory=BUDGET).eigenvalues[0]))
    row = {"n": n, "d": d, "seconds": run.median, "peak": run.peak, "budget": BUDGET, "failure": run.failure}
    print(row, flush=True)
    return row


def exponent(rows: list[dict], against: str) -> float:
    """Slope of log(time) against log(n or d) over the upper half, where constant costs no longer count."""
    upper = rows[len(rows) // 2 :]
    return float(np.polyfit(np.log([r[against] for r in upper]), np.log([r["neighbours"] for r in upper]), 1)[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    end = 3 if arguments.quick else None
    by_n = [one(n, FIXED_D, arguments.repeats) for n in ROWS[:end]]
    by_d = [one(FIXED_N, d, arguments.repeats) for d in COLUMNS[:end]]
    top = largest(*((5000, 64) if arguments.quick else LARGEST))
    exponents = {"n": exponent(by_n, "n"), "d": exponent(by_d, "d")}
    save("growth", {"by_n": by_n, "by_d": by_d, "exponents": exponents, "largest": top})
