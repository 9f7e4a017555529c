"""What a GPU makes of the measurement: right numbers first, then speed. Runs with torch, torchvision and numpy alone.

python -m benchmarks.gpu [--parts correct neighbours profiles million inside] [--device cpu] [--tiny] [--seconds 340]

A line of JSON as each step ends. What no longer fits into the time is not begun, and said. --tiny: sizes for a CPU, to
see that it runs. Float32 products are float32 in all that is compared (no TF32).
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

from idcore.activations import capture, trace
from idcore.estimators.twonn import from_neighbours
from idcore.geometry.measure import measure
from idcore.geometry.neighbours import neighbours, precisions
from idcore.geometry.products import column_means, from_points
from idcore.geometry.rounded import from_rows
from idcore.geometry.threads import measuring
from idcore.inside.attention import attention
from idcore.inside.ideal import ideal_input
from idcore.matrices import resting
from idcore.networks.checkpoints import checkpoints
from idcore.record import Layer

TOLERANCE = 1e-12
"""Of a distance, against float64 differences."""
BUDGET = 16 * 2**30


@dataclass(frozen=True)
class Machine:
    """Where it runs. ends: when nothing more is begun (time.monotonic)."""

    device: torch.device
    tiny: bool
    ends: float

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()

    def timed(self, work: Callable[[], Any], repeats: int = 1) -> dict[str, float]:
        """Seconds, the least of several, and the most memory of the device beyond what was held before."""
        seconds, peak = [], 0.0
        for _ in range(repeats):
            self._wait()
            held = self._held()
            if self.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(self.device)
            start = time.perf_counter()
            work()
            self._wait()
            seconds.append(time.perf_counter() - start)
            if self.device.type == "cuda":
                peak = max(peak, torch.cuda.max_memory_allocated(self.device) - held)
        return {"seconds": round(min(seconds), 4), "peak_mb": round(peak / 2**20)}

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _held(self) -> int:
        return torch.cuda.memory_allocated(self.device) if self.device.type == "cuda" else 0


def squares(x: Tensor) -> Tensor:
    """(n, n) squared distances from float64 differences; some rows once more on the CPU."""
    points = x.double()
    squared = torch.stack([(points - row).square_().sum(1) for row in points])
    some = torch.arange(0, len(x), max(1, len(x) // 20))
    again = torch.stack([(points.cpu() - row).square().sum(1) for row in points[some].cpu()])
    assert torch.allclose(squared[some].cpu(), again, rtol=1e-13, atol=0), "float64 differs between device and CPU"
    return squared


def nearest(squared: Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(indices, distances) of the k nearest, ties by index."""
    squared = squared.clone().fill_diagonal_(torch.inf)
    indices = squared.argsort(dim=1, stable=True)[:, :k]
    return indices.cpu().numpy(), np.sqrt(squared.gather(1, indices).cpu().numpy())


def cloud(n: int, d: int, device: torch.device, dimension: int = 10) -> Tensor:
    """(n, d) float32: a curved manifold, made where it is measured."""
    torch.manual_seed(0)
    inside = torch.randn(n, dimension, device=device)
    return torch.tanh(inside @ torch.randn(dimension, d, device=device) / 3)


def clouds(n: int, device: torch.device) -> Iterator[tuple[str, Tensor]]:
    """Points on which products alone fail."""
    x = cloud(n, 512, device)
    yield "plain", x
    yield "offset of 1000 times the spread", x + 1000 * x.std()
    close = x.clone()
    close[::7] = close[1::7][: len(close[::7])] + 1e-5 * torch.randn(len(close[::7]), 512, device=device)
    yield "near-duplicates", close
    yield "float16", x.half()
    yield "bfloat16", x.bfloat16()
    yield "wide", cloud(n // 2, 60_000, device)
    yield "narrow", cloud(n, 3, device, 2)
    yield "ties", torch.randint(0, 6, (n, 4), device=device).float()
    yield "tiny values", x * 1e-25


SOUGHT_BY = {
    "as chosen": {"precisions": precisions},
    "float32": {"precisions": lambda *given: (torch.float32, torch.float64), "_coarse_enough": lambda *given: False},
    "bfloat16": {"precisions": lambda *given: (torch.float32, torch.float64), "_coarse_enough": lambda *given: True},
}
"""What the products are that lead to the neighbours, by what is put in place of the choice."""


def correct(machine: Machine) -> Iterator[dict[str, Any]]:
    """The tables of the device against float64 brute force, for few neighbours and for many."""
    for name, x in clouds(140 if machine.tiny else 2000, machine.device):
        squared = squares(x)
        indices, distances = nearest(squared, 64)
        for (products, choice), k in itertools.product(SOUGHT_BY.items(), (2, 64)):
            with patch.multiple("idcore.geometry.neighbours", **choice):
                table = neighbours(x, k)
            error = np.abs(table.distances - distances[:, :k]) / np.maximum(distances[:, :k], np.finfo(float).tiny)
            equal = float((table.indices == indices[:, :k]).mean())
            worst = float(error[distances[:, :k] > 0].max(initial=0))
            yield {"points": name, "n": len(x), "d": x.shape[1], "k": k, "products": products,
                   "largest_relative_error": worst, "equal_indices": equal,
                   "right": worst <= TOLERANCE and (equal == 1 or name == "ties")}  # fmt: skip
        for dtype in (torch.float64, torch.float32, torch.bfloat16) if name != "tiny values" else ():
            used = bound_used(x, squared, dtype)
            yield {"points": name, "products": str(dtype), "of_the_bound": round(used, 4), "right": used <= 1 + 1e-9}


def bound_used(x: Tensor, squared: Tensor, dtype: torch.dtype) -> float:
    """The largest error of a squared distance from products, as a part of what the bound allows."""
    m, places = len(x), torch.arange(len(x), device=x.device)
    with measuring():
        if dtype == torch.bfloat16:
            products, bound = from_rows(x, places, column_means(x, 1.0), 1.0, BUDGET)
            value = products((0, m), (0, m)).double()
        else:
            products, bound = from_points(x, places, dtype, 1.0, BUDGET)
            value = bound.half + bound.half[:, None] - products((0, m), (0, m)).double()
        low, high = bound.interval(value, slice(0, m), places.expand(m, m))
    off = (squared - (low + high) / 2).abs() / ((high - low) / 2)
    return float(off.fill_diagonal_(0).max())


def product_rate(machine: Machine) -> float:
    """Products of float32 numbers and their sums a second, flops, of a large matrix product."""
    n = 512 if machine.tiny else 8192
    x = torch.randn(n, n, device=machine.device)
    return 2 * n**3 / max(machine.timed(lambda: x @ x.T, 5)["seconds"], 1e-4)


SIZES = [(2000, 512), (2000, 100_352), (20_000, 2048), (100_000, 2048), (500, 802_816)]


def compared(machine: Machine) -> Iterator[dict[str, Any]]:
    """TwoNN and the whole measurement against torch.cdist and topk, and against the floor: one triangle of products."""
    rate = product_rate(machine)
    yield {"float32_tflops": round(rate / 1e12, 2)}
    for n, d in [(200, 64), (100, 3000)] if machine.tiny else SIZES:
        x, layer = cloud(n, d, machine.device), Layer("layer", 1, 0.5, "Linear", (d,), d)
        floor, repeats = n * n * d / rate, 3 if n <= 20_000 else 1
        row: dict[str, Any] = {"n": n, "d": d, "floor_s": round(floor, 4)}
        steps: dict[str, Callable[[], Any]] = {
            "twonn": lambda x=x: from_neighbours(neighbours(x, 2)).id,
            "cdist": lambda x=x: _cdist(x),
            "measure": lambda x=x, layer=layer: measure([x], layer, memory=BUDGET),
        }
        steps["twonn"]()  # what a library loads at its first call is no part of the measurement
        for name, step in steps.items():
            if name == "cdist" and n * n * 4 > BUDGET * 2.5:
                row[name] = "not begun: its matrix of distances does not fit"
                continue
            row[name] = machine.timed(step, repeats)
            row[name]["of_floor"] = round(row[name]["seconds"] / floor, 2)
        yield row


def _cdist(x: Tensor) -> Tensor:
    return torch.cdist(x, x).topk(3, largest=False).values


def profiles(machine: Machine) -> Iterator[dict[str, Any]]:
    """Whole profiles of networks against the bare forward pass."""
    from idcore.torchvision_seam import torchvision

    side = 32 if machine.tiny else 224
    for name in ["resnet18"] if machine.tiny else ["resnet18", "vgg16", "vit_b_16"]:
        torch.manual_seed(0)
        network = torchvision.models.get_model(name, weights=None).eval().to(machine.device)
        warm = torch.randn(100, 3, side, side)
        _forward(network, warm, machine.device)
        _profile(network, warm, machine.device)
        for n in (20,) if machine.tiny else (500, 2000):
            images = torch.randn(n, 3, side, side)
            row = {"network": name, "n": n}
            row["forward"] = machine.timed(lambda net=network, x=images: _forward(net, x, machine.device))
            row["profile"] = machine.timed(lambda net=network, x=images: _profile(net, x, machine.device))
            row["ratio"] = round(row["profile"]["seconds"] / row["forward"]["seconds"], 2)
            yield row


def _forward(network: nn.Module, images: Tensor, device: torch.device) -> None:
    with torch.inference_mode():
        for batch in images.split(128):
            network(batch.to(device))


def _profile(network: nn.Module, images: Tensor, device: torch.device) -> None:
    layers = trace(network, images)
    marked = set(checkpoints(layers, network))
    chosen = [layer for layer in layers if layer.name in marked and not layer.note]
    for layer, slices in capture(network, images, chosen, memory=BUDGET, device=device):
        measure(slices, layer, memory=BUDGET)


def million(machine: Machine) -> Iterator[dict[str, Any]]:
    """Exact neighbours of as many points as ImageNet has images, as far as the time goes: it grows with n squared."""
    d, before = 2048, None
    for n in (500, 1000) if machine.tiny else (80_000, 320_000, 1_280_000):
        if before is not None:
            expected = before[1] * (n / before[0]) ** 2
            if expected > machine.left:
                yield {"n": n, "d": d, "skipped": f"expected {expected:.0f} s, {machine.left:.0f} s are left"}
                return
        x = cloud(n, d, machine.device)
        row = {"n": n, "d": d} | machine.timed(lambda x=x: neighbours(x, 2))
        before = (n, row["seconds"])
        yield row


def inside(machine: Machine) -> Iterator[dict[str, Any]]:
    """The ideal input of a unit, and the attention of one batch."""
    from idcore.torchvision_seam import torchvision

    torch.manual_seed(0)
    side, steps = (32, 4) if machine.tiny else (224, 160)
    network = torchvision.models.resnet18(weights=None).eval().to(machine.device)
    yield {"ideal input": "resnet18, fc", "steps": steps} | machine.timed(
        lambda: ideal_input(network, "output", 1, (3, side, side), steps=steps)
    )
    vit = torchvision.models.vit_b_16(weights=None, image_size=side).eval().to(machine.device)
    images = torch.randn(2 if machine.tiny else 16, 3, side, side)
    weights = attention(vit, images)
    off = max(float((one.sum(-1) - 1).abs().max()) for one in weights.values())
    yield {"attention": "vit_b_16", "layers": len(weights), "rows_off_1": off} | machine.timed(
        lambda: attention(vit, images)
    )


PARTS: dict[str, Callable[[Machine], Iterator[dict[str, Any]]]] = {
    "correct": correct,
    "neighbours": compared,
    "profiles": profiles,
    "inside": inside,
    "million": million,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--seconds", type=float, default=340.0)
    asked = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    machine = Machine(torch.device(asked.device), asked.tiny, time.monotonic() + asked.seconds)
    name = torch.cuda.get_device_name(machine.device) if machine.device.type == "cuda" else "CPU"
    rests = resting(machine.device)
    print(json.dumps({"device": name, "measured on": str(rests), "torch": torch.__version__}), flush=True)
    wrong = False
    for part in asked.parts:
        try:
            for row in PARTS[part](machine):
                wrong |= row.get("right") is False
                print(json.dumps({"part": part} | row), flush=True)
                if machine.left <= 0:
                    print(json.dumps({"part": part, "ended": "the time is over"}), flush=True)
                    break
        except Exception as error:  # the other parts are worth having all the same
            wrong = True
            print(json.dumps({"part": part, "failure": f"{type(error).__name__}: {error}"}), flush=True)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
