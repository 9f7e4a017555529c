"""The numbers of measured requests as a table and as a document, with what makes them again: the same wherever they
leave."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from idcore import spec
from idcore.command import command_line, python_code
from idcore.estimators.summary import LayerSummary
from idcore.exports import Numbers
from idcore.identity import COLUMNS as IDENTITY
from idcore.identity import identity
from idcore.spec import USUAL, DataSpec, Reading, Request

COLUMNS = tuple(field.name for field in dataclasses.fields(LayerSummary))
Layers = str | tuple[str, ...]


def _places(data: DataSpec) -> str:
    return ", ".join(map(str, data.classes or ()))


def numbers(
    rows: Mapping[Request, Sequence[LayerSummary]],
    layers: Layers = "checkpoints",
    reading: Reading = USUAL,
    class_names: Callable[[DataSpec], str] = _places,
    more: Mapping[Request, Mapping[str, Any]] | None = None,
) -> Numbers:
    """What was measured: one row a layer and request with what it is about, the columns of `LayerSummary`, the classes
    by their names where some were chosen, last the command that makes the row again; as a document the requests with
    their rows and the command, and what the rows were made with. more: columns of their own, at the end."""
    more = more or {}
    of_class = any(request.data.classes is not None for request in rows)
    commands = {request: command(request, layers, reading) for request in rows}
    lines = [
        (request.network.told, *about, *(getattr(row, name) for name in COLUMNS), commands[request], *rest)
        for request, layer_rows in rows.items()
        for about in [(class_names(request.data),) if of_class else ()]
        for own in [more.get(request, {}).values()]
        for rest in [[*(value for name, value in identity(request, reading).items() if name != "regime"), *own]]
        for row in layer_rows
    ]
    results = [
        {
            **more.get(request, {}),
            "request": spec.to_json(request),
            "command": commands[request],
            "layers": [dataclasses.asdict(row) for row in layer_rows],
        }
        for request, layer_rows in rows.items()
    ]
    rest = [name for name in IDENTITY if name != "regime"]
    columns = ("regime", *(("class",) if of_class else ()), *COLUMNS, "command", *rest, *next(iter(more.values()), ()))
    return Numbers(columns, lines, {**reading.of_rows, "results": results})


def commands_of(requests: Iterable[Request], layers: Layers, reading: Reading) -> str:
    """The shell commands that print the numbers of the requests, a line each."""
    return "\n".join(command(request, layers, reading) for request in requests)


def python_of(requests: Iterable[Request], layers: Layers, reading: Reading) -> str:
    """The Python that gives the numbers of the requests, one piece after the other."""
    return "\n".join(python_code(request, layers, reading) for request in requests)


def command(request: Request, layers: Layers, reading: Reading) -> str:
    """With all digits, as a table has not."""
    return command_line(request, layers, reading) + " --format csv"
