"""The selected samples: their classes, and their ID in every layer beside that of all samples."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.subset import SubsetID
from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import Regime


def selection_curve(
    subsets: Sequence[SubsetID], rows: Sequence[LayerSummary], layers: Sequence[Layer], regime: Regime, n: int
) -> go.Figure:
    """ID by layer: of the selection with bars, of all n samples, and of as many of all samples as are selected.

    subsets: of the selection, as far as there are numbers. rows: of all samples.
    """
    figure = theme.frame(height=320)
    places = theme.layer_axis(figure, layers, "layer")
    whole = [row for row in rows if row.id is not None and row.layer in places]
    thin = [one for one in subsets if one.thinned is not None and one.layer in places]
    numbers = [one for one in subsets if one.id is not None and one.layer in places]
    colour = theme.REGIMES[regime].colour
    muted = {"color": theme.NEUTRAL, "width": 1.5}
    figure.add_trace(
        go.Scatter(
            name=f"all {n:,} samples", x=[places[row.layer] for row in whole], y=[row.id for row in whole],
            mode="lines+markers", line=muted, marker={"color": theme.NEUTRAL, "size": 6},
            text=[theme.plain(row.layer) for row in whole],
            hovertemplate="<b>%{text}</b><br>ID of all samples %{y:.2f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            name="as many, drawn from all", x=[places[one.layer] for one in thin], y=[one.thinned for one in thin],
            mode="lines", line={**muted, "dash": "dot"}, text=[theme.plain(one.layer) for one in thin],
            customdata=[one.points for one in thin],
            hovertemplate="<b>%{text}</b><br>ID of %{customdata:,} drawn from all %{y:.2f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            name="the selection", x=[places[one.layer] for one in numbers], y=[one.id for one in numbers],
            error_y={"type": "data", "array": [one.stderr for one in numbers], "color": colour, "width": 5},
            mode="lines+markers", line={"color": colour, "width": 2.5}, marker={"color": colour, "size": 9},
            text=[theme.plain(one.layer) for one in numbers], customdata=[one.points for one in numbers],
            hovertemplate="<b>%{text}</b><br>ID %{y:.2f} ± %{error_y.array:.2f}, N = %{customdata:,}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(title_text="Dimension", rangemode="tozero")
    return figure


def class_counts(counts: np.ndarray, totals: np.ndarray, names: Sequence[str]) -> go.Figure:
    """How many of each class are selected, (c,) int, before how many there are; classes without any are left out."""
    shown = np.flatnonzero(counts)
    order = shown[np.argsort(-counts[shown], kind="stable")].tolist()
    styles = theme.class_styles(len(names))
    figure = theme.frame(height=max(120, 40 + 26 * len(order)), legend=False)
    labels = [theme.plain(theme.short_name(names[c], 24)) for c in order]
    for values, colours, width, words in (
        (totals, [theme.FAINT] * len(order), 0.8, "of %{customdata:,}"),
        (counts, [styles[c][0] for c in order], 0.8, "%{x:,} selected of %{customdata:,}"),
    ):
        figure.add_trace(
            go.Bar(
                x=values[order], y=labels, orientation="h", width=width, marker={"color": colours},
                customdata=totals[order], hovertemplate=f"<b>%{{y}}</b><br>{words}<extra></extra>",
            )
        )  # fmt: skip
    figure.data[1].update(text=[f"{counts[c]:,}" for c in order], textposition="outside", cliponaxis=False)
    figure.update_layout(barmode="overlay", margin={"l": 8, "r": 36, "t": 8, "b": 24})
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_xaxes(rangemode="tozero", nticks=5)
    return figure
