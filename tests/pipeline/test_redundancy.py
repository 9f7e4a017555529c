"""Chunks of a last hidden layer as a job: what is kept is what the library tells of the same activations."""

import dataclasses

import numpy as np
import pytest

import idcore
from idcore import pipeline, results
from idcore.activations import capture
from idcore.errors import RequestError
from idcore.figures.redundancy import redundancy_figure
from idcore.jobs.kinds import kind
from idcore.pipeline.redundancy import sizes
from idcore.pipeline.units import lent
from idcore.results import chunked
from idcore.spec import Architecture, DataSpec, NetworkSpec, RedundancyJob, Request, Untrained
from idcore.store import Store
from idcore.watch import UNWATCHED

JOB = RedundancyJob(Request(DataSpec(n=200), NetworkSpec(Architecture("mlp", 32, 1), Untrained(0))), 5)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = Store(tmp_path_factory.mktemp("chunks"))
    list(pipeline.run(JOB.request, ("input", "d1", "output"), found, memory=2**29))
    return found


def test_chunks_are_those_of_the_library_and_the_readout_is_the_network_s_own(store):
    assert not kind(JOB).complete(store, JOB)
    pipeline.chunks(JOB, store)
    found, run = chunked.read(store, JOB.request), results.run(store, JOB.request)
    _, images, trained = lent(JOB.request, store, UNWATCHED)
    layer = next(one for one in run.layers if one.name == "d1")
    for _, slices in capture(trained.module, images, [layer], memory=2**28):
        features = np.concatenate([block.numpy() for block in slices], 1)
    last = trained.module.output
    own = idcore.redundancy(features, [1, 2, 4, 8, 16], (last.weight, last.bias, run.labels), 5)
    assert (found.layer, found.width, found.n, found.note) == ("d1", 32, 200, "") and kind(JOB).complete(store, JOB)
    for one, other in zip(found.rows, own, strict=True):
        assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(other))
    assert found.accuracy == pytest.approx(np.mean(run.predictions == run.labels))


def test_without_labels_there_is_no_accuracy_and_it_is_said(store, tmp_path):
    run, other = results.run(store, JOB.request), Store(tmp_path)
    results.save_run(other, dataclasses.replace(run, labels=np.full(200, -1)))
    pipeline.chunks(JOB, other)
    found = chunked.read(other, JOB.request)
    assert found.accuracy is None and found.rows[0].accuracy is None and "no labels" in found.note
    with pytest.raises(RequestError, match="nothing is measured"):
        pipeline.chunks(JOB, Store(tmp_path / "empty"))


def test_the_sizes_are_halves_of_the_width_that_the_samples_are_enough_for():
    assert sizes(1000, 512) == [1, 2, 4, 8, 16, 32, 64, 128, 256] and sizes(300, 512)[-1] == 128
    assert sizes(2, 8) == [8]


def test_the_error_falls_beside_the_law_and_what_errs_no_more_than_the_whole_is_left_out(store):
    pipeline.chunks(JOB, store)
    found = chunked.read(store, JOB.request)
    rows = {"width 32": (found.rows, 0.99)}
    line, law = redundancy_figure(rows, {}, "error").data
    assert list(line.y) == pytest.approx([0.99 - row.accuracy for row in found.rows])
    assert law.y[0] / law.y[1] == pytest.approx((law.x[1] / law.x[0]) ** 0.5)
    assert not redundancy_figure({"width 32": (found.rows, 0.0)}, {}, "error").data[0].x
    (r2,) = redundancy_figure(rows, {}, "R²").data
    assert list(r2.y) == [row.r2 for row in found.rows]
