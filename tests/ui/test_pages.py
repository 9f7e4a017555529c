"""The pages, driven without a browser: the job client is replaced by one that writes synthetic layers to the store."""

import dataclasses
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import idcore.ui.kit.state
from idcore import results
from idcore.data import source
from idcore.data.catalogue import DATASETS, SHIPPED
from idcore.estimators.summary import summarise
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.spec import DataSpec, EmbedJob, NetworkSpec, Recipe, Request
from idcore.ui.kit import charts, parameters, query, words
from idcore.ui.sidebar import data
from tests import ROOT
from tests.tools import patience
from tests.tools.pages import N, figures_of, open_app, text_of, with_export


def test_the_landing_page_measures_the_default_choice_on_arrival(fake):
    at = open_app()
    (job,) = fake.submitted
    assert (
        job.request.data.dataset == "mnist5k" and job.request.data.n == 1000 and job.request.network.regime == "trained"
    )
    assert len(figures_of(at)) == 5  # curve, fit, spectrum, scale, distances


def test_a_second_visit_computes_nothing(fake):
    open_app()
    at = open_app()
    assert len(fake.submitted) == 1 and len(figures_of(at)) == 5


def test_the_numbers_on_the_page_are_those_of_the_record(fake):
    at = open_app(layer="conv1")
    request = fake.submitted[0].request
    row = summarise(results.layer(fake.store, request, "conv1"))
    tiles = {metric.label: metric.value for metric in at.metric}
    assert tiles["Intrinsic dimension"] == f"{row.id:.2f} ± {row.id_err:.2f}"
    assert tiles["PC-ID"] == str(row.pc_id) and tiles["Samples N"] == str(N)


def test_while_a_job_runs_the_page_shows_what_is_there_and_names_the_layer_at_work(fake):
    fake.steps = 2
    at = open_app()
    assert at.progress[0].value == 50 and "d1" in at.progress[0].text
    assert len(figures_of(at)) == 1
    at.segmented_control(key="layer").set_value("conv1").run()
    assert len(figures_of(at)) == 4  # the curve stays as it is
    at.segmented_control(key="tab").set_value("depth").run()
    assert "2 of 4 layers are measured" in text_of(at)


def test_cancel_stops_the_job_and_offers_to_start_again(fake):
    fake.steps = 1
    at = open_app()
    at.button(key="cancel-profile").click().run()
    assert "cancelled" in text_of(at)
    fake.steps = 4
    at.button(key="again-profile").click().run()
    assert len(figures_of(at)) == 5


def test_a_failure_is_a_sentence_not_a_traceback(fake):
    fake.failure = "The split test of mnist5k has 1000 samples; 2000 were asked for."
    at = open_app()
    assert fake.failure in text_of(at)


def test_a_choice_that_needs_training_is_offered_and_not_started(fake):
    at = open_app(network="mlp")
    assert fake.submitted == []
    assert "This network has to be trained first." in text_of(at)
    at.button(key="train").click().run()
    assert fake.submitted[0].request.network.architecture.name == "mlp"
    assert len(figures_of(at)) == 5


def test_an_untrained_network_needs_no_training(fake):
    open_app(network="mlp", regime="untrained", wseed="7")
    assert fake.submitted[0].request.network.weights.seed == 7


def test_the_discard_slider_changes_every_number_alike(fake):
    at = open_app()
    before = {metric.label: metric.value for metric in at.metric}
    at.slider(key="discard").set_value(0.4).run()
    after = {metric.label: metric.value for metric in at.metric}
    assert before["Intrinsic dimension"] != after["Intrinsic dimension"]
    assert f"ID {after['Intrinsic dimension']}" in text_of(at)


def test_umap_is_asked_for_when_it_is_chosen_and_its_progress_shown(fake):
    at = open_app(tab="map")
    at.segmented_control(key="map").set_value("UMAP").run()
    assert isinstance(fake.submitted[-1], EmbedJob)
    assert at.progress[0].text == "Embedding d1"


def test_compare_shows_three_regimes_on_arrival(fake):
    at = open_app("compare")
    assert [job.request.network.regime for job in fake.submitted] == ["trained", "untrained", "shuffled"]
    figure = figures_of(at)[0]
    assert all(f'"name":"{regime}"' in figure for regime in ("trained", "untrained", "shuffled"))
    table = at.dataframe[0].value
    assert list(table["Regime"]) == ["trained", "untrained", "shuffled"]
    assert list(table["Train accuracy"]) == [100.0] * 3 and list(table["Test accuracy"]) == [98.0] * 3


def test_compare_starts_every_regime_at_once(fake):
    fake.steps = 1
    at = open_app("compare")
    assert {job.request.network.regime for job in fake.submitted} == {"trained", "untrained", "shuffled"}
    assert len(at.progress) == 3 and not at.exception


def test_compare_offers_missing_trainings_with_one_button(fake):
    at = open_app(network="mlp")
    at.switch_page("pages/compare.py").run()
    assert [job.request.network.regime for job in fake.submitted] == ["untrained"]
    at.button(key="train").click().run()
    assert len(fake.submitted) == 3 and not at.exception


BAD = [
    ("n", "-5"), ("n", "abc"), ("n", "1e9"), ("n", ""), ("seed", "-1"), ("seed", "9999999999999999999999"),
    ("wseed", "1.5"), ("data", "imagenot"), ("split", "validation"), ("network", "../../etc/passwd"),
    ("network", "<script>alert(1)</script>"), ("regime", "TRAINED"), ("shuffled", "7"), ("shuffled", "nan"),
    ("lambda", "-1"), ("layers", "none"), ("x", "z"), ("scale", "cubic"), ("discard", "1"),
    *((name, value) for name in ("n", "seed", "wseed", "lambda") for value in ("inf", "-inf", "nan", "1e999")),
    ("n", "2000"), ("classes", "77"), ("estimates", "Magic"), ("discard", "x"),
    ("variance", "2"), ("map", "tsne"), ("tab", "wings"), ("layer", "conv99"), ("layer", "**bold** $x$"),
]  # fmt: skip


def _rounds() -> list[dict[str, str]]:
    """The same in as few addresses as can be, each with one value of a name."""
    rounds: list[dict[str, str]] = []
    for name, value in BAD:
        free = next((one for one in rounds if name not in one), None)
        if free is None:
            rounds.append({name: value})
        else:
            free[name] = value
    return rounds


@pytest.mark.parametrize("bad", _rounds(), ids=lambda bad: ", ".join(f"{name}={bad[name]}" for name in bad)[:80])
def test_a_bad_address_gives_a_sentence_for_each_value_and_the_defaults(fake, bad):
    at = open_app(**bad)
    notices, said = at.session_state["notices"], text_of(at)
    assert set(notices) == set(bad) and not at.query_params
    assert all(sentence.startswith("In the address") and sentence in said for sentence in notices.values())
    assert "<script" not in said and "**bold**" not in said
    assert [job.request for job in fake.submitted] == [Request()]
    at.button(key="dismiss").click().run()
    assert "In the address" not in text_of(at)


@pytest.mark.parametrize("value", ["inf", "nan", "1e999"])
def test_a_bad_size_of_a_perceptron_gives_a_sentence_and_the_default(fake, value):
    at = open_app(network="mlp", width=value, depth=value)
    assert set(at.session_state["notices"]) == {"width", "depth"} and text_of(at).count("In the address") == 2
    assert (at.number_input(key="width").value, at.number_input(key="depth").value) == (256, 3)


def test_what_cannot_be_used_leaves_the_address_and_the_rest_stays(fake):
    at = open_app(n="inf", seed="3", classes=["3", "77"])
    assert at.query_params == {"seed": "3", "classes": "3"} and "; 3 is shown." in text_of(at)
    assert fake.submitted[0].request.data.classes == (3,) and fake.submitted[0].request.data.seed == 3


@pytest.mark.parametrize("before", [0, 1])
def test_an_address_whose_first_run_was_cut_short_is_cleaned_by_the_next(monkeypatch, before):
    """Streamlit ends a run at the next thing it sends when the browser has asked for another meanwhile, which comes
    with the address as the browser knew it."""

    class Address(dict):
        left = before

        def __setitem__(self, name, value):
            if not self.left:
                raise InterruptedError
            self.left -= 1
            super().__setitem__(name, value)

        def get_all(self, name):
            return [self[name]]

    came = {"n": "inf", "seed": "-1", "regime": "untrained"}
    session = SimpleNamespace(
        session_state={}, query_params=Address(came), rerun=lambda: None, html=lambda *_, **__: None
    )
    monkeypatch.setattr(query, "st", session)
    with pytest.raises(InterruptedError):
        query.look()
    session.query_params = Address(came)
    session.query_params.left = 2
    query.look()
    assert session.query_params == {"n": [], "seed": [], "regime": "untrained"}
    assert session.session_state["asked"] == {"regime": "untrained"}
    assert set(session.session_state["notices"]) == {"n", "seed"}


def test_estimates_to_draw_are_part_of_the_address(fake):
    at = open_app(estimates="PC-ID")
    assert at.pills(key="estimates").value == ["PC-ID"] and "In the address" not in text_of(at)


def test_a_good_address_is_followed_without_a_word(fake):
    at = open_app(n="200", seed="3", regime="shuffled", layer="conv1", scale="log", discard="0.25", unknown="x")
    assert "In the address" not in text_of(at)
    request = fake.submitted[0].request
    assert (request.data.n, request.data.seed, request.network.regime) == (200, 3, "shuffled")
    assert at.segmented_control(key="layer").value == "conv1" and at.slider(key="discard").value == 0.25


def test_more_samples_than_the_data_set_has_are_lowered_to_what_it_has(fake):
    at = open_app()
    at.selectbox(key="data").set_value("digits").run()
    assert not at.exception and at.number_input(key="n").value == 360


@pytest.mark.parametrize("dataset", [name for name in SHIPPED if not DATASETS[name].texts])
@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_n_of_the_sidebar_is_never_more_than_a_choice_of_classes_has(dataset, split):
    names = range(len(DATASETS[dataset].classes))
    for classes in [*((one,) for one in names), *(tuple(names[:many]) for many in range(2, len(names) + 1))]:
        n = data.most(DATASETS[dataset], split, len(classes))
        assert len(source.select(DataSpec(dataset, split, classes, n))) == n


def test_choosing_classes_lowers_n_and_says_why(fake):
    at = open_app()
    at.multiselect(key="classes").set_value(["3", "8"]).run()
    assert at.number_input(key="n").value == at.number_input(key="n").max == 200
    assert "at most 200: the smallest class times" in at.number_input(key="n").help
    assert fake.submitted[-1].request.data.n == 200


def test_a_result_that_the_store_did_not_keep_is_made_again_once(fake, monkeypatch):
    monkeypatch.setattr(fake, "_measure", lambda job: fake.states.update({job_key(job): Status("done")}))
    at = open_app()
    at.run()
    at.run()
    assert len(fake.submitted) == 2 and "limit of 10 GiB is too small. Raise LAYERSCOPE_STORE_LIMIT" in text_of(at)


def test_a_run_without_its_predictions_is_not_complete(fake):
    open_app(n="200")
    request = fake.submitted[0].request
    assert idcore.ui.kit.state.measured(request, "checkpoints").complete
    run = results.run(fake.store, request)
    results.save_run(fake.store, dataclasses.replace(run, predictions=np.zeros(0, np.int64)))
    assert not idcore.ui.kit.state.measured(request, "checkpoints").complete


def test_the_cost_is_told_while_a_network_is_measured(fake):
    fake.estimate = "About 3 s on 2 threads."
    assert fake.estimate not in text_of(open_app(n="200"))
    fake.steps = 2
    assert fake.estimate in text_of(open_app(n="300"))
    assert fake.estimate in text_of(open_app("compare", n="400"))


def test_devices_are_those_of_the_workers_and_the_chosen_one_is_passed_on(fake):
    assert not [text for text in open_app().caption if text.value.startswith("Device")]
    results.save_devices(fake.store, ["cpu"])
    assert "Device: cpu" in text_of(open_app())
    results.save_devices(fake.store, ["cuda:0", "cpu"])
    at = open_app(tab="map")
    assert at.selectbox(key="device").options == ["auto", "cuda:0", "cpu"]
    at.selectbox(key="device").set_value("cpu").run()
    at.segmented_control(key="map").set_value("UMAP").run()
    assert isinstance(fake.submitted[-1], EmbedJob) and fake.devices[-1] == "cpu"


def test_classes_are_chosen_by_name(fake):
    at = open_app()
    at.multiselect(key="classes").set_value(["3", "8"]).run()
    assert fake.submitted[-1].request.data.classes == (3, 8)


@pytest.mark.parametrize(
    ("points", "name"),
    [
        ([{"customdata": ["d1", "Linear", ""]}], "d1"),
        ([{"customdata": {"0": "d1", "1": "Linear"}}], "d1"),
        ([], None),
        ([{"x": 1}], None),
        ([{"customdata": [3]}], None),
    ],
)
def test_a_click_on_the_curve_names_a_layer_or_nothing(points, name):
    assert charts.clicked_layer({"points": points}) == name


def test_complaints_are_short_whatever_was_typed():
    sentence = parameters.complaints({"n": ["9" * 500]})["n"]
    assert len(sentence) < 200


def test_training_is_announced_with_what_and_how_long():
    text = words.training_words(NetworkSpec(weights=Recipe(shuffled=0.5)))
    assert "50% of the labels shuffled" in text and "Roughly" in text


@pytest.mark.slow
def test_any_page_may_be_the_first_of_a_web_process_and_none_imports_torch_umap_or_sklearn(tmp_path):
    code = f"""
import os, sys
os.environ["LAYERSCOPE_CACHE"] = {str(tmp_path)!r}
from streamlit.testing.v1 import AppTest
import idcore.ui.app
import idcore.ui.kit.state
from idcore.jobs import Status
from idcore.jobs.quota import Quota
from idcore.settings import settings
class Idle:
    hits = computed = 0
    quota = Quota(settings())
    submit = lambda self, job, device="auto", session="": ""
    status = lambda self, id, position=True: Status("running")
    active = all = workers = lambda self, *which: []
idcore.ui.kit.state.get_jobs = Idle
for name in sorted(os.listdir("pages")):
    if name.endswith(".py") and not os.fork():  # each in a process in which no other was drawn
        try:
            at = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout={patience.seconds()})
            at.switch_page("pages/" + name).run()
            assert not at.exception, at.exception
            print(name, sorted({{"torch", "umap", "sklearn", "numba", "scipy"}} & set(sys.modules)), flush=True)
        finally:
            os._exit(0)
    elif name.endswith(".py"):
        os.wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=patience.seconds()
    )
    pages = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
    assert done.stdout.splitlines() == [f"{name} []" for name in pages], done.stdout + done.stderr


def test_the_code_on_offer_makes_the_numbers_that_are_shown(fake):
    at = with_export(open_app(n="200", regime="untrained", discard="0.25", variance="0.8"))
    command, script = (code.value for code in at.code)
    assert command.startswith("python -m idcore profile --network cnn --regime untrained")
    assert "--n 200" in command and command.endswith("--discard 0.25 --variance 0.8 --format csv")
    compile(script, "script", "exec")
    assert "to_frame(discard=0.25, variance=0.8)" in script


def test_what_is_in_export_is_drawn_once_somebody_has_opened_it_and_stays(fake):
    at = open_app(regime="untrained")
    assert not at.get("download_button") and not at.code
    offered = [button.label for button in with_export(at).get("download_button")]
    assert "Numbers, CSV" in offered and "All of it, zip" in offered
    at.text_input(key="print-title").input("Figure 1").run()
    assert with_export(at, open=False).text_input(key="print-title").value == "Figure 1"
    at.slider(key="discard").set_value(0.2).run()
    assert "--discard 0.2 " in with_export(at).code[0].value


@pytest.mark.parametrize("name", ["WORKERS", "DEVICE", "STORE_LIMIT", "SCHEDULER", "CACHE"])
def test_a_setting_that_cannot_be_is_a_sentence_in_place_of_the_page(name, monkeypatch):
    monkeypatch.setenv(f"LAYERSCOPE_{name}", "wrong://<b>value</b>")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience.seconds()).run()
    assert not at.exception and len(at.error) == 1 and "start the app again" in at.error[0].value
