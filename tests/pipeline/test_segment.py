"""Pieces of different dimension as a job: from measured layers in the store to a colour of the map."""

import numpy as np
import pytest

from idcore import pipeline, results
from idcore.errors import Cancelled, RequestError
from idcore.estimators.nucleation import adjusted_rand
from idcore.jobs import kinds
from idcore.record import Layer, unmeasured
from idcore.results import segmented
from idcore.spec import Request, SegmentJob
from idcore.store import Store
from idcore.watch import Watch
from tests.tools.build_record import brute_geometry

JOB = SegmentJob(Request(), ("mixed", "dead"), 3)
PARTS = np.repeat([0, 1], 200)


@pytest.fixture
def store(tmp_path):
    """A layer of a line and a cloud of six dimensions, side by side, and a constant one."""
    random = np.random.default_rng(0)
    x = np.zeros((400, 7))
    x[:200, 0], x[200:, 1:] = random.uniform(0, 20, 200), 5 + random.normal(size=(200, 6))
    store = Store(tmp_path)
    results.save_layer(store, JOB.request, brute_geometry(np.vstack([x, x[:1]]), "mixed", levels=1, draws=1))
    dead = Layer("dead", 2, 1.0, "Linear", (4,), 4)
    results.save_layer(store, JOB.request, unmeasured(dead, 401, "The layer is constant."))
    return store


def test_the_number_of_pieces_with_the_highest_likelihood_is_kept_for_every_sample(store, monkeypatch):
    monkeypatch.setattr("idcore.estimators.hidalgo.GROWING", (300, 2))
    reports = []
    assert not kinds.kind(JOB).complete(store, JOB)
    pipeline.segment(JOB, store, watch=Watch(reports.append))
    found = segmented.read(store, JOB.request, "mixed")
    assert len(found.likelihoods) == 3 and len(found.ids) == 1 + int(np.argmax(found.likelihoods)) >= 2
    assert found.ids[0] == pytest.approx(1, abs=0.3) and found.ids[-1] > 4
    assert len(found.labels) == 401 and found.labels[400] == found.labels[0]  # a copy shares its piece
    assert adjusted_rand(found.labels[:400], PARTS) > 0.6
    assert segmented.read(store, JOB.request, "dead").note == "The layer is constant."
    assert kinds.kind(JOB).complete(store, JOB) and reports[-1].phase == "done"
    with pytest.raises(Cancelled):
        pipeline.segment(SegmentJob(JOB.request, ("mixed", "dead", "x")), store, watch=Watch(cancelled=lambda: True))


def test_what_is_not_measured_and_what_cannot_be_asked_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(RequestError, match="'mixed' is not measured"):
        pipeline.segment(JOB, Store(tmp_path))
    with pytest.raises(RequestError, match="number of pieces"):
        SegmentJob(Request(), ("a",), 7)
