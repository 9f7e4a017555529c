"""`python -m idcore compare A B`: how alike the layers of two results of the same samples are."""

import argparse
from pathlib import Path

from idcore import cli_groups, cli_notes, cli_request, results, spec
from idcore.cli_files import kept
from idcore.cli_output import Notes, formatted, to_stderr, write
from idcore.cli_run import requested
from idcore.command import command_line
from idcore.data.catalogue import describe
from idcore.errors import PointsError, RequestError
from idcore.estimators.between import between
from idcore.estimators.null import PERMUTATIONS
from idcore.estimators.reliability import Reliability
from idcore.estimators.same import match, reordered
from idcore.files.endings import MATRICES
from idcore.record import LayerGeometry
from idcore.results import reliable, sampled
from idcore.settings import settings
from idcore.spec import ELSEWHERE, UPLOAD, DataSpec, ReadJob, Request
from idcore.store import Store


def arguments_of(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--format", choices=cli_groups.FORMATS, default="table")


def compare(arguments: argparse.Namespace) -> None:
    """Write a row for each layer of the first with each of the second. Raises RequestError."""
    if arguments.permutations < 1:
        raise RequestError(f"--permutations must be a whole number, 1 or more, not {arguments.permutations}.")
    store, notes = cli_request.store_of(arguments), Notes()
    requests = [_request(one, arguments, store, notes) for one in (arguments.first, arguments.second)]
    names = [_called(one, store) for one in requests]
    if names[0] == names[1]:
        names = [f"the first ({names[0]})", f"the second ({names[1]})"]
    sets = [sampled.samples(store, one, name) for one, name in zip(requests, names, strict=True)]
    first, second = sets
    if first is None or second is None:
        raise RequestError("A result is no longer in the store: measure it again.")
    together = match(first, second, arguments.same_order)
    if together.order is None:
        how = together.how.replace("say that the rows are in the same order", "give --same-order")
        raise RequestError(how)
    notes.add([together.how])
    sides = [_layers(one, store) for one in requests]
    order = together.order
    sides[1] = [reordered(one, order) for one in sides[1]] if together.moved else sides[1]
    ceilings = [_reliable(request, side, store, notes) for request, side in zip(requests, sides, strict=True)]
    try:
        rows, missing = between(sides[0], sides[1], (ceilings[0], ceilings[1]), arguments.permutations)
    except PointsError as error:
        raise RequestError(str(error)) from None
    notes.add(missing)
    about = {
        "requests": [spec.to_json(one) for one in requests],
        "same_samples": together.how,
        "permutations": arguments.permutations,
        "reliability": [{name: vars(one) for name, one in side.items()} for side in ceilings],
    }
    if arguments.format == "csv":
        rows = [{"first_result": names[0], "second_result": names[1], **row} for row in rows]
    write(formatted(rows, notes, arguments.format, about, name="pairs"))


def _request(asked: str, arguments: argparse.Namespace, store: Store, notes: Notes) -> Request:
    """A file of matrices is read and measured, all of its samples or `--n` of them; a result is looked up."""
    if Path(asked).suffix.lower() not in MATRICES:
        return _one(asked, requested(asked, store))

    from idcore import pipeline  # torch
    from idcore.limits import Budget

    watch, budget = to_stderr(), Budget(settings().memory, settings().device)
    digest = kept(asked, store)
    pipeline.read(ReadJob("representations", digest), store, watch=watch)
    known = describe(UPLOAD + digest, store)
    notes.add(known.notes if known is not None else ())
    most = known.sizes["all"] if known is not None else 0
    n = min(most, spec.MAX_N) if arguments.n is None else arguments.n
    request = Request(DataSpec(UPLOAD + digest, "all", n=n, seed=arguments.seed), ELSEWHERE)
    for _ in pipeline.run(request, "all", store, memory=budget.memory, device=budget.device, watch=watch):
        pass
    notes.add(cli_notes.of_request(request, store))
    return request


def _one(asked: str, requests: list[Request]) -> Request:
    if len(requests) != 1:
        raise RequestError(f"{asked} names {len(requests)} results: two are compared, one each. Give more digits.")
    return requests[0]


def _called(request: Request, store: Store) -> str:
    known = describe(request.data.dataset, store)
    if request.network == ELSEWHERE and known is not None:
        return known.title
    return command_line(request).removeprefix("python -m idcore profile ")


def _layers(request: Request, store: Store) -> list[LayerGeometry]:
    """Those that are measured."""
    run = results.run(store, request)
    layers = [results.layer(store, request, one.name) for one in run.layers] if run is not None else []
    return [one for one in layers if one is not None]


def _reliable(request: Request, layers: list[LayerGeometry], store: Store, notes: Notes) -> dict[str, Reliability]:
    reliabilities = {}
    for name in (one.layer.name for one in layers):
        if (one := reliable.read(store, request, name)) is not None:
            reliabilities[name] = one
        elif why := reliable.note(store, request, name):
            notes.add([f"{name}: {why}"])
    return reliabilities
