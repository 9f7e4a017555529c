"""Recordings beside a network, from the file to the page: read, measured, matched, compared, and told on the command
line."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from idcore import pipeline, results, spec
from idcore.cli import main
from idcore.pipeline import recordings
from idcore.record import Dataset
from idcore.results import passages, reliable, sampled
from idcore.spec import ELSEWHERE, UPLOAD, DataSpec, ReadJob, Request
from idcore.store import Store, gallery
from idcore.ui.start import pictures
from tests.tools.pages import figures_of, open_app, text_of

pytestmark = pytest.mark.usefixtures("unconfined")

RANDOM = np.random.default_rng(0)
LATENT = RANDOM.normal(size=(80, 4))
NAMES = [f"{i:03}.png" for i in range(80)]


def _file(order: np.ndarray, **more: np.ndarray) -> bytes:
    area = (LATENT @ RANDOM.normal(size=(4, 12)))[:, None] + 0.5 * RANDOM.normal(size=(80, 4, 12))
    file = io.BytesIO()
    np.savez(file, V1_repeats=area[order], names=np.array(NAMES)[order], **more)
    return file.getvalue()


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """(store, requests of two files of the same stimuli, the second in another order)."""
    store, found = Store(tmp_path_factory.mktemp("store")), []
    for order in (np.arange(80), RANDOM.permutation(80)):
        digest = results.save_upload(store, _file(order, IT=LATENT[order]), "areas.npz")
        pipeline.read(ReadJob("representations", digest), store)
        found.append(Request(DataSpec(UPLOAD + digest, "all", n=80), ELSEWHERE))
        list(pipeline.run(found[-1], "all", store, memory=2**28, device="cpu"))
    return store, found


def test_repeats_names_and_reliability_are_kept_beside_the_layers(measured):
    store, (request, _) = measured
    found = reliable.read(store, request, "V1")
    assert found is not None and 0.8 < found.ceiling < 1 and (found.repeats, found.splits, found.n) == (4, 3, 80)
    assert reliable.read(store, request, "IT") is None
    run = results.run(store, request)
    assert [layer.name for layer in run.layers] == ["V1", "IT"]
    assert passages.read(store, request.data).names == tuple(NAMES[i] for i in run.ids)
    assert sampled.samples(store, request, "it").names == tuple(NAMES[i] for i in run.ids)


def test_the_command_line_compares_what_is_matched_by_name(measured, tmp_path, capsys):
    store, requests = measured
    keys = [spec.run_key(one)[:12] for one in requests]
    asked = ["compare", *keys, "--cache", str(store.root), "--permutations", "30"]
    assert main([*asked, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["same_samples"].startswith("The same samples by their names: 80 of 80, in another order")
    cells = {(row["first"], row["second"]): row for row in document["pairs"]}
    assert cells["IT", "IT"]["rsa"] == pytest.approx(1.0, abs=1e-6) and cells["IT", "IT"]["overlap"] > 0.99
    assert cells["V1", "IT"]["rsa"] > cells["V1", "IT"]["rsa_null"] > 0
    assert cells["V1", "IT"]["rsa_ceiling"] == document["reliability"][0]["V1"]["ceiling"]
    assert main([*asked, "--format", "csv"]) == 0
    head = capsys.readouterr().out.splitlines()[0].split(",")
    assert head[:4] == ["first_result", "second_result", "first", "second"]
    assert {"rsa_err", "rsa_pairs", "cka_low", "overlap_null", "imbalance_back_err"} <= set(head)


@pytest.mark.parametrize("more, words", [([], "give --same-order"), (["--permutations", "0"], "1 or more, not 0")])
def test_files_that_nothing_matches_need_a_word(tmp_path, capsys, more, words):
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", RANDOM.normal(size=(40, 5)))
    asked = ["compare", str(tmp_path / "a.npy"), str(tmp_path / "b.npy"), "--cache", str(tmp_path / "cache"), *more]
    assert main(asked) == 2 and words in capsys.readouterr().err
    if not more:
        assert main([*asked, "--same-order", "--permutations", "20"]) == 0
        assert "by your word" in capsys.readouterr().out


def test_recordings_that_ship_resemble_the_layer_that_each_area_mixes():
    curves = results.picture(gallery(), recordings.PICTURE)
    early, late = curves["untrained"][:, 1], curves["trained"][:, 1]
    assert early[2] > early[5] + 0.2 and np.argmax(late) == 5  # pool1 and d1
    (data,) = {run.request.data.dataset for run in results.runs(gallery()) if run.request.network == ELSEWHERE}
    known, arrays = results.dataset(gallery(), data)
    assert "Synthetic" in known.title and "Poisson noise" in known.source and arrays["repeats/0"].dtype == np.uint8
    assert recordings.spikes(np.eye(6), np.random.default_rng(1)).shape == (6, recordings.REPEATS, recordings.NEURONS)


def test_the_story_opens_the_areas_beside_the_layers_with_chance_and_ceiling(fake):
    at = open_app("compare", set="results", across="RSA", **pictures.recordings())
    said = text_of(at)
    assert fake.submitted == [] and "same samples by their numbers in the data set" in said
    assert "Noise ceiling" in said and "early area 0.95" in said and "Spearman-Brown" in said
    heat = json.loads(figures_of(at)[-1])["data"][0]
    assert heat["customdata"][5][1].startswith("<b>d1</b> and <b>late area</b><br>RSA 0.8")


def test_the_word_of_the_reader_makes_partners_of_what_nothing_matches(fake):
    names = [UPLOAD + digit * 64 for digit in "ab"]
    for name, request in zip(names, _requests(fake, names), strict=True):
        run = results.run(fake.store, request)
        results.save_run(fake.store, replace(run, ids=np.random.default_rng(len(name)).permutation(60)))
    keys = [spec.run_key(one)[:12] for one in _requests(fake, names)]
    at = open_app("compare", set="results", results=keys, across="RSA")
    assert "say that the rows are in the same order" in text_of(at) and "by your word" not in text_of(at)
    at.toggle(key="same_order").set_value(True).run()
    assert "The same 60 samples by your word" in text_of(at)


def _requests(fake, names):
    found = []
    for name in names:
        dataset = Dataset(name, name[:8], ("all samples",), None, {"all": 60}, "uploaded", matrices=(("input", 40),))
        results.save_dataset(fake.store, dataset, {"labels": np.zeros(60, np.int64)})
        found.append(Request(DataSpec(name, "all", n=60), ELSEWHERE))
        if results.run(fake.store, found[-1]) is None:
            fake._measure(spec.ProfileJob(found[-1]))
    return found
