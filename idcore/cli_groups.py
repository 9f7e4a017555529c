"""The arguments that commands have in common: a group each."""

import argparse
from typing import Any

from idcore.cli_request import MOST
from idcore.data.catalogue import DATASETS
from idcore.exports import EXPORTS
from idcore.files.endings import MATRICES, TEXTS
from idcore.spec import (
    LENGTH,
    NORMALISE,
    PERTURBATIONS,
    REDUCTIONS,
    REGIMES,
    USUAL,
    DataSpec,
    Perturbation,
)

(_GRADIENT,) = (one for one in PERTURBATIONS if one.field == "gradient")  # what a network may be trained on too
FORMATS = ("table", *(one.suffix for one in EXPORTS))


def architecture(parser: argparse.ArgumentParser) -> Any:
    network = parser.add_argument_group("network")
    network.add_argument("--network", help="a name of `list networks`, timm:NAME or hf:NAME (default: cnn)")
    network.add_argument("--width", type=int, help="units of each hidden layer (mlp)")
    network.add_argument("--depth", type=int, help="number of hidden layers (mlp)")
    return network


def network(parser: argparse.ArgumentParser) -> None:
    """Architecture, regime, weights and recipe, and the data set."""
    network = architecture(parser)
    network.add_argument(
        "--regime",
        choices=(*REGIMES, "elsewhere"),
        help="default: pretrained where a library has weights, else trained; elsewhere for representations",
    )
    network.add_argument(
        "--weights",
        help="name of pretrained weights, or a file (.safetensors, .pt, .pth, .ckpt, .bin), also of --factory",
    )
    network.add_argument("--shuffled", type=float, help="fraction of training labels permuted (default: 1 if shuffled)")
    network.add_argument("--network-seed", type=int, help="seed of the weights and of the training")
    network.add_argument("--optimiser", choices=("adam", "sgd"))
    network.add_argument("--learning-rate", type=float)
    network.add_argument("--batch-size", type=int)
    network.add_argument("--epochs", type=int, help="most epochs to train")
    network.add_argument("--warmup", type=int, help="epochs over which lambda grows from 1, by the same factor each")
    network.add_argument("--target", type=float, help="train accuracy at which training stops")
    network.add_argument("--train-size", type=int, help="height and width of the images it is trained on")
    data_set(parser)


def data_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        default="mnist5k",
        help=f"a name of `list data` ({', '.join(DATASETS)}, folder-NAME), a zip of images by class, a file of "
        f"texts ({', '.join(TEXTS)}), or one of matrices ({', '.join(MATRICES)})",
    )
    parser.add_argument("--download", action="store_true", help="fetch the data set where it is not here")
    _perturbation_argument(parser, _GRADIENT)


def factory(parser: argparse.ArgumentParser, more: str = "") -> None:
    parser.add_argument(
        "--factory",
        help="package.module:function or file.py:function that returns a module, or (module, images) or (..., labels)"
        + (f"; {more}" if more else ""),
    )
    parser.add_argument("--name", help="what the pages call the network of --factory (default: its class)")


def reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--discard",
        type=float,
        default=USUAL.discard,
        help="fraction of mu that TwoNN leaves out (default: %(default)s)",
    )
    parser.add_argument(
        "--variance", type=float, default=USUAL.variance, help="share that the PC-ID holds (default: %(default)s)"
    )


def _perturbation_argument(parser: Any, one: Perturbation) -> None:
    kind: Any = {"choices": tuple(one.options)} if one.options else {"type": float}
    parser.add_argument(f"--{one.field}", default=getattr(DataSpec(), one.field), help=one.flag, **kind)


def data(parser: argparse.ArgumentParser) -> None:
    """The data subset."""
    data = parser.add_argument_group("data subset")
    data.add_argument("--split", choices=("train", "test", "all"), help="default: test where there is one, else all")
    data.add_argument("--classes", help="names of classes, or their numbers from 0, separated by commas (default: all)")
    data.add_argument("--class-places", help="the same by number even where their names are numbers too")
    data.add_argument("--n", type=int, help=f"samples, of each class if per-class (default: {MOST}, or all there are)")
    data.add_argument("--seed", type=int, default=0, help="seed of the draw of samples (default: 0)")
    for one in PERTURBATIONS:
        if one is not _GRADIENT:
            _perturbation_argument(data, one)
    data.add_argument("--length", type=int, default=LENGTH, help="tokens of a text used at most (default: %(default)s)")
    data.add_argument("--size", type=int, help="height and width of the images (default: usual for the network)")
    data.add_argument("--normalise", choices=NORMALISE, default="usual", help="mean and deviation that are taken off")
    data.add_argument("--train-data", help="data that the network was trained on (default: the measured data)")
    data.add_argument("--train-gradient", type=float, help="lambda of the training data (default: --gradient)")


def layer(parser: argparse.ArgumentParser) -> None:
    """Which layers, how they are reduced, and on what they are measured."""
    parser.add_argument(
        "--layers", default="checkpoints", help='checkpoints, all, or names separated by commas ("a,b" for a name)'
    )
    parser.add_argument(
        "--reduce", choices=REDUCTIONS, help="default: last for texts, cls for vision transformers, else flatten"
    )
    parser.add_argument("--memory", help="bytes the measurement may hold (default: $LAYERSCOPE_MEMORY or 2GiB)")
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: $LAYERSCOPE_DEVICE or auto)")
    parser.add_argument("--format", choices=FORMATS, default="table")
