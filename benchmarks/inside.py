"""Table 6: what looking inside a layer costs, in seconds of one processor, beside the bare forward pass and targets.

python -m benchmarks.inside   ->   benchmarks/results/inside.json
"""

import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import idcore
from benchmarks.network import cnn, forward, images
from benchmarks.report import save
from idcore.activations import capture, trace
from idcore.estimators import detectors, excited
from idcore.estimators import units as estimator
from idcore.generalise.features import random_features
from idcore.generalise.lazy import learn_scaled
from idcore.generalise.sets import sets
from idcore.generalise.widths import trained
from idcore.inside import maps
from idcore.inside.ideal import ideal_inputs
from idcore.inside.patches import first, patches
from idcore.networks.weights import obtain
from idcore.pipeline.attend import judged
from idcore.spec import Architecture, GeneraliseJob, NetworkSpec, Pretrained
from idcore.store import Store
from idcore.torchvision_seam import torchvision

N = 1000


def seconds(call: Callable[[], Any]) -> float:
    """Of the processor, of all threads of this process."""
    before = time.process_time()
    call()
    return time.process_time() - before


def row(what: str, call: Callable[[], Any], target: float | None, bare: float | None = None, each: int = 1) -> dict:
    """One line. target: seconds that were once measured on this kind of machine. bare: of the forward pass beside it.
    each: of how many it is the mean."""
    line = {"what": what, "seconds": seconds(call) / each, "target": target, "forward": bare}
    print(line, flush=True)
    return line


def of_units() -> list[dict]:
    """The units of two layers of the network of digits, its patches, and ideal inputs of 128 units."""
    network, x = cnn(), images(N, (1, 28, 28))
    forward(network, x[:64])
    bare, of = seconds(lambda: forward(network, x)), np.random.default_rng(0).integers(0, 10, N)
    names, of = estimator.classes(of, N)
    rows = []
    for name, target in (("pool1", 0.98), ("pool2", 0.17)):
        layer = next(one for one in trace(network, x[:3]) if one.name == name)
        for _, slices in capture(network, x, [layer], memory=2**30):
            values = torch.cat(list(slices), 1).numpy()
        what = f"{name}, {layer.units:,} units on {N:,} samples"
        rows.append(row(f"AUC and table of {what}", lambda v=values: estimator.count(v, names, of), target, bare))
        rows.append(
            row(f"what each sample excites, {what}", lambda v=values: excited.end(excited.take(None, v)), None, bare)
        )
        rows.append(row(f"detector with its null, {what}", lambda v=values: detectors.detector([v], of), None, bare))
    filters = first(network, (1, 28, 28))
    assert filters is not None
    rows.append(
        row(f"patches of {len(filters.weight)} filters from {N:,} digits",
            lambda: patches(network, filters, x, torch.device("cpu"), 256), None, bare)
    )  # fmt: skip
    rows.append(
        row("ideal input of a unit of d1, 160 steps (mean of 128)",
            lambda: list(ideal_inputs(network, "d1", range(128), (1, 28, 28), images=x)), 0.05, bare / N, 128)
    )  # fmt: skip
    return rows


def of_pictures() -> list[dict]:
    """EfficientNet-Lite0 and ViT-B/16 on one picture."""
    with tempfile.TemporaryDirectory() as folder:
        spec = NetworkSpec(Architecture("efficientnet_lite0"), Pretrained())
        network = obtain(spec, Store(folder), dataset="mnist5k", images=(3, 224, 224)).module
    torch.manual_seed(0)
    one, rows = torch.randn(2, 3, 224, 224)[:1], []
    forward(network, one)
    bare = seconds(lambda: forward(network, one))
    last = [layer for layer in trace(network, one) if len(layer.shape) == 3 and layer.channels == 0][-1]
    mean = next(layer for layer in trace(network, one[:, :, :96, :96], "mean") if layer.name == last.name)
    rows.append(
        row("ideal input of a channel of EfficientNet-Lite0, 96 px, 96 steps",
            lambda: list(ideal_inputs(network, mean, [0], (3, 96, 96), steps=96)), 1.6, bare)
    )  # fmt: skip
    rows.append(row("Grad-CAM of EfficientNet-Lite0", lambda: maps.grad_cam(network, one, last, 0), None, bare))
    rows.append(row("integrated gradients of it, 32 nodes",
                    lambda: maps.integrated_gradients(network, one, 0), None, bare))  # fmt: skip
    rows.append(row("all maps of it with their curves and baselines", lambda: judged(network, one, 0), None, bare))
    large = torchvision.models.vit_b_16(weights=None).eval()
    forward(large, one)
    bare = seconds(lambda: forward(large, one))
    rows.append(row("attention of vit_b_16", lambda: idcore.attention(large, one), 0.44, bare))
    rows.append(row("gradient-weighted attention of it", lambda: maps.gradient_weighted(large, one, 0), None, bare))
    return rows


def of_generalisation() -> list[dict]:
    """The experiments of the page Generalise."""
    with tempfile.TemporaryDirectory() as folder:
        store, job = Store(folder), GeneraliseJob("features", noise=0.2)
        drawn = sets(job, store)
        rows = [row(f"random features, {len(job.tried)} sizes, n = {job.n:,}",
                    lambda: [random_features(drawn, int(size), 0) for size in job.tried], 19.0)]  # fmt: skip
        rows.append(row("networks of width 10 on four sets", lambda: trained(drawn, 10, "squared", 0), None))
        rows.append(row("lazy training, alpha = 100", lambda: learn_scaled(100.0, store), 3.0))
    return rows


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    save("inside", {"rows": [*of_units(), *of_pictures(), *of_generalisation()]})
