"""Linear probes as a job: from measured layers in the store to accuracies in the store."""

import numpy as np
import pytest

from idcore import pipeline, results, spec
from idcore.errors import Cancelled, RequestError
from idcore.estimators.accuracy import Probe, linear_probe
from idcore.record import Layer, unmeasured
from idcore.results import Run
from idcore.spec import ProbeJob, Request
from idcore.store import Store
from idcore.watch import Watch
from tests.tools.build_record import brute_geometry, scattered

JOB = ProbeJob(Request(), ("hidden", "dead"))
LABELS, IDS = scattered(90, 3)


@pytest.fixture
def store(tmp_path):
    """A measured network whose hidden layer knows the labels, and whose other layer is constant."""
    store = Store(tmp_path)
    x = np.random.default_rng(0).normal(size=(90, 6)) + 3 * np.eye(6)[LABELS]
    hidden = brute_geometry(x, "hidden")
    plan = (hidden.layer, Layer("dead", 2, 1.0, "Linear", (4,), 4))
    results.save_layer(store, JOB.request, hidden)
    results.save_layer(store, JOB.request, unmeasured(plan[1], 90, "The layer is constant."))
    results.save_run(store, Run(JOB.request, plan, LABELS, LABELS, IDS, ("a", "b", "c")))
    return store


def test_each_layer_keeps_its_probe_or_the_reason_for_none(store):
    reports = []
    pipeline.probe(JOB, store, watch=Watch(reports.append))
    found = results.probe(store, JOB.request, "hidden")
    assert found == linear_probe(results.layer(store, JOB.request, "hidden"), LABELS)
    assert isinstance(found, Probe) and found.accuracy.value > 0.9
    assert results.probe(store, JOB.request, "dead") == "The layer is constant."
    assert [r.layer for r in reports if r.phase == "probing"] == ["hidden", "dead"] and reports[-1].phase == "done"


def test_what_was_fitted_is_not_fitted_again_and_a_cancelled_job_stops_before_the_next_layer(store):
    results.save_probe(store, JOB.request, "hidden", "Kept.")
    pipeline.probe(JOB, store)
    assert results.probe(store, JOB.request, "hidden") == "Kept."
    with pytest.raises(Cancelled):
        pipeline.probe(JOB, store, watch=Watch(cancelled=lambda: True))


def test_what_is_not_measured_or_has_no_labels_is_refused_in_a_sentence(store, tmp_path):
    with pytest.raises(RequestError, match="nothing is measured"):
        pipeline.probe(JOB, Store(tmp_path / "empty"))
    with pytest.raises(RequestError, match="'output' is not measured"):
        pipeline.probe(ProbeJob(JOB.request, ("output",)), store)
    run = results.run(store, JOB.request)
    results.save_run(store, Run(JOB.request, run.layers, np.full(90, -1), LABELS, IDS, ()))
    with pytest.raises(RequestError, match="no labels|have none"):
        pipeline.probe(JOB, store)


def test_a_job_survives_the_way_to_its_worker():
    assert spec.from_json(spec.to_json(JOB)) == JOB
    with pytest.raises(RequestError, match="What is probed"):
        ProbeJob("cnn", ("a",))
