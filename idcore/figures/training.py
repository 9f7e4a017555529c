"""Loss and accuracy while a network learns."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from idcore.figures import theme
from idcore.spec import Regime


def training_figure(history: Sequence[Mapping[str, Any]], regime: Regime) -> go.Figure:
    """Two panels over the epochs: train and test accuracy, and the loss.

    history: one mapping an epoch with epoch, loss, train_accuracy, test_accuracy (None where there is no test set).
    """
    base = theme.frame(height=300)
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.12, figure=base)
    colour, epochs = theme.REGIMES[regime].colour, [epoch["epoch"] for epoch in history]
    for name, field, line, column in (
        ("train accuracy", "train_accuracy", {"color": colour, "width": 2.5}, 1),
        ("test accuracy", "test_accuracy", {"color": theme.NEUTRAL, "width": 2, "dash": "dash"}, 1),
        ("loss", "loss", {"color": colour, "width": 2.5, "dash": "dot"}, 2),
    ):
        values = [epoch.get(field) for epoch in history]
        if all(value is None for value in values) and history:
            continue
        form = "%{y:.2%}" if column == 1 else "%{y:.4g}"
        hover = f"epoch %{{x}}<br>{name} {form}<extra></extra>"
        mode = "lines+markers" if len(history) < 40 else "lines"
        trace = go.Scatter(name=name, x=epochs, y=values, mode=mode, line=line, marker={"size": 5}, hovertemplate=hover)
        figure.add_trace(trace, row=1, col=column)
    grid = {"gridcolor": theme.GRID, "zeroline": False, "automargin": True}
    figure.update_xaxes(title_text="Epoch", rangemode="tozero", tickformat="d", **grid)
    figure.update_yaxes(title_text="Accuracy", range=[0, 1.02], tickformat=".0%", row=1, col=1, **grid)
    figure.update_yaxes(title_text="Loss (cross-entropy)", rangemode="tozero", row=1, col=2, **grid)
    return figure
