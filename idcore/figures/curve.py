"""The ID curve of one network: TwoNN with bars, PC-ID and the linearised ID, layer by layer."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.protocol import ClassSpread
from idcore.estimators.summary import LayerSummary
from idcore.figures import ghosts, theme
from idcore.record import Layer
from idcore.spec import USUAL, Reading, Regime

PAPER = "Ansuini et al. 2019"
ESTIMATES = ("TwoNN", "PC-ID", "linearised")
CURVES = (*ESTIMATES, "D", "ID / D")
"""What can be drawn: the estimates, the number of units, and the share of it that the ID is."""


class Published(Protocol):
    """A point of a published curve. depth: relative, 0 ... 1. err: half of its bar, None for none."""

    @property
    def layer(self) -> str: ...
    @property
    def depth(self) -> float: ...
    @property
    def id(self) -> float: ...
    @property
    def err(self) -> float | None: ...


def id_curve(
    rows: Sequence[LayerSummary],
    layers: Sequence[Layer],
    regime: Regime,
    *,
    x: str = "layer",
    log: bool = False,
    shown: Sequence[str] = ESTIMATES,
    reading: Reading = USUAL,
    published: Sequence[Published] = (),
    others: Mapping[Regime, Sequence[LayerSummary]] | None = None,
    height: int = 430,
    paper: str = PAPER,
) -> go.Figure:
    """One point a layer for each estimate; the first trace is TwoNN.

    rows: the layers measured so far. layers: the plan, which sets the axis before there are points. x: "layer" or
    "depth". shown: of `CURVES`. reading: said in the hover texts. published: a curve of the literature, drawn dashed,
    of the name `paper`. others: rows of the same network in other regimes, thin behind it, named at their ends. A
    linear axis ends where all that is drawn does: with TwoNN alone it is the same from whichever regime one looks.
    `customdata[0]` of each point is its layer's name.
    """
    figure = theme.frame(height=height, legend=bool(published) or set(shown) != {"TwoNN"})
    places = theme.layer_axis(figure, layers, x)
    plan = {layer.name: layer for layer in layers}
    rows = sorted((row for row in rows if row.layer in places), key=lambda row: places[row.layer])
    if "TwoNN" in shown:
        hover = f"TwoNN ID %{{y:.2f}} ± %{{error_y.array:.2f}}, {reading.discard:.0%} of μ discarded"
        _add(figure, "TwoNN ID", rows, plan, places, "id", "id_err", hover, _main(regime))
    if "PC-ID" in shown:
        hover = f"PC-ID %{{y}}: components that hold {reading.variance:.0%} of the variance"
        _add(figure, "PC-ID", rows, plan, places, "pc_id", None, hover, _muted("dash", "triangle-up"))
    if "linearised" in shown:
        hover = "linearised ID %{y:.2f} ± %{error_y.array:.2f}, mean and spread of the Gaussian draws"
        style = _muted("dot", "x-thin-open")
        _add(figure, "Linearised ID", rows, plan, places, "linearised_id", "linearised_err", hover, style)
    if "D" in shown:
        _add(figure, "D, number of units", rows, plan, places, "units", None, "D = %{y:,}", _muted("dashdot", "square"))
    if "ID / D" in shown:
        hover = "TwoNN ID is %{y:.3g} of the number of units"
        _add(figure, "TwoNN ID / D", rows, plan, places, "ratio", None, hover, _muted("solid", "diamond-open"))
    _publish(figure, published, layers, places, paper)
    ghosts.add(figure, others or {}, places)
    _scaled(figure, log)
    if others:
        own = {regime: figure.data[0]} if "TwoNN" in shown else {}
        ghosts.name_ends(figure, own | dict(zip(others, figure.data[-len(others) :], strict=True)), log)
    if log and "ID / D" in shown:  # from a millionth to a million
        figure.update_yaxes(tickvals=None, tickformat=None, dtick=1, exponentformat="power")
    return figure


def class_curve(
    spread: Sequence[ClassSpread],
    layers: Sequence[Layer],
    regime: Regime,
    *,
    names: Mapping[int, str],
    each: bool = False,
    x: str = "layer",
    log: bool = False,
    reading: Reading = USUAL,
    published: Sequence[Published] = (),
    height: int = 430,
) -> go.Figure:
    """The mean ID over the classes with its standard deviation as bars; the first trace.

    spread: the layers measured so far. names: of the classes by label. each: whether to draw the curve of each class
    too. The other arguments are those of `id_curve`.
    """
    figure = theme.frame(height=height)
    places = theme.layer_axis(figure, layers, x)
    plan = {layer.name: layer for layer in layers}
    measured = sorted((one for one in spread if one.layer in places and one.mean is not None), key=lambda o: o.order)
    figure.add_trace(
        go.Scatter(
            name=f"Mean ID of {_classes(max((one.classes for one in measured), default=0))}",
            x=[places[one.layer] for one in measured],
            y=[one.mean for one in measured],
            mode="lines+markers",
            text=[theme.plain(one.layer) for one in measured],
            customdata=[[one.layer, theme.shape_text(plan[one.layer]), _of_classes(one)] for one in measured],
            hovertemplate="<b>%{text}</b> · %{customdata[1]}<br>TwoNN ID %{y:.2f} ± %{error_y.array:.2f}, "
            f"{reading.discard:.0%} of μ discarded<br>%{{customdata[2]}}<extra></extra>",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            **{**_main(regime), "error_y": {**_main(regime)["error_y"], "type": "data",
                                            "array": [one.deviation or 0.0 for one in measured]}},
        )
    )  # fmt: skip
    if each:
        _add_classes(figure, measured, places, names)
    _publish(figure, published, layers, places)
    return _scaled(figure, log)


def _add_classes(
    figure: go.Figure, spreads: Sequence[ClassSpread], places: dict[str, float], names: Mapping[int, str]
) -> None:
    for (c, name), (colour, symbol) in zip(names.items(), theme.class_styles(len(names)), strict=True):
        points = [(one.layer, one.by_class[c]) for one in spreads if one.by_class.get(c) is not None]
        figure.add_trace(
            go.Scatter(
                name=theme.plain(name),
                x=[places[layer] for layer, _ in points],
                y=[value for _, value in points],
                mode="lines+markers",
                line={"color": colour, "width": 1},
                marker={"color": colour, "size": 5, "symbol": symbol},
                opacity=0.75,
                text=[theme.plain(layer) for layer, _ in points],
                customdata=[[layer] for layer, _ in points],
                hovertemplate=f"<b>{theme.plain(name)}</b> · %{{text}}<br>TwoNN ID %{{y:.2f}}<extra></extra>",
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
            )
        )


def _of_classes(one: ClassSpread) -> str:
    return f"standard deviation over {_classes(one.classes)}, N = {one.n:,} of each"


def _classes(count: int) -> str:
    return f"{count} class" + ("" if count == 1 else "es")


def _publish(
    figure: go.Figure,
    published: Sequence[Published],
    layers: Sequence[Layer],
    places: dict[str, float],
    paper: str = PAPER,
) -> None:
    """A published curve: at its layers where the network has them by name, else by relative depth."""
    if not published:
        return
    ordered = sorted(layers, key=lambda layer: layer.order)
    depths, at = [layer.depth for layer in ordered], [places[layer.name] for layer in ordered]
    figure.add_trace(
        go.Scatter(
            name=paper,
            x=[places.get(point.layer, float(np.interp(point.depth, depths, at))) for point in published],
            y=[point.id for point in published],
            error_y={"type": "data", "array": [point.err or 0.0 for point in published], "color": theme.NEUTRAL,
                     "thickness": 1, "width": 3},
            mode="lines+markers",
            line={"color": theme.NEUTRAL, "width": 2, "dash": "longdash"},
            marker={"color": theme.NEUTRAL, "size": 7, "symbol": "circle-open", "line": {"width": 2}},
            customdata=[[None, point.layer or f"relative depth {point.depth:.2f}"] for point in published],
            hovertemplate="<b>published</b> · %{customdata[1]}<br>ID %{y:.1f}<extra></extra>",
        )
    )  # fmt: skip


def _scaled(figure: go.Figure, log: bool) -> go.Figure:
    figure.update_yaxes(title_text="Dimension")
    theme.y_log(figure, log)
    if not any(len(trace.y) for trace in figure.data):
        figure.update_yaxes(range=[0, 2] if log else [0, 14])
    elif not log:
        figure.update_yaxes(range=[0, 1.06 * max(theme.heights(figure))])
    return figure


def _main(regime: Regime) -> dict[str, Any]:
    colour = theme.REGIMES[regime].colour
    return {
        "line": {"color": colour, "width": 2.5},
        "marker": {"color": colour, "size": 9, "symbol": theme.REGIMES[regime].symbol},
        "error_y": {"color": colour, "thickness": 1.5, "width": 6},
        "zorder": 2,
    }


def _muted(dash: str, symbol: str) -> dict[str, Any]:
    return {
        "line": {"color": theme.NEUTRAL, "width": 1.5, "dash": dash},
        "marker": {"color": theme.NEUTRAL, "size": 8, "symbol": symbol, "line": {"color": theme.NEUTRAL, "width": 2}},
        "error_y": {"color": theme.NEUTRAL, "thickness": 1, "width": 3},
    }


def _add(
    figure: go.Figure,
    name: str,
    rows: Sequence[LayerSummary],
    plan: dict[str, Layer],
    places: dict[str, float],
    value: str,
    error: str | None,
    hover: str,
    style: dict[str, Any],
) -> None:
    points = [row for row in rows if _value(row, value) is not None]
    style = dict(style)
    bars = style.pop("error_y")
    if error:
        style["error_y"] = {**bars, "type": "data", "array": [getattr(row, error) or 0.0 for row in points]}
    figure.add_trace(
        go.Scatter(
            name=name,
            x=[places[row.layer] for row in points],
            y=[_value(row, value) for row in points],
            mode="lines+markers",
            text=[theme.plain(row.layer) for row in points],
            customdata=[[row.layer, theme.shape_text(plan[row.layer]), _counts(row)] for row in points],
            hovertemplate="<b>%{text}</b> · %{customdata[1]}<br>" + hover + "<br>%{customdata[2]}<extra></extra>",
            # A click selects a layer; the other points keep their look.
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            **style,
        )
    )


def _value(row: LayerSummary, value: str) -> float | None:
    if value == "ratio":
        return None if row.id is None else row.id / row.units
    number: float | None = getattr(row, value)
    return number


def _counts(row: LayerSummary) -> str:
    text = f"N = {row.n:,}, {row.dropped:,} dropped, D = {row.units:,}"
    if row.id is not None:
        text += f", ID / D = {row.id / row.units:.2g}"
    if row.r2 is not None:
        text += f", R² = {row.r2:.4f}"
    return text + (", a lower bound" if row.lower_bound else "")
