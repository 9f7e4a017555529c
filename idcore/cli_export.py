"""`python -m idcore figure` and `export`: a figure of a result, and all of a result, as files."""

import argparse
from pathlib import Path

from idcore import cli_request, spec
from idcore.cli_output import say, write
from idcore.cli_run import requested
from idcore.errors import RequestError
from idcore.identity import caption
from idcore.spec import USUAL, Reading


def arguments_of_figure(parser: argparse.ArgumentParser) -> None:
    _of_both(parser)
    parser.add_argument("-o", "--output", required=True, help="the file; .svg, .pdf or .png")
    parser.add_argument("--kind", default="curve", help="curve, map, spectrum, fit or distances (default: %(default)s)")
    parser.add_argument("--layer", help="of which layer, where it is of one (default: the last)")
    parser.add_argument("--width", type=float, default=160, help="in mm (default: %(default)s)")
    parser.add_argument("--height", type=float, default=100, help="in mm (default: %(default)s)")
    parser.add_argument("--dpi", type=int, default=300, help="pixels per inch of a PNG (default: %(default)s)")
    parser.add_argument("--title", default="", help="above the figure (default: none)")
    parser.add_argument("--caption", help='below it (default: network, data, N, seeds, estimator; "" for none)')


def arguments_of_export(parser: argparse.ArgumentParser) -> None:
    _of_both(parser)
    parser.add_argument("-o", "--output", help="the file, a .zip (default: named by the key)")


def _of_both(parser: argparse.ArgumentParser) -> None:
    result = "a line of `list results` in quotes, a JSON file of results, or the first digits of its key"
    parser.add_argument("result", help=result)
    parser.add_argument("--discard", type=float, default=USUAL.discard, help="fraction that TwoNN leaves out")
    parser.add_argument("--variance", type=float, default=USUAL.variance, help="share that the PC-ID holds")


def figure(arguments: argparse.Namespace) -> None:
    """Write one figure of a result to a file; prints where. Raises RequestError."""
    from idcore.figures import of_result, printed  # plotly, a second

    store, output = cli_request.store_of(arguments), Path(arguments.output)
    printed.format_of(output)
    requests = requested(arguments.result, store)
    if len(requests) != 1:
        raise RequestError(f"{arguments.result} names {len(requests)} results: a figure is of one. Give more digits.")
    reading = Reading(arguments.discard, arguments.variance)
    words = caption(requests, reading) if arguments.caption is None else arguments.caption
    paper = printed.Paper(arguments.width, arguments.height, arguments.dpi, arguments.title, words)
    result = of_result.result(store, requests[0], reading)
    drawn = of_result.drawn(result, arguments.kind, arguments.layer)
    _written(output, printed.printed(drawn, output.suffix[1:].lower(), paper))


def export(arguments: argparse.Namespace) -> None:
    """Write all of a result as a zip; prints where. Raises RequestError."""
    from idcore.figures import of_result
    from idcore.parcel import parcel

    store, output = cli_request.store_of(arguments), Path(arguments.output or "")
    reading = Reading(arguments.discard, arguments.variance)
    requests = requested(arguments.result, store)
    if not arguments.output:
        output = Path(f"layerscope-{spec.run_key(requests[0])[:6]}.zip")
    if output.suffix.lower() != ".zip":
        raise RequestError(f"A result is written as a .zip, not as {output.name!r}.")
    results = [of_result.result(store, request, reading) for request in requests]
    if all(len(one.records) == len(one.run.layers) for one in results):
        layers: str | tuple[str, ...] = "all"
    elif all(tuple(one.records) == one.run.checkpoints for one in results):
        layers = "checkpoints"
    else:
        layers = tuple(results[0].records)
        if any(tuple(one.records) != layers for one in results):
            layers = "checkpoints"
            results = [of_result.result(store, request, reading, layers) for request in requests]
            say("The results have different layers: the checkpoint layers of each are written.")
    _written(output, parcel(results, layers))


def _written(output: Path, content: bytes) -> None:
    output.write_bytes(content)
    write(str(output))
