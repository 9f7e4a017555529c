"""Units: how the values of one lie by class, and how well the best of each layer detect."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.detectors import Detector
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import Regime


def histogram_figure(
    edges: Sequence[float], of_class: np.ndarray, of_others: np.ndarray, name: str, colour: str
) -> go.Figure:
    """Histograms of a unit's value over the samples of one class and over the others, each as shares of its own.

    edges: (least, largest value). of_class, of_others: (bins,) counts. name: of the class."""
    figure = theme.frame(height=240)
    low, high = edges
    width = (high - low if high > low else 1.0) / len(of_class)
    middle = low + width * (np.arange(len(of_class)) + 0.5)
    for title, counts, line in ((name, of_class, colour), ("other classes", of_others, theme.NEUTRAL)):
        total = int(counts.sum())
        figure.add_trace(
            go.Bar(
                name=f"{title}, {total:,} samples",
                x=middle,
                y=counts / max(total, 1),
                width=width,
                marker={"color": theme.rgba(line, 0.6), "line": {"color": line, "width": 1}},
                hovertemplate="%{y:.1%} near %{x:.3g}<extra></extra>",
            )
        )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title_text="Value of the unit")
    figure.update_yaxes(title_text="Share", tickformat=".0%")
    return figure


def detector_figure(
    curve: Mapping[str, Detector],
    layers: Sequence[Layer],
    regime: Regime,
    *,
    x: str = "layer",
    others: Mapping[Regime, Mapping[str, Detector]] | None = None,
) -> go.Figure:
    """The detector curve: for each layer the mean AUC of the best units, with one standard error over the classes, and
    the same of permuted labels, with their standard deviation. layers: the plan, which sets the axis. others: curves of
    the same network in other regimes, drawn thin."""
    figure = theme.frame(height=430)
    at = theme.layer_axis(figure, layers, x)
    names = [name for name in at if name in curve]
    detectors = [curve[name] for name in names]
    for title, values, bars, line, symbol, hover in (
        ("best unit of each class", [one.value for one in detectors], [one.stderr for one in detectors],
         {"color": theme.REGIMES[regime].colour, "width": 2.5}, theme.REGIMES[regime].symbol, "mean AUC"),
        ("labels permuted", [one.null for one in detectors], [one.null_sd for one in detectors],
         {"color": theme.NEUTRAL, "width": 1.5, "dash": "dot"}, "line-ew", "by chance"),
    ):  # fmt: skip
        figure.add_trace(
            go.Scatter(
                name=title,
                x=[at[name] for name in names],
                y=values,
                error_y={"type": "data", "array": bars, "color": line["color"], "thickness": 1, "width": 3},
                mode="lines+markers",
                line=line,
                marker={"color": line["color"], "size": 8, "symbol": symbol},
                customdata=[[name] for name in names],
                hovertemplate="<b>%{customdata[0]}</b><br>" + hover + " %{y:.3f} ± %{error_y.array:.3f}<extra></extra>",
            )
        )
    for other, beside in (others or {}).items():
        style, there = theme.REGIMES[other], [name for name in at if name in beside]
        figure.add_trace(
            go.Scatter(
                name=other,
                x=[at[name] for name in there],
                y=[beside[name].value for name in there],
                mode="lines+markers",
                line={"color": style.colour, "width": 1, "dash": style.dash},
                marker={"color": style.colour, "size": 6, "symbol": style.symbol},
                customdata=[[name] for name in there],
                hovertemplate=f"<b>%{{customdata[0]}}</b><br>{other}, mean AUC %{{y:.3f}}<extra></extra>",
            )
        )
    figure.update_yaxes(title_text="AUC of the best single unit", range=[0.4, 1.02])
    return figure
