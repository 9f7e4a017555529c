"""`python -m idcore redundancy`."""

import argparse
import dataclasses

from idcore import cli_groups, cli_notes, cli_request
from idcore.cli_files import take_in
from idcore.cli_output import Notes, formatted, to_stderr, write
from idcore.errors import RequestError
from idcore.limits import Budget
from idcore.results import chunked
from idcore.settings import settings
from idcore.spec import RedundancyJob, to_json


def arguments_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(protocol="pooled", reduce=None, factory=None)
    parser.add_argument("--format", choices=cli_groups.FORMATS, default="table")
    cli_groups.network(parser)
    cli_groups.data(parser)


def redundancy(arguments: argparse.Namespace) -> None:
    """Write a row for each size of a random chunk of the last hidden layer. Raises RequestError."""
    store, notes = cli_request.store_of(arguments), Notes()
    take_in(arguments, store, to_stderr())
    notes.add(cli_notes.of_data(arguments.data, store))
    request = cli_request.request(arguments, store)
    budget = Budget(settings().memory, settings().device)

    from idcore import pipeline  # torch: seconds, so only once the request is right
    from idcore.pipeline.read import as_it_is
    from idcore.pipeline.redundancy import chunks

    watch = to_stderr()
    request = as_it_is(request, store, watch)
    for _ in pipeline.run(request, "checkpoints", store, memory=budget.memory, device=budget.device, watch=watch):
        pass
    notes.add(cli_notes.of_request(request, store))
    chunks(RedundancyJob(request), store, budget, watch)
    taken = chunked.read(store, request)
    if taken is None or not taken.rows:
        raise RequestError(taken.note if taken is not None else "Nothing was taken of this network.")
    notes.add([taken.note] if taken.note else [])
    rows = [{"layer": taken.layer, "width": taken.width, **dataclasses.asdict(row)} for row in taken.rows]
    write(formatted(rows, notes, arguments.format, {"request": to_json(request), "accuracy": taken.accuracy}))
