"""Steps 7 to 9: permuted labels, accuracy, a variation that says nothing."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.data.source import raw
from idcore.estimators.summary import LayerSummary
from idcore.figures import theme
from idcore.figures.learn_networks import (
    accuracy_figure,
    brightened,
    family_figure,
    last_hidden_figure,
    linear_figure,
    share_colour,
    sheet,
)
from idcore.figures.paper import paper_figure
from idcore.paper import published
from idcore.paper.agreement import rank_correlation
from idcore.spec import Architecture, DataSpec, Recipe, Untrained
from idcore.ui.kit import address, charts
from idcore.ui.kit.parameters import declare
from idcore.ui.kit.state import Measured
from idcore.ui.learn import networks
from idcore.ui.result import axes

SHARE = declare("share", default="1", options=("0", "0.25", "0.5", "0.75", "1"))
WHERE = declare("where", options=("ImageNet, published", "small networks, here"))
GRADIENT = declare("gradients", default="10", options=("0", "1", "10", "100"))
SHARES = {f"{float(share):.0%} permuted": float(share) for share in SHARE.options}
WIDTHS = (16, 32, 64, 128, 256)
DEPTH = 2
TRUE = "trained on plain digits"


def shuffled(touch: DeltaGenerator, figures: DeltaGenerator) -> None:
    """Networks whose training labels were permuted in part."""
    with touch:
        share = address.option("Share of permuted labels", SHARE, widget=st.select_slider)
    chosen = list(SHARES)[SHARE.options.index(share)]
    jobs = {name: networks.job(Recipe(shuffled=one)) for name, one in SHARES.items()}
    with figures:
        networks.follow(jobs, partial(_shuffled, chosen), offered=(chosen,))


def _shuffled(chosen: str, by_name: Mapping[str, Measured]) -> None:
    layers = next((one.layers for one in by_name.values() if one.layers), ())
    if not layers:
        st.skeleton(height=330)
        return
    there = {name: one for name, one in by_name.items() if one.rows}
    with st.container(border=True):
        curves = {name: one.rows for name, one in there.items()}
        colours = {name: share_colour(SHARES[name]) for name in curves}
        alt = "ID by layer. " + _last(there)
        charts.draw(family_figure(curves, layers, colours, [chosen]), "shares", alt=alt)
        ends = {name: _end(one) for name, one in there.items()}
        points = [(SHARES[name], *end) for name, end in ends.items() if end is not None]
        if points:
            shares, ids, tests = zip(*points, strict=True)
            figure = accuracy_figure(shares, ids, tests, SHARES[chosen])
            charts.draw(figure, "share-accuracy", alt="Last hidden ID and test accuracy by share of permuted labels")
        if chosen in there and (run := there[chosen].run) and run.train_accuracy is not None:
            st.caption(f"{chosen}: {run.train_accuracy:.1%} right on its training labels, {run.test_accuracy:.1%} on "
                       f"the true labels of new digits. N = {networks.SAMPLES.n:,} new digits.")  # fmt: skip


def _end(measured: Measured) -> tuple[float, float] | None:
    """(ID of the last hidden layer, test accuracy), None until both are known."""
    row = _last_hidden(measured)
    if row is None or row.id is None or measured.run is None or measured.run.test_accuracy is None:
        return None
    return row.id, measured.run.test_accuracy


def _last_hidden(measured: Measured) -> LayerSummary | None:
    """The row of the layer before the output."""
    if len(measured.layers) < 2:
        return None
    return next((row for row in measured.rows if row.layer == measured.layers[-2].name), None)


def _last(by_name: Mapping[str, Measured]) -> str:
    rows = {name: _last_hidden(one) for name, one in by_name.items()}
    return "Last hidden layer: " + ", ".join(f"{name} {row.id:.1f}" for name, row in rows.items() if row and row.id)


def prediction(touch: DeltaGenerator, figures: DeltaGenerator) -> None:
    """The published networks, or small ones trained here."""
    with touch:
        where = address.option("Networks", WHERE)
    with figures:
        if where == WHERE.default:
            figure = published.figure("4")
            points = figure.series[0].points
            with st.container(border=True):
                alt = f"{len(points)} networks: ID of the last hidden layer against the top-5 error"
                charts.draw(paper_figure(figure, {}, {}), "published-4", alt=alt)
                told = _correlation([p.x for p in points], [p.id for p in points])
                st.caption(f"{len(points)} networks as published, Ansuini et al. 2019, figure 4. {told}")
            return
        jobs = {
            f"width {width}": networks.job(Recipe(), architecture=Architecture("mlp", width, DEPTH)) for width in WIDTHS
        }
        networks.follow({"cnn": networks.job(Recipe()), **jobs}, _prediction)


def _prediction(by_name: Mapping[str, Measured]) -> None:
    ends = {name: end for name, one in by_name.items() if (end := _end(one)) is not None}
    bars = [row.id_err or 0.0 for name in ends if (row := _last_hidden(by_name[name])) is not None]
    errors, ids = [100 * (1 - test) for _, test in ends.values()], [id for id, _ in ends.values()]
    with st.container(border=True):
        told = f"{len(ends)} networks trained here. " + _correlation(errors, ids)
        charts.draw(last_hidden_figure(list(ends), errors, ids, bars), "last-hidden", alt=told)
        st.caption(f"{told} cnn: the convolutional network; the others have two hidden layers of that width. One seed "
                   f"each, N = {networks.SAMPLES.n:,}.")  # fmt: skip


def _correlation(errors: Sequence[float], ids: Sequence[float]) -> str:
    """Spearman's rank correlation in words."""
    if len(ids) < 4:
        return "Too few for a correlation."
    found = rank_correlation(np.array(errors), np.array(ids))
    return "" if found is None else f"Rank correlation of error and ID: {found:+.2f}."


def irrelevant(touch: DeltaGenerator, figures: DeltaGenerator) -> None:
    """A luminance gradient in the images, and a network that learned from them."""
    with touch:
        help = "100 is the paper's. There the digits are too faint for this network: after 50 epochs it still guesses."
        name = address.option("Brightness up to λ", GRADIENT, widget=st.select_slider, help=help)
        dashed = axes.published("Ansuini et al. 2019, figure 6; λ = 100.")
    gradient = float(name)
    jobs = {TRUE: networks.job(Recipe())}
    if gradient:
        data = DataSpec(gradient=gradient)
        jobs[f"untrained, λ = {name}"] = networks.job(Untrained(0), data)
        jobs[f"trained, λ = {name}"] = networks.job(Recipe(gradient=gradient), data)
    with figures:
        networks.follow(jobs, partial(_irrelevant, gradient, dashed))


def _irrelevant(gradient: float, dashed: bool, by_name: Mapping[str, Measured]) -> None:
    with st.container(border=True):
        images, labels = raw(networks.SAMPLES.dataset)
        ten = images[np.unique(labels, return_index=True)[1], 0]
        st.image(sheet([ten, brightened(ten, gradient)]), width="stretch", alt="Ten digits, below them with brightness")
        st.caption(f"Ten digits, and the same with a brightness from 0 to {gradient:g} added (here in even steps) and "
                   "brought back to the range of the screen.")  # fmt: skip
        layers = next((one.layers for one in by_name.values() if one.layers), ())
        if not layers:
            st.skeleton(height=330)
            return
        curves = {name: one.rows for name, one in by_name.items() if one.rows}
        three = (theme.NEUTRAL, theme.REGIMES["untrained"].colour, theme.REGIMES["trained"].colour)
        colours = dict(zip(by_name, three, strict=False))
        papers = {s.name: s.points for s in published.figure("6").series[:2]} if dashed else {}
        figure = family_figure(curves, layers, colours, list(by_name)[1:], papers)
        told = [f"{name}: " + ", ".join(f"{row.layer} {row.pc_id}" for row in rows) for name, rows in curves.items()]
        charts.draw(linear_figure(curves, layers, colours), "gradient-linear", alt=f"PC-ID by layer. {'; '.join(told)}")
        charts.draw(figure, "gradient", alt="ID by layer. " + _last(by_name))
        st.caption(
            f"{_learned(by_name)}N = {networks.SAMPLES.n:,} new digits, shown as the network saw them in training."
        )


def _learned(by_name: Mapping[str, Measured]) -> str:
    """How well the networks do that were trained."""
    runs = {name: one.run for name, one in by_name.items() if one.run and one.request.network.regime == "trained"}
    told = [f"{name}: {run.test_accuracy:.1%} right" for name, run in runs.items() if run.test_accuracy is not None]
    return "; ".join(told) + ". " if told else ""
