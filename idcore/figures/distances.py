"""How far the neighbours are: the distances that every estimate of the ID is made of."""

import numpy as np
import plotly.graph_objects as go

from idcore.figures import theme
from idcore.record import Neighbours
from idcore.spec import Regime

_BINS = 60


def distances_figure(table: Neighbours, regime: Regime) -> go.Figure:
    """Histograms of r_1, r_2 and the last r_k over the points of a table, on common bins. Units of the data."""
    figure = theme.frame(height=340)
    ranks = sorted({1, min(2, table.k), table.k})
    columns = table.distances[:, [rank - 1 for rank in ranks]]
    low, high = float(columns.min()), float(columns.max())
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    colour = theme.REGIMES[regime].colour
    styles = [(colour, None), (theme.ACCENT, "dash"), (theme.NEUTRAL, "dot")]
    for rank, column, (line, dash) in zip(ranks, columns.T, styles, strict=False):
        share = np.histogram(column, edges)[0] / table.n
        figure.add_trace(
            go.Scatter(
                name=f"r<sub>{rank}</sub>, median {np.median(column):.4g}",
                x=(edges[:-1] + edges[1:]) / 2,
                y=share,
                mode="lines",
                line={"color": line, "width": 2, "dash": dash, "shape": "hvh"},
                fill="tozeroy",
                fillcolor=theme.rgba(line, 0.12),
                hovertemplate=f"%{{y:.1%}} of the points have r<sub>{rank}</sub> near %{{x:.4g}}<extra></extra>",
            )
        )
    figure.update_xaxes(title_text="Distance to the neighbour, units of the activations")
    figure.update_yaxes(title_text="Share of the points", tickformat=".0%", rangemode="tozero")
    return figure
