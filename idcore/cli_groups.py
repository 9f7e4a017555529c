"""The arguments that commands have in common, or of which one has many: a group each."""

import argparse
from typing import Any

from idcore.cli_request import MOST
from idcore.data.catalogue import DATASETS
from idcore.estimators.null import PERMUTATIONS
from idcore.estimators.statistics import STATISTICS
from idcore.exports import EXPORTS
from idcore.files.endings import MATRICES, TEXTS
from idcore.spec import (
    EXPERIMENTS,
    LENGTH,
    LOSSES,
    NORMALISE,
    PERTURBATIONS,
    REDUCTIONS,
    REGIMES,
    USUAL,
    DataSpec,
    GeneraliseJob,
    Perturbation,
)

(_GRADIENT,) = (one for one in PERTURBATIONS if one.field == "gradient")  # what a network may be trained on too
FORMATS = ("table", *(one.suffix for one in EXPORTS))


def pair(parser: argparse.ArgumentParser) -> None:
    """The two results or files that are compared, and how."""
    result = (
        f"a file of matrices ({', '.join(MATRICES)}), a line of `list results` in quotes, a JSON file of results, or "
        "the first digits of its key"
    )
    parser.add_argument("first", help=result)
    parser.add_argument("second", help="likewise, of the same samples")
    parser.add_argument(
        "--same-order", action="store_true", help="row i of both is the same sample, where nothing else tells that"
    )
    parser.add_argument("--n", type=int, help="samples of a file that are measured (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw of samples (default: 0)")
    parser.add_argument(
        "--permutations", type=int, default=PERMUTATIONS, help="of the samples, for chance (default: %(default)s)"
    )
    parser.add_argument("--format", choices=FORMATS, default="table")


def _architecture_arguments(parser: argparse.ArgumentParser) -> Any:
    network = parser.add_argument_group("network")
    network.add_argument("--network", help="a name of `list networks`, timm:NAME or hf:NAME (default: cnn)")
    network.add_argument("--width", type=int, help="units of each hidden layer (mlp)")
    network.add_argument("--depth", type=int, help="number of hidden layers (mlp)")
    return network


def network(parser: argparse.ArgumentParser) -> None:
    """Architecture, regime, weights and recipe, and the data set."""
    network = _architecture_arguments(parser)
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
    _set_arguments(parser)


def _set_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        default="mnist5k",
        help=f"a name of `list data` ({', '.join(DATASETS)}, folder-NAME), a zip of images by class, a file of "
        f"texts ({', '.join(TEXTS)}), or one of matrices ({', '.join(MATRICES)})",
    )
    parser.add_argument("--download", action="store_true", help="fetch the data set where it is not here")
    _perturbation_argument(parser, _GRADIENT)


def series(parser: argparse.ArgumentParser) -> None:
    """The files of a series of checkpoints, and how they are measured."""
    parser.add_argument(
        "files",
        nargs="+",
        help="files of weights of one network, 'ckpt_*.pt', a folder of them, or networks hf:folder-NAME",
    )
    _factory_argument(parser, "whose module takes the weights; without it they are for --network")
    _architecture_arguments(parser)
    _set_arguments(parser)
    data(parser)
    _reading_arguments(parser)
    layer(parser)


def _factory_argument(parser: argparse.ArgumentParser, more: str = "") -> None:
    parser.add_argument(
        "--factory",
        help="package.module:function or file.py:function that returns a module, or (module, images) or (..., labels)"
        + (f"; {more}" if more else ""),
    )
    parser.add_argument("--name", help="what the pages call the network of --factory (default: its class)")


def _reading_arguments(parser: argparse.ArgumentParser) -> None:
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


def measurement(parser: argparse.ArgumentParser) -> None:
    """How layers are measured and read."""
    _factory_argument(parser)
    parser.add_argument(
        "--protocol", choices=("pooled", "per-class"), default="pooled", help="one ID of all, or mean over the classes"
    )
    _reading_arguments(parser)
    parser.add_argument(
        "--statistics",
        type=lambda text: tuple(filter(None, (name.strip() for name in text.split(",")))),
        default=(),
        metavar="NAMES",
        help=f"more columns, separated by commas: {', '.join(one.name for one in STATISTICS)} (docs/statistics.md)",
    )
    layer(parser)


def experiment(parser: argparse.ArgumentParser) -> None:
    """An experiment of `generalise`."""
    usual = GeneraliseJob(EXPERIMENTS[0])
    parser.add_argument(
        "--experiment",
        choices=EXPERIMENTS,
        default=usual.experiment,
        help="random features in closed form, trained networks by width, or lazy and rich training",
    )
    parser.add_argument("--n", type=int, default=usual.n, help="digits learned in each set (default: %(default)s)")
    parser.add_argument("--noise", type=float, default=usual.noise, help="share of their labels that is permuted")
    parser.add_argument("--seed", type=int, default=usual.seed, help="of the digits, the noise and the weights")
    parser.add_argument("--loss", choices=LOSSES, default=usual.loss, help="of the widths (default: %(default)s)")
    parser.add_argument(
        "--sizes", metavar="A,B,...", help="numbers of features, widths, or scales alpha (default: the usual ones)"
    )
    parser.add_argument("--format", choices=FORMATS, default="table")


def output(figure: argparse.ArgumentParser, export: argparse.ArgumentParser) -> None:
    """The result and the file of `figure` and `export`."""
    result = "a line of `list results` in quotes, a JSON file of results, or the first digits of its key"
    for parser in (figure, export):
        parser.add_argument("result", help=result)
        parser.add_argument("--discard", type=float, default=USUAL.discard, help="fraction that TwoNN leaves out")
        parser.add_argument("--variance", type=float, default=USUAL.variance, help="share that the PC-ID holds")
    figure.add_argument("-o", "--output", required=True, help="the file; .svg, .pdf or .png")
    export.add_argument("-o", "--output", help="the file, a .zip (default: named by the key)")
    figure.add_argument("--kind", default="curve", help="curve, map, spectrum, fit or distances (default: %(default)s)")
    figure.add_argument("--layer", help="of which layer, where it is of one (default: the last)")
    figure.add_argument("--width", type=float, default=160, help="in mm (default: %(default)s)")
    figure.add_argument("--height", type=float, default=100, help="in mm (default: %(default)s)")
    figure.add_argument("--dpi", type=int, default=300, help="pixels per inch of a PNG (default: %(default)s)")
    figure.add_argument("--title", default="", help="above the figure (default: none)")
    figure.add_argument("--caption", help='below it (default: network, data, N, seeds, estimator; "" for none)')


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
