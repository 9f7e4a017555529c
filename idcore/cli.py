"""`python -m idcore COMMAND`.

Results go to stdout, progress to stderr. Exit codes: 0; 2 the request is wrong; 1 it failed.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from idcore import (
    cli_attend,
    cli_compare,
    cli_export,
    cli_generalise,
    cli_list,
    cli_profile,
    cli_redundancy,
    cli_run,
    cli_series,
    cli_sweep,
    cli_train,
    cli_units,
)
from idcore.cli_output import flush, in_sentences, say
from idcore.errors import LayerscopeError, RequestError
from idcore.version import VERSION


@dataclass(frozen=True)
class Command:
    """name, help: on the command line. arguments_of: adds what it takes, beside the store. run: called with what was
    given."""

    name: str
    help: str
    arguments_of: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


COMMANDS = (
    Command("profile", "measure the layers of a network", cli_profile.arguments_of, cli_profile.profile),
    Command("train", "train a network and keep its weights in the store", cli_train.arguments_of, cli_train.train),
    Command("units", "count what each unit of the layers detects", cli_units.arguments_of, cli_units.units),
    Command(
        "attend",
        "where a network looks on one sample, each map beside its baselines",
        cli_attend.arguments_of,
        cli_attend.attend,
    ),
    Command(
        "redundancy",
        "what random chunks of the last hidden layer know of the rest",
        cli_redundancy.arguments_of,
        cli_redundancy.redundancy,
    ),
    Command(
        "generalise",
        "an experiment on networks with more weights than samples",
        cli_generalise.arguments_of,
        cli_generalise.generalise,
    ),
    Command("list", "what there is", cli_list.arguments_of, cli_list.listing),
    Command(
        "series",
        "measure the checkpoints of a training, one after the other",
        cli_series.arguments_of,
        cli_series.series,
    ),
    Command(
        "compare",
        "how alike the layers of two results of the same samples are",
        cli_compare.arguments_of,
        cli_compare.compare,
    ),
    Command(
        "sweep",
        "measure networks x regimes x data x seeds, as a file asks",
        cli_sweep.arguments_of,
        cli_sweep.sweep,
    ),
    Command("run", "start the dashboard", cli_run.arguments_of_run, cli_run.run),
    Command(
        "open",
        "open a result in the browser, and start the dashboard if none is there",
        cli_run.arguments_of_open,
        cli_run.open_result,
    ),
    Command(
        "figure",
        "a figure of a result as SVG, PDF or PNG, for print",
        cli_export.arguments_of_figure,
        cli_export.figure,
    ),
    Command(
        "export",
        "all of a result as a zip: request, numbers, figures, versions, code",
        cli_export.arguments_of_export,
        cli_export.export,
    ),
)


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


def parser() -> argparse.ArgumentParser:
    """A command's function is found under `command` of what it parses."""
    name = "layerscope" if Path(sys.argv[0]).stem == "layerscope" else "python -m idcore"
    root = argparse.ArgumentParser(prog=name, description="The geometry of neural-network layers.")
    root.add_argument("--version", action="version", version=f"layerscope {VERSION}")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    for one in COMMANDS:
        command = commands.add_parser(one.name, help=one.help)
        command.set_defaults(command=one.run)
        one.arguments_of(command)
        command.add_argument("--cache", help="the store: a folder, or s3://bucket/prefix (default: $LAYERSCOPE_CACHE)")
    return root


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    try:
        return parser().parse_args(argv)
    except SystemExit:  # after --help, which is in the buffer still
        flush()
        raise


def _ended(message: object, code: int) -> int:
    say(message)
    return code
