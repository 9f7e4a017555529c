"""The arguments of the command line."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from idcore import cli_groups
from idcore.spec import (
    DataSpec,
)
from idcore.version import VERSION

Command = Callable[[argparse.Namespace], None]


def parser(
    profile: Command,
    train: Command,
    listing: Command,
    sweep: Command,
    run: Command,
    open_result: Command,
    units: Command,
    attend: Command,
    generalise: Command,
    redundancy: Command,
    series: Command,
    figure: Command,
    export: Command,
    compare: Command,
) -> argparse.ArgumentParser:
    """The parser. A command's function is found under `command` of what it parses."""
    name = "layerscope" if Path(sys.argv[0]).stem == "layerscope" else "python -m idcore"
    root = argparse.ArgumentParser(prog=name, description="The geometry of neural-network layers.")
    root.add_argument("--version", action="version", version=f"layerscope {VERSION}")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    measure = commands.add_parser("profile", help="measure the layers of a network")
    measure.set_defaults(command=profile)
    learn = commands.add_parser("train", help="train a network and keep its weights in the store")
    learn.set_defaults(command=train)
    detect = commands.add_parser("units", help="count what each unit of the layers detects")
    detect.set_defaults(command=units, protocol="pooled")
    looks = commands.add_parser("attend", help="where a network looks on one sample, each map beside its baselines")
    looks.set_defaults(command=attend, protocol="pooled", reduce=None)
    looks.add_argument("--sample", type=int, default=0, help="its place among the samples (default: 0)")
    looks.add_argument("--explain", type=int, help="the output that is explained, from 0 on (default: the largest)")
    looks.add_argument("--format", choices=cli_groups.FORMATS, default="table")
    chunks = commands.add_parser("redundancy", help="what random chunks of the last hidden layer know of the rest")
    chunks.set_defaults(command=redundancy, protocol="pooled", reduce=None)
    chunks.add_argument("--format", choices=cli_groups.FORMATS, default="table")
    for command in (measure, learn, detect, looks, chunks):
        cli_groups.network(command)
    cli_groups.data(measure)
    cli_groups.measurement(measure)
    cli_groups.data(detect)
    cli_groups.data(looks)
    cli_groups.data(chunks)
    cli_groups.layer(detect)
    detect.add_argument(
        "--most", type=int, default=10, help="units of each layer, the best detectors first; 0 for all (default: 10)"
    )
    experiment = commands.add_parser("generalise", help="an experiment on networks with more weights than samples")
    experiment.set_defaults(command=generalise)
    cli_groups.experiment(experiment)
    names = commands.add_parser("list", help="what there is")
    names.set_defaults(command=listing)
    names.add_argument("what", choices=("networks", "layers", "data", "results"))
    shown = names.add_argument_group("of layers")
    shown.add_argument("--network", help="whose layers (default: cnn)")
    shown.add_argument("--data", default=DataSpec().dataset, help="what it is shown (default: %(default)s)")
    shown.add_argument("--width", type=int)
    shown.add_argument("--depth", type=int)
    shown.add_argument("--size", type=int, help="height and width of the images")
    checkpoints = commands.add_parser("series", help="measure the checkpoints of a training, one after the other")
    checkpoints.set_defaults(command=series, protocol="pooled", regime="pretrained", weights=None)
    cli_groups.series(checkpoints)
    pair = commands.add_parser("compare", help="how alike the layers of two results of the same samples are")
    pair.set_defaults(command=compare)
    cli_groups.pair(pair)
    many = commands.add_parser("sweep", help="measure networks x regimes x data x seeds, as a file asks")
    many.set_defaults(command=sweep)
    many.add_argument("file", help="a TOML file (docs/cluster.md)")
    many.add_argument("--figure", help="where the figure goes, an HTML page (default: the file with .html)")
    many.add_argument("--format", choices=cli_groups.FORMATS, default="table")
    dashboard = commands.add_parser("run", help="start the dashboard")
    dashboard.set_defaults(command=run)
    opened = commands.add_parser("open", help="open a result in the browser, and start the dashboard if none is there")
    opened.set_defaults(command=open_result)
    opened.add_argument(
        "result", help="a line of `list results` in quotes, a JSON file of results, or the first digits of its key"
    )
    for command in (dashboard, opened):
        command.add_argument("--host", default="127.0.0.1", help="the address it listens on (default: %(default)s)")
        command.add_argument("--port", type=int, default=8501, help="its port (default: %(default)s)")
    drawn = commands.add_parser("figure", help="a figure of a result as SVG, PDF or PNG, for print")
    drawn.set_defaults(command=figure)
    whole = commands.add_parser("export", help="all of a result as a zip: request, numbers, figures, versions, code")
    whole.set_defaults(command=export)
    cli_groups.output(drawn, whole)
    for command in (
        measure,
        detect,
        looks,
        chunks,
        experiment,
        learn,
        names,
        checkpoints,
        pair,
        many,
        dashboard,
        opened,
        drawn,
        whole,
    ):
        command.add_argument("--cache", help="the store: a folder, or s3://bucket/prefix (default: $LAYERSCOPE_CACHE)")
    return root
