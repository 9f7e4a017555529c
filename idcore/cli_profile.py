"""`python -m idcore profile`."""

import argparse
from typing import TYPE_CHECKING, Any

from idcore import cli_factory, cli_groups, cli_notes, cli_request, results
from idcore.cli_files import take_in
from idcore.cli_output import Notes, Rows, formatted, to_stderr, write
from idcore.data.catalogue import describe
from idcore.errors import RequestError
from idcore.estimators.statistics import STATISTICS
from idcore.identity import identity
from idcore.settings import settings
from idcore.spec import Reading, Request, to_json
from idcore.store import Store

if TYPE_CHECKING:
    from idcore.api import Profile


def arguments_of(parser: argparse.ArgumentParser) -> None:
    """Of a network and the samples it is shown, and how layers are measured and read."""
    cli_groups.network(parser)
    cli_groups.data(parser)
    cli_groups.factory(parser)
    parser.add_argument(
        "--protocol", choices=("pooled", "per-class"), default="pooled", help="one ID of all, or mean over the classes"
    )
    cli_groups.reading(parser)
    parser.add_argument(
        "--statistics",
        type=lambda text: tuple(filter(None, (name.strip() for name in text.split(",")))),
        default=(),
        metavar="NAMES",
        help=f"more columns, separated by commas: {', '.join(one.name for one in STATISTICS)} (docs/statistics.md)",
    )
    cli_groups.layer(parser)


def profile(arguments: argparse.Namespace) -> None:
    arguments.reading = Reading(arguments.discard, arguments.variance)
    _check_statistics(arguments)
    if arguments.name is not None and arguments.factory is None:
        raise RequestError("--name goes with --factory: what the pages call the network that a function makes.")
    store, notes = cli_request.store_of(arguments), Notes()
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
            run = results.run(store, request)
            rows = _with_statistics(rows, profile, None if run is None else run.labels, arguments, notes)
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
        run = results.run(store, request)
        labels = None if run is None else run.labels
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
