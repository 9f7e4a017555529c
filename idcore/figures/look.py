"""Where a network looks: how the probability of the class falls while the patches that a map names are deleted."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.figures import theme
from idcore.results.looked import Judged

_DASHES = {"most ink": "dash", "random": "dot"}


def deletion_figure(rows: Sequence[Judged], name: str) -> go.Figure:
    """A curve for each method, with its area in the legend; the two baselines are grey. name: of the class."""
    figure = theme.frame(height=380)
    colours = iter(colour for colour, _ in theme.class_styles(len(rows)))
    for row in rows:
        baseline = row.method in _DASHES
        colour = theme.NEUTRAL if baseline else next(colours)
        area = f"{row.area:.3f} ± {row.spread:.3f}" if row.spread else f"{row.area:.3f}"
        figure.add_trace(
            go.Scatter(
                name=f"{row.method}, area {area}",
                x=np.linspace(0, 1, len(row.curve)),
                y=row.curve,
                mode="lines",
                line={"color": colour, "width": 2, "dash": _DASHES.get(row.method, "solid")},
                hovertemplate=f"{row.method}<br>%{{x:.0%}} deleted: %{{y:.3f}}<extra></extra>",
            )
        )
    figure.update_xaxes(title_text="Patches deleted, the highest scores first", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title_text=f"Probability of {theme.plain(name)}", range=[0, 1.02])
    return figure
