"""`python -m idcore sweep`, and how rows are printed."""

import argparse
import contextlib
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from idcore.errors import JobError, StoreError
from idcore.settings import place, settings
from idcore.store import shared


def sweep(arguments: argparse.Namespace) -> None:
    """Measure what the file asks for and is not in the store; then one table and one figure of all of it. Raises
    RequestError, and JobError where some of it failed."""
    from idcore import sweep as many  # plotly
    from idcore.jobs import Jobs

    chosen = settings()
    if arguments.cache:
        chosen = dataclasses.replace(chosen, cache=place(arguments.cache))
    store = shared(str(chosen.cache), chosen.store_limit)
    asked = many.read(Path(arguments.file), store)
    for sentence in asked.left_out:
        _say(sentence)
    with contextlib.closing(Jobs(store, chosen)) as jobs:
        ended = many.compute(asked, jobs, _say)
    print_rows(many.table(asked, ended, store), arguments.format)
    target = Path(arguments.figure or Path(arguments.file).with_suffix(".html"))
    try:
        target.write_text(many.figure(asked, store), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The figure was not written to {target} ({error.strerror}): choose --figure.") from None
    _say(f"The figure is in {target}.")
    failed = [status for status in ended.values() if status.state != "done"]
    if failed:
        raise JobError(f"{len(failed)} of {len(ended)} were not measured. The first: {failed[0].message}")


def print_rows(rows: list[dict[str, Any]], format: str) -> None:
    """Print a table. format: table, csv or json."""
    if format == "json":
        print(json.dumps(rows, allow_nan=False))
        return

    import pandas as pd

    table = pd.DataFrame(rows)
    if format == "csv":
        print(table.to_csv(index=False), end="")
    else:
        print(table.to_string(index=False, float_format="%.4g", na_rep="-"))


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
