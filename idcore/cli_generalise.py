"""`python -m idcore generalise`."""

import argparse

from idcore import cli_groups, cli_request
from idcore.cli_output import Notes, formatted, to_stderr, write
from idcore.errors import RequestError
from idcore.limits import Budget
from idcore.results import generalised
from idcore.settings import settings
from idcore.spec import EXPERIMENTS, LOSSES, GeneraliseJob, to_json


def arguments_of(parser: argparse.ArgumentParser) -> None:
    usual = GeneraliseJob(EXPERIMENTS[0])
    parser.add_argument(
        "--experiment",
        choices=EXPERIMENTS,
        default=usual.experiment,
        help="random features in closed form, trained networks by width, or lazy and rich training",
    )
    parser.add_argument("--n", type=int, default=usual.n, help="digits learned in each set (default: %(default)s)")
    parser.add_argument("--noise", type=float, default=usual.noise, help="share of their labels that is permuted")
    parser.add_argument("--seed", type=int, default=usual.seed, help="of the digits, the noise and the weights")
    parser.add_argument("--loss", choices=LOSSES, default=usual.loss, help="of the widths (default: %(default)s)")
    parser.add_argument(
        "--sizes", metavar="A,B,...", help="numbers of features, widths, or scales alpha (default: the usual ones)"
    )
    parser.add_argument("--format", choices=cli_groups.FORMATS, default="table")


def generalise(arguments: argparse.Namespace) -> None:
    """Do an experiment where the store has not got it, and write a row for each size. Raises RequestError."""
    sizes = tuple(_number(text) for text in (arguments.sizes or "").split(",") if text.strip())
    job = GeneraliseJob(arguments.experiment, arguments.n, arguments.noise, arguments.seed, arguments.loss, sizes)
    store, notes = cli_request.store_of(arguments), Notes()
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
