"""The numbers that a figure draws, a row each: what it shows can be taken along as it is."""

import html
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

COLUMNS = ("curve", "x", "y", "value", "error", "error_minus", "label")
"""curve: name of a line, of bars or of a matrix. x, y: on the axes; of a matrix its column and row, whose value stands
under `value`. error, error_minus: half of a bar, upwards and downwards, None where it has none. label: words at a point
or a cell."""
_MARKUP = re.compile(r"<[^>]*>")


def values(figure: Any) -> list[dict[str, Any]]:
    """A row for each point and each cell of a `plotly.graph_objects.Figure`, in the order in which they are drawn; what
    is not drawn is left out, and so are points without a number. Of cells that lie on one another (those that chance
    could give are drawn again, in grey) there is the uppermost alone."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for i, trace in enumerate(figure.data):
        if trace.visible in (False, "legendonly"):
            continue
        cells = getattr(trace, "z", None) is not None and trace.type == "heatmap"
        name = _plain(trace.name)
        for j, row in enumerate(_cells(trace) if cells else _points(trace)):
            key = (trace.xaxis, trace.yaxis, *row[:2]) if cells else (i, j)
            rows[key] = dict(zip(COLUMNS, (name, *row), strict=True))
    return list(rows.values())


def _cells(trace: Any) -> Iterator[tuple[Any, ...]]:
    z = np.asarray(trace.z, dtype=object)
    across, down = _axis(trace.x, z.shape[1]), _axis(trace.y, z.shape[0])
    words = _words(trace, z.shape)
    for row, name in enumerate(down):
        for column, other in enumerate(across):
            value = _number(z[row, column])
            if value is not None:
                yield other, name, value, None, None, _plain(words[row][column])


def _words(trace: Any, shape: tuple[int, ...]) -> Any:
    """What is said of each cell when one points at it; nothing where that is no text."""
    for given in (trace.hovertext, trace.customdata):
        words = np.asarray([] if given is None else given, dtype=object)
        if words.shape == shape and all(isinstance(one, str) for one in words.flat):
            return words
    return np.full(shape, "", dtype=object)


def _axis(given: Any, count: int) -> list[Any]:
    return list(range(count)) if given is None else [_number(one) for one in given]


def _points(trace: Any) -> Iterator[tuple[Any, ...]]:
    x, y = (_listed(getattr(trace, name, None)) for name in ("x", "y"))
    n = max(len(x), len(y))
    z = _listed(getattr(trace, "z", None))
    error = getattr(trace, "error_y", None)
    up, down = (_listed(getattr(error, name, None)) for name in ("array", "arrayminus"))
    words = getattr(trace, "text", None)
    words = [words] * n if isinstance(words, str) else _listed(words)
    for i in range(n):
        point = [_number(part[i]) if i < len(part) else None for part in (x, y)]
        if point == [None, None]:
            continue
        bars = [_number(part[i]) if i < len(part) else None for part in (up, down or up)]
        label = _plain(words[i]) if i < len(words) else ""
        yield (*point, _number(z[i]) if i < len(z) else None, *bars, label)


def _listed(given: Any) -> Sequence[Any]:
    return [] if given is None or isinstance(given, str) else list(given)


def _number(value: Any) -> Any:
    """As JSON has it: no NaN, no type of numpy; words without marks."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _plain(value) if isinstance(value, str) else value


def _plain(text: Any) -> str:
    return " ".join(html.unescape(_MARKUP.sub("", str(text or "").replace("<br>", " "))).split())
