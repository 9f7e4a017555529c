"""The peaks of density along depth, and the dendrogram of one layer with what each peak is made of."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.nucleation import Nucleation, dendrogram
from idcore.estimators.peaks import Peaks
from idcore.figures import theme
from idcore.record import Layer
from idcore.shapes import Int64
from idcore.spec import Regime

_NAMED = 12
"""Most classes that stand in the legend."""


def nucleation_figure(
    rows: Sequence[Nucleation], layers: Sequence[Layer], regime: Regime, classes: int, x: str = "layer"
) -> go.Figure:
    """Number of peaks (left axis) and their agreement with the classes (ARI, right axis) by layer. classes: the dotted
    line, none where it is 0. layers: the plan, which sets the axis."""
    figure = theme.frame(height=380)
    at = theme.layer_axis(figure, layers, x)
    shown = [row for row in rows if row.layer in at and row.peaks is not None]
    colour = theme.REGIMES[regime].colour
    along, names = [at[row.layer] for row in shown], [[row.layer] for row in shown]
    figure.add_trace(
        go.Scatter(
            name="peaks",
            x=along,
            y=[row.peaks for row in shown],
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"color": colour, "size": 8, "symbol": "circle"},
            customdata=names,
            hovertemplate="<b>%{customdata[0]}</b><br>%{y} peaks<extra></extra>",
        )
    )
    agreeing = [row for row in shown if row.ari is not None]
    if any(row.coarse is not None for row in agreeing):
        coarse = {row.layer: row.coarse for row in agreeing}
        figure.add_trace(_ari("coarser classes", " with coarser classes", coarse, at, theme.NEUTRAL, "dot", "diamond"))
    if agreeing:
        fine = {row.layer: row.ari for row in agreeing}
        figure.add_trace(_ari("classes", ", 0 by chance", fine, at, theme.ACCENT, "dash", "square"))
        axis = {"overlaying": "y", "side": "right", "range": [-0.08, 1.05], "showgrid": False, "zeroline": False}
        axis |= {
            "title": {"text": "ARI", "font": theme.TEXT},
            "tickfont": theme.TEXT,
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
        }
        figure.update_layout(yaxis2=axis, margin={"r": 56})
    if classes > 1:
        figure.add_hline(y=classes, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    figure.update_yaxes(title_text="Peaks of density", rangemode="tozero", selector={"side": None})
    return figure


def _ari(
    classes: str, said: str, values: Mapping[str, float | None], at: Mapping[str, float], colour: str, dash: str,
    symbol: str,
) -> go.Scatter:  # fmt: skip
    """The agreement with the classes by layer, on the right axis. said: behind the number."""
    return go.Scatter(
        name=f"ARI with the {classes} (right axis)",
        x=[at[layer] for layer in values],
        y=list(values.values()),
        yaxis="y2",
        mode="lines+markers",
        line={"color": colour, "width": 2, "dash": dash},
        marker={"color": colour, "size": 8, "symbol": symbol},
        customdata=[[layer] for layer in values],
        hovertemplate=f"<b>%{{customdata[0]}}</b><br>ARI %{{y:.2f}}{said}<extra></extra>",
    )


def dendrogram_figure(peaks: Peaks, counts: Int64[np.ndarray, "p c"], class_names: Sequence[str]) -> go.Figure:
    """Above, the peaks as leaves at their log density, joined at the saddles between them; below, the classes of the
    samples of each, as stacked bars. counts: (peaks, classes); without columns there are no bars. Peaks that touch no
    other are joined by nothing."""
    order, joins = dendrogram(peaks.saddles)
    p = len(order)
    at = {peak: float(i) for i, peak in enumerate(order)}
    height = {i: float(peaks.log_density[peaks.centres[i]]) for i in range(p)}
    figure = theme.frame(height=460)
    xs: list[float | None] = []
    ys: list[float | None] = []
    for i, join in enumerate(joins):
        name = p + i
        at[name] = (at[join.left] + at[join.right]) / 2
        if not math.isfinite(join.height):
            height[name] = -math.inf
            continue
        height[name] = join.height
        left, right = at[join.left], at[join.right]
        xs += [left, left, right, right, None]
        ys += [height[join.left], join.height, join.height, height[join.right], None]
    line = {"color": theme.NEUTRAL, "width": 2}
    figure.add_trace(go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    sizes = peaks.sizes
    figure.add_trace(
        go.Scatter(
            x=[at[peak] for peak in order],
            y=[height[peak] for peak in order],
            mode="markers",
            marker={"color": theme.ACCENT, "size": 9},
            showlegend=False,
            customdata=[[int(sizes[peak]), float(peaks.error[peaks.centres[peak]])] for peak in order],
            hovertemplate="%{customdata[0]:,} samples<br>log density %{y:.2f} ± %{customdata[1]:.2f}<extra></extra>",
        )
    )
    styles = theme.class_styles(counts.shape[1])
    for c in range(counts.shape[1]):
        if counts[:, c].any():
            title = theme.plain(class_names[c] if c < len(class_names) else str(c))
            figure.add_trace(
                go.Bar(
                    name=title,
                    x=list(range(p)),
                    y=[int(counts[peak, c]) for peak in order],
                    yaxis="y2",
                    marker={"color": styles[c][0]},
                    showlegend=counts.shape[1] <= _NAMED,
                    hovertemplate=f"{title}: %{{y:,}} samples<extra></extra>",
                )
            )
    figure.update_layout(
        barmode="stack",
        legend={"traceorder": "normal"},
        yaxis={"domain": [0.45, 1], "title": {"text": "Log density"}},
        yaxis2={"domain": [0, 0.36], "title": {"text": "Samples", "font": theme.TEXT}, "tickfont": theme.TEXT,
                "gridcolor": theme.GRID, "zeroline": False, "automargin": True},
    )  # fmt: skip
    ticks = [str(int(sizes[peak])) for peak in order]
    figure.update_xaxes(
        tickvals=list(range(p)), ticktext=ticks, showgrid=False, anchor="y2", title_text="Peaks, by their samples"
    )
    return figure
