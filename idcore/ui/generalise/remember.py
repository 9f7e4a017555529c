"""Networks that remember: by label noise and width, the test error and the ID of the last hidden layer."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore.command import command_line
from idcore.exports import Numbers
from idcore.figures.descent import map_figure
from idcore.jobs import Status
from idcore.learn import shipped
from idcore.spec import Architecture, DataSpec, NetworkSpec, ProfileJob, Recipe, Request
from idcore.ui.kit import charts, export, on_show, panel, state, tables, words, work
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task

WIDTHS, SHARES, DEPTH, N = (16, 32, 64, 128, 256), (0.0, 0.25, 0.5, 0.75, 1.0), 2, 1000
_PERIOD = 2.0  # seconds
COLUMNS = ("noise", "width", "train_accuracy", "test_accuracy", "id", "id_err", "n")


@dataclass(frozen=True)
class MapCell:
    """A network of the maps. Accuracies in 0 ... 1, on the labels that it learned and on true ones of the test set."""

    noise: float
    width: int
    train_accuracy: float
    test_accuracy: float
    id: float
    id_err: float
    n: int


def job(noise: float, width: int) -> ProfileJob:
    """What measures one of them."""
    network = NetworkSpec(Architecture("mlp", width, DEPTH), Recipe(shuffled=noise))
    return ProfileJob(Request(DataSpec(n=N), network))


def cell(noise: float, width: int) -> MapCell | None:
    """A network of the maps: as it ships, or as the store has it; None where neither has."""
    if noise == 0:
        one = shipped.network(f"mlp {width}")
        row, train, test = one.last_hidden, one.train_accuracy, one.test_accuracy
    else:
        asked = job(noise, width)
        measured = state.measured(asked.request, asked.layers)
        if not measured.complete or measured.run is None or len(measured.rows) < 2:
            return None
        row, train, test = measured.rows[-2], measured.run.train_accuracy, measured.run.test_accuracy
    if row.id is None or row.id_err is None or train is None or test is None:
        return None
    return MapCell(noise, width, train, test, row.id, row.id_err, row.n)


def show(_: str, links: DeltaGenerator) -> None:
    """Draw them."""
    st.markdown(
        "**The more labels are noise, the more must be learned by heart.** Perceptrons of two hidden layers, trained "
        "until they know all their labels or 200 epochs have passed. What they do on new digits, and how many "
        "dimensions their last hidden layer keeps."
    )
    known = _known()
    export.menu(_export, links)
    active = any(now.active for now in _stands(known).values())
    panel.live(_view, active, "remember", _PERIOD)(active)


def _export() -> None:
    known = _known()
    about = on_show.about(job(*pair).request for pair in known)
    export.files(partial(numbers, known), "generalise-remember", about=about)
    st.markdown("The same networks from the command line")
    commands = "\n".join(command_line(job(*pair).request) for pair in _pairs())
    st.code(commands, language="bash", wrap_lines=True, height=200)


def _pairs() -> list[tuple[float, int]]:
    return list(itertools.product(SHARES, WIDTHS))


def _known() -> dict[tuple[float, int], MapCell]:
    return {pair: map_cell for pair in _pairs() if (map_cell := cell(*pair)) is not None}


def _stands(known: Mapping[tuple[float, int], MapCell]) -> dict[ProfileJob, Status]:
    return {asked: Status("done") if pair in known else work.status(asked)
            for pair in _pairs() if pair[0] for asked in [job(*pair)]}  # fmt: skip


def _view(polled: bool) -> None:
    known = _known()
    stands = _stands(known)
    if polled and not any(now.active for now in stands.values()):
        st.rerun()
    panel.draw("remember", *(Task(asked, now) for asked, now in stands.items()), of="networks")
    waiting = [
        asked
        for pair in _pairs()
        if pair not in known and pair[0]
        for asked in [job(*pair)]
        if stands[asked].state in ("absent", "done", "lost")
    ]
    if waiting:
        _offer(waiting, len(known))
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("Test error, %")
        charts.draw(_map(known, "error"), "remember-error", alt=f"Test error by label noise and width. {said(known)}")
    with right, st.container(border=True, height="stretch"):
        st.subheader("ID of the last hidden layer")
        charts.draw(_map(known, "id"), "remember-id", alt=f"Last hidden ID by label noise and width. {said(known)}")
    st.caption(
        f"{len(known)} of {len(_pairs())} networks. Multilayer perceptrons of two hidden layers on mnist5k, "
        f"one seed; TwoNN, N = {N:,} test digits, {words.discarded()}; a pointer on a cell shows its "
        "standard error and how much of the noise it has learned. The row without noise comes with the "
        "package."
    )
    how_to_read("remember")
    st.markdown(f"**What is seen, and what is not.** {said(known)}")
    with st.expander("All values", icon=":material/table:"):
        tables.draw([vars(one) for one in known.values()], "All values")


def _offer(waiting: list[ProfileJob], known: int) -> None:
    seconds = sum(words.training_seconds(one.request.network) or 0 for one in waiting)
    with st.container(border=True):
        st.markdown(f"{known} of {len(_pairs())} networks are measured. The other {len(waiting)} have to be trained "
                    f"first: {words.duration(seconds)} of one core, all together.")  # fmt: skip
        st.button("Train and measure them", type="primary", icon=":material/play_arrow:", key="run-remember",
                  on_click=work.start_all, args=(waiting, "auto"))  # fmt: skip


def _map(known: Mapping[tuple[float, int], MapCell], what: str) -> object:
    values = {
        (f"{noise:.0%}", str(width)): (100 * (1 - one.test_accuracy) if what == "error" else one.id, _hover(one))
        for (noise, width), one in known.items()
    }
    top = 100.0 if what == "error" else max([12.0, *(one.id for one in known.values())])
    title, form = ("%", ".0f") if what == "error" else ("ID", ".1f")
    rows, columns = [f"{share:.0%}" for share in SHARES], [str(width) for width in WIDTHS]
    return map_figure(values, rows, columns, title, ("Label noise", "Units of each hidden layer"), top, form)


def _hover(one: MapCell) -> str:
    return (
        f"<b>width {one.width}, {one.noise:.0%} noise</b><br>test error {1 - one.test_accuracy:.1%}<br>learned labels "
        f"right {one.train_accuracy:.1%}<br>ID {one.id:.1f} ± {one.id_err:.1f}, N = {one.n:,}"
    )


def said(known: Mapping[tuple[float, int], MapCell]) -> str:
    """What the maps say, whatever it is."""
    widest = [known[share, WIDTHS[-1]] for share in SHARES if (share, WIDTHS[-1]) in known]
    if len(widest) < 2:
        return "Only networks without label noise are there: run the others to see what noise does."
    first, last = widest[0], widest[-1]
    more = last.id - first.id > 2 * (first.id_err**2 + last.id_err**2) ** 0.5
    verdict = "higher: learning by heart keeps more dimensions" if more else "not higher by two standard errors"
    return (
        f"At width {WIDTHS[-1]} and {last.noise:.0%} noise the test error is {1 - last.test_accuracy:.0%} "
        f"({1 - first.test_accuracy:.0%} at {first.noise:.0%}), with {last.train_accuracy:.0%} of the learned labels "
        f"right, and the ID {last.id:.1f} ± {last.id_err:.1f}, against {first.id:.1f} ± {first.id_err:.1f}: {verdict}. "
        "A network too narrow to learn the noise cannot remember it."
    )


def numbers(known: Mapping[tuple[float, int], MapCell]) -> Numbers:
    """A row a network."""
    rows = [vars(one) for one in known.values()]
    return Numbers(COLUMNS, [[row[name] for name in COLUMNS] for row in rows], {"networks": rows})
