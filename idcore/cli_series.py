"""`python -m idcore series`: the checkpoints of a training, one after the other, into one table and one page."""

import argparse
import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from idcore import cli_factory, cli_groups, cli_notes, cli_request, results, spec
from idcore.cli_checkpoints import Checkpoint, checkpoints
from idcore.cli_files import kept, take_in
from idcore.cli_output import Notes, Rows, formatted, say, to_stderr, write
from idcore.errors import Cancelled, JobError, LayerscopeError, RequestError
from idcore.identity import identity
from idcore.networks.catalogue import lookup
from idcore.settings import settings
from idcore.spec import Architecture, FromFile, Reading, ReadJob, Request
from idcore.store import Store

if TYPE_CHECKING:
    from idcore.api import Profile

Measure = Callable[[Checkpoint], "Profile"]
_PAGE = "http://127.0.0.1:8501/compare"


def arguments_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(protocol="pooled", regime="pretrained", weights=None)
    parser.add_argument(
        "files",
        nargs="+",
        help="files of weights of one network, 'ckpt_*.pt', a folder of them, or networks hf:folder-NAME",
    )
    cli_groups.factory(parser, "whose module takes the weights; without it they are for --network")
    cli_groups.architecture(parser)
    cli_groups.data_set(parser)
    cli_groups.data(parser)
    cli_groups.reading(parser)
    cli_groups.layer(parser)


def series(arguments: argparse.Namespace) -> None:
    """Measure what is not in the store yet. A file that cannot be used is said, and the others go on. Raises
    RequestError, and JobError where some of it failed."""
    arguments.reading = Reading(arguments.discard, arguments.variance)
    store, notes = cli_request.store_of(arguments), Notes()
    files = checkpoints(arguments.files)
    if arguments.factory is not None and arguments.network is not None:
        raise RequestError("--network does not go with --factory, whose function makes the network.")
    take_in(arguments, store, to_stderr())
    notes.add(cli_notes.of_data(arguments.data, store))
    measure = _of_factory(arguments, store, notes) if arguments.factory else _of_catalogue(arguments, store, notes)
    rows: Rows = []
    done: dict[Request, Checkpoint] = {}
    failures: list[str] = []
    try:
        for i, one in enumerate(files, start=1):
            say(f"{i} of {len(files)}: {one.label}")
            about = {"step": one.step, "file": one.label}
            try:
                rows += [{**about, **row} for row in _rows(measure(one), arguments, done, one, store, notes)]
            except Cancelled:
                raise
            except LayerscopeError as error:
                say(f"{one.label} is left out: {error}")
                rows.append({**about, "failure": str(error)})
                failures.append(str(error))
    except KeyboardInterrupt:
        _print(rows, done, arguments, notes)
        raise
    _print(rows, done, arguments, notes)
    if failures:
        raise JobError(f"{len(failures)} of {len(files)} were not measured. The first: {failures[0]}")


def _print(rows: Rows, done: dict[Request, Checkpoint], arguments: argparse.Namespace, notes: Notes) -> None:
    keys = [spec.run_key(request)[:12] for request in done]
    address = f"{_PAGE}?{urlencode([('set', 'results'), *(('results', key) for key in keys)])}" if keys else None
    members = [{"step": one.step, "file": one.label, "request": spec.to_json(request)} for request, one in done.items()]
    about = {"results": members, "address": address, **arguments.reading.of_rows}
    write(formatted(rows, notes, arguments.format, about))
    if address:
        say(f"Layer by step: {address}   (layerscope run)")


def _rows(
    profile: "Profile",
    arguments: argparse.Namespace,
    done: dict[Request, Checkpoint],
    one: Checkpoint,
    store: Store,
    notes: Notes,
) -> Rows:
    """The rows of one checkpoint, once all its layers are there."""
    from idcore.api import COLUMNS, SEEN
    from idcore.estimators.summary import summarise

    request = profile.request
    assert request is not None
    if (same := done.get(request)) is not None:
        notes.add([f"{one.label} holds the same as {same.label}: they share one result."])
    summaries = [summarise(layer, arguments.reading) for layer in cli_notes.noted(profile, notes)]
    done.setdefault(request, one)
    notes.add(cli_notes.of_request(request, store))
    if arguments.format == "table":
        return [{name: getattr(row, name) for name in SEEN} for row in summaries]
    about = identity(request, arguments.reading)
    return [{**about, **{name: getattr(row, name) for name in COLUMNS}} for row in summaries]


def _of_catalogue(arguments: argparse.Namespace, store: Store, notes: Notes) -> Measure:
    """Files for a network of the catalogue, or networks by name."""
    from idcore.data import source

    architecture = Architecture(arguments.network or "cnn", arguments.width, arguments.depth)
    lookup(architecture.name)  # what is wrong with network or data is said once
    known = source.dataset(arguments.data, store)
    if known.matrices:
        raise RequestError("Representations that were computed elsewhere have no network: --data must be of images.")
    usual = argparse.Namespace(**{**vars(arguments), "regime": "untrained", "network_seed": None})
    request = cli_request.request(usual, store)
    notes.add(cli_notes.of_split(arguments, request.data, store))

    read = set[str]()  # digests: a second file of the same content must not give the first its name

    def measure(one: Checkpoint) -> "Profile":
        asked = _request(one, request, architecture, arguments, read, store)

        from idcore import api, pipeline

        layers, budget = cli_request.layers(arguments), cli_request.budget(arguments)
        device = arguments.device or settings().device
        source = pipeline.run(asked, layers, store, memory=budget, device=device, watch=to_stderr())
        return api.Profile(source, asked)

    return measure


def _request(
    one: Checkpoint,
    request: Request,
    architecture: Architecture,
    arguments: argparse.Namespace,
    read: set[str],
    store: Store,
) -> Request:
    if one.source.startswith("hf:"):
        named = argparse.Namespace(**{**vars(arguments), "network": one.source, "weights": None})
        take_in(named, store, to_stderr())
        return dataclasses.replace(request, network=cli_request.network(named))
    digest = kept(one.source, store, one.label)
    known = next((w for w in results.weights_files(store) if w.digest == digest), None)
    if digest not in read and (known is None or (known.name, known.architecture) != (one.label, architecture)):
        from idcore import pipeline

        pipeline.read(ReadJob("weights", digest, architecture), store, watch=to_stderr())
    read.add(digest)
    return dataclasses.replace(request, network=spec.NetworkSpec(architecture, FromFile(digest)))


def _of_factory(arguments: argparse.Namespace, store: Store, notes: Notes) -> Measure:
    """Files for the module that somebody's function makes. Where that gives images of its own, each is kept under its
    name, as `idcore.profile` does."""
    from idcore import api

    module, images, labels = cli_factory.made(arguments)
    options, seen = cli_factory.options(arguments), None
    if images is not None:
        notes.add(["The factory gives images of its own: --data is not used."])

    def measure(one: Checkpoint) -> "Profile":
        nonlocal seen
        source = cli_factory.origin(arguments, module, one.source, store, notes, one.label)
        if images is None:
            seen = seen or cli_factory.prepared(arguments, source, store)
            return cli_factory.measured(arguments, module, seen, source, store)
        name = f"{source.name}, {one.label}"
        return api.unannounced(module, images, labels, **options, store=store, name=name)

    return measure
