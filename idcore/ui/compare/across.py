"""Across networks: which layers of two networks are alike, and what each layer of each knows of the labels."""

from collections.abc import Mapping, Sequence

import streamlit as st

from idcore import spec
from idcore.errors import PointsError
from idcore.estimators import overlap
from idcore.estimators.accuracy import Accuracy, knn_accuracy
from idcore.estimators.cka import CKA, cka_matrix
from idcore.estimators.detectors import Detector
from idcore.estimators.imbalance import Imbalances, imbalances
from idcore.estimators.null import DENSE, PERMUTATIONS, cka_null, overlap_null, threshold
from idcore.estimators.samples import sample_neighbours
from idcore.figures.compare import accuracy_figure, detectors_figure
from idcore.figures.heat import heat_figure
from idcore.figures.information import imbalance_figure
from idcore.figures.overlap import cka_figure
from idcore.record import LayerGeometry
from idcore.ui.compare import batch, curves, distances, partners
from idcore.ui.compare.choosing import Chosen, Member
from idcore.ui.kit import address, charts, query, state
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.parameters import Parameter, declare
from idcore.ui.result import detectors, probes
from idcore.ui.result.depth import chance_words, cka_words, imbalance_words, kind_of_cka, spread, spread_words

_VIEWS = ("CKA", "neighbourhoods", "accuracy", "information", "detectors", "RSA")
ACROSS = declare("across", "the view across networks", options=_VIEWS)
FIRST = declare("first", "the first network")
SECOND = declare("second", "the second network")
_K = 20


def at_work(all_measured: Sequence[state.Measured]) -> bool:
    """Whether probes are being fitted or units counted."""
    return probes.active(all_measured) or detectors.counting(all_measured)


def section(chosen: Chosen, choice: Choice, probing: bool) -> None:
    """The section, of the networks that are wholly measured. probing: this runs again and again until all probes are
    fitted and all units counted."""
    measured = batch.measured(chosen, choice)
    complete = {member: one for member, one in measured.items() if one.complete}
    if probing and not at_work(list(complete.values())):
        st.rerun()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Across networks")
        view = address.option("Across networks", ACROSS, label_visibility="collapsed")
    if len(complete) < len(measured):
        st.caption(f"{len(complete)} of {len(measured)} measured; the rest appear as they finish.")
    if not complete:
        return
    if view == "accuracy":
        _accuracy(complete)
    elif view == "detectors":
        _detectors(complete)
    else:
        _pair(complete, view)


def _pair(complete: Mapping[Member, state.Measured], view: str) -> None:
    """Layers of one network against layers of another, on the same samples."""
    by_id = {member.id: member for member in complete}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = by_id[_member("Rows", FIRST, list(by_id.values()), 0)]
        alike, reasons = partners.alike(first, list(complete))
        second = by_id[_member("Columns", SECOND, alike, 1)]
    if reasons:
        st.caption(
            "Only what is of the same samples as the first can be its partner. " + query.escaped(" ".join(reasons))
        )
    together = partners.matched(first, second)
    if first.request.data != second.request.data:
        st.caption(query.escaped(together.how))
    every = [_geometries(complete[member]) for member in (first, second)]
    sides = [spread(every[0]), partners.in_order(spread(every[1]), together)]
    key = _key(complete[first]) + _key(complete[second])
    if not all(sides):
        st.info("One of these networks has no layer that varies: there is nothing to compare.")
        return
    rows, columns = ([geometry.layer.name for geometry in side] for side in sides)
    for member, side, shown in zip((first, second), every, sides, strict=True):
        if said := spread_words(len(shown), len(side)):
            st.caption(query.escaped(f"{member.name}:{said}"))
    beside = (first.name, second.name)
    n = first.request.data.n
    if view == "CKA":
        debiased = kind_of_cka()
        try:
            matrix = _cka(key, sides[0], sides[1], debiased)
            chance = _cka_chance(key, sides[0], sides[1], debiased)
        except PointsError as error:
            st.info(query.escaped(str(error)))
            return
        kind = "Debiased" if debiased else "Plain"
        charts.draw(cka_figure(matrix, rows, columns, beside, chance), "across",
                    alt=f"{kind} linear CKA between the layers of {first.name} and {second.name}; last layers: "
                    f"{matrix[-1][-1].value:.2f}")  # fmt: skip
        st.caption(f"N = {n:,}. {cka_words(matrix, debiased)} {chance_words(chance)}")
        how_to_read("cka")
        return
    if view == "RSA":
        ceilings = [distances.of_layers(complete[member]) for member in (first, second)]
        notes = dict.fromkeys(note for _, more in ceilings for note in more)
        distances.section(key, sides, beside, [by_layer for by_layer, _ in ceilings], list(notes))
        return
    if view == "information":
        _information(key, sides, (rows, columns), beside)
        return
    try:
        k, shares, common, permutations = _overlaps(key, *sides)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    figure = heat_figure(shares, rows, columns, "Common", lambda i, j: f"{shares[i][j]:.1%} of the {k} nearest "
                         "neighbours in common", beside=beside, chance=common)  # fmt: skip
    charts.draw(figure, "across",
                alt=f"Share of common nearest neighbours between the layers of {first.name} and {second.name}; last "
                f"layers: {shares[-1][-1]:.0%}")  # fmt: skip
    st.caption(f"N = {n:,}; k = {k} nearest neighbours; unrelated layers have {k / max(n - 1, 1):.1%} in "
               f"common. {chance_words(common, permutations)}")  # fmt: skip
    how_to_read("overlap")


def _information(
    key: tuple[str, ...],
    sides: Sequence[Sequence[LayerGeometry]],
    names: tuple[Sequence[str], Sequence[str]],
    beside: tuple[str, str],
) -> None:
    """Which layers of the first network foretell the neighbours in which of the second."""
    layers = [*sides[0], *sides[1]]
    try:
        matrix = _imbalances(key, layers)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    last = len(names[0]) - 1
    charts.draw(imbalance_figure(matrix, *names, beside=beside), "across",
                alt=f"Information imbalance from the layers of {beside[0]} to those of {beside[1]}; last layers: "
                f"{matrix.values[last, -1]:.2f}, back {matrix.values[-1, last]:.2f}")  # fmt: skip
    st.caption(f"{imbalance_words(matrix, layers)} Unrelated layers: 1.00 ± {1 / (3 * matrix.anchors) ** 0.5:.2f}.")
    how_to_read("information")


@st.cache_resource(max_entries=20, show_spinner="Counting ranks")
def _imbalances(key: tuple[str, ...], _layers: Sequence[LayerGeometry]) -> Imbalances:
    return imbalances([geometry.coordinates for geometry in _layers])


def _member(label: str, parameter: Parameter, members: Sequence[Member], usual: int) -> str:
    names = {member.id: member.name for member in members}
    ids = list(names)
    query.check_below(parameter, ids)
    default = ids[min(usual, len(ids) - 1)]
    address.follow(parameter, default)
    return address.titled(label, parameter, ids, lambda id: names[id], default, width=280)


def _geometries(measured: state.Measured) -> list[LayerGeometry]:
    read = [state.geometry(measured.request, layer.name) for layer in measured.layers]
    return [geometry for geometry in read if geometry is not None and not geometry.note]


@st.cache_resource(max_entries=20, show_spinner=False)
def _cka(
    key: tuple[str, ...], _rows: Sequence[LayerGeometry], _columns: Sequence[LayerGeometry], debiased: bool
) -> list[list[CKA]]:
    return cka_matrix(_rows, _columns, debiased)


@st.cache_resource(max_entries=20, show_spinner=False)
def _cka_chance(
    key: tuple[str, ...], _rows: Sequence[LayerGeometry], _columns: Sequence[LayerGeometry], debiased: bool
) -> float:
    return threshold(cka_null(_rows, _columns, debiased))


@st.cache_resource(max_entries=20, show_spinner=False)
def _overlaps(
    key: tuple[str, ...], _rows: Sequence[LayerGeometry], _columns: Sequence[LayerGeometry]
) -> tuple[int, list[list[float]], float | None, int]:
    k = min([overlap.K, *(g.neighbours.k for g in (*_rows, *_columns))])
    rows, columns = ([sample_neighbours(geometry, k) for geometry in side] for side in (_rows, _columns))
    few = max(20, min(PERMUTATIONS, 400_000 // rows[0].n))  # a sample of 10,000 takes a second for 40
    chance = threshold(overlap_null(rows, columns, k, few)) if rows[0].n <= DENSE else None
    return k, [[overlap.overlap(a, b, k) for b in columns] for a in rows], chance, few


def _accuracy(complete: Mapping[Member, state.Measured]) -> None:
    """What can be read from each layer, by neighbours and by a straight cut."""
    known = {member: one for member, one in complete.items() if probes.labelled(one)}
    if not known:
        st.info("These samples have no labels that could be read from a layer.")
        return
    drawn = curves.curves(known)
    votes = {member.name: _votes(_key(one), one) for member, one in known.items()}
    fitted = {member.name: {layer: probe.accuracy for layer, probe in probes.fitted(one).items()}
              for member, one in known.items()}  # fmt: skip
    x = curves.axis(drawn)
    last = [f"{name} {list(by_layer.values())[-1].value:.0%}" for name, by_layer in votes.items() if by_layer]
    charts.draw(accuracy_figure(drawn, votes, fitted, x=x), "accuracy",
                alt=f"Accuracy of the vote of the neighbours by layer; in the last: {', '.join(last)}")  # fmt: skip
    counts = sorted({member.request.data.n for member in known})
    st.caption(
        f"N = {' and '.join(f'{n:,}' for n in counts)}; the vote of the {_K} nearest neighbours, leaving each sample "
        "out of its own; bars are one standard error. True labels, also for networks trained on shuffled ones."
    )
    probes.section({member.name: one for member, one in known.items()}, "compare")
    how_to_read("accuracy")


def _detectors(complete: Mapping[Member, state.Measured]) -> None:
    """How well single units tell the classes apart, network by network."""
    refused = {member.name: why for member, one in complete.items() if (why := detectors.refusal(one))}
    known = {member: one for member, one in complete.items() if member.name not in refused}
    for why in dict.fromkeys(refused.values()):
        st.caption(why)
    drawn = curves.curves(known)
    best = {member.name: by_layer for member, one in known.items() if (by_layer := detectors.curve(one))}
    if best:
        last = ", ".join(f"{name} {list(by_layer.values())[-1].value:.3f}" for name, by_layer in best.items())
        figure = detectors_figure(drawn, best, x=curves.axis(drawn))
        charts.draw(
            figure, "detectors", alt=f"Mean AUC of the best single unit of each class; in the last layer: {last}"
        )
        st.caption(_detector_words([next(iter(by_layer.values())) for by_layer in best.values()]))
    detectors.offer({member.name: one for member, one in known.items()}, "compare-units")
    how_to_read("detectors")


def _detector_words(best: Sequence[Detector]) -> str:
    """What the curves are, of one layer of each network: networks may have been shown other samples."""
    classes, counts = sorted({one.classes for one in best}), sorted({one.n for one in best})
    return (
        f"Mean over {' and '.join(map(str, classes))} classes of the AUC of the best unit of each, chosen on one half "
        f"of the samples and judged on the other (n = {' and '.join(f'{n:,}' for n in counts)}); bars are one standard "
        "error over the classes. Dotted: the same with permuted labels, ± one standard deviation."
    )


def _key(measured: state.Measured) -> tuple[str, ...]:
    return (str(state.store().root), *(spec.layer_key(measured.request, layer.name) for layer in measured.layers))


@st.cache_resource(max_entries=200, show_spinner=False)
def _votes(key: tuple[str, ...], _measured: state.Measured) -> dict[str, Accuracy]:
    assert _measured.run is not None
    return {
        geometry.layer.name: knn_accuracy(geometry, _measured.run.labels, min(_K, geometry.neighbours.k))
        for geometry in _geometries(_measured)
    }
