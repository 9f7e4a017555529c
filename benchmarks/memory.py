"""Table 4: is the memory budget kept? Peak resident memory of a whole profile above that of the bare forward pass.

python -m benchmarks.memory [--quick]   ->   benchmarks/results/memory.json

VGG-16 with random weights and its checkpoint layers; every case in a process of its own. The bare forward pass has the
batch size that the profile uses: a larger one would hide what the profile takes.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.measure import Runs, record
from benchmarks.peers import THREADS
from benchmarks.report import save
from idcore.activations import batch
from idcore.api import profile
from idcore.estimators.summary import summarise
from idcore.settings import parse_bytes
from idcore.torchvision_seam import torchvision

CASES: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "full": (500, 224, ("4GiB", "512MiB")),
    "quick": (60, 112, ("256MiB", "32MiB")),
}
ALLOWED, SLACK = 1.25, 2**28
"""The bound: peak above the bare forward pass <= ALLOWED budget + SLACK bytes."""


def case(n: int, size: int, budget: str) -> dict[str, Any]:
    """One profile under a budget, or the bare forward pass without one, in this process."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    network = torchvision.models.vgg16(weights=None).eval()
    images = torch.randn(n, 3, size, size)
    seen: list[int] = []
    network.features[0].register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    run, layers = Runs(), {}

    def bare() -> float:
        return forward(network, images, batch(network, images, torch.device("cpu")))

    def whole() -> float:
        for geometry in profile(network, images, memory=budget, device="cpu"):
            layers[geometry.layer.name] = summarise(geometry).id
            print(f"{geometry.layer.name}: {geometry.note or geometry.seconds}", file=sys.stderr, flush=True)
        return 0.0

    record(run, whole if budget else bare)
    if run.failure:
        raise SystemExit(run.failure)
    return {"seconds": run.median, "peak": run.peak, "passes": sum(seen) // n, "ids": layers}


def forward(network: nn.Module, images: Tensor, size: int) -> float:
    with torch.inference_mode():
        for some in images.split(size):
            network(some)
    return 0.0


def table(name: str) -> dict[str, Any]:
    n, size, budgets = CASES[name]
    by_budget = {budget: _apart(name, budget) for budget in ("", *budgets)}
    bare, rows = by_budget.pop(""), []
    for budget, result in by_budget.items():
        above, allowed = result["peak"] - bare["peak"], parse_bytes(budget)
        rows.append(
            {"budget": budget, "bytes": allowed, "above": above, "ratio": above / allowed}
            | {"kept": above <= ALLOWED * allowed + SLACK, "passes": result["passes"], "seconds": result["seconds"]}
        )
    first, second = (by_budget[budget]["ids"] for budget in budgets)
    difference = max(abs(second[layer] / first[layer] - 1) for layer in first if first[layer] is not None)
    return {"n": n, "size": size, "rows": rows, "difference": difference, "ids": first} | {
        "forward": bare["seconds"],
        "forward_peak": bare["peak"],
    }


def _apart(name: str, budget: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.memory", "--case", name, "--budget", budget]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(budget or "bare forward pass", result, flush=True)
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few small images and small budgets")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--budget", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        samples, side, _ = CASES[arguments.case]
        print(json.dumps(case(samples, side, arguments.budget)))
    else:
        save("memory", table("quick" if arguments.quick else "full"))
