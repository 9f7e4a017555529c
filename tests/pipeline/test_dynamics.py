"""A training that is measured on the way, kept, and gone on with."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from idcore import pipeline, results, spec
from idcore.errors import Cancelled, RequestError
from idcore.limits import Budget
from idcore.networks.weights import make, obtain
from idcore.pipeline import pace
from idcore.pipeline.scene import bare, scene
from idcore.results import dynamics
from idcore.spec import Architecture, DataSpec, NetworkSpec, Recipe, Untrained, WatchJob
from idcore.store import Store
from idcore.watch import Watch

pytestmark = pytest.mark.slow

MLP = Architecture("mlp", width=24, depth=2)
DATA = DataSpec("digits", n=120)
MEMORY = 2**30


def job(epochs=6, **recipe):
    """In steps of so few images that an epoch takes longer than a measurement: it is measured as often as any."""
    return WatchJob(NetworkSpec(MLP, Recipe("digits", batch_size=8, epochs=epochs, **recipe)), DATA)


def trained(job, store, **options):
    pipeline.measure_while_training(job, store, Budget(MEMORY), **options)
    return dynamics.read(store, job)


def weights(store, job):
    return store.get(spec.weights_key(job.network)).arrays


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(store, what is known) of a training of six epochs that nobody disturbed."""
    store = Store(tmp_path_factory.mktemp("whole"))
    return store, trained(job(), store)


def test_the_epochs_that_are_measured_lie_ever_farther_apart():
    assert dynamics.epochs(100) == (0, 1, 2, 3, 5, 8, 12, 16, 24, 32, 48, 64, 96, 100)
    assert dynamics.epochs(2) == (0, 1, 2) and len(dynamics.epochs(200)) == 16
    assert dynamics.epochs(100, 4) == (0, 4, 8, 12, 20, 32, 48, 64, 96, 100)


@pytest.mark.parametrize("cost", [0.1, 0.5, 0.51, 1.0, 1.7, 3.9, 20.0])
def test_a_training_takes_longer_than_its_measurements_wherever_it_ends_once_two_have_been_made(cost, monkeypatch):
    monkeypatch.setattr(pace, "_measurement", lambda *_: cost)
    monkeypatch.setattr(pace, "_epoch", lambda *_: 1.0)
    apart = pace.apart(None, (), (), 0, 0, Recipe())
    assert all(len(dynamics.epochs(end, apart)) * cost <= end for end in range(apart, 300))


def _apart(architecture, n=500):
    request = spec.Request(DataSpec(n=n), NetworkSpec(architecture, Recipe()))
    about = scene(request, None)
    module, layers = bare(about)
    return pace.apart(module, about.shape, [layer for layer in layers if layer.checkpoint], n, 4000, Recipe())


def test_a_tiny_network_is_measured_more_rarely_than_one_that_learns_slowly():
    assert _apart(Architecture("mlp", 16, 3)) >= _apart(Architecture("mlp", 64, 3)) > 1
    assert _apart(Architecture("mlp", 256, 3)) == _apart(Architecture()) == 1 < _apart(Architecture(), 1000)


def test_what_is_measured_more_rarely_is_measured_before_and_at_the_end(tmp_path):
    rare = WatchJob(NetworkSpec(MLP, Recipe("digits", epochs=14)), DATA)
    found = trained(rare, Store(tmp_path))
    assert 1 < found.apart < 14 and tuple(found.rows) == dynamics.epochs(14, found.apart)


def test_every_checkpoint_layer_is_measured_before_the_training_after_chosen_epochs_and_at_the_end(whole):
    store, found = whole
    assert found.complete and tuple(found.rows) == (0, 1, 2, 3, 5, 6) == tuple(found.measuring)
    assert [epoch["epoch"] for epoch in found.history] == [1, 2, 3, 4, 5, 6]
    for rows in found.rows.values():
        assert [row.layer for row in rows] == ["input", "d1", "d2", "output"] == [layer.name for layer in found.layers]
        assert all(row.n == 120 and row.id > 1 and row.id_err > 0 for row in rows)
    assert found.last_hidden == "d2" and len(found.labels) == len(found.ids) == 120


def test_the_input_does_not_change_and_the_layers_do(whole):
    _, found = whole
    first, last = found.rows[0], found.rows[6]
    assert first[0] == last[0] and all(a.id != b.id for a, b in zip(first[1:], last[1:], strict=True))


def test_the_records_are_those_of_the_network_as_it_was_then(whole, tmp_path):
    store, found = whole
    request = spec.Request(DATA, NetworkSpec(MLP, Untrained(0)))
    before = list(pipeline.run(request, "checkpoints", Store(tmp_path), memory=MEMORY))
    after = list(pipeline.run(spec.Request(DATA, job().network), "checkpoints", store, memory=MEMORY))
    for epoch, records in ((0, before), (6, after)):
        for record in records:
            kept = dynamics.layer(store, found.job, epoch, record.layer.name) or record
            np.testing.assert_allclose(kept.blocks, record.blocks, rtol=1e-5)


def test_measuring_on_the_way_does_not_change_what_is_learned_and_the_weights_are_kept_as_of_any_training(whole):
    store, found = whole
    arrays, meta = make(found.job.network)
    assert same(weights(store, found.job), arrays)
    assert [epoch["loss"] for epoch in meta["history"]] == [epoch["loss"] for epoch in found.history]
    assert obtain(found.job.network, store, Watch(lambda _: pytest.fail("trained again"))).history == found.history
    assert store.meta(spec.training_key(found.job.network)) is None


@pytest.mark.parametrize(
    "options", [{}, {"optimiser": "sgd"}, {"gradient": 10.0, "warmup": 2}], ids=["adam", "sgd", "warm-up"]
)
def test_a_training_that_was_stopped_goes_on_and_ends_with_the_same_weights_to_the_bit(options, tmp_path):
    one, store, seen = job(epochs=3, **options), Store(tmp_path), []

    def stop():
        return bool(seen) and len(seen[-1].history) == 2

    with pytest.raises(Cancelled):
        trained(one, store, watch=Watch(seen.append, stop))
    assert len(store.meta(spec.training_key(one.network))["history"]) >= 1
    stands = dynamics.read(store, one)
    assert not stands.complete and 0 in stands.rows
    assert results.training(store, one.network) is None
    found = trained(one, store)
    assert same(weights(store, one), make(one.network)[0])
    assert tuple(found.rows) == (0, 1, 2, 3) and found.rows[0] == stands.rows[0]


def test_dropout_and_batch_normalisation_go_on_to_the_bit(tmp_path, monkeypatch):
    from torch import nn

    from idcore.networks import weights as module

    def build(*_):
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(), nn.Linear(144, 10))

    def made(architecture, shape, classes, seed):
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build()

    monkeypatch.setattr(module, "build", made)
    network, store = job(epochs=2).network, Store(tmp_path)
    learners = module.learn(network, store)
    for learner in learners:
        if len(learner.history) == 1:
            break
    learners.close()
    arrays, meta = make(network, store=store)
    again, other = make(network)
    assert same(arrays, again) and [e["loss"] for e in meta["history"]] == [e["loss"] for e in other["history"]]


_KILLED = """
import sys
from idcore import pipeline, spec
from idcore.results import dynamics
from idcore.store import Store
from idcore.watch import Watch
job = spec.from_json({job})
def told(progress):
    if len(progress.history) >= 3:
        print("three", flush=True)
        import time; time.sleep(600)
pipeline.measure_while_training(job, Store(sys.argv[1]), watch=Watch(told))
"""


def test_a_training_whose_process_was_killed_goes_on_where_it_stopped(whole, tmp_path):
    store, one = Store(tmp_path), job()
    script = _KILLED.replace("{job}", repr(spec.to_json(one)))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout.readline() == "three\n"
        os.kill(process.pid, signal.SIGKILL)
    begun = len(store.meta(spec.training_key(one.network))["history"])
    seen = []
    found = trained(one, store, watch=Watch(seen.append))
    assert begun >= 1 and min(len(p.history) for p in seen if p.phase == "training") == begun
    other, complete = whole
    assert same(weights(store, one), weights(other, one)) and found.rows.keys() == complete.rows.keys()
    assert [epoch["loss"] for epoch in found.history] == [epoch["loss"] for epoch in complete.history]


def test_a_training_that_nobody_measured_on_the_way_is_begun_again(tmp_path):
    one, store = job(epochs=2), Store(tmp_path)
    from idcore.networks.weights import learn

    learners = learn(one.network, store)
    for learner in learners:
        if len(learner.history) == 1:
            break
    learners.close()
    assert tuple(trained(one, store).rows) == (0, 1, 2)


def test_what_is_complete_is_not_done_again_and_what_is_forgotten_is(tmp_path):
    one, store = job(epochs=1), Store(tmp_path)
    trained(one, store)
    trained(one, store, watch=Watch(lambda _: pytest.fail("begun again")))
    dynamics.forget(store, one)
    assert dynamics.read(store, one) is None and dynamics.layer(store, one, 0, "d1") is None
    assert trained(one, store).complete


@pytest.mark.parametrize("change", [("ALGORITHM", dynamics.ALGORITHM + 1), ("USUAL", spec.Reading(0.2))])
def test_numbers_of_another_version_or_another_reading_are_made_again(change, tmp_path, monkeypatch):
    store = Store(tmp_path)
    first = trained(job(epochs=1), store)
    monkeypatch.setattr(dynamics, *change)
    assert dynamics.read(store, job(epochs=1)) is None
    again = trained(job(epochs=1), store)
    assert again.complete and sorted(again.rows) == sorted(first.rows) == [0, 1]


def test_a_subset_that_is_not_there_and_weights_that_are_not_trained_are_refused(tmp_path):
    with pytest.raises(RequestError, match="too large: digits has 360"):
        trained(WatchJob(job().network, DataSpec("digits", n=5000)), Store(tmp_path))
    with pytest.raises(RequestError, match="watched while it learns"):
        WatchJob(NetworkSpec(MLP, Untrained()), DATA)
    assert spec.from_json(spec.to_json(job())) == job()


def test_it_is_cancelled_in_the_middle_of_a_measurement(tmp_path):
    seen = []
    with pytest.raises(Cancelled):
        trained(job(), Store(tmp_path), watch=Watch(seen.append, lambda: seen and seen[-1].phase == "measuring"))
    assert 0 < sum(one.phase == "measuring" for one in seen) < 4  # of four layers
