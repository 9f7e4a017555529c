"""The page Compare without a browser: sets, the last hidden layer, across networks, probes."""

import csv
import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from idcore import results
from idcore.estimators.accuracy import Accuracy, Probe
from idcore.estimators.regression import Correlation
from idcore.figures.generalisation import Network
from idcore.jobs import Status
from idcore.jobs.complete import complete
from idcore.jobs.status import job_key
from idcore.spec import DataSpec, ProbeJob, ProfileJob, Recipe, Request
from idcore.store import Store
from idcore.ui import state, words
from idcore.ui.choice import Choice
from idcore.ui.compare import choosing, generalisation, table
from tests.test_pages import NAMES, ROOT, _figures, _open, _texts, fake  # noqa: F401

CHOICE = Choice(DataSpec(), Request().network.architecture, "trained")


def _compare(**address):
    """The page as by a link, without a visit to Explore before it."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
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


def test_nothing_is_trained_before_somebody_wants_it_and_then_all_at_once(fake):  # noqa: F811
    at = _compare(set="sweep")
    assert not fake.submitted and "16 networks are not measured yet" in _texts(at)
    at.button(key="train").click().run()
    assert len(fake.submitted) == 16 and all(isinstance(job, ProfileJob) for job in fake.submitted)
    assert "16 networks" in at.title[0].value and not at.exception


def test_a_batch_has_one_bar_and_one_cancel(fake):  # noqa: F811
    fake.steps = 1
    at = _compare(set="sweep")
    at.button(key="train").click().run()
    assert len(at.progress) == 1 and "0 of 16 networks" in at.progress[0].text
    at.button(key="cancel-compare").click().run()
    assert all(fake.status(job_key(job)).state == "cancelled" for job in fake.submitted)


def test_the_figure_of_a_set_has_a_line_for_each_network(fake):  # noqa: F811
    at = _open("compare", set="seeds")
    assert len([job for job in fake.submitted if job.request.network.regime == "untrained"]) == choosing.SEEDS
    at.button(key="train").click().run()
    figure = _figures(at)[0]
    assert '"fill":"toself"' in figure and '"name":"trained"' in figure and '"name":"untrained"' in figure


def test_results_are_chosen_by_their_name_in_the_address(fake):  # noqa: F811
    _open("compare")
    runs = results.runs(fake.store)
    ids = [choosing.Member("", run.request).id for run in runs[:2]]
    at = _open("compare", set="results", results=ids)
    assert list(at.multiselect(key="results").value) == ids and len(at.dataframe[0].value) == 2
    assert len(fake.submitted) == 3  # the three of the first visit
    assert "mnist5k test · N = 1,000 · network seed 0 · test 98.0%" in " ".join(at.multiselect(key="results").options)


def test_a_result_that_is_not_in_the_store_is_told(fake):  # noqa: F811
    _open("compare")
    assert "the choice of results must be one of" in _texts(_open("compare", set="results", results="0123456789ab"))


def test_a_reference_is_subtracted(fake):  # noqa: F811
    at = _open("compare")
    at.selectbox(key="reference").set_value(choosing.Member("", fake.submitted[0].request).id).run()
    assert "TwoNN ID minus that of trained" in _figures(at)[0]


@pytest.mark.parametrize(
    ("across", "words"), [("CKA", "the widest of the bounds"), ("neighbourhoods", "unrelated layers have")]
)
def test_layers_of_two_networks_are_compared_on_the_same_samples(fake, across, words):  # noqa: F811
    at = _open("compare", across=across)
    assert '"type":"heatmap"' in _figures(at)[-1] and words in _texts(at)


def test_linear_probes_are_fitted_at_a_click_and_drawn_once_there(fake):  # noqa: F811
    at = _open("compare", across="accuracy")
    assert "linear probe" not in _figures(at)[-1] and "kNN" in _figures(at)[-1]
    fake._measure = lambda job: fake.states.update({job_key(job): Status("running", "probing", "d1", 1, 4)})
    at.button(key="probe-compare").click().run()
    probes = fake.submitted[-3:]
    assert all(isinstance(job, ProbeJob) and job.layers == NAMES for job in probes)
    assert "0 of 3 networks probed" in at.progress[0].text
    for job in probes:
        for layer in job.layers:
            results.save_probe(fake.store, job.request, layer, Probe(Accuracy(0.75, 0.05, 60), 8, 1.0))
    at = _open("compare", across="accuracy")
    assert "trained, linear probe" in _figures(at)[-1]
    assert "probe-compare" not in [button.key for button in at.button]


def test_a_probe_comes_back_from_the_store_as_it_went_in_and_so_does_the_reason_for_none(tmp_path):
    store, request, found = Store(tmp_path), Request(), Probe(Accuracy(0.75, 0.05, 60), 8, 0.9)
    job = ProbeJob(request, ("a", "b"))
    assert results.probe(store, request, "a") is None and not complete(store, job)
    results.save_probe(store, request, "a", found)
    results.save_probe(store, request, "b", "The layer is constant.")
    assert results.probe(store, request, "a") == found and complete(store, job)
    assert results.probe(store, request, "b") == "The layer is constant."


def test_the_table_finds_peak_last_hidden_and_final_and_goes_into_a_file(fake):  # noqa: F811
    _open("compare")
    member = choosing.Member("trained", fake.submitted[0].request)
    found = {member: state.measured(member.request, "checkpoints")}
    ids = {row.layer: row.id for row in found[member].rows}
    (line,) = table.lines(found)
    assert (line["Last hidden ID"], line["Final ID"]) == (ids["d1"], ids["output"])
    assert line["Peak ID"] == max(ids.values()) == ids[line["Peak at"]]
    (row,) = csv.DictReader(io.StringIO(table.to_csv(found)))
    assert float(row["Last hidden ID"]) == ids["d1"] and "1,000 test samples" in row["Samples"]


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
