"""A result as one file to keep or to send: a zip with the request, the numbers, the figures, the versions, and what
makes the numbers again. No activations, no weights, no samples: whoever has those makes it again."""

import io
import json
import platform
import zipfile
from collections.abc import Callable, Sequence

from idcore import spec
from idcore.exports import EXPORTS
from idcore.figures import of_result, printed
from idcore.figures.of_result import Result
from idcore.identity import caption
from idcore.numbers import Layers, commands_of, numbers, python_of
from idcore.spec import DataSpec, Request
from idcore.version import VERSION

_MAPS = 40
"""Most layers of which a map is put in."""
_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same result gives the same bytes
_README = """{caption}

request.json    what was measured, as Layerscope names it
numbers.csv     a row for each layer: estimates, errors, counts, notes, what they are about
numbers.json    the same with the command and the request
command.sh      prints numbers.csv again, in any folder where `python -m idcore` runs
again.py        the same in Python: python again.py
versions.json   what it was measured with
figures/        the curve (SVG, PDF, PNG) and a map of each layer (SVG)

Where the store has the result, command.sh and again.py print it at once; elsewhere they measure it again, and need the
data and the weights. Another store than the usual one is named by LAYERSCOPE_CACHE.
{notes}"""


def parcel(
    results: Sequence[Result], layers: Layers = "all", class_names: Callable[[DataSpec], str] | None = None
) -> bytes:
    """The zip. results: all with one reading, at least one. layers: those that the command names. The same results give
    the same bytes. Raises RequestError where a figure cannot be drawn."""
    reading = results[0].reading
    rows = {one.request: one.rows for one in results}
    names = () if class_names is None else (class_names,)
    table = numbers(rows, layers, reading, *names)
    requests = list(rows)
    told = sorted({note for one in results for note in one.run.notes})
    content: dict[str, str | bytes] = {
        "README.txt": _README.format(caption=caption(requests, reading), notes="".join(f"\n{n}" for n in told)),
        "request.json": json.dumps([spec.to_json(request) for request in requests], indent=1),
        **{f"numbers.{one.suffix}": one.function(table) for one in EXPORTS},
        "command.sh": commands_of(requests, layers, reading) + "\n",
        "again.py": python_of(requests, layers, reading),
        "versions.json": json.dumps(_versions(results), indent=1),
    }
    for one in results:
        content |= _figures(one, "" if len(results) == 1 else f"{spec.run_key(one.request)[:6]}/")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(f"layerscope/{name}", _DATE), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _figures(one: Result, folder: str) -> dict[str, bytes]:
    paper = printed.Paper(caption=caption([one.request], one.reading))
    curve = of_result.drawn(one, "curve")
    files = {f"figures/{folder}curve.{format}": printed.printed(curve, format, paper) for format in printed.FORMATS}
    mapped = [name for name, record in one.records.items() if not record.note]
    for i, name in enumerate(mapped[:_MAPS]):
        square = printed.Paper(120, 120, title=name, caption=_of_map(one.request))
        file = f"figures/{folder}map-{i:02}-{_plain(name)}.svg"
        files[file] = printed.printed(of_result.drawn(one, "map", name), "svg", square)
    return files


def _of_map(request: Request) -> str:
    """A map has no estimate and no bars."""
    return caption([request]).split(". TwoNN")[0] + f". First two principal components. Layerscope {VERSION}."


def _plain(name: str) -> str:
    """A layer's name within the name of a file."""
    return "".join(c if c.isalnum() and c.isascii() or c in "-_" else "_" for c in name)[:60]


def _versions(results: Sequence[Result]) -> dict[str, object]:
    measured = [{"result": spec.run_key(one.request), "device": one.run.device, **one.run.versions} for one in results]
    return {"layerscope": VERSION, "python": platform.python_version(), "measured_with": measured}
