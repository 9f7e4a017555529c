"""The page Compare without a browser: sets, the last hidden layer, across networks, probes."""

import csv
import io
import json
from dataclasses import fields, replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from idcore import results
from idcore.estimators.accuracy import Accuracy, Probe
from idcore.estimators.redundancy import Chunk
from idcore.estimators.regression import Correlation
from idcore.figures import theme
from idcore.figures.generalisation import Network
from idcore.jobs import Status
from idcore.jobs.kinds import kind
from idcore.jobs.status import job_key
from idcore.results import chunked
from idcore.results.chunked import Chunks
from idcore.spec import (
    ELSEWHERE,
    LIT,
    DataSpec,
    NetworkSpec,
    ProbeJob,
    ProfileJob,
    Recipe,
    RedundancyJob,
    Request,
    UnitsJob,
    Untrained,
)
from idcore.store import Store, gallery
from idcore.ui.compare import choosing, chunks, generalisation, naming, table
from idcore.ui.kit import state, words
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.labels import distinct
from tests import ROOT
from tests.tools import patience
from tests.tools.pages import NAMES, FakeJobs, figures_of, open_app, text_of

CHOICE = Choice(DataSpec(), Request().network.architecture, "trained")


def _compare(**address):
    """The page as by a link, without a visit to Explore before it."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience.seconds())
    at.switch_page("pages/compare.py")
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception, at.exception
    return at


@pytest.mark.parametrize("name", ["regimes", "label noise", "widths", "depths", "seeds", "families", "sweep"])
def test_the_networks_of_a_set_have_names_of_their_own_and_see_the_same_samples(name, monkeypatch, tmp_path):
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    members = choosing._SETS[name](CHOICE)
    assert len({member.name for member in members}) == len({member.request for member in members}) == len(members)
    assert {member.request.data for member in members} == {CHOICE.data}


def test_label_noise_runs_from_true_labels_to_none():
    shares = [member.request.network.weights.shuffled for member in choosing._noise(CHOICE)]
    assert shares == [0, 0.25, 0.5, 0.75, 1]
    assert choosing._noise(CHOICE)[0].request == CHOICE.request("trained")  # found again where it was measured


def test_the_sweep_has_at_least_twelve_networks_that_learn_in_seconds():
    members = choosing._sweep(CHOICE)
    assert len(members) >= 12
    assert all(member.request.network.weights.epochs <= 40 for member in members)
    assert {member.group for member in members} == {"width", "depth", "label noise", "early stopping"}


def test_nothing_is_trained_before_somebody_wants_it_and_then_all_at_once(fake):
    at = _compare(set="sweep")
    assert not fake.submitted and "16 networks must be trained and measured first" in text_of(at)
    at.button(key="train").click().run()
    assert len(fake.submitted) == 16 and all(isinstance(job, ProfileJob) for job in fake.submitted)
    assert "16 networks" in at.title[0].value and not at.exception


def test_a_batch_has_one_bar_and_one_cancel(fake):
    fake.steps = 1
    at = _compare(set="sweep")
    at.button(key="train").click().run()
    assert len(at.progress) == 1 and "0 of 16 networks" in at.progress[0].text
    at.button(key="cancel-compare").click().run()
    assert all(fake.status(job_key(job)).state == "cancelled" for job in fake.submitted)


def test_the_figure_of_a_set_has_a_line_for_each_network(fake):
    at = open_app("compare", set="seeds")
    assert len([job for job in fake.submitted if job.request.network.regime == "untrained"]) == choosing.SEEDS
    at.button(key="train").click().run()
    figure = figures_of(at)[0]
    assert '"fill":"toself"' in figure and '"name":"trained"' in figure and '"name":"untrained"' in figure


def test_results_are_chosen_by_their_name_in_the_address(fake):
    open_app("compare")
    runs = results.runs(fake.store)
    ids = [choosing.Member("", run.request).id for run in runs[:2]]
    at = open_app("compare", set="results", results=ids)
    assert list(at.multiselect(key="results").value) == ids and len(at.dataframe[0].value) == 2
    assert len(fake.submitted) == 3  # the three of the first visit
    assert "mnist5k test · N = 1,000 · network seed 0 · test 98.0%" in " ".join(at.multiselect(key="results").options)


def test_a_reference_is_subtracted(fake):
    at = open_app("compare")
    at.selectbox(key="reference").set_value(choosing.Member("", fake.submitted[0].request).id).run()
    assert "TwoNN ID minus that of trained" in figures_of(at)[0]


@pytest.mark.parametrize(
    ("across", "words"),
    [("CKA", "Debiased: near 0 for independent layers"), ("neighbourhoods", "unrelated layers have"),
     ("information", "one standard error")],
)  # fmt: skip
def test_layers_of_two_networks_are_compared_on_the_same_samples(fake, across, words):
    at = open_app("compare", across=across)
    assert '"type":"heatmap"' in figures_of(at)[-1] and words in text_of(at)


def test_linear_probes_are_fitted_at_a_click_and_drawn_once_there(fake):
    at = open_app("compare", across="accuracy")
    assert "linear probe" not in figures_of(at)[-1] and "kNN" in figures_of(at)[-1]
    fake._measure = lambda job: fake.states.update({job_key(job): Status("running", "probing", "d1", 1, 4)})
    at.button(key="probe-compare").click().run()
    probes = fake.submitted[-3:]
    assert all(isinstance(job, ProbeJob) and job.layers == NAMES for job in probes)
    assert "0 of 3 networks probed" in at.progress[0].text
    for job in probes:
        for layer in job.layers:
            results.save_probe(fake.store, job.request, layer, Probe(Accuracy(0.75, 0.05, 60), 8, 1.0))
    at = open_app("compare", across="accuracy")
    assert "trained, linear probe" in figures_of(at)[-1]
    assert "probe-compare" not in [button.key for button in at.button]


def test_units_are_counted_at_a_click_and_the_detector_curves_stand_with_their_null(fake):
    at = open_app("compare", across="detectors")
    assert "best units" not in figures_of(at)[-1]
    at.button(key="count-compare-units").click().run()
    jobs = fake.submitted[-3:]
    assert all(isinstance(job, UnitsJob) and job.layers == NAMES for job in jobs)
    drawn = figures_of(open_app("compare", across="detectors"))[-1]
    for name in ("trained", "untrained", "shuffled"):
        assert f"{name}, best units" in drawn and f"{name}, labels permuted" in drawn


def test_a_probe_comes_back_from_the_store_as_it_went_in_and_so_does_the_reason_for_none(tmp_path):
    store, request, found = Store(tmp_path), Request(), Probe(Accuracy(0.75, 0.05, 60), 8, 0.9)
    job = ProbeJob(request, ("a", "b"))
    assert results.probe(store, request, "a") is None and not kind(job).complete(store, job)
    results.save_probe(store, request, "a", found)
    results.save_probe(store, request, "b", "The layer is constant.")
    assert results.probe(store, request, "a") == found and kind(job).complete(store, job)
    assert results.probe(store, request, "b") == "The layer is constant."


def test_the_table_finds_peak_last_hidden_and_final_and_goes_into_a_file(fake):
    open_app("compare")
    member = choosing.Member("trained", fake.submitted[0].request)
    found = {member: state.measured(member.request, "checkpoints")}
    ids = {row.layer: row.id for row in found[member].rows}
    (line,) = table.lines(found)
    assert (line["Last hidden ID"], line["Final ID"]) == (ids["d1"], ids["output"])
    assert line["Peak ID"] == max(ids.values()) == ids[line["Peak at"]]
    (row,) = csv.DictReader(io.StringIO(table.to_csv(found)))
    assert float(row["Last hidden ID"]) == ids["d1"] and "1,000 test samples" in row["Samples"]


@pytest.mark.parametrize("picked, hidden, final", [(("input", "conv1"), None, None), (("d1", "input"), "d1", None)])
def test_which_layer_is_the_last_hidden_does_not_depend_on_which_are_shown(fake, picked, hidden, final):
    open_app("compare")
    member = choosing.Member("trained", fake.submitted[0].request)
    (line,) = table.lines({member: state.measured(member.request, picked)})
    assert (line["Last hidden layer"], line["Final ID"]) == (hidden, final)
    assert (line["Last hidden ID"] is None) == (hidden is None)


def test_of_all_layers_the_last_hidden_is_the_one_that_the_output_is_read_from(fake):
    open_app("compare")
    request = fake.submitted[0].request
    run = results.run(fake.store, request)
    handed_on = replace(run.layers[-1], name="dropout", order=3, checkpoint=False)
    layers = (*run.layers[:-1], handed_on, replace(run.layers[-1], order=4))
    results.save_run(fake.store, replace(run, layers=layers))
    results.save_layer(fake.store, request, replace(state.geometry(request, "d1"), layer=handed_on))
    (line,) = table.lines({choosing.Member("", request): state.measured(request, "all")})
    assert line["Last hidden layer"] == "d1"


def _outcome(low: float, high: float) -> str:
    points = [Network(str(i), "a", float(i), float(i), 0.1) for i in range(5)]
    return generalisation.outcome(*[Correlation((low + high) / 2, low, high, 5, 2000)] * 2, points)


def test_the_outcome_is_told_whatever_it_is():
    assert "as in the paper" in _outcome(0.3, 0.9)
    assert "the opposite" in _outcome(-0.9, -0.3)
    assert "no relation" in _outcome(-0.3, 0.5)
    assert "N = 5 networks" in _outcome(0.3, 0.9) and "0.60 [0.30, 0.90]" in _outcome(0.3, 0.9)
    one, none = Correlation(0.5, 0.1, 0.8, 9, 2000), Correlation(0.5, -0.1, 0.8, 9, 2000)
    assert "a hint" in generalisation.outcome(one, none, [])


def test_groups_are_looked_at_by_themselves():
    """A relation between two groups that is reversed within each of them is seen."""
    points = [Network("", group, error + 10 * i, 5.0 * i - error, 0.1) for i, group in enumerate("ab") for error in
              range(4)]  # fmt: skip
    x, y = np.array([p.error for p in points]), np.array([p.id for p in points])
    said = generalisation.outcome(*generalisation._correlations(tuple(x), tuple(y)), points)
    assert "a -1.00 (N = 4), b -1.00 (N = 4)" in said


def test_what_a_batch_takes_is_told_in_seconds_or_minutes():
    assert tuple(map(words.duration, (3, 47, 200))) == ("about 5 s", "about 45 s", "about 3 min")


def test_trained_weights_of_the_sweep_differ_from_each_other_in_the_recipe_or_the_size():
    networks = {member.request.network for member in choosing._sweep(CHOICE)}
    assert len(networks) == 16 and all(isinstance(network.weights, Recipe) for network in networks)


def _twelve(store) -> list[Request]:
    """Twelve measured results that differ where nobody looks first."""
    usual = Request()
    recipe = usual.network.weights
    recipes = [{"epochs": 100}, {"learning_rate": 0.002}, {"batch_size": 32}, {"optimiser": "sgd"}, {"target": 0.99},
               {"gradient": 1.0}, {"size": 20}]  # fmt: skip
    networks = [replace(usual.network, weights=replace(recipe, **changed)) for changed in recipes]
    shown = [{"reduce": "mean"}, {"size": 14}, {"normalise": "none"}, {"data": DataSpec(seed=1)}]
    found = [usual, *(Request(network=one) for one in networks), *(replace(usual, **changed) for changed in shown)]
    for request in found:
        FakeJobs(store)._measure(ProfileJob(request))
    return found


def test_twelve_results_that_look_alike_are_twelve_in_the_list_the_figure_and_the_table(fake, monkeypatch):
    monkeypatch.setattr(naming.time, "strftime", lambda *_: "28 Nov 06:00")
    requests = _twelve(fake.store)
    assert len({naming.identity(request) for request in requests}) == 12
    at = _compare(set="results")
    box = at.multiselect(key="results")
    shipped = [run for run in results.runs(gallery()) if run.request.network != ELSEWHERE]  # recordings by their link
    assert len(set(box.options)) == 12 + len(shipped)
    at = box.set_value([naming.identity(request) for request in requests]).run()
    names = [naming.names(requests)[i] for i in range(12)]
    assert list(at.dataframe[0].value["Network"]) == names and len(set(names)) == 12
    lines = {trace["name"] for trace in json.loads(figures_of(at)[0])["data"]}
    assert lines == {theme.plain(name) for name in names}


def test_a_result_taken_out_is_that_one_and_a_link_leads_to_those_it_names(fake):
    requests = _twelve(fake.store)
    ids = [naming.identity(request) for request in requests]
    at = _compare(set="results", results=ids)
    at = at.multiselect(key="results").unselect(ids[4]).run()
    assert list(at.multiselect(key="results").value) == [id for id in ids if id != ids[4]]
    assert at.query_params["results"] == [id for id in ids if id != ids[4]]
    at = _compare(set="results", results=[ids[7], ids[2], ids[7]])
    assert list(at.multiselect(key="results").value) == [ids[7], ids[2]] and len(at.dataframe[0].value) == 2


def test_results_of_a_link_that_are_not_here_are_told_and_the_others_are_shown(fake):
    ids = [naming.identity(request) for request in _twelve(fake.store)]
    at = _compare(set="results", results=["0123456789ab", ids[3], "nothing"])
    assert "results names 2 that are not here: “0123456789ab”, “nothing”; the other 1 is shown." in text_of(at)
    assert list(at.multiselect(key="results").value) == ids[3:4]
    at = _compare(set="results", results="0123456789ab")
    assert "results names 1 that is not here: “0123456789ab”; none is shown." in text_of(at)


def _others(value):
    """Other values that a field may have."""
    if value is None:
        return (3,)
    return {int: (value + 1 if isinstance(value, int) else 0,), float: (0.25,), tuple: ((1,),)}.get(type(value), ())


def test_whatever_differs_between_two_requests_is_in_their_names():
    """Also a field that is added to requests some day."""
    usual, untrained = Request(), Request(network=NetworkSpec(weights=Untrained()))
    changed = [replace(usual, **{f.name: v}) for f in fields(usual) for v in _others(getattr(usual, f.name))]
    for part in (usual.data, usual.network.weights, untrained.network.weights):
        for f in fields(part):
            for value in _others(getattr(part, f.name)):
                if f.name == "warmup":
                    continue  # goes with a gradient alone: see below
                other = replace(part, **{f.name: (value,) if f.name == "classes" else value})
                data = {"data": other} if isinstance(other, DataSpec) else {"network": NetworkSpec(weights=other)}
                changed.append(Request(**data))
    changed += [Request(DataSpec(**one)) for one in ({"split": "all"}, {"pixels": "noise"}, {"dataset": "digits"})]
    changed += [
        Request(reduce="cls"),
        Request(normalise="none"),
        Request(network=NetworkSpec(weights=Recipe("digits"))),
    ]
    assert len(changed) > 20
    warmed = [Request(network=NetworkSpec(weights=replace(LIT, warmup=epochs))) for epochs in (8, 9)]
    assert len(set(naming.names(warmed))) == 2
    for other in changed:
        names = naming.names([usual, other])
        assert len(set(names)) == 2 and not any(naming.identity(other) in name for name in names), other


@pytest.mark.parametrize("labels", [("same", "same"), ("same", "same", "same (b)"), ("x (a)", "x", "x"), ("", "")])
def test_labels_are_distinct_whatever_they_were(labels):
    found = distinct(dict(zip("abc", labels, strict=False)))
    assert len(set(found.values())) == len(labels) and list(found) == list("abc")[: len(labels)]


def test_the_widths_show_what_chunks_of_their_last_hidden_layers_know(fake, monkeypatch):
    monkeypatch.setattr(chunks, "SETS", ("regimes",))  # of which there are three, which need no training
    at = open_app("compare")
    at.button(key="take-chunks").click().run()
    jobs = [job for job in fake.submitted if isinstance(job, RedundancyJob)]
    assert len(jobs) == 3
    for job in jobs:
        chunked.save(fake.store, job.request, Chunks((Chunk(8, 0.8, 0.1, 0.7, 0.02, 0.01, 60, 40),), "d1", 16, 60, 0.9))
    at.run()
    assert "N = 60 samples, 40 draws of each size" in text_of(at)
    assert "take-chunks" not in [one.key for one in at.button]
