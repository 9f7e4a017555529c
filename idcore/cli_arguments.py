"""The arguments of the command line."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from idcore import __version__
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

Command = Callable[[argparse.Namespace], None]
(_GRADIENT,) = (one for one in PERTURBATIONS if one.field == "gradient")  # what a network may be trained on too
_FORMATS = ("table", *(one.suffix for one in EXPORTS))


def parser(
    profile: Command,
    train: Command,
    listing: Command,
    sweep: Command,
    run: Command,
    open_result: Command,
    units: Command,
    attend: Command,
    generalise: Command,
    redundancy: Command,
    series: Command,
    figure: Command,
    export: Command,
    compare: Command,
) -> argparse.ArgumentParser:
    """The parser. A command's function is found under `command` of what it parses."""
    name = "layerscope" if Path(sys.argv[0]).stem == "layerscope" else "python -m idcore"
    root = argparse.ArgumentParser(prog=name, description="The geometry of neural-network layers.")
    root.add_argument("--version", action="version", version=f"layerscope {__version__}")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    measure = commands.add_parser("profile", help="measure the layers of a network")
    measure.set_defaults(command=profile)
    learn = commands.add_parser("train", help="train a network and keep its weights in the store")
    learn.set_defaults(command=train)
    detect = commands.add_parser("units", help="count what each unit of the layers detects")
    detect.set_defaults(command=units, protocol="pooled")
    looks = commands.add_parser("attend", help="where a network looks on one sample, each map beside its baselines")
    looks.set_defaults(command=attend, protocol="pooled", reduce=None)
    looks.add_argument("--sample", type=int, default=0, help="its place among the samples (default: 0)")
    looks.add_argument("--explain", type=int, help="the output that is explained, from 0 on (default: the largest)")
    looks.add_argument("--format", choices=_FORMATS, default="table")
    chunks = commands.add_parser("redundancy", help="what random chunks of the last hidden layer know of the rest")
    chunks.set_defaults(command=redundancy, protocol="pooled", reduce=None)
    chunks.add_argument("--format", choices=_FORMATS, default="table")
    for command in (measure, learn, detect, looks, chunks):
        _network_arguments(command)
    _data_arguments(measure)
    _measurement_arguments(measure)
    _data_arguments(detect)
    _data_arguments(looks)
    _data_arguments(chunks)
    _layer_arguments(detect)
    detect.add_argument(
        "--most", type=int, default=10, help="units of each layer, the best detectors first; 0 for all (default: 10)"
    )
    experiment = commands.add_parser("generalise", help="an experiment on networks with more weights than samples")
    experiment.set_defaults(command=generalise)
    _experiment_arguments(experiment)
    names = commands.add_parser("list", help="what there is")
    names.set_defaults(command=listing)
    names.add_argument("what", choices=("networks", "layers", "data", "results"))
    shown = names.add_argument_group("of layers")
    shown.add_argument("--network", help="whose layers (default: cnn)")
    shown.add_argument("--data", default=DataSpec().dataset, help="what it is shown (default: %(default)s)")
    shown.add_argument("--width", type=int)
    shown.add_argument("--depth", type=int)
    shown.add_argument("--size", type=int, help="height and width of the images")
    checkpoints = commands.add_parser("series", help="measure the checkpoints of a training, one after the other")
    checkpoints.set_defaults(command=series, protocol="pooled", regime="pretrained", weights=None)
    _series_arguments(checkpoints)
    pair = commands.add_parser("compare", help="how alike the layers of two results of the same samples are")
    pair.set_defaults(command=compare)
    _pair_arguments(pair)
    many = commands.add_parser("sweep", help="measure networks x regimes x data x seeds, as a file asks")
    many.set_defaults(command=sweep)
    many.add_argument("file", help="a TOML file (docs/cluster.md)")
    many.add_argument("--figure", help="where the figure goes, an HTML page (default: the file with .html)")
    many.add_argument("--format", choices=_FORMATS, default="table")
    dashboard = commands.add_parser("run", help="start the dashboard")
    dashboard.set_defaults(command=run)
    opened = commands.add_parser("open", help="open a result in the browser, and start the dashboard if none is there")
    opened.set_defaults(command=open_result)
    opened.add_argument(
        "result", help="a line of `list results` in quotes, a JSON file of results, or the first digits of its key"
    )
    for command in (dashboard, opened):
        command.add_argument("--host", default="127.0.0.1", help="the address it listens on (default: %(default)s)")
        command.add_argument("--port", type=int, default=8501, help="its port (default: %(default)s)")
    drawn = commands.add_parser("figure", help="a figure of a result as SVG, PDF or PNG, for print")
    drawn.set_defaults(command=figure)
    whole = commands.add_parser("export", help="all of a result as a zip: request, numbers, figures, versions, code")
    whole.set_defaults(command=export)
    _output_arguments(drawn, whole)
    for command in (
        measure,
        detect,
        looks,
        chunks,
        experiment,
        learn,
        names,
        checkpoints,
        pair,
        many,
        dashboard,
        opened,
        drawn,
        whole,
    ):
        command.add_argument("--cache", help="the store: a folder, or s3://bucket/prefix (default: $LAYERSCOPE_CACHE)")
    return root


def _pair_arguments(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--format", choices=_FORMATS, default="table")


def _architecture_arguments(parser: argparse.ArgumentParser) -> Any:
    network = parser.add_argument_group("network")
    network.add_argument("--network", help="a name of `list networks`, timm:NAME or hf:NAME (default: cnn)")
    network.add_argument("--width", type=int, help="units of each hidden layer (mlp)")
    network.add_argument("--depth", type=int, help="number of hidden layers (mlp)")
    return network


def _network_arguments(parser: argparse.ArgumentParser) -> None:
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


def _series_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        help="files of weights of one network, 'ckpt_*.pt', a folder of them, or networks hf:folder-NAME",
    )
    _factory_argument(parser, "whose module takes the weights; without it they are for --network")
    _architecture_arguments(parser)
    _set_arguments(parser)
    _data_arguments(parser)
    _reading_arguments(parser)
    _layer_arguments(parser)


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


def _data_arguments(parser: argparse.ArgumentParser) -> None:
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


def _measurement_arguments(parser: argparse.ArgumentParser) -> None:
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
    _layer_arguments(parser)


def _experiment_arguments(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--format", choices=_FORMATS, default="table")


def _output_arguments(figure: argparse.ArgumentParser, export: argparse.ArgumentParser) -> None:
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


def _layer_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--layers", default="checkpoints", help='checkpoints, all, or names separated by commas ("a,b" for a name)'
    )
    parser.add_argument(
        "--reduce", choices=REDUCTIONS, help="default: last for texts, cls for vision transformers, else flatten"
    )
    parser.add_argument("--memory", help="bytes the measurement may hold (default: $LAYERSCOPE_MEMORY or 2GiB)")
    parser.add_argument("--device", help="auto, cpu, cuda or mps (default: $LAYERSCOPE_DEVICE or auto)")
    parser.add_argument("--format", choices=_FORMATS, default="table")
