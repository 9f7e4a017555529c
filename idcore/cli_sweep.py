"""`python -m idcore sweep`."""

import argparse
import contextlib
import dataclasses
from pathlib import Path

from idcore import cli_groups, cli_notes
from idcore.cli_output import Notes, formatted, say, write
from idcore.errors import JobError, StoreError
from idcore.settings import settings, store_root
from idcore.store import shared


def arguments_of(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a TOML file (docs/cluster.md)")
    parser.add_argument("--figure", help="where the figure goes, an HTML page (default: the file with .html)")
    parser.add_argument("--format", choices=cli_groups.FORMATS, default="table")


def sweep(arguments: argparse.Namespace) -> None:
    """Measure what the file asks for and is not in the store; then one table and one figure of all of it. Raises
    RequestError, and JobError where some of it failed."""
    from idcore import sweep as many  # plotly
    from idcore.jobs import Jobs

    chosen = settings()
    if arguments.cache:
        chosen = dataclasses.replace(chosen, cache=store_root(arguments.cache))
    store = shared(str(chosen.cache), chosen.store_limit)
    asked = many.read(Path(arguments.file), store)
    notes = Notes()
    notes.add(asked.left_out)
    with contextlib.closing(Jobs(store, chosen)) as jobs:
        try:
            ended = many.compute(asked, jobs, say)
        except KeyboardInterrupt:  # what there is by now
            write(formatted(many.table(asked, {}, store), notes, arguments.format))
            raise
    done = [job.request for job, status in ended.items() if status.state == "done"]
    notes.add(note for request in done for note in cli_notes.of_request(request, store))
    write(formatted(many.table(asked, ended, store), notes, arguments.format))
    target = Path(arguments.figure or Path(arguments.file).with_suffix(".html"))
    try:
        target.write_text(many.figure(asked, store), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The figure was not written to {target} ({error.strerror}): choose --figure.") from None
    say(f"The figure is in {target}.")
    failed = [status for status in ended.values() if status.state != "done"]
    if failed:
        raise JobError(f"{len(failed)} of {len(ended)} were not measured. The first: {failed[0].message}")
