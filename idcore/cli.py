"""`python -m idcore`: profile, train, list. Results go to stdout, progress to stderr.

Exit codes: 0; 2 the request is wrong; 1 it failed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from idcore import results
from idcore.data.catalogue import DATASETS
from idcore.errors import LayerscopeError, RequestError
from idcore.networks.catalogue import ARCHITECTURES
from idcore.settings import parse_bytes, settings
from idcore.spec import REGIMES, Architecture, DataSpec, NetworkSpec, Recipe, Request, Untrained, to_json
from idcore.store import Store


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.command(arguments)
    except RequestError as error:
        return _say(error, 2)
    except LayerscopeError as error:
        return _say(error, 1)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return _say("Stopped. What was finished is kept in the store.", 1)
    return 0


def _say(message: object, code: int) -> int:
    print(message, file=sys.stderr)
    return code


def _profile(arguments: argparse.Namespace) -> None:
    request = Request(_data(arguments), _network(arguments), arguments.reduce)
    layers = arguments.layers if arguments.layers in ("checkpoints", "all") else tuple(arguments.layers.split(","))
    memory = settings().memory if arguments.memory is None else parse_bytes(arguments.memory)
    device = arguments.device or settings().device

    from idcore.api import COLUMNS, Profile  # torch: seconds, so only once the request is right
    from idcore.estimators.summary import summarise
    from idcore.pipeline import run

    source = run(request, layers, _store(arguments), memory=memory, device=device, progress=_progress())
    profile = Profile(source)
    if arguments.format == "json":
        rows = [summarise(layer, arguments.discard, arguments.variance) for layer in profile]
        table = [{name: getattr(row, name) for name in COLUMNS} for row in rows]
        asked = {"request": to_json(request), "discard": arguments.discard, "variance": arguments.variance}
        print(json.dumps({**asked, "layers": table}, allow_nan=False))
    elif arguments.format == "csv":
        print(profile.to_frame(arguments.discard, arguments.variance).to_csv(index=False), end="")
    else:
        print(
            profile.to_frame(arguments.discard, arguments.variance).to_string(
                index=False, float_format="%.4g", na_rep="-"
            )
        )


def _train(arguments: argparse.Namespace) -> None:
    from idcore.networks.weights import obtain  # torch

    if arguments.regime == "untrained":
        raise RequestError("An untrained network is not trained: choose --regime trained or --regime shuffled.")
    network = _network(arguments)
    trained = obtain(network, _store(arguments), progress=_progress())
    print(
        f"{network.architecture.name} ({network.regime}): {len(trained.history)} epochs, "
        f"train accuracy {trained.train_accuracy:.2%}, test accuracy {trained.test_accuracy:.2%}"
    )


def _list(arguments: argparse.Namespace) -> None:
    if arguments.what == "networks":
        for name, architecture in ARCHITECTURES.items():
            print(f"{name:10} {architecture.description}")
    elif arguments.what == "data":
        for name, dataset in DATASETS.items():
            sizes = ", ".join(f"{split} {n}" for split, n in dataset.sizes.items())
            print(f"{name:10} {dataset.title}; {len(dataset.classes)} classes; {sizes} samples")
    else:
        _list_results(_store(arguments))


def _list_results(store: Store) -> None:
    from idcore.command import command_line

    for run in results.runs(store):
        print(command_line(run.request))


def _data(arguments: argparse.Namespace) -> DataSpec:
    classes = None if arguments.classes is None else tuple(_whole(c, "A class") for c in arguments.classes.split(","))
    return DataSpec(arguments.data, arguments.split, classes, arguments.n, arguments.seed, arguments.gradient)


def _network(arguments: argparse.Namespace) -> NetworkSpec:
    architecture = Architecture(arguments.network, arguments.width, arguments.depth)
    if arguments.regime == "untrained":
        return NetworkSpec(architecture, Untrained(arguments.network_seed or 0))
    default_shuffled = 1.0 if arguments.regime == "shuffled" else 0.0
    shuffled = default_shuffled if arguments.shuffled is None else arguments.shuffled
    if (shuffled > 0) != (arguments.regime == "shuffled"):
        raise RequestError(
            f"--shuffled {shuffled:g} does not go with --regime {arguments.regime}: "
            "the shuffled regime has a fraction above 0, the trained regime has none."
        )
    recipe = Recipe(
        dataset=getattr(arguments, "train_data", None) or arguments.data,
        gradient=arguments.gradient if getattr(arguments, "train_gradient", None) is None else arguments.train_gradient,
        shuffled=shuffled,
    )
    given = {
        name: getattr(arguments, name) for name in ("optimiser", "learning_rate", "batch_size", "epochs", "target")
    }
    given["seed"] = arguments.network_seed
    return NetworkSpec(architecture, replace(recipe, **{k: v for k, v in given.items() if v is not None}))


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise RequestError(f"{name} must be a whole number, not {text!r}.") from None


def _store(arguments: argparse.Namespace) -> Store:
    return Store(arguments.cache or settings().cache, limit=settings().store_limit)


def _progress() -> Callable[[Any], None]:
    last = ""

    def show(progress: Any) -> None:
        nonlocal last
        if progress.message != last:
            last = progress.message
            print(progress.message, file=sys.stderr, flush=True)

    return show


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m idcore", description="The geometry of neural-network layers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    profile = commands.add_parser("profile", help="measure the layers of a network")
    profile.set_defaults(command=_profile)
    _network_arguments(profile)
    data = profile.add_argument_group("data subset")
    data.add_argument("--split", choices=("train", "test", "all"), default="test")
    data.add_argument("--classes", help="class numbers, separated by commas (default: all)")
    data.add_argument("--n", type=int, default=1000, help="samples (default: 1000)")
    data.add_argument("--seed", type=int, default=0, help="seed of the draw of samples (default: 0)")
    profile.add_argument("--train-data", help="data that the network was trained on (default: the measured data)")
    profile.add_argument("--train-gradient", type=float, help="lambda of the training data (default: --gradient)")
    profile.add_argument("--layers", default="checkpoints", help="checkpoints, all, or names separated by commas")
    profile.add_argument("--reduce", default="flatten", choices=("flatten", "mean", "cls"))
    profile.add_argument(
        "--discard", type=float, default=0.1, help="fraction of mu that TwoNN leaves out (default: 0.1)"
    )
    profile.add_argument("--variance", type=float, default=0.9, help="share that the PC-ID holds (default: 0.9)")
    profile.add_argument("--memory", help="bytes the measurement may hold (default: $LAYERSCOPE_MEMORY or 2GiB)")
    profile.add_argument("--device", help="auto, cpu, cuda or mps (default: $LAYERSCOPE_DEVICE or auto)")
    profile.add_argument("--format", choices=("table", "csv", "json"), default="table")

    train = commands.add_parser("train", help="train a network and keep its weights in the store")
    train.set_defaults(command=_train)
    _network_arguments(train)

    listing = commands.add_parser("list", help="what there is")
    listing.set_defaults(command=_list)
    listing.add_argument("what", choices=("networks", "data", "results"))
    for command in (profile, train, listing):
        command.add_argument("--cache", help="folder of the store (default: $LAYERSCOPE_CACHE or cache/)")
    return parser


def _network_arguments(parser: argparse.ArgumentParser) -> None:
    network = parser.add_argument_group("network")
    network.add_argument("--network", default="cnn", help=", ".join(ARCHITECTURES))
    network.add_argument("--width", type=int, help="units of each hidden layer (mlp)")
    network.add_argument("--depth", type=int, help="number of hidden layers (mlp)")
    network.add_argument("--regime", choices=REGIMES, default="trained")
    network.add_argument("--shuffled", type=float, help="fraction of training labels permuted (default: 1 if shuffled)")
    network.add_argument("--network-seed", type=int, help="seed of the weights and of the training")
    network.add_argument("--optimiser", choices=("adam", "sgd"))
    network.add_argument("--learning-rate", type=float)
    network.add_argument("--batch-size", type=int)
    network.add_argument("--epochs", type=int, help="most epochs to train")
    network.add_argument("--target", type=float, help="train accuracy at which training stops")
    parser.add_argument("--data", default="mnist5k", help=", ".join(DATASETS))
    parser.add_argument("--gradient", type=float, default=0.0, help="lambda of the luminance gradient (paper's MNIST*)")
