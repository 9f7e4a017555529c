"""The local dimension: of classes along depth, its histograms in one layer, its mean through a training."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.local import ALL, Mean, Median
from idcore.figures import theme
from idcore.figures.epochs import Course, epoch_axis, x_of
from idcore.record import Layer
from idcore.shapes import Float64, Int

_BINS = 40


def class_figure(
    medians: Mapping[str, Mapping[int, Median]], layers: Sequence[Layer], names: Sequence[str], x: str
) -> go.Figure:
    """The median local dimension of each class by layer, with its standard error, over the band between the quartiles
    of all samples."""
    figure = theme.frame(height=400)
    at = theme.layer_axis(figure, layers, x)
    shown = sorted((name for name in medians if name in at and ALL in medians[name]), key=lambda name: at[name])
    band = [medians[name][ALL] for name in shown]
    xs = [at[name] for name in shown]
    figure.add_trace(
        go.Scatter(
            name="all samples, quartiles",
            x=xs + xs[::-1],
            y=[one.low for one in band] + [one.high for one in band][::-1],
            mode="lines",
            fill="toself",
            fillcolor=theme.GRID,
            line={"width": 0},
            hoverinfo="skip",
        )
    )
    classes = sorted({c for name in shown for c in medians[name] if c != ALL}) or [ALL]
    for c, (colour, symbol) in zip(classes, theme.class_styles(len(classes)), strict=True):
        title = "all samples" if c == ALL else theme.plain(names[c] if c < len(names) else str(c))
        points = [(name, medians[name][c]) for name in shown if c in medians[name]]
        figure.add_trace(
            go.Scatter(
                name=title,
                x=[at[name] for name, _ in points],
                y=[one.median for _, one in points],
                error_y={"type": "data", "array": [one.stderr for _, one in points], "color": colour, "thickness": 1,
                         "width": 3},
                mode="lines+markers",
                line={"color": colour, "width": 1.5},
                marker={"color": colour, "size": 6, "symbol": symbol},
                customdata=[[theme.plain(name), f"{one.n:,}"] for name, one in points],
                hovertemplate=f"<b>%{{customdata[0]}}</b>, {title}<br>median local ID %{{y:.2f}} ± "
                "%{error_y.array:.2f}, N = %{customdata[1]}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", title_text="Median local ID")
    return figure


def histogram_figure(
    values: Float64[np.ndarray, " n"], labels: Int[np.ndarray, " n"], names: Sequence[str]
) -> go.Figure:
    """Share of the samples of each class by local dimension, one line a class; of all samples where there are no
    labels. values: (n,), NaN for none; what lies above the 99th percentile stands in the last bin."""
    figure = theme.frame(height=320)
    known = np.isfinite(values)
    top = float(np.percentile(values[known], 99))
    edges = np.linspace(0, top if top > 0 else 1.0, _BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    labelled = len(labels) == len(values) and bool((labels >= 0).any())
    classes = [int(c) for c in np.unique(labels) if c >= 0] if labelled else [ALL]
    for c, (colour, _) in zip(classes, theme.class_styles(len(classes)), strict=True):
        part = values[known] if c == ALL else values[known & (labels == c)]
        if not len(part):
            continue
        title = "all samples" if c == ALL else theme.plain(names[c] if c < len(names) else str(c))
        counts, _ = np.histogram(np.minimum(part, edges[-1]), edges)
        figure.add_trace(
            go.Scatter(
                name=title,
                x=middle,
                y=counts / len(part),
                mode="lines",
                line={"color": colour, "width": 1.5, "shape": "hvh"},
                hovertemplate=f"{title}, N = {len(part):,}<br>%{{y:.1%}} at local ID %{{x:.1f}}<extra></extra>",
            )
        )
    figure.update_xaxes(title_text="Local ID")
    figure.update_yaxes(title_text="Share of the class", tickformat=".0%", rangemode="tozero")
    return figure


def through_figure(courses: Sequence[tuple[Course, Mapping[int, Mean]]]) -> go.Figure:
    """The mean local dimension of the last hidden layer by epoch, with its standard error."""
    figure = theme.frame(height=320)
    for course, means in courses:
        known = sorted(means)
        style = theme.REGIMES[course.regime]
        figure.add_trace(
            go.Scatter(
                name=course.name,
                x=[x_of(epoch) for epoch in known],
                y=[means[epoch].value for epoch in known],
                error_y={"type": "data", "array": [means[epoch].stderr for epoch in known], "color": style.colour,
                         "thickness": 1.5, "width": 4},
                customdata=[[epoch, f"{means[epoch].n:,}"] for epoch in known],
                mode="lines+markers",
                line={"color": style.colour, "width": 2.5},
                marker={"size": 9, "symbol": style.symbol},
                hovertemplate=f"{course.name}, epoch %{{customdata[0]}}<br>mean local ID %{{y:.2f}} ± "
                "%{error_y.array:.2f}, N = %{customdata[1]}<extra></extra>",
            )
        )  # fmt: skip
    epoch_axis(figure, [course for course, _ in courses])
    figure.update_yaxes(title_text="Mean local ID", rangemode="tozero")
    return figure
