"""Step 11: the last hidden layer against the error."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.errors import PointsError
from idcore.estimators.regression import spearman
from idcore.figures.learn_networks import last_hidden_figure
from idcore.figures.paper import paper_figure
from idcore.learn.shipped import network
from idcore.paper import published
from idcore.ui.kit import address, charts
from idcore.ui.kit.parameters import declare
from idcore.ui.learn import networks
from idcore.ui.learn.question import Answer

WHERE = declare("where", options=("ImageNet, published", "small networks, digits"))
WIDTHS = (16, 32, 64, 128, 256)
NAMES = {"trained": "cnn", **{f"mlp {width}": f"width {width}" for width in WIDTHS}}


def step(touch: DeltaGenerator, figures: DeltaGenerator) -> Answer:
    """The published networks, or small ones."""
    with touch:
        where = address.option("Networks", WHERE)
    with figures, st.container(border=True):
        _published() if where == WHERE.default else _small()
    return lambda: answer(where)


def answer(where: str) -> str:
    """What a correlation of a handful of networks says."""
    shown = f" {_correlated(*_of_paper())}" if where == WHERE.default else f" {_correlated(*_of_digits())}"
    return (
        f"The fourteen differ in depth, size and family as well, and nobody set their ID.{shown} A "
        "single number of one layer is no test of a network."
    )


def _of_paper() -> tuple[list[float], list[float]]:
    points = published.figure("4").series[0].points
    return [point.x for point in points], [point.id for point in points]


def _of_digits() -> tuple[list[float], list[float]]:
    lessons = [network(name) for name in NAMES]
    return [100 * (1 - (one.test_accuracy or 0.0)) for one in lessons], [one.last_hidden.id or 0.0 for one in lessons]


def _published() -> None:
    figure, (errors, ids) = published.figure("4"), _of_paper()
    alt = f"{len(ids)} networks: ID of the last hidden layer against the top-5 error"
    charts.draw(paper_figure(figure, {}, {}), "published-4", alt=alt)
    st.caption(f"Ansuini et al. 2019, figure 4, N = 1,800. {_correlated(errors, ids)}")


def _small() -> None:
    errors, ids = _of_digits()
    rows = [network(name).last_hidden for name in NAMES]
    charts.draw(last_hidden_figure(list(NAMES.values()), errors, rows), "last-hidden", alt=_correlated(errors, ids))
    st.caption(f"{_correlated(errors, ids)} cnn: the convolutional network; the others have two hidden layers of that "
               f"width. One seed each. {networks.context()}")  # fmt: skip


def _correlated(errors: list[float], ids: list[float]) -> str:
    """Spearman's rank correlation in words, with its interval."""
    try:
        correlation = spearman(np.array(errors), np.array(ids))
    except PointsError as error:
        return str(error)
    return (
        f"Rank correlation of error and ID {correlation.value:+.2f} (95% {correlation.low:+.2f} to "
        f"{correlation.high:+.2f}, {correlation.n} networks)."
    )
