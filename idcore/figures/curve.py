"""The ID curve of one network: TwoNN with bars, PC-ID and the linearised ID, layer by layer."""

from collections.abc import Sequence

import plotly.graph_objects as go

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import Regime

ESTIMATES = ("TwoNN", "PC-ID", "linearised")


def id_curve(
    rows: Sequence[LayerSummary],
    layers: Sequence[Layer],
    regime: Regime,
    *,
    x: str = "layer",
    log: bool = False,
    shown: Sequence[str] = ESTIMATES,
    selected: str | None = None,
    discard: float = 0.1,
    variance: float = 0.9,
) -> go.Figure:
    """One point a layer for each estimate; the first trace is TwoNN.

    rows: the layers measured so far. layers: the plan, which sets the axis before there are points. x: "layer" or
    "depth". shown: of `ESTIMATES`. selected: name of the layer to mark. discard, variance: said in the hover texts.
    `customdata[0]` of each point is its layer's name.
    """
    figure = theme.frame(height=430)
    places = theme.layer_axis(figure, layers, x)
    plan = {layer.name: layer for layer in layers}
    rows = sorted((row for row in rows if row.layer in places), key=lambda row: places[row.layer])
    if selected in places:
        _mark(figure, places[selected])
    if "TwoNN" in shown:
        hover = f"TwoNN ID %{{y:.2f}} ± %{{error_y.array:.2f}}, {discard:.0%} of μ discarded"
        _add(figure, "TwoNN ID", rows, plan, places, "id", "id_err", hover, _main(regime))
    if "PC-ID" in shown:
        hover = f"PC-ID %{{y}}: components that hold {variance:.0%} of the variance"
        _add(figure, "PC-ID", rows, plan, places, "pc_id", None, hover, _muted("dash", "triangle-up"))
    if "linearised" in shown:
        hover = "linearised ID %{y:.2f} ± %{error_y.array:.2f}, mean and spread of the Gaussian draws"
        style = _muted("dot", "x-thin-open")
        _add(figure, "Linearised ID", rows, plan, places, "linearised_id", "linearised_err", hover, style)
    figure.update_yaxes(title_text="Dimension")
    theme.y_log(figure, log)
    if not rows:
        figure.update_yaxes(range=[0, 2] if log else [0, 14])
    return figure


def _mark(figure: go.Figure, place: float) -> None:
    figure.add_vline(x=place, line={"color": theme.rgba(theme.ACCENT, 0.14), "width": 34}, layer="below")


def _main(regime: Regime) -> dict:
    colour = theme.REGIME_COLOURS[regime]
    return {
        "line": {"color": colour, "width": 2.5},
        "marker": {"color": colour, "size": 9, "symbol": theme.REGIME_SYMBOLS[regime]},
        "error_y": {"color": colour, "thickness": 1.5, "width": 6},
        "zorder": 2,
    }


def _muted(dash: str, symbol: str) -> dict:
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
    style: dict,
) -> None:
    points = [row for row in rows if getattr(row, value) is not None]
    style = dict(style)
    bars = style.pop("error_y")
    if error:
        style["error_y"] = {**bars, "type": "data", "array": [getattr(row, error) or 0.0 for row in points]}
    figure.add_trace(
        go.Scatter(
            name=name,
            x=[places[row.layer] for row in points],
            y=[getattr(row, value) for row in points],
            mode="lines+markers",
            customdata=[[row.layer, theme.shape_text(plan[row.layer]), _counts(row)] for row in points],
            hovertemplate="<b>%{customdata[0]}</b> · %{customdata[1]}<br>"
            + hover
            + "<br>%{customdata[2]}<extra></extra>",
            # A click selects a layer; the other points keep their look.
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            **style,
        )
    )


def _counts(row: LayerSummary) -> str:
    text = f"N = {row.n:,}, {row.dropped:,} dropped"
    if row.r2 is not None:
        text += f", R² = {row.r2:.4f}"
    return text + (", a lower bound" if row.lower_bound else "")
