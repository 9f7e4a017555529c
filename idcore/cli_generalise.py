"""`python -m idcore generalise`."""

import argparse

from idcore.cli_output import Notes, formatted, to_stderr, write
from idcore.errors import RequestError
from idcore.limits import Budget
from idcore.results import generalised
from idcore.settings import settings
from idcore.spec import GeneraliseJob, to_json
from idcore.store import shared


def generalise(arguments: argparse.Namespace) -> None:
    """Do an experiment where the store has not got it, and write a row for each size. Raises RequestError."""
    sizes = tuple(_number(text) for text in (arguments.sizes or "").split(",") if text.strip())
    job = GeneraliseJob(arguments.experiment, arguments.n, arguments.noise, arguments.seed, arguments.loss, sizes)
    store, notes = shared(str(arguments.cache or settings().cache), settings().store_limit), Notes()
    if not generalised.complete(store, job):
        notes.add([f"Roughly {max(1, round(generalised.seconds(job)))} s of one core."])

        from idcore.pipeline.generalise import generalise as experiment  # torch, once the request is right

        experiment(job, store, Budget(settings().memory), to_stderr())
    rows = generalised.table(job, generalised.read(store, job))
    write(formatted(rows, notes, arguments.format, {"request": to_json(job)}, "rows"))


def _number(text: str) -> float:
    """A size, whole where it is written so. Raises RequestError."""
    try:
        return int(text) if text.strip().lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise RequestError(f"--sizes is a list of numbers separated by commas; {text.strip()!r} is none.") from None
