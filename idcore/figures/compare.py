"""Several networks on the same axes: one line each, against a reference, or as mean and band over seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from idcore.estimators.accuracy import Accuracy
from idcore.estimators.detectors import Detector
from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.record import Layer
from idcore.spec import Regime

VALUES = {"id": "TwoNN ID", "pc_id": "PC-ID", "linearised_id": "Linearised ID", "ratio": "TwoNN ID / D"}
_ERRORS = {"id": "id_err", "linearised_id": "linearised_err", "ratio": "id_err"}
_ENDS = ("#b07d00", "#6b7fd7")
_MANY = 80  # points of a curve whose marks and bars would cover one another


@dataclass(frozen=True, eq=False)
class Curve:
    """A network. name: in the legend, its own. group: that of which it is one (of several seeds). layers: the plan.
    rows: those measured so far. tone: its place in an ordered family, 0 ... 1, None for none."""

    name: str
    regime: Regime
    layers: Sequence[Layer]
    rows: Sequence[LayerSummary]
    group: str = ""
    tone: float | None = None


def same_layers(curves: Sequence[Curve]) -> bool:
    """Whether all plans have the same names, so that the layers can be the axis."""
    return len({tuple(layer.name for layer in curve.layers) for curve in curves if curve.layers}) <= 1


def styles(curves: Sequence[Curve]) -> list[tuple[str, str]]:
    """(colour, symbol) of each curve: of its regime where it is the only one of it; along a scale in an ordered family,
    from the colour of one regime to that of the other where it leads from one to the other; a colour for each of
    several groups, as in the figure of their last hidden layers; else colours of classes."""
    regimes = [curve.regime for curve in curves]
    if len(set(regimes)) == len(regimes):
        return [(theme.REGIMES[regime].colour, theme.REGIMES[regime].symbol) for regime in regimes]
    if all(curve.tone is not None for curve in curves):
        first, last = min(curves, key=_tone).regime, max(curves, key=_tone).regime
        ends = _ENDS if first == last else (theme.REGIMES[first].colour, theme.REGIMES[last].colour)
        symbols = [theme.CLASS_SYMBOLS[i % len(theme.CLASS_SYMBOLS)] for i in range(len(curves))]
        return [(_between(*ends, _tone(curve)), symbol) for curve, symbol in zip(curves, symbols, strict=True)]
    groups = list(dict.fromkeys(curve.group for curve in curves))
    if len(groups) > 1 and not set(groups) & set(theme.REGIMES):
        within = [[one.name for one in curves if one.group == curve.group].index(curve.name) for curve in curves]
        colours = [theme.CLASS_COLOURS[groups.index(curve.group) % 10] for curve in curves]
        return [(colour, theme.CLASS_SYMBOLS[i % 5]) for colour, i in zip(colours, within, strict=True)]
    return theme.class_styles(len(curves))


def compare_figure(
    curves: Sequence[Curve], *, value: str = "id", x: str = "layer", log: bool = False, reference: Curve | None = None
) -> go.Figure:
    """One line a network. value: of `VALUES`. x: "layer", where all have the same layers, or "depth". reference: its
    values are subtracted, those of the same layer where it has it at the same depth, else interpolated by relative
    depth."""
    figure = theme.frame(height=430)
    x_of = _axis(figure, curves, x)
    for curve, (colour, symbol) in zip(curves, styles(curves), strict=True):
        rows = _rows(curve, value)
        values, bars = values_of(rows, value), bars_of(rows, value)
        if reference is not None:
            rows, values, bars = _difference(rows, values, bars, _rows(reference, value), value)
        number = "%{y:.4g}" + (" ± %{error_y.array:.2g}" if bars is not None else "")
        plan = {layer.name: layer for layer in curve.layers}
        figure.add_trace(
            _line(
                curve.name,
                [x_of(row.layer, row.depth) for row in rows],
                values,
                colour,
                symbol,
                bars=bars,
                text=[f"{theme.plain(row.layer)} · {theme.shape_text(plan[row.layer])}" for row in rows],
                customdata=[[row.layer, f"N = {row.n:,}, {row.dropped:,} dropped"] for row in rows],
                hover=f"%{{text}}<br>{VALUES[value]} {number}<br>%{{customdata[1]}}",
            )
        )
    return _scaled(figure, curves, value, log, reference)


def band_figure(curves: Sequence[Curve], *, value: str = "id", x: str = "layer", log: bool = False) -> go.Figure:
    """The mean over the curves of each group as a line, in the colour of their regime, one standard deviation as a band
    around it; the curves themselves are thin lines."""
    figure = theme.frame(height=430)
    x_of = _axis(figure, curves, x)
    for group in dict.fromkeys(curve.group for curve in curves):
        members = [curve for curve in curves if curve.group == group]
        colour, symbol = theme.REGIMES[members[0].regime].colour, theme.REGIMES[members[0].regime].symbol
        by_layer: dict[str, list[float]] = {}
        at: dict[str, float] = {}
        for curve in members:
            rows = _rows(curve, value)
            values, along = values_of(rows, value), [x_of(row.layer, row.depth) for row in rows]
            for row, number, at_x in zip(rows, values, along, strict=True):
                by_layer.setdefault(row.layer, []).append(number)
                at[row.layer] = at_x
            thin = _line(curve.name, along, values, colour, symbol, hover=f"{VALUES[value]} %{{y:.4g}}")
            figure.add_trace(thin.update(mode="lines", line_width=1, opacity=0.4, showlegend=False))
        names = sorted(by_layer, key=at.__getitem__)
        _band(
            figure,
            group,
            [at[name] for name in names],
            {name: by_layer[name] for name in names},
            (colour, symbol),
            value,
        )
    return _scaled(figure, curves, value, log, None)


def _band(figure: go.Figure, name: str, x: list[float], by_layer: Mapping[str, list[float]], style: tuple[str, str],
          value: str) -> None:  # fmt: skip
    """by_layer: the values of all curves by layer, in the order of x."""
    means = np.array([np.mean(values) for values in by_layer.values()])
    spread = np.array([np.std(values, ddof=1) if len(values) > 1 else 0.0 for values in by_layer.values()])
    figure.add_trace(
        go.Scatter(
            name=theme.plain(f"{name}, ± one standard deviation"),
            x=[*x, *x[::-1]],
            y=[*(means + spread), *(means - spread)[::-1]],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=theme.rgba(style[0], 0.18),
            showlegend=False,
            hoverinfo="skip",
        )
    )
    counts = [[layer, f"{len(values)} seeds, standard deviation {s:.2g}"]
              for (layer, values), s in zip(by_layer.items(), spread, strict=True)]  # fmt: skip
    hover = f"%{{text}}<br>mean {VALUES[value]} %{{y:.4g}}<br>%{{customdata[1]}}"
    text = [theme.plain(layer) for layer in by_layer]
    figure.add_trace(_line(name, x, means.tolist(), *style, customdata=counts, text=text, hover=hover))


def accuracy_figure(
    curves: Sequence[Curve],
    votes: Mapping[str, Mapping[str, Accuracy]],
    probes: Mapping[str, Mapping[str, Accuracy]],
    *,
    x: str = "layer",
) -> go.Figure:
    """How well the labels are read from each layer, 0 ... 1, by the vote of the neighbours (solid) and by a linear
    probe (dashed). votes, probes: by name of the curve, by layer."""
    hover = "right for %{y:.1%} ± %{error_y.array:.1%}"
    figure = _read(curves, (("kNN", "solid", votes, hover), ("linear probe", "dash", probes, hover)), x)
    figure.update_yaxes(title_text="Accuracy", range=[0, 1.04], tickformat=".0%")
    return figure


def detectors_figure(
    curves: Sequence[Curve], best: Mapping[str, Mapping[str, Detector]], *, x: str = "layer"
) -> go.Figure:
    """How well the best single unit of a class detects it, the mean over the classes (solid), and the same of permuted
    labels (dotted). best: by name of the curve, by layer."""
    chance = {
        name: {layer: Accuracy(one.null, one.null_sd, one.n) for layer, one in by_layer.items()}
        for name, by_layer in best.items()
    }
    own, permuted = "mean AUC %{y:.3f} ± %{error_y.array:.3f}", "by chance %{y:.3f} ± %{error_y.array:.3f}"
    figure = _read(curves, (("best units", "solid", best, own), ("labels permuted", "dot", chance, permuted)), x)
    figure.update_yaxes(title_text="AUC of the best single unit", range=[0.4, 1.02])
    return figure


Readout = tuple[str, str, Mapping[str, Mapping[str, Accuracy | Detector]], str]
"""Words, dash, what is read by name of the curve and by layer, words of the hover."""


def _read(curves: Sequence[Curve], readouts: Sequence[Readout], x: str) -> go.Figure:
    figure = theme.frame(height=430)
    x_of = _axis(figure, curves, x)
    for curve, (colour, symbol) in zip(curves, styles(curves), strict=True):
        for words, dash, by_curve, hover in readouts:
            known = by_curve.get(curve.name, {})
            layers = [layer for layer in curve.layers if layer.name in known]
            if not layers:
                continue
            line = _line(
                f"{curve.name}, {words}",
                [x_of(layer.name, layer.depth) for layer in layers],
                [known[layer.name].value for layer in layers],
                colour,
                symbol if dash == "solid" else f"{symbol}-open",
                bars=[known[layer.name].stderr for layer in layers],
                text=[theme.plain(layer.name) for layer in layers],
                hover="%{text}<br>" + hover,
            )
            figure.add_trace(line.update(line_dash=dash))
    return figure


def _axis(figure: go.Figure, curves: Sequence[Curve], x: str) -> Callable[[str, float], float]:
    """Sets the horizontal axis; returns (layer, depth) -> place."""
    longest = max((curve.layers for curve in curves), key=len, default=())
    names = theme.layer_axis(figure, longest, x)
    return (lambda layer, depth: depth) if x == "depth" else (lambda layer, depth: names[layer])


def _rows(curve: Curve, value: str) -> list[LayerSummary]:
    field = "id" if value == "ratio" else value
    return sorted((row for row in curve.rows if getattr(row, field) is not None), key=lambda row: row.order)


def values_of(rows: Sequence[LayerSummary], value: str) -> list[float]:
    """The estimate of each row, all of which have it. value: of `VALUES`."""
    return [(row.id or 0.0) / row.units if value == "ratio" else getattr(row, value) for row in rows]


def bars_of(rows: Sequence[LayerSummary], value: str) -> list[float] | None:
    """Their errors, None where the estimate has none."""
    if value not in _ERRORS:
        return None
    return [(getattr(row, _ERRORS[value]) or 0.0) / (row.units if value == "ratio" else 1) for row in rows]


def _difference(
    rows: list[LayerSummary],
    values: list[float],
    bars: list[float] | None,
    others: list[LayerSummary],
    value: str,
) -> tuple[list[LayerSummary], list[float], list[float] | None]:
    """What is left of the values when those of the reference are subtracted; nothing while it has none."""
    if not others:
        return [], [], None if bars is None else []
    left = np.array(values) - _at(rows, others, values_of(others, value))
    if bars is not None:
        bars = np.hypot(bars, _at(rows, others, bars_of(others, value) or [])).tolist()
    return rows, left.tolist(), bars


def _at(rows: Sequence[LayerSummary], others: Sequence[LayerSummary], values: Sequence[float]) -> list[float]:
    """The values of others at the layers of rows. Several layers may have one depth (a pooling has that of the layer
    before it): for a layer of another name they count as their mean."""
    same = {(one.layer, one.depth): value for one, value in zip(others, values, strict=True)}
    depths, inverse = np.unique([one.depth for one in others], return_inverse=True)
    means = np.bincount(inverse, values) / np.bincount(inverse)
    return [same.get((row.layer, row.depth), float(np.interp(row.depth, depths, means))) for row in rows]


def _line(name: str, x: Sequence[float], y: Sequence[float], colour: str, symbol: str, *, hover: str,
          bars: Sequence[float] | None = None, **more: Any) -> go.Scatter:  # fmt: skip
    thin = len(x) > _MANY
    bar = {"thickness": 1, "width": 0} if thin else {"thickness": 1.5, "width": 4}
    error = {"type": "data", "array": bars, "color": colour, **bar} if bars is not None else None
    return go.Scatter(
        name=theme.plain(name),
        x=x,
        y=y,
        error_y=error,
        mode="lines+markers",
        line={"color": colour, "width": 1.5 if thin else 2.5},
        marker={"color": colour, "size": 3 if thin else 9, "symbol": symbol},
        hovertemplate=f"<b>{theme.plain(name)}</b> · {hover}<extra></extra>",
        **more,
    )


def _scaled(figure: go.Figure, curves: Sequence[Curve], value: str, log: bool, reference: Curve | None) -> go.Figure:
    if reference is not None:
        figure.update_yaxes(title_text=f"{VALUES[value]} minus that of {theme.plain(reference.name)}")
        figure.add_hline(y=0, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
        return figure
    figure.update_yaxes(title_text=VALUES[value])
    theme.y_log(figure, log)
    if value == "ratio" and log:
        figure.update_yaxes(tickvals=[m * 10.0**-p for p in range(7) for m in (1, 2, 5)], tickformat=".2g")
    if not any(curve.rows for curve in curves):
        figure.update_yaxes(range=[0, 2] if log else [0, 14])
    return figure


def _tone(curve: Curve) -> float:
    return curve.tone or 0.0


def _between(first: str, last: str, share: float) -> str:
    parts = [(int(first[i : i + 2], 16), int(last[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in parts)
