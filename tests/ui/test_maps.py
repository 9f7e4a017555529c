"""Maps on the pages, without a browser: side by side, UMAP as its layers come, stars for pictures of one's own."""

import dataclasses

import numpy as np
import pytest

from idcore import results
from idcore.estimators.embedding import Embedding
from idcore.results import Run
from idcore.results.placed import Placed
from idcore.spec import EmbedJob, Request
from idcore.ui.compare.choosing import Member
from idcore.ui.result.map import blob, parts
from tests.tools.build_record import brute_geometry, scattered
from tests.tools.pages import N, open_app, text_of


def test_the_umap_of_the_open_layer_is_shown_as_soon_as_it_is_there(fake):
    assert "PCA until the UMAP of input is ready." in text_of(open_app(map="UMAP", layer="input"))
    job = next(job for job in fake.submitted if isinstance(job, EmbedJob))
    positions = np.random.default_rng(0).normal(size=(N, 2)).astype(np.float32)
    results.save_embedding(fake.store, job, "input", Embedding(positions, 0.9, 0.5, "umap", {}, 1.0, ""))
    said = text_of(open_app(map="UMAP", layer="input"))
    assert "PCA until" not in said and "UMAP (15 neighbours" in said
    assert "PCA until the UMAP of d1 is ready." in text_of(open_app(map="UMAP", layer="d1"))


def test_a_layer_whose_umap_is_not_there_yet_says_so_on_the_map():
    records = [brute_geometry(np.random.default_rng(i).normal(size=(40, 5)), name) for i, name in enumerate("ab")]
    there = Embedding(np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32), 0.9, 0.5, "umap", {}, 1.0, "")
    header, _ = blob.unpack(parts.umap("a test of its own", records, [there, None]))
    first, second = header["maps"][0]["layers"]
    assert (first["row"], second["row"], second["note"]) == (0, -1, "its UMAP is being made.")


def test_two_results_on_the_same_samples_stand_side_by_side_and_another_is_left_out_by_name(fake):
    open_app("compare")
    open_app(n="50")
    same = [Member("", run.request).id for run in results.runs(fake.store) if run.request.data.n != 50]
    other = [Member("", run.request).id for run in results.runs(fake.store) if run.request.data.n == 50]
    (few,) = [run.request for run in results.runs(fake.store) if run.request.data.n == 50]
    run = results.run(fake.store, few)
    results.save_run(fake.store, dataclasses.replace(run, ids=run.ids + 1))  # which samples they are says their number
    at = open_app("compare", set="results", results=[*same[:2], *other])
    assert "Not shown, because other samples went through it: " in text_of(at)
    assert "samples, the same in each" in text_of(at)
    at = open_app("compare", set="results", results=[same[0], *other])
    assert "It takes two networks that saw the same samples" in text_of(at)


def test_the_samples_of_two_networks_are_the_same_whatever_the_networks_say_of_them():
    labels, ids = scattered(6, 2)
    run = Run(Request(), (), labels, labels, ids, ("a", "b"), None, None, None)
    other = dataclasses.replace(run, predictions=1 - run.predictions)
    moved = dataclasses.replace(run, ids=run.ids + 1)
    first, second, third = (blob.unpack(parts.samples(one))[0] for one in (run, other, moved))
    assert first["digest"] != second["digest"] and first["same"] == second["same"] != third["same"]


@pytest.mark.parametrize("name", ["PCA", "PCA 3-D"])
def test_a_picture_that_is_a_sample_has_its_star_on_that_sample(name):
    records = [
        brute_geometry(np.random.default_rng(i).normal(size=(40, 5)), one, order=i) for i, one in enumerate("ab")
    ]
    own = np.stack([record.coordinates[[7, 30], :3] for record in records]).astype(float)
    nothing = np.zeros((2, 2, 0))
    placed = Placed(("a", "b"), np.zeros((2, 1, 1, 3), np.uint8), np.zeros(2, int), nothing, nothing, own)
    header, stars = blob.unpack(parts.pictures(name, records, placed))
    _, maps = blob.unpack(parts.pca(Request(), name, records))
    assert (header["map"], header["layers"], header["count"]) == (name, ["a", "b"], 2)
    np.testing.assert_allclose(stars["positions"], maps["map0"][:, [7, 30]], atol=1)
