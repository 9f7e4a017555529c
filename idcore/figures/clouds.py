"""Clouds of tokens: the dimension of each against its loss, and how the two go together, layer by layer."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.clouds import Goes
from idcore.figures import theme


def scatter_figure(
    ids: np.ndarray, errors: np.ndarray, losses: np.ndarray, names: Sequence[str], chosen: int
) -> go.Figure:
    """A point a sequence, bars one standard error, the chosen one marked. ids, errors, losses: (s,), NaN where there is
    none. names: what is said of each."""
    figure = theme.frame(height=340, legend=False)
    at = np.arange(len(ids))
    for some, colour, size in ((at[at != chosen], theme.NEUTRAL, 8), (at[at == chosen], theme.ACCENT, 12)):
        figure.add_trace(
            go.Scatter(
                x=losses[some],
                y=ids[some],
                error_y={"type": "data", "array": errors[some], "thickness": 1, "width": 3},
                mode="markers",
                marker={"color": colour, "size": size},
                text=[theme.plain(names[i]) for i in some],
                hovertemplate="%{text}<br>loss %{x:.3f}, ID %{y:.2f} ± %{error_y.array:.2f}<extra></extra>",
            )
        )
    figure.update_xaxes(title_text="Mean next-token loss (nats)")
    figure.update_yaxes(title_text="ID of the tokens")
    return figure


def goes_figure(layers: Sequence[str], goes: Sequence[Goes]) -> go.Figure:
    """Spearman's r of ID and loss by layer, bars its 95 % interval; open where p is 0.05 or more. Layers without a
    number are left out."""
    there = [(name, one) for name, one in zip(layers, goes, strict=True) if one.r is not None]
    figure = theme.frame(height=340, legend=False)
    r = np.array([one.r for _, one in there], float)
    figure.add_trace(
        go.Scatter(
            x=[name for name, _ in there],
            y=r,
            error_y={
                "type": "data",
                "array": np.array([one.high for _, one in there]) - r,
                "arrayminus": r - np.array([one.low for _, one in there]),
                "thickness": 1,
                "width": 3,
            },
            mode="lines+markers",
            line={"color": theme.ACCENT, "width": 2},
            marker={"size": 9, "symbol": ["circle" if one.p < 0.05 else "circle-open" for _, one in there]},
            customdata=[[one.p, one.n] for _, one in there],
            hovertemplate="<b>%{x}</b><br>r %{y:.2f}, p %{customdata[0]:.4f}, N = %{customdata[1]}<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    figure.update_xaxes(type="category", categoryarray=list(layers), title_text="Layer")
    figure.update_yaxes(title_text="Spearman's r of ID and loss", range=[-1.05, 1.05])
    return figure
