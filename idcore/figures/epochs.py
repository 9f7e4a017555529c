"""Networks while they learn: the ID of every layer by epoch, beside loss and accuracy."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import Regime

_TICKS = (0, 1, 3, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


@dataclass(frozen=True, eq=False)
class Course:
    """One training. name: what it learns. rows: numbers of the layers by measured epoch. history: a mapping an epoch
    with epoch, loss, train_accuracy and test_accuracy. ended: whether there are no epochs to come."""

    name: str
    regime: Regime
    layers: Sequence[Layer]
    rows: Mapping[int, Sequence[LayerSummary]]
    history: Sequence[Mapping[str, Any]]
    ended: bool = False

    @property
    def hidden(self) -> int:
        """Place of the last hidden layer."""
        return max(len(self.layers) - 2, 0)


def epochs(courses: Sequence[Course]) -> tuple[int, ...]:
    """The epochs after which at least one of the trainings was measured."""
    return tuple(sorted({epoch for course in courses for epoch in course.rows}))


def shown(course: Course, epoch: int) -> int | None:
    """The last measured epoch that is not after this one; None where there is none yet."""
    known = sorted(course.rows)
    count = bisect_right(known, epoch)
    return known[count - 1] if count else None


def learning_figure(courses: Sequence[Course], value: str) -> go.Figure:
    """Over the epochs, spaced as log(1 + epoch): the accuracy on the labels that are learned (solid) and on new samples
    (dashed), or the loss. value: "accuracy" or "loss"."""
    figure = theme.frame(height=320)
    fields = (("train_accuracy", "train", "solid"), ("test_accuracy", "test", "dash"))
    for course in courses:
        for field, name, dash in fields if value == "accuracy" else (("loss", "", "solid"),):
            known = [epoch for epoch in course.history if epoch.get(field) is not None]
            figure.add_trace(
                go.Scatter(
                    name=f"{name}, {course.name}" if name else course.name,
                    x=[x_of(epoch["epoch"]) for epoch in known],
                    y=[epoch[field] for epoch in known],
                    customdata=[epoch["epoch"] for epoch in known],
                    mode="lines+markers" if len(known) < 40 else "lines",
                    line={"color": theme.REGIMES[course.regime].colour, "width": 2.5, "dash": dash},
                    marker={"size": 5, "symbol": theme.REGIMES[course.regime].symbol},
                    hovertemplate=f"{course.name}, epoch %{{customdata}}<br>{name or value} "
                    f"%{{y:{'.2%' if value == 'accuracy' else '.4g'}}}<extra></extra>",
                )
            )
    epoch_axis(figure, courses)
    if value == "accuracy":
        figure.update_yaxes(title_text="Accuracy", range=[0, 1.03], tickformat=".0%")
    else:
        figure.update_yaxes(title_text="Loss (cross-entropy)", rangemode="tozero")
    return figure


def heat_figure(course: Course, most: float | None = None) -> go.Figure:
    """The ID of every layer (across) after every measured epoch (down). most: end of the colour scale."""
    known = sorted(course.rows)
    figure = theme.frame(height=150 + 26 * max(len(known), 3), legend=False)
    names = [theme.plain(layer.name) for layer in course.layers]
    rows = [course.rows[epoch] for epoch in known]
    text = [["–" if row.id is None else f"{row.id:.1f}" for row in line] for line in rows]
    hover = [[f"<b>{theme.plain(row.layer)}</b>, epoch {epoch}<br>{_number(row)}" for row in line]
             for epoch, line in zip(known, rows, strict=True)]  # fmt: skip
    figure.add_trace(
        go.Heatmap(
            x=names,
            y=[str(epoch) for epoch in known],
            z=[[row.id for row in line] for line in rows],
            text=text,
            texttemplate="%{text}",
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            colorscale="Viridis",
            zmin=0,
            zmax=most,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": "ID"}, "thickness": 12, "outlinewidth": 0},
        )
    )
    figure.update_xaxes(showgrid=False, type="category", tickvals=names,
                        ticktext=[theme.short_name(name) for name in names])  # fmt: skip
    figure.update_yaxes(showgrid=False, type="category", title_text="After epoch", autorange="reversed")
    return figure


def hidden_figure(courses: Sequence[Course]) -> go.Figure:
    """The ID of the last hidden layer by epoch, with its bars."""
    figure = theme.frame(height=320)
    for course in courses:
        rows = _hidden(course)
        figure.add_trace(
            line(course, course.name, [x_of(epoch) for epoch, _ in rows], [row for _, row in rows],
                  [[epoch] for epoch, _ in rows], "epoch %{customdata[0]}")
        )  # fmt: skip
    epoch_axis(figure, courses)
    figure.update_yaxes(title_text="ID, last hidden layer", rangemode="tozero")
    return figure


def against_figure(courses: Sequence[Course]) -> go.Figure:
    """The path of a training in the plane of test accuracy and ID of the last hidden layer, from its first epoch on;
    some of its points say their epoch."""
    figure = theme.frame(height=320)
    for course in courses:
        known = [one for one in course.history if one.get("test_accuracy") is not None]
        accuracies: dict[int, float] = {one["epoch"]: one["test_accuracy"] for one in known}
        points = [(epoch, row) for epoch, row in _hidden(course) if epoch in accuracies]
        trace = line(course, course.name, [accuracies[epoch] for epoch, _ in points], [row for _, row in points],
                      [[epoch] for epoch, _ in points], "epoch %{customdata[0]}, test accuracy %{x:.1%}")  # fmt: skip
        ends = {points[0][0], points[-1][0]} if points else set()
        labels = [str(epoch) if epoch in ends else "" for epoch, _ in points]
        trace.update(mode="lines+markers+text", text=labels, textposition="top center")
        figure.add_trace(trace)
    least = min((x for trace in figure.data for x in trace.x), default=0.0)
    figure.update_xaxes(title_text="Test accuracy", tickformat=".0%", range=[max(0.0, least - 0.1), 1.02])
    figure.update_yaxes(title_text="ID, last hidden layer", rangemode="tozero")
    return figure


def line(
    course: Course, name: str, x: Sequence[float], rows: Sequence[LayerSummary], about: list[list[Any]], where: str
) -> go.Scatter:
    """Rows of a training at the places x, with their bars. about: what the words `where` of the hover say of each."""
    colour = theme.REGIMES[course.regime].colour
    return go.Scatter(
        name=name,
        x=list(x),
        y=[row.id for row in rows],
        customdata=about,
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker={"size": 9, "symbol": theme.REGIMES[course.regime].symbol},
        error_y={"type": "data", "array": [row.id_err or 0.0 for row in rows], "color": colour, "thickness": 1.5,
                 "width": 4},
        hovertemplate=f"{name}, {where}<br>ID %{{y:.2f}} ± %{{error_y.array:.2f}}"
        f"{f', N = {rows[0].n:,}' if rows else ''}<extra></extra>",
    )  # fmt: skip


def _hidden(course: Course) -> list[tuple[int, LayerSummary]]:
    """The last hidden layer after each measured epoch."""
    rows = [(epoch, course.rows[epoch][course.hidden]) for epoch in sorted(course.rows) if course.rows[epoch]]
    return [(epoch, row) for epoch, row in rows if row.id is not None]


def _number(row: LayerSummary) -> str:
    if row.id is None:
        return theme.plain(row.note)
    return f"ID {row.id:.2f} ± {row.id_err:.2f}, PC-ID {row.pc_id}, D = {row.units:,}, N = {row.n:,}"


def x_of(epoch: int) -> float:
    """Where an epoch stands on the axis of the epochs."""
    return math.log2(1 + epoch)


def epoch_axis(figure: go.Figure, courses: Sequence[Course]) -> None:
    """The axis of the epochs, spaced as log(1 + epoch)."""
    last = max((epoch for course in courses for epoch in (*course.rows, len(course.history))), default=1)
    ticks = [epoch for epoch in _TICKS if epoch <= max(last, 3)]
    figure.update_xaxes(title_text="Epoch", tickvals=[x_of(epoch) for epoch in ticks], ticktext=list(map(str, ticks)),
                        range=[-0.15, x_of(max(last, 3)) + 0.15])  # fmt: skip
