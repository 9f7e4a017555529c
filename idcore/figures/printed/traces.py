"""The traces of a figure on axes of matplotlib. What is not known is refused, never left out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from idcore.errors import RequestError
from idcore.figures import theme
from idcore.figures.printed.words import cell, plain

PT = 0.62
"""Points of a printed line or marker for a pixel on the screen."""
RASTER = 2000
"""Markers beyond which a cloud is kept as pixels within a drawing of lines: a viewer takes no longer than for a few."""
_DASHES: dict[str, Any] = {
    "solid": "solid", "dash": (0, (4, 2.2)), "dot": (0, (1, 1.8)), "dashdot": (0, (5, 2, 1, 2)),
    "longdash": (0, (7, 2.5)), "longdashdot": (0, (7, 2, 1, 2)),
}  # fmt: skip
_MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "hexagon": "h", "cross": "P", "x": "X",
    "star": "*", "line-ew": "_", "line-ns": "|", "triangle-down": "v", "x-thin": "x", "cross-thin": "+",
}  # fmt: skip
_THIN = ("_", "|", "x", "+")
_SMALLER = {"D": 0.8, "s": 0.9, "*": 1.4}
Place = Callable[[Any], np.ndarray]
"""Values of an axis as numbers: names of a category axis by their place."""


def colour(value: Any, opacity: float = 1.0) -> Any:
    """A colour of plotly as one of matplotlib."""
    text = str(value)
    if text.startswith("rgb"):
        parts = [float(part) for part in text[text.index("(") + 1 : -1].split(",")]
        return (*(part / 255 for part in parts[:3]), (parts[3] if len(parts) > 3 else 1.0) * opacity)
    from matplotlib.colors import to_rgba

    return to_rgba(text, opacity)


def dash(line: Any) -> Any:
    """The dashes of a line. Raises RequestError."""
    name = line.dash or "solid"
    if name not in _DASHES:
        raise RequestError(f"This figure has lines of the kind {name!r}, which is not known for print.")
    return _DASHES[name]


def draw(axes: Any, trace: Any, x: Place, y: Place, state: dict[str, Any]) -> Any | None:
    """Draw a trace; what stands for it in the legend, None for nothing. state: what traces of one figure share, as the
    heights that bars stand on. Raises RequestError."""
    if trace.type == "heatmap":
        _heat(axes, trace, x, y, state)
        return None
    return (_bars if trace.type == "bar" else _scatter)(axes, trace, x, y, state)


def known(trace: Any) -> None:
    """Raises RequestError for a trace that has no place on paper."""
    if trace.type not in ("scatter", "scattergl", "bar", "heatmap"):
        raise RequestError(f"A figure with a trace of the kind {trace.type} cannot be printed: it has no flat picture.")


def _scatter(axes: Any, trace: Any, x: Place, y: Place, state: dict[str, Any]) -> Any | None:
    at, height = x(trace.x), y(trace.y)
    mode = trace.mode or "lines+markers"
    opacity = 1.0 if trace.opacity is None else trace.opacity
    line_colour = trace.line.color or _one(trace.marker.color) or theme.NEUTRAL
    zorder = 3 + (getattr(trace, "zorder", None) or 0)
    width = 2.0 if trace.line.width is None else trace.line.width
    step = {"hvh": "steps-mid", "hv": "steps-post", "vh": "steps-pre"}.get(trace.line.shape or "", "default")
    if trace.fill:
        _fill(axes, trace, at, height, opacity, step, state)
    _errors(axes, trace, at, height, opacity, zorder)
    parts: list[Any] = []
    if "lines" in mode and width > 0:
        parts += axes.plot(at, height, color=colour(line_colour, opacity), linewidth=width * PT,
                           linestyle=dash(trace.line), drawstyle=step, zorder=zorder)  # fmt: skip
    if "markers" in mode and (trace.marker.opacity is None or np.any(np.asarray(trace.marker.opacity) > 0)):
        parts += _markers(axes, trace, at, height, line_colour, opacity, zorder)
    if "text" in mode:
        _texts(axes, trace, at, height, zorder)
    state["below"] = at, height
    if trace.showlegend is False or not trace.name or not parts:
        return None
    return tuple(parts)


def _markers(axes: Any, trace: Any, at: np.ndarray, height: np.ndarray, line_colour: Any, opacity: float,
             zorder: float) -> list[Any]:  # fmt: skip
    marker = trace.marker
    faint = opacity * (float(marker.opacity) if isinstance(marker.opacity, (int, float)) else 1.0)
    shapes = marker.symbol if isinstance(marker.symbol, (list, tuple, np.ndarray)) else [marker.symbol] * len(at)
    sizes = np.broadcast_to(np.asarray(6 if marker.size is None else marker.size, float), len(at))
    colours = _colours(marker, line_colour, len(at), faint)
    drawn: list[Any] = []
    for name in dict.fromkeys(shapes):
        here = np.array([shape == name for shape in shapes], bool)
        shape, open_ = _shape(name)
        edge = (marker.line.width or (1.5 if open_ else 0.0)) * PT
        thin = shape in _THIN
        face = "none" if open_ and not thin else colours[here]
        rim = colours[here] if open_ or not isinstance(marker.line.color, str) else colour(marker.line.color, faint)
        drawn.append(
            axes.scatter(at[here], height[here], s=(sizes[here] * PT * _SMALLER.get(shape, 1.0)) ** 2, marker=shape,
                         zorder=zorder + 0.1, rasterized=len(at) > RASTER,
                         **({"c": rim, "linewidths": max(edge, 1.0)} if thin else
                            {"facecolors": face, "edgecolors": rim, "linewidths": edge}))
        )  # fmt: skip
    return drawn[:1]


def _shape(name: str | None) -> tuple[str, bool]:
    """(marker of matplotlib, whether it is open). Raises RequestError."""
    plain_name = (name or "circle").removesuffix("-open")
    if plain_name not in _MARKERS:
        raise RequestError(f"This figure has markers of the shape {name!r}, which is not known for print.")
    return _MARKERS[plain_name], plain_name != (name or "circle")


def _colours(marker: Any, line_colour: Any, n: int, opacity: float) -> np.ndarray:
    """(n, 4)."""
    given = marker.color
    if given is None or isinstance(given, str):
        return np.tile(colour(given or line_colour, opacity), (n, 1))
    if all(isinstance(one, str) for one in given):
        return np.array([colour(one, opacity) for one in given]).reshape(-1, 4)
    values = np.asarray(given, float)
    low = float(np.nanmin(values)) if marker.cmin is None else marker.cmin
    high = float(np.nanmax(values)) if marker.cmax is None else marker.cmax
    rgba = _scale(marker.colorscale)((values - low) / ((high - low) or 1.0))
    rgba[:, 3] = opacity
    return np.asarray(rgba)


def _scale(given: Any) -> Any:
    """A colour scale of plotly as one of matplotlib."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("scale", [(share, colour(one)) for share, one in given or _VIRIDIS])


_VIRIDIS = ((0, "#440154"), (0.25, "#3b528b"), (0.5, "#21918c"), (0.75, "#5ec962"), (1, "#fde725"))


def _one(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _fill(axes: Any, trace: Any, at: np.ndarray, height: np.ndarray, opacity: float, step: str,
          state: dict[str, Any]) -> None:  # fmt: skip
    face = colour(trace.fillcolor or theme.FAINT, opacity)
    kind = {"steps-mid": "mid", "steps-post": "post", "steps-pre": "pre"}.get(step)
    if trace.fill == "toself":
        axes.fill(at, height, facecolor=face, edgecolor="none", zorder=1)
    elif trace.fill == "tozeroy":
        axes.fill_between(at, height, 0.0, step=kind, facecolor=face, edgecolor="none", zorder=1)
    elif trace.fill == "tonexty" and "below" in state:
        lower_at, lower = state["below"]
        axes.fill(np.r_[at, lower_at[::-1]], np.r_[height, lower[::-1]], facecolor=face, edgecolor="none", zorder=1)
    else:
        raise RequestError(f"This figure has an area of the kind {trace.fill!r}, which is not known for print.")


def _errors(axes: Any, trace: Any, at: np.ndarray, height: np.ndarray, opacity: float, zorder: float) -> None:
    for given, name in ((trace.error_y, "yerr"), (trace.error_x, "xerr")):
        if given is None or given.array is None or given.visible is False or not len(at):
            continue
        up = _numbers(given.array)
        down = up if given.arrayminus is None else _numbers(given.arrayminus)
        stroke = given.color or trace.line.color or _one(trace.marker.color) or theme.NEUTRAL
        axes.errorbar(at, height, **{name: np.stack([down, up])}, fmt="none", ecolor=colour(stroke, opacity),
                      elinewidth=(given.thickness or 1.5) * PT, capthick=(given.thickness or 1.5) * PT,
                      capsize=(5 if given.width is None else given.width) * PT / 2 * 1.4, zorder=zorder)  # fmt: skip


def _numbers(values: Any) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values])


def _texts(axes: Any, trace: Any, at: np.ndarray, height: np.ndarray, zorder: float) -> None:
    sides = trace.textposition
    for i, (a, b) in enumerate(zip(at, height, strict=True)):
        side = (sides[i] if isinstance(sides, (list, tuple, np.ndarray)) else sides) or "middle center"
        up = {"top": 1, "bottom": -1}.get(side.split()[0], 0)
        along = {"left": -1, "right": 1}.get(side.split()[-1], 0)
        words = trace.text if isinstance(trace.text, str) else trace.text[i]
        axes.annotate(plain(words), (a, b), (5 * along, 5 * up), textcoords="offset points",
                      ha={-1: "right", 0: "center", 1: "left"}[along], va={-1: "top", 0: "center", 1: "bottom"}[up],
                      zorder=zorder + 1)  # fmt: skip


def _bars(axes: Any, trace: Any, x: Place, y: Place, state: dict[str, Any]) -> Any | None:
    flat = trace.orientation == "h"
    along, length = (y(trace.y), x(trace.x)) if flat else (x(trace.x), y(trace.y))
    width = np.broadcast_to(np.asarray(0.8 if trace.width is None else trace.width, float), len(along))
    foot = np.zeros(len(along))
    if state.get("barmode") == "stack":
        heights = state.setdefault(f"bars {id(axes)}", {})
        foot = np.array([heights.get(position, 0.0) for position in along])
        heights.update(zip(along.tolist(), (foot + length).tolist(), strict=True))
    given = trace.marker.color
    names = [given or theme.NEUTRAL] * len(along) if given is None or isinstance(given, str) else list(given)
    faces = [colour(one, 1.0 if trace.opacity is None else trace.opacity) for one in names]
    edge = {"edgecolor": colour(trace.marker.line.color), "linewidth": (trace.marker.line.width or 0) * PT} if (
        isinstance(trace.marker.line.color, str)) else {}  # fmt: skip
    if flat:
        drawn = axes.barh(along, length, height=width, left=foot, color=faces, zorder=2, **edge)
    else:
        drawn = axes.bar(along, length, width=width, bottom=foot, color=faces, zorder=2, **edge)
    if trace.text is not None and not isinstance(trace.text, str):
        axes.bar_label(drawn, [plain(one) for one in trace.text], padding=2)
    return None if trace.showlegend is False or not trace.name else drawn


def _heat(axes: Any, trace: Any, x: Place, y: Place, state: dict[str, Any]) -> None:
    values = np.array([_numbers(row) for row in trace.z])
    across = x(list(range(values.shape[1])) if trace.x is None else trace.x)
    up = y(list(range(values.shape[0])) if trace.y is None else trace.y)
    known = values[np.isfinite(values)]
    low = float(known.min() if len(known) else 0.0) if trace.zmin is None else trace.zmin
    high = float(known.max() if len(known) else 1.0) if trace.zmax is None else trace.zmax
    scale = _scale(trace.colorscale)
    gap = {"edgecolors": "white", "linewidth": trace.xgap * PT / 2} if trace.xgap else {}
    mesh = axes.pcolormesh(_edges(across), _edges(up), np.ma.masked_invalid(values), cmap=scale, vmin=low,
                           vmax=high if high > low else low + 1, zorder=2, **gap)  # fmt: skip
    if trace.showscale is not False:
        state["scale"] = axes, mesh, trace.colorbar
    if not trace.texttemplate:
        return
    texts: Sequence[Sequence[str]] | None = trace.text
    for i, j in np.argwhere(np.isfinite(values)).tolist():
        dark = _dark(scale((values[i, j] - low) / ((high - low) or 1.0)))
        words = cell(trace.texttemplate, values[i, j], "" if texts is None else str(texts[i][j]))
        state.setdefault("cells", []).append(
            axes.text(across[j], up[i], words, ha="center", va="center", color="white" if dark else "black", zorder=3)
        )


def _dark(rgba: Sequence[float]) -> bool:
    return 0.299 * rgba[0] + 0.587 * rgba[1] + 0.114 * rgba[2] < 0.5


def _edges(middles: np.ndarray) -> np.ndarray:
    """Where cells about these places meet."""
    if len(middles) == 1:
        return np.array([middles[0] - 0.5, middles[0] + 0.5])
    between = (middles[1:] + middles[:-1]) / 2
    edges: np.ndarray = np.r_[2 * middles[0] - between[0], between, 2 * middles[-1] - between[-1]]
    return edges


def categories(axis: Any, given: Sequence[Any]) -> Mapping[str, float] | None:
    """The place of each name on an axis of names, None for an axis of numbers. given: what the traces have there."""
    values = [value for one in given if one is not None for value in one]
    if axis.type != "category" and not any(isinstance(value, str) for value in values):
        return None
    named = list(axis.categoryarray if axis.categoryarray is not None else ())
    return {name: float(i) for i, name in enumerate(dict.fromkeys(map(str, [*named, *values])))}
