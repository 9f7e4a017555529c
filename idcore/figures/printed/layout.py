"""Where everything stands on the paper: title, legend, axes, caption, none on another and none cut off."""

from typing import Any

from idcore.errors import RequestError
from idcore.figures.printed import panels as axes_of
from idcore.figures.printed.panels import Panel

_MARGIN = 2.0
"""Millimetres to the edge of the paper, and between its parts."""
_LEAST = 0.3
"""Of the height, for the axes."""
_SMALLEST = 5.0
"""Points of the letters of a legend."""


def text_size(paper: Any) -> float:
    """Points of the letters: 8 on a figure of usual size, less on a small one."""
    return float(min(9.0, max(6.0, 8.0 * (min(paper.width, 1.6 * paper.height) / 160) ** 0.5)))


def arrange(drawing: Any, panels: dict[tuple[str, str], Panel], legend: list[tuple[Any, str]], state: dict[str, Any],
            paper: Any, size: float) -> None:  # fmt: skip
    """Place the axes between the title and the legend above and the caption below. Raises RequestError where there is
    no room for them."""
    renderer = drawing.canvas.get_renderer()
    mm = paper.dpi / 25.4
    width, height = paper.width * mm, paper.height * mm
    gap = _MARGIN * mm
    top = height - gap
    for text, points, weight in ((paper.title, size + 2, "bold"),):
        if text:
            top -= _paragraph(drawing, text, gap, top, width - 2 * gap, points, weight, "black", renderer, "top") + gap
    bottom = gap
    if paper.caption:
        bottom += _paragraph(drawing, paper.caption, gap, bottom, width - 2 * gap, size - 1, "normal", "#444444",
                             renderer, "bottom") + gap  # fmt: skip
    for panel in panels.values():
        _letters(panel, size)
    if "scale" in state:
        _colours(drawing, state, size)
    if top - bottom < _LEAST * height:
        raise RequestError(
            f"A figure of {paper.width:g} x {paper.height:g} mm has no room for its title and caption beside the axes: "
            "make it larger, or the words shorter."
        )
    if legend:
        top -= _legend(drawing, legend, size, gap, top, top - bottom - _LEAST * height, (width, height), renderer) + gap
    _place(drawing, panels, state, (gap, bottom, width - gap, top), renderer, (width, height))
    for text in state.get("cells", ()):
        _within_cell(text, len(state["cells"]), size)


def _letters(panel: Panel, size: float) -> None:
    panel.axes.tick_params(labelsize=size - 1)
    panel.axes.xaxis.label.set_size(size)
    panel.axes.yaxis.label.set_size(size)
    for text in panel.axes.texts:
        text.set_fontsize(size - 1)


def _within_cell(text: Any, cells: int, size: float) -> None:
    text.set_fontsize(max(3.5, min(size - 1, 60 / max(cells, 1) ** 0.5)))


def _colours(drawing: Any, state: dict[str, Any], size: float) -> None:
    from matplotlib.ticker import FixedLocator

    axes, mesh, given = state["scale"]
    box = drawing.add_axes((0.9, 0.2, 0.02, 0.6), label="colours")
    bar = drawing.colorbar(mesh, cax=box)
    bar.outline.set_visible(False)
    if given.tickvals is not None:
        bar.ax.yaxis.set_major_locator(FixedLocator(list(given.tickvals)))
    bar.ax.tick_params(length=0, labelsize=size - 1)
    bar.ax.set_title(given.title.text or "", fontsize=size - 1, loc="left")
    state["colours"] = bar.ax


def _legend(drawing: Any, legend: list[tuple[Any, str]], size: float, left: float, top: float, room: float,
            whole: tuple[float, float], renderer: Any) -> float:  # fmt: skip
    """Draw the legend with as many columns as fit, in smaller letters where it must be; its height in pixels."""
    from matplotlib.legend_handler import HandlerTuple

    handles, names = [handle for handle, _ in legend], [name for _, name in legend]
    points = size
    while points >= _SMALLEST:
        for columns in range(min(len(legend), 8), 0, -1):
            drawn = drawing.legend(
                handles, names, loc="upper left", ncols=columns, frameon=False, fontsize=points, borderpad=0,
                borderaxespad=0, handlelength=2.4, columnspacing=1.4, labelspacing=0.35,
                bbox_to_anchor=(left / whole[0], top / whole[1]), handler_map={tuple: HandlerTuple(ndivide=1)},
            )  # fmt: skip
            box = drawn.get_window_extent(renderer)
            if box.width <= whole[0] - 2 * left and box.height <= room:
                return float(box.height)
            drawn.remove()
        points -= 0.5
    raise RequestError(
        f"The legend has {len(legend)} entries and does not fit beside the axes: make the figure larger, or choose "
        "fewer curves."
    )


def _paragraph(drawing: Any, text: str, x: float, y: float, room: float, points: float, weight: str, colour: str,
               renderer: Any, edge: str) -> float:  # fmt: skip
    """Text broken into lines that are no wider than room; its height in pixels."""
    width, height = drawing.bbox.width, drawing.bbox.height
    drawn = drawing.text(
        x / width, y / height, "", fontsize=points, fontweight=weight, color=colour, ha="left", va=edge
    )
    lines: list[str] = []
    for part in text.splitlines():
        line = ""
        for word in part.split():
            for piece in _pieces(word, drawn, renderer, room):
                drawn.set_text(f"{line} {piece}".strip())
                if line and drawn.get_window_extent(renderer).width > room:
                    lines.append(line)
                    line = piece
                else:
                    line = f"{line} {piece}".strip()
        lines.append(line)
    drawn.set_text("\n".join(lines))
    return float(drawn.get_window_extent(renderer).height)


def _pieces(word: str, drawn: Any, renderer: Any, room: float) -> list[str]:
    """A word, cut where it is longer than a line."""
    pieces, rest = [], word
    while rest:
        n = len(rest)
        drawn.set_text(rest)
        while n > 1 and drawn.get_window_extent(renderer).width > room:
            n = n * 9 // 10
            drawn.set_text(rest[:n])
        pieces.append(rest[:n])
        rest = rest[n:]
    return pieces


def _place(drawing: Any, panels: dict[tuple[str, str], Panel], state: dict[str, Any],
           region: tuple[float, float, float, float], renderer: Any, whole: tuple[float, float]) -> None:  # fmt: skip
    """Fit the axes, with their numbers, titles and words, into a region, (left, bottom, right, top) in pixels."""
    left, bottom, right, top = inner = region
    bar = 0.04 * (right - left) if "colours" in state else 0.0
    for step in range(4):
        left, bottom, right, top = inner
        for panel in panels.values():
            a, b, c, d = panel.domain
            across, up = max(right - left - 2.5 * bar, 10), max(top - bottom, 10)
            panel.axes.set_position((
                (left + a * across) / whole[0], (bottom + b * up) / whole[1],
                (c - a) * across / whole[0], (d - b) * up / whole[1],
            ))  # fmt: skip
        if bar:
            state["colours"].set_position(((right - bar) / whole[0], bottom / whole[1], bar / 2 / whole[0],
                                           0.9 * (top - bottom) / whole[1]))  # fmt: skip
        if step < 2:
            for panel in panels.values():
                axes_of.turned(panel, renderer)
        boxes = [panel.axes.get_tightbbox(renderer) for panel in panels.values()]
        boxes += [state["colours"].get_tightbbox(renderer)] if bar else []
        over = (
            region[0] - min(box.x0 for box in boxes), region[1] - min(box.y0 for box in boxes),
            max(box.x1 for box in boxes) - region[2], max(box.y1 for box in boxes) - region[3],
        )  # fmt: skip
        inner = (left + over[0], bottom + over[1], right - over[2], top - over[3])
        if inner[2] - inner[0] < 0.2 * whole[0] or inner[3] - inner[1] < 0.15 * whole[1]:
            raise RequestError(
                "A figure of this size has no room for the numbers and names at its axes: make it larger."
            )
