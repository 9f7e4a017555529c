"""Does the ID of the last hidden layer tell how well a network does on new images? Figure 4 of the paper, here."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from idcore.estimators import regression
from idcore.estimators.regression import Correlation
from idcore.figures.generalisation import Network, generalisation_figure
from idcore.paper import published
from idcore.ui.compare import table
from idcore.ui.compare.choosing import Chosen, Member
from idcore.ui.kit import address, charts, query, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import declare

PAPER = declare("figure4", "the switch of the published networks", options=("true", "false"))


def networks(by_member: Mapping[Member, state.Measured]) -> list[Network]:
    """The networks whose test accuracy and last hidden ID are known."""
    points = []
    for member, one in by_member.items():
        hidden, accuracy = table.last_hidden(one), one.run.test_accuracy if one.run else None
        if hidden is not None and hidden.id is not None and accuracy is not None and one.complete:
            group = member.group or member.request.network.told
            points.append(Network(member.name, group, 100 * (1 - accuracy), hidden.id, hidden.id_err or 0.0))
    return points


def section(chosen: Chosen, by_member: Mapping[Member, state.Measured]) -> None:
    """The section."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Last hidden ID and generalisation")
        help = "The fourteen ImageNet networks of figure 4 of the paper, with their top-5 error."
        grey = address.switch("published", PAPER, help=help)
    points = networks(by_member)
    varies = len({round(one.error, 9) for one in points}) > 1 and len({one.id for one in points}) > 1
    enough = varies and len(points) >= regression.MIN_PAIRS
    x, y = np.array([one.error for one in points]), np.array([one.id for one in points])
    figure = generalisation_figure(
        points, regression.line(x, y) if enough else None, published.figure("4").series[0].points if grey else ()
    )
    if not enough:
        st.markdown(
            f"{len(points)} of {len(by_member)} networks have a last hidden ID and a test accuracy; a trend line needs "
            f"at least {regression.MIN_PAIRS} that differ."
        )
    else:
        st.markdown(query.escaped(outcome(*_correlations(tuple(x), tuple(y)), points)))
    charts.draw(figure, "generalisation", alt=f"Last hidden ID against test error of {len(points)} networks measured "
                "here" + (", with the fourteen published ones" if grey else ""))  # fmt: skip
    counts = sorted({member.request.data.n for member in by_member})
    st.caption(
        f"ID from N = {' and '.join(f'{n:,}' for n in counts)} samples, bars are one standard error; the error is "
        "against true labels. The published points are other networks on other images: compare the trend, not the "
        "values."
    )
    if chosen.name != "sweep":
        st.button("Sweep: sixteen small networks in one click", icon=":material/scatter_plot:", key="to-sweep",
                  on_click=_to_sweep)  # fmt: skip
    how_to_read("generalisation")


def _to_sweep() -> None:
    st.session_state["set"] = "sweep"
    st.rerun()  # the whole page: the button stands in a fragment


@st.cache_data(max_entries=50, show_spinner=False)
def _correlations(x: tuple[float, ...], y: tuple[float, ...]) -> tuple[Correlation, Correlation]:
    return regression.pearson(np.array(x), np.array(y)), regression.spearman(np.array(x), np.array(y))


def outcome(pearson: Correlation, spearman: Correlation, points: Sequence[Network]) -> str:
    """What the numbers say, whatever it is."""
    numbers = (
        f"Over N = {pearson.n} networks the last hidden ID and the test error have Pearson r = {_interval(pearson)} "
        f"and Spearman r = {_interval(spearman)} (95% bootstrap intervals)."
    )
    signs = {_sign(pearson), _sign(spearman)}
    if signs == {1}:
        verdict = "Networks with a lower ID err less, as in the paper (r = 0.94 over fourteen networks on ImageNet)."
    elif signs == {-1}:
        verdict = "Networks with a lower ID err more: the opposite of what the paper found on ImageNet (r = 0.94)."
    elif 0 in signs and len(signs) == 2:
        verdict = "Only one of the two intervals leaves out zero: a hint, no more."
    else:
        verdict = "For these networks no relation can be told from chance."
    return f"{numbers} {verdict}{_groups(points)}"


def _groups(points: Sequence[Network]) -> str:
    """Within the groups: a relation over all may be one between groups alone."""
    groups = list(dict.fromkeys(one.group for one in points))
    said = []
    for group in groups if len(groups) > 1 else ():
        members = [one for one in points if one.group == group]
        x, y = np.array([one.error for one in members]), np.array([one.id for one in members])
        if len(members) >= regression.MIN_PAIRS and np.ptp(x) and np.ptp(y):
            said.append(f"{group} {np.corrcoef(x, y)[0, 1]:+.2f} (N = {len(members)})")
    return f" Within the groups Pearson r is {', '.join(said)}." if said else ""


def _interval(correlation: Correlation) -> str:
    return f"{correlation.value:.2f} [{correlation.low:.2f}, {correlation.high:.2f}]"


def _sign(correlation: Correlation) -> int:
    return 1 if correlation.low > 0 else -1 if correlation.high < 0 else 0
