"""The information imbalance between layers: as a heat map, and as the plane of both directions."""

from collections.abc import Sequence

import plotly.graph_objects as go

from idcore.estimators.imbalance import Imbalances
from idcore.figures import theme
from idcore.figures.heat import heat_figure


def imbalance_figure(
    imbalances: Imbalances,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    beside: tuple[str, str] = ("from", "to"),
) -> go.Figure:
    """Heat map from the layers of the rows to those of the columns, 0 (foretold) ... 1. imbalances: of the rows,
    followed by the columns where those are others. beside: titles of the axes."""
    start = 0 if columns is None else len(rows)
    named = rows if columns is None else columns
    values = imbalances.values[: len(rows), start : start + len(named)].tolist()

    def says(i: int, j: int) -> str:
        j += start
        return (
            f"from the first to the second {imbalances.values[i, j]:.3f} ± {imbalances.errors[i, j]:.3f}"
            f"<br>from the second to the first {imbalances.values[j, i]:.3f} ± {imbalances.errors[j, i]:.3f}"
        )

    return heat_figure(values, rows, named, "\u0394", says, beside=beside)


def plane_figure(imbalances: Imbalances, names: Sequence[str]) -> go.Figure:
    """Each two layers as a point: across, from the earlier to the later one; up, from the later to the earlier. Above
    the dashed line the earlier one holds more. Near the origin they hold the same, at (1, 1) nothing in common."""
    figure = theme.frame(height=380, legend=False)
    pairs = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    figure.add_trace(
        go.Scatter(
            x=[float(imbalances.values[i, j]) for i, j in pairs],
            y=[float(imbalances.values[j, i]) for i, j in pairs],
            error_x={"array": [float(imbalances.errors[i, j]) for i, j in pairs], "thickness": 1, "width": 0},
            error_y={"array": [float(imbalances.errors[j, i]) for i, j in pairs], "thickness": 1, "width": 0},
            mode="markers",
            marker={"color": theme.ACCENT, "size": 8},
            customdata=[f"<b>{theme.plain(names[i])}</b>, then <b>{theme.plain(names[j])}</b>" for i, j in pairs],
            hovertemplate="%{customdata}<br>forth %{x:.3f}, back %{y:.3f}<extra></extra>",
        )
    )
    most = max([0.1, *(float(imbalances.values[i, j]) for i in range(len(names)) for j in range(len(names)))]) * 1.08
    figure.add_trace(
        go.Scatter(
            x=[0, most], y=[0, most], mode="lines", hoverinfo="skip",
            line={"color": theme.NEUTRAL, "width": 1, "dash": "dash"},
        )
    )  # fmt: skip
    figure.update_xaxes(title_text="\u0394 from the earlier to the later layer", range=[0, most])
    figure.update_yaxes(title_text="\u0394 from the later to the earlier", range=[0, most])
    return figure
