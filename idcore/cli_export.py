"""`python -m idcore figure` and `export`: a figure of a result, and all of a result, as files."""

import argparse
from pathlib import Path

from idcore import spec
from idcore.cli_output import say, write
from idcore.cli_run import requested
from idcore.errors import RequestError
from idcore.identity import caption
from idcore.settings import settings
from idcore.spec import Reading
from idcore.store import Store, shared


def figure(arguments: argparse.Namespace) -> None:
    """Write one figure of a result to a file; prints where. Raises RequestError."""
    from idcore.figures import of_result, printed  # plotly, a second

    store, output = _store(arguments), Path(arguments.output)
    printed.format_of(output)
    requests = requested(arguments.result, store)
    if len(requests) != 1:
        raise RequestError(f"{arguments.result} names {len(requests)} results: a figure is of one. Give more digits.")
    reading = Reading(arguments.discard, arguments.variance)
    words = caption(requests, reading) if arguments.caption is None else arguments.caption
    paper = printed.Paper(arguments.width, arguments.height, arguments.dpi, arguments.title, words)
    found = of_result.result(store, requests[0], reading)
    _written(output, printed.printed(of_result.drawn(found, arguments.kind, arguments.layer), output.suffix[1:].lower(),
                                     paper))  # fmt: skip


def export(arguments: argparse.Namespace) -> None:
    """Write all of a result as a zip; prints where. Raises RequestError."""
    from idcore.figures import of_result
    from idcore.parcel import parcel

    store, output = _store(arguments), Path(arguments.output or "")
    reading = Reading(arguments.discard, arguments.variance)
    requests = requested(arguments.result, store)
    if not arguments.output:
        output = Path(f"layerscope-{spec.run_key(requests[0])[:6]}.zip")
    if output.suffix.lower() != ".zip":
        raise RequestError(f"A result is written as a .zip, not as {output.name!r}.")
    found = [of_result.result(store, request, reading) for request in requests]
    if all(len(one.records) == len(one.run.layers) for one in found):
        layers: str | tuple[str, ...] = "all"
    elif all(tuple(one.records) == one.run.checkpoints for one in found):
        layers = "checkpoints"
    else:
        layers = tuple(found[0].records)
        if any(tuple(one.records) != layers for one in found):
            layers = "checkpoints"
            found = [of_result.result(store, request, reading, layers) for request in requests]
            say("The results have different layers: the checkpoint layers of each are written.")
    _written(output, parcel(found, layers))


def _store(arguments: argparse.Namespace) -> Store:
    return shared(str(arguments.cache or settings().cache), settings().store_limit)


def _written(output: Path, content: bytes) -> None:
    output.write_bytes(content)
    write(str(output))
