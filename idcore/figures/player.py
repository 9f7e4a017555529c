"""The ID of all layers while networks learn, with a slider over the epochs: all of it lies in the browser."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from idcore.figures import theme
from idcore.figures.epochs import Course, epochs, line, shown

_STEP = 500  # ms of an epoch while it plays


def curves_figure(courses: Sequence[Course], begin: int | None = None) -> go.Figure:
    """The ID of all layers after an epoch, one curve a training, with a slider over the epochs and a button that plays
    them. begin: the epoch that is shown first, the latest when left out. Dotted: before the training. A training that
    ended keeps its last curve."""
    figure, known = theme.frame(height=550, legend=False), epochs(courses)
    first = begin if begin is not None else known[-1] if known else 0
    places = theme.layer_axis(figure, courses[0].layers, "layer")
    for course in courses:
        figure.add_trace(_initial(course, places))
    for course in courses:
        figure.add_trace(_curve(course, first, places))
    moving = list(range(len(courses), 2 * len(courses)))
    figure.frames = [
        go.Frame(name=str(epoch), data=[_curve(course, epoch, places) for course in courses], traces=moving,
                 layout={"annotations": [_said(courses, epoch)]})
        for epoch in known
    ]  # fmt: skip
    top = max((row.id + (row.id_err or 0) for c in courses for rows in c.rows.values() for row in rows if row.id),
              default=10.0)  # fmt: skip
    figure.update_yaxes(title_text="Intrinsic dimension (TwoNN)", range=[0, 1.08 * top])
    figure.update_layout(margin={"b": 160, "t": 30 + 20 * (len(courses) + 1)})
    if known:
        figure.update_layout(annotations=[_said(courses, first)])
    if len(known) > 1:
        figure.update_layout(sliders=[_slider(known, known.index(first))], updatemenus=[_player()])
    return figure


def _curve(course: Course, epoch: int, places: Mapping[str, float]) -> go.Scatter:
    here = shown(course, epoch)
    rows = [row for row in course.rows.get(here, ()) if row.id is not None] if here is not None else []
    plan = {layer.name: layer for layer in course.layers}
    about = [[theme.plain(row.layer), theme.shape_text(plan[row.layer]), here] for row in rows]
    return line(course, course.name, [places[row.layer] for row in rows], rows, about,
                 "<b>%{customdata[0]}</b> · %{customdata[1]}<br>after epoch %{customdata[2]}")  # fmt: skip


def _initial(course: Course, places: Mapping[str, float]) -> go.Scatter:
    rows = [row for row in course.rows.get(0, ()) if row.id is not None]
    return go.Scatter(
        name=f"{course.name}, before",
        x=[places[row.layer] for row in rows],
        y=[row.id for row in rows],
        mode="lines",
        line={"color": theme.rgba(theme.REGIMES[course.regime].colour, 0.55), "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )


def _said(courses: Sequence[Course], epoch: int) -> dict[str, Any]:
    """Above the curves: the epoch, and how well each network does after it."""
    lines = [f"<b>Epoch {epoch}</b>, dotted: before training" if epoch else "<b>Epoch 0</b>, before training"]
    for course in courses:
        here = shown(course, epoch)
        record = next((one for one in course.history if one["epoch"] == here), None)
        if here is None:
            continue
        did = "before training" if record is None else f"train {record['train_accuracy']:.1%}"
        if record and record.get("test_accuracy") is not None:
            did += f", test {record['test_accuracy']:.1%}"
        ended = course.ended and here == max(course.rows)
        after = f", {'ended at' if ended else 'epoch'} {here}" if here != epoch else ""
        colour = theme.REGIMES[course.regime].colour
        lines.append(f"<span style='color: {colour}'>●</span> {course.name}: {did}{after}")
    return {"text": "<br>".join(lines), "xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left",
            "yanchor": "bottom", "yshift": 8, "xshift": -48, "align": "left", "showarrow": False, "name": "epoch",
            "font": {"size": 12}}  # fmt: skip


def _slider(known: Sequence[int], active: int) -> dict[str, Any]:
    steps = [{"label": str(epoch), "method": "animate", "args": [[str(epoch)], _now(0)]} for epoch in known]
    return {
        "active": active,
        "steps": steps,
        "x": 0,
        "len": 1,
        "y": 0,
        "pad": {"t": 92, "b": 0},
        "currentvalue": {"visible": False},
        "bordercolor": theme.NEUTRAL,
        "bgcolor": theme.FAINT,
        "activebgcolor": theme.ACCENT,
        "tickcolor": theme.NEUTRAL,
        "minorticklen": 0,
    }


def _player() -> dict[str, Any]:
    play = {"label": "▶", "method": "animate", "args": [None, {**_now(_STEP), "fromcurrent": True}]}
    pause = {"label": "❚❚", "method": "animate", "args": [[None], _now(0)]}
    return {"type": "buttons", "direction": "right", "showactive": False, "buttons": [play, pause], "x": 0, "y": 0,
            "xanchor": "left", "yanchor": "top", "pad": {"t": 38, "r": 8}, "bordercolor": theme.NEUTRAL,
            "bgcolor": "rgba(0,0,0,0)"}  # fmt: skip


def _now(duration: int) -> dict[str, Any]:
    return {"mode": "immediate", "frame": {"duration": duration, "redraw": True}, "transition": {"duration": 0}}
