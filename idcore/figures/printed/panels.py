"""The axes of a figure: which traces share them, their place, their scale, their ticks."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore.figures.printed import traces
from idcore.figures.printed.words import number, plain, power

ROOM = 0.05
"""Of the data, on both sides of it."""


@dataclass(frozen=True, eq=False)
class Panel:
    """axes: of matplotlib. x, y: axes of plotly. domain: (left, bottom, right, top) in 0 ... 1 of the drawn region.
    places: of values along x and y. over: drawn on the place of another."""

    axes: Any
    x: Any
    y: Any
    domain: tuple[float, float, float, float]
    places: tuple[traces.Place, traces.Place]
    names: tuple[dict[str, float] | None, dict[str, float] | None]
    over: bool


def panels(print_: Any, figure: Any) -> dict[tuple[str, str], Panel]:
    """The axes of a figure by the names of their two axes, "x" and "y2" as traces have them."""
    used: dict[tuple[str, str], list[Any]] = {("x", "y"): []}
    for trace in figure.data:
        traces.known(trace)
        used.setdefault((trace.xaxis or "x", trace.yaxis or "y"), []).append(trace)
    if not used[("x", "y")] and len(used) > 1:
        del used[("x", "y")]
    by_axes: dict[tuple[str, str], Panel] = {}
    for x_name, y_name in sorted(used, key=lambda pair: _axis(figure, pair[1]).overlaying is not None):
        x, y = _axis(figure, x_name), _axis(figure, y_name)
        base = next((one for (a, b), one in by_axes.items() if a == x_name and b == y.overlaying), None)
        axes = print_.add_axes((0.2, 0.2, 0.6, 0.6), label=f"{x_name}{y_name}") if base is None else base.axes.twinx()
        all_x = [trace.x for trace in figure.data if (trace.xaxis or "x") == x_name]
        all_y = [trace.y for trace in figure.data if (trace.yaxis or "y") == y_name]
        names = traces.categories(x, all_x), traces.categories(y, all_y)
        domain = x.domain or (0, 1), y.domain or (0, 1)
        where = (domain[0][0], domain[1][0], domain[0][1], domain[1][1])
        where = where if base is None else base.domain
        places = (_place(names[0]), _place(names[1]))
        by_axes[x_name, y_name] = Panel(axes, x, y, where, places, names, base is not None)  # type: ignore[arg-type]
    return by_axes


def _axis(figure: Any, name: str) -> Any:
    return figure.layout[f"{name[0]}axis{name[1:]}"]


def _place(names: Any) -> Callable[[Any], np.ndarray]:
    def positions(values: Any) -> np.ndarray:
        if values is None:
            return np.zeros(0)
        if names is not None:
            return np.array([names[str(value)] for value in values])
        return np.array([np.nan if value is None else float(value) for value in values])

    return positions


def scale(panel: Panel) -> None:
    """The scale, the range, the ticks and the title of both axes, once everything is drawn."""
    axes = panel.axes
    for which, axis in (("x", panel.x), ("y", panel.y)):
        if axis.type == "log":
            getattr(axes, f"set_{which}scale")("log")
    axes.margins(ROOM)
    axes.autoscale_view()
    for which, axis, names in (("x", panel.x, panel.names[0]), ("y", panel.y, panel.names[1])):
        _range(axes, which, axis)
        _ticks(axes, which, axis, names)
        title = plain(axis.title.text)
        if not (panel.over and which == "x"):
            getattr(axes, f"set_{which}label")(title)
        shown = axis.showgrid is not False and not panel.over
        style = {"color": "#868b94", "alpha": 0.22, "linewidth": 0.5, "zorder": 0} if shown else {}
        axes.grid(shown, axis=which, which="major", **style)
        if axis.showticklabels is False:
            axes.tick_params(axis=which, labelbottom=False, labelleft=False)
    if panel.y.scaleanchor:
        axes.set_aspect("equal", adjustable="datalim")
    if panel.over:
        axes.patch.set_visible(False)
        axes.yaxis.tick_right()
        axes.yaxis.set_label_position("right")
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, which="both")
    axes.set_axisbelow(True)


def _range(axes: Any, which: str, axis: Any) -> None:
    get, put = getattr(axes, f"get_{which}lim"), getattr(axes, f"set_{which}lim")
    if axis.range is not None:
        low, high = axis.range
        put(*((10.0**low, 10.0**high) if axis.type == "log" else (low, high)))
    elif axis.rangemode == "tozero" and axis.type != "log":
        low, high = get()
        data = getattr(axes.dataLim, f"interval{which}")
        low = 0.0 if np.isfinite(data[0]) and data[0] >= 0 else low
        put(low, max(high, 0.0) if high > low else low + 1)
    if axis.autorange == "reversed":
        put(*get()[::-1])


def _ticks(axes: Any, which: str, axis: Any, names: dict[str, float] | None) -> None:
    line = getattr(axes, f"{which}axis")
    low, high = sorted(getattr(axes, f"get_{which}lim")())
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, MultipleLocator, NullLocator

    log = axis.type == "log"
    line.set_minor_locator(NullLocator())
    if axis.tickvals is not None or names is not None:
        at = [names[str(value)] if names is not None and str(value) in names else value
              for value in (axis.tickvals if axis.tickvals is not None else names or ())]  # fmt: skip
        texts = axis.ticktext if axis.ticktext is not None else None
        words = [plain(text) for text in texts] if texts is not None else (
            list(map(str, axis.tickvals if axis.tickvals is not None else names or ())) if names is not None
            else [number(float(value), axis.tickformat) for value in at])  # fmt: skip
        kept = [(float(a), word) for a, word in zip(at, words, strict=False) if low <= float(a) <= high]
        line.set_major_locator(FixedLocator([a for a, _ in kept]))
        line.set_major_formatter(FuncFormatter(_fixed(kept)))
        return
    if axis.exponentformat == "power" and log:
        line.set_major_locator(LogLocator(numticks=9))
        line.set_major_formatter(FuncFormatter(lambda value, _: power(round(math.log10(value)))))
        return
    step = axis.dtick
    whole = axis.tickformat in ("d", ",d")
    line.set_major_locator(
        LogLocator(numticks=9) if log
        else MultipleLocator(float(step)) if isinstance(step, (int, float))
        else MaxNLocator(nbins=axis.nticks or 6, steps=[1, 2, 2.5, 5, 10], integer=whole)
    )  # fmt: skip
    line.set_major_formatter(FuncFormatter(lambda value, _: number(value, axis.tickformat)))


def _fixed(kept: Sequence[tuple[float, str]]) -> Callable[[float, Any], str]:
    return lambda value, _: next((word for a, word in kept if a == value), "")


def turned(panel: Panel, renderer: Any) -> None:
    """Turn the names below the axis where they would lie on one another."""
    labels = [label for label in panel.axes.get_xticklabels() if label.get_text()]
    boxes = sorted((label.get_window_extent(renderer) for label in labels), key=lambda box: float(box.x0))
    if any(first.x1 + 2 > second.x0 for first, second in zip(boxes, boxes[1:], strict=False)):
        for label in panel.axes.get_xticklabels():
            label.set_rotation(40)
            label.set_ha("right")
            label.set_rotation_mode("anchor")
