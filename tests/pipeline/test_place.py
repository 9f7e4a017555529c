"""Where uploaded pictures lie: the same numbers as a brute force, and refusals in sentences."""

import io

import numpy as np
import pytest
from PIL import Image

from idcore import pipeline, results
from idcore.data.load import load
from idcore.errors import RequestError
from idcore.limits import Budget
from idcore.results import placed
from idcore.spec import Architecture, DataSpec, NetworkSpec, PlaceJob, Request, Untrained
from idcore.store import Store

pytestmark = pytest.mark.usefixtures("unconfined")

MEMORY = 2**30
REQUEST = Request(DataSpec("digits", n=120), NetworkSpec(Architecture("mlp", 16, 2), Untrained(0)))


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """(store, names of the layers, the samples) after a run of digits through a small network."""
    store = Store(tmp_path_factory.mktemp("store"))
    list(pipeline.run(REQUEST, "checkpoints", store, memory=MEMORY))
    return store, results.run(store, REQUEST).checkpoints, load(REQUEST.data)


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _place(measured, content: bytes, name: str = "one.png"):
    store, names, _ = measured
    job = PlaceJob(REQUEST, names, results.save_upload(store, content, name))
    pipeline.place(job, store, Budget(MEMORY))
    return placed.read(store, job)


def test_a_picture_that_is_a_sample_lies_on_it_in_every_layer(measured):
    store, names, samples = measured
    pixels = (samples.images[7, 0].numpy() * 255).round().astype(np.uint8)  # 17 levels: nearly what the file holds
    found = _place(measured, _png(pixels))
    assert found.layers == names and (found.indices[:, 0, 0] == 7).all()
    assert (found.distances[:, 0, 0] < 0.1 * found.distances[:, 0, 1]).all()
    assert found.predictions[0] == results.run(store, REQUEST).predictions[7]
    for i, name in enumerate(names):
        record = results.layer(store, REQUEST, name)
        axes = min(3, record.coordinates.shape[1])
        spread = record.coordinates[:, :axes].std(0)
        assert (abs(found.coordinates[i, 0, :axes] - record.coordinates[7, :axes]) < 0.02 * spread).all()


def test_the_distances_are_those_of_a_brute_force(measured):
    _, _, samples = measured
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    found = _place(measured, _png(pixels))
    x = samples.images.flatten(1).numpy().astype(float)
    brute = np.linalg.norm(x - np.float32(pixels.ravel() / np.float32(255)), axis=1)
    order = np.argsort(brute, kind="stable")[: found.indices.shape[2]]
    assert (found.indices[0, 0] == order).all()
    assert found.distances[0, 0] == pytest.approx(brute[order], rel=1e-6)


def test_a_large_colour_picture_is_cut_to_what_the_network_sees_and_that_is_said(measured):
    found = _place(measured, _png(np.full((40, 60, 3), 200, np.uint8)))
    assert found.shown.shape == (1, 28, 28, 3) and "luminance" in " ".join(found.notes)
    assert "resized" in " ".join(found.notes)


def test_what_is_no_picture_is_refused_in_a_sentence(measured):
    with pytest.raises(RequestError, match="cannot be used.*Choose another image"):
        _place(measured, b"<svg></svg>", "one.svg")


def test_a_picture_is_not_placed_where_nothing_is_measured(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(RequestError, match="none is measured here yet"):
        pipeline.place(PlaceJob(REQUEST, ("input",), "0" * 64), store, Budget(MEMORY))
