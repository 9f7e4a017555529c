"""The figures of Learn that show curves: of networks by layer, of a training by epoch, of shares of shuffled labels."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.paper.published import Point
from idcore.record import Layer
from idcore.results.lessons import Lesson, Moment, Scaled
from idcore.spec import Regime


@dataclass(frozen=True)
class Mark:
    """A point of its own. words: what is said of it."""

    layer: str
    value: float
    words: str


def family_figure(
    curves: Mapping[str, Sequence[LayerSummary]],
    layers: Sequence[Layer],
    colours: Mapping[str, str],
    chosen: Collection[str],
    published: Mapping[str, Sequence[Point]] | None = None,
    mark: Mark | None = None,
    height: int = 330,
    top: float | None = None,
) -> go.Figure:
    """ID curves by name, the chosen ones bold; published ones dashed, at the layers they name; a mark on top. top: end
    of the axis, where it is to stay while the mark moves."""
    figure = theme.frame(height=height)
    places = theme.layer_axis(figure, layers, "layer")
    for name, points in (published or {}).items():
        known = [point for point in points if point.layer in places]
        figure.add_trace(go.Scatter(name=f"{name}, published", x=[places[point.layer] for point in known],
                                    y=[point.id for point in known], mode="lines+markers",
                                    text=[theme.plain(point.layer) for point in known],
                                    marker={"color": theme.NEUTRAL, "size": 5},
                                    hovertemplate=f"<b>{name}, published</b> · %{{text}}: %{{y:.1f}}<extra></extra>",
                                    line={"color": theme.NEUTRAL, "width": 1.75, "dash": "dash"}))  # fmt: skip
    for name, rows in curves.items():
        rows = [row for row in rows if row.id is not None and row.layer in places]
        on, colour = name in chosen, colours[name]
        figure.add_trace(go.Scatter(
            name=name, x=[places[row.layer] for row in rows], y=[row.id for row in rows],
            mode="lines+markers", opacity=1 if on else 0.55, line={"color": colour, "width": 3.5 if on else 2},
            marker={"color": colour, "size": 10 if on else 6},
            error_y={"type": "data", "array": [row.id_err or 0.0 for row in rows], "width": 4, "visible": on},
            text=[theme.plain(row.layer) for row in rows], customdata=[said(row) for row in rows],
            hovertemplate=f"<b>{name}</b> · %{{text}}<br>%{{customdata}}<extra></extra>",
        ))  # fmt: skip
    if mark is not None:
        figure.add_trace(go.Scatter(name=mark.words, x=[places[mark.layer]], y=[mark.value], mode="markers",
                                    marker={"color": theme.ACCENT, "size": 16, "symbol": "star"},
                                    hovertemplate=f"{mark.words}: %{{y:.1f}}<extra></extra>"))  # fmt: skip
    figure.update_yaxes(title_text="TwoNN ID", rangemode="tozero", range=[0, top] if top else None)
    if not any(curves.values()):
        figure.update_yaxes(range=[0, 14])
    return figure


def published_figure(curves: Mapping[str, Sequence[Point]], styles: Mapping[str, theme.Style]) -> go.Figure:
    """Published curves by relative depth, each in the colour and dash of its regime."""
    figure = theme.frame(height=400)
    for name, points in curves.items():
        style = styles[name]
        figure.add_trace(go.Scatter(
            name=name, x=[point.depth for point in points], y=[point.id for point in points], mode="lines+markers",
            line={"color": style.colour, "width": 2.5, "dash": style.dash},
            marker={"color": style.colour, "size": 9, "symbol": style.symbol},
            error_y={"type": "data", "array": [point.err or 0.0 for point in points], "width": 4},
            text=[theme.plain(point.layer) for point in points],
            hovertemplate=f"<b>{name}, published</b> · %{{text}}<br>%{{y:.1f}} ± %{{error_y.array:.1f}}<extra></extra>",
        ))  # fmt: skip
    figure.update_xaxes(title_text="Relative depth", range=[-0.04, 1.04])
    figure.update_yaxes(title_text="TwoNN ID", rangemode="tozero")
    return figure


def said(row: LayerSummary) -> str:
    """The ID of a row with what belongs to it."""
    bound = "at least " if row.lower_bound else ""
    return f"TwoNN ID {bound}{row.id or 0:.2f} ± {row.id_err or 0:.2f}<br>N = {row.n:,}, D = {row.units:,}"


def labels_figure(networks: Mapping[Regime, Lesson], chosen: str) -> go.Figure:
    """By layer, the share of the 30 nearest neighbours that have a point's own label, and what chance gives. chosen: a
    layer that is marked."""
    figure = theme.frame(height=250)
    layers = next(iter(networks.values())).layers
    places = theme.layer_axis(figure, layers, "layer")
    for regime, one in networks.items():
        style = theme.REGIMES[regime]
        figure.add_trace(go.Scatter(
            name=regime, x=[places[row.layer] for row in one.rows], y=[100 * share for share in one.labels],
            mode="lines+markers", line={"color": style.colour, "width": 2.5, "dash": style.dash},
            marker={"color": style.colour, "size": 8, "symbol": style.symbol},
            text=[row.layer for row in one.rows], customdata=[f"N = {row.n:,}, D = {row.units:,}" for row in one.rows],
            hovertemplate=f"<b>{regime}</b> · %{{text}}<br>%{{y:.0f}}% of 30 neighbours<br>%{{customdata}}"
                          "<extra></extra>",
        ))  # fmt: skip
    chance = 100 * max(one.chance for one in networks.values())
    line = {"color": theme.NEUTRAL, "dash": "dot", "width": 1.5}
    figure.add_hline(y=chance, line=line, annotation={"text": "chance", "font": theme.TEXT, "yanchor": "bottom"})
    _band(figure, places[chosen], 0.5)
    figure.update_yaxes(title_text="Same class, %", range=[0, 102], tickvals=[0, 25, 50, 75, 100])
    return figure


def mark_layer(figure: go.Figure, layers: Sequence[Layer], chosen: str) -> go.Figure:
    """The same figure by layer with a band at one of them."""
    _band(figure, [layer.name for layer in sorted(layers, key=lambda one: one.order)].index(chosen), 0.5)
    return figure


def _band(figure: go.Figure, at: float, width: float) -> None:
    figure.add_vrect(x0=at - width / 2, x1=at + width / 2, fillcolor=theme.rgba(theme.ACCENT, 0.13), line_width=0,
                     layer="below")  # fmt: skip


def course_figure(courses: Mapping[Regime, Sequence[Moment]], epoch: int) -> go.Figure:
    """The last hidden layer by epoch, a point where it was measured, by log(1 + epoch). epoch: marked."""
    figure = theme.frame(height=380)
    for regime, moments in courses.items():
        style = theme.REGIMES[regime]
        told = [_accuracies(one) for one in moments]
        figure.add_trace(go.Scatter(
            name=regime, x=np.log1p([one.epoch for one in moments]).tolist(), y=[one.id for one in moments],
            text=[str(one.epoch) for one in moments], mode="lines+markers",
            line={"color": style.colour, "width": 2.5, "dash": style.dash}, customdata=told,
            marker={"color": style.colour, "size": 9, "symbol": style.symbol},
            error_y={"type": "data", "array": [one.err for one in moments], "color": style.colour, "width": 4},
            hovertemplate=f"<b>{regime}</b>, after epoch %{{text}}<br>ID %{{y:.1f}} ± %{{error_y.array:.1f}}<br>"
                          "%{customdata}<extra></extra>",
        ))  # fmt: skip
    figure.add_vline(
        x=float(np.log1p(epoch)), line={"color": theme.rgba(theme.ACCENT, 0.2), "width": 14}, layer="below"
    )
    marks = (0, 1, 2, 5, 10, 20, 50, 100)
    figure.update_xaxes(title_text="Epoch", tickvals=np.log1p(marks).tolist(), ticktext=list(map(str, marks)))
    figure.update_yaxes(title_text="ID, last hidden layer", rangemode="tozero")
    return figure


def _accuracies(one: Moment) -> str:
    if one.train_accuracy is None or one.test_accuracy is None:
        return "before training"
    return f"{one.train_accuracy:.0%} of training labels, {one.test_accuracy:.0%} of new digits"


def share_colour(share: float) -> str:
    """From the colour of true labels to that of shuffled ones."""
    ends = [
        np.array([int(theme.REGIMES[regime].colour[i : i + 2], 16) for i in (1, 3, 5)])
        for regime in ("trained", "shuffled")
    ]
    red, green, blue = (ends[0] + share * (ends[1] - ends[0])).round().astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def share_figure(
    shares: Sequence[float], rows: Sequence[LayerSummary], tests: Sequence[float], chosen: float
) -> go.Figure:
    """The last hidden layer and the accuracy on new digits by the share of shuffled labels: points, since nothing is
    known between them."""
    figure = theme.frame(height=270)
    at = [100 * share for share in shares]
    figure.add_trace(go.Scatter(
        name="ID, last hidden layer", x=at, y=[row.id for row in rows], mode="markers",
        error_y={"type": "data", "array": [row.id_err or 0.0 for row in rows], "width": 4, "color": theme.ACCENT},
        marker={"size": 11, "color": theme.ACCENT}, customdata=[said(row) for row in rows],
        hovertemplate="%{x:g}% shuffled<br>%{customdata}<extra></extra>",
    ))  # fmt: skip
    figure.add_trace(go.Scatter(
        name="new digits right", x=at, y=[100 * value for value in tests], yaxis="y2", mode="markers",
        marker={"size": 10, "color": theme.NEUTRAL, "symbol": "square-open", "line": {"width": 2}},
        hovertemplate="%{x:g}% shuffled<br>%{y:.1f}% of new digits right<extra></extra>",
    ))  # fmt: skip
    figure.add_vline(
        x=100 * chosen, name=theme.CHOSEN, line={"color": theme.rgba(theme.ACCENT, 0.2), "width": 14}, layer="below"
    )
    figure.update_xaxes(title_text="Shuffled labels, %", range=[-6, 106], tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(title_text="ID", rangemode="tozero")
    right = {"title": {"text": "Right, %", "font": theme.TEXT}, "tickfont": theme.TEXT, "overlaying": "y",
             "side": "right", "showgrid": False, "zeroline": False}  # fmt: skip
    figure.update_layout(margin={"r": 56}, yaxis2={**right, "range": [0, 102], "tickvals": [0, 50, 100]})
    return figure


def scaled_figure(networks: Sequence[Scaled], chosen: float) -> go.Figure:
    """The hidden layer before and after by how far the weights moved. chosen: the alpha that is marked."""
    figure = theme.frame(height=380)
    moved = [100 * one.movement for one in networks]
    for name, ids, errors, colour, symbol in (
        ("before training", [o.before for o in networks], [o.before_err for o in networks],
         theme.REGIMES["untrained"].colour, "square"),
        ("after training", [o.after for o in networks], [o.after_err for o in networks],
         theme.REGIMES["trained"].colour, "circle"),
    ):  # fmt: skip
        told = [f"α = {o.alpha:g}, {o.accuracy:.0%} of its 1,000 digits right<br>N = 1,000, D = 256" for o in networks]
        figure.add_trace(go.Scatter(
            name=name, x=moved, y=ids, mode="markers", marker={"color": colour, "size": 11, "symbol": symbol},
            error_y={"type": "data", "array": errors, "color": colour, "width": 4}, customdata=told,
            hovertemplate=f"<b>{name}</b><br>ID %{{y:.1f}} ± %{{error_y.array:.1f}}<br>%{{customdata}}<extra></extra>",
        ))  # fmt: skip
    here = next(100 * one.movement for one in networks if one.alpha == chosen)
    figure.add_vline(
        x=here, name=theme.CHOSEN, line={"color": theme.rgba(theme.ACCENT, 0.2), "width": 18}, layer="below"
    )
    figure.update_xaxes(title_text="Movement of the weights, % of their size (logarithmic)", type="log",
                        range=[-1, 2.3], tickvals=[0.1, 1, 10, 100])  # fmt: skip
    figure.update_yaxes(title_text="ID, hidden layer", rangemode="tozero")
    return figure
