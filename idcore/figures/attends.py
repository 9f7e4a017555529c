"""The attention of a sequence: what each token takes of each, as a heat map."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from idcore.figures import theme
from idcore.figures.heat import COLOURS

_LONGEST = 14
_GAPS = 24
"""Most tokens between whose cells there is a gap; on a telephone it would take half of more of them."""
_SCALE = [[share, colour] for share, (_, colour) in zip((0, 0.15, 1), COLOURS, strict=True)]
"""Steep at first: of many tokens most take little, and the first of a causal model takes 1 of itself."""


def attends_figure(weights: np.ndarray, tokens: Sequence[str]) -> go.Figure:
    """weights: (t, t), row i what token i takes; the first row lies above. tokens: what each of the t says. The colours
    go from 0 to the largest weight, half of the way up to 0.15 of it."""
    names = [f"{i} {theme.plain(theme.short_name(said(token), _LONGEST))}" for i, token in enumerate(tokens)]
    gap = int(len(tokens) <= _GAPS)
    figure = theme.frame(height=260 + 10 * len(tokens), legend=False)
    figure.update_layout(margin={"t": 36})  # the buttons that come with the pointer lie above the cells
    figure.add_trace(
        go.Heatmap(
            z=weights,
            x=names,
            y=names,
            zmin=0,
            zmax=float(weights.max()),
            colorscale=_SCALE,
            colorbar={"title": {"text": "weight"}, "thickness": 12, "outlinewidth": 0},
            xgap=gap,
            ygap=gap,
            hovertemplate="<b>%{y}</b> takes %{z:.4f} of <b>%{x}</b><extra></extra>",
        )
    )
    # As categories, of which plotly leaves out those that have no room.
    figure.update_xaxes(type="category", showgrid=False, title_text="Token that is taken of", tickangle=-90)
    figure.update_yaxes(type="category", showgrid=False, title_text="Token that takes", autorange="reversed")
    return figure


def said(token: str) -> str:
    """A token as it is read: the marks that tokenizers write for blanks and ends of lines replaced."""
    return token.replace("\u0120", " ").replace("\u2581", " ").replace("\u010a", "\u23ce")
