"""A heat map of shares in 0 ... 1: rows against columns, layers of one network or of two."""

from collections.abc import Callable, Sequence
from textwrap import wrap

import plotly.graph_objects as go

from idcore.figures import theme

COLOURS = [[0, "#f3f0fc"], [0.5, "#cbbff2"], [1, "#4a2fa8"]]
"""The accent from pale to dark; opaque, so that plotly finds a colour for the numbers that can be read on the cells."""

CHANCE = "#d5d7dc"

_WRITTEN = 12
"""Most layers for which the numbers stand in the cells."""
_APART = 24
"""Most layers of which all are named and whose cells lie apart: of more, a phone would show the gaps alone."""
_NAMED = 16
"""Names of more layers: as many as stand beside one another on a phone."""
_LINE = 34
"""Characters of a line of an axis's title: what tells two networks apart is often the end, which a phone cuts off."""


def heat_figure(
    values: Sequence[Sequence[float]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    says: Callable[[int, int], str],
    *,
    beside: tuple[str, str] = ("", ""),
    chance: float | None = None,
) -> go.Figure:
    """values: by row and column. title: what they are. says: what is said of a cell after the names of its row and
    column. beside: titles of the axes of rows and columns. chance: what chance could give; cells up to it are grey. The
    first row lies at the bottom."""
    texts = [
        [
            f"<b>{theme.plain(row)}</b> and <b>{theme.plain(column)}</b><br>{says(i, j)}"
            for j, column in enumerate(columns)
        ]
        for i, row in enumerate(rows)
    ]
    gap = 2 if max(len(rows), len(columns)) <= _APART else 0
    figure = theme.frame(height=max(320, 110 + 44 * min(len(rows), 16)), legend=False)
    figure.update_layout(margin={"t": 36})  # the buttons that come with the pointer lie above the cells
    figure.add_trace(
        go.Heatmap(
            z=values,
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            zmin=0,
            zmax=1,
            colorscale=COLOURS,
            colorbar={"title": {"text": title}, "thickness": 12, "outlinewidth": 0, "tickvals": [0, 0.5, 1]},
            xgap=gap,
            ygap=gap,
            texttemplate="%{z:.2f}" if max(len(rows), len(columns)) <= _WRITTEN else None,
            customdata=texts,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    if chance is not None and any(value <= chance for row in values for value in row):
        figure.add_trace(
            go.Heatmap(
                z=[[value if value <= chance else None for value in row] for row in values],
                x=list(range(len(columns))),
                y=list(range(len(rows))),
                colorscale=[[0, CHANCE], [1, CHANCE]],
                showscale=False,
                xgap=gap,
                ygap=gap,
                texttemplate="%{z:.2f}" if max(len(rows), len(columns)) <= _WRITTEN else None,
                customdata=[[f"{text}<br>no more than chance" for text in line] for line in texts],
                hovertemplate="%{customdata}<extra></extra>",
                hoverongaps=False,
            )
        )
    updates = (figure.update_yaxes, rows, beside[0]), (figure.update_xaxes, columns, beside[1])
    for update, names, words in updates:
        ticks = [theme.plain(theme.short_name(name)) for name in names]
        every = 1 if len(names) <= _APART else -(-len(names) // _NAMED)
        update(tickvals=list(range(0, len(names), every)), ticktext=ticks[::every], showgrid=False,
               title_text="<br>".join(map(theme.plain, wrap(words, _LINE))) or None)  # fmt: skip
    return figure
