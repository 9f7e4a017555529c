"""Where a network looks on one sample: every method beside its baselines, and what loses to them is said to."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from idcore import cli
from idcore.errors import NetworkError, RequestError
from idcore.inside import deletion, maps
from idcore.pipeline import attend as module
from idcore.pipeline.attend import attend, look
from idcore.results import looked
from idcore.results.looked import Judged, Looked
from idcore.spec import Architecture, DataSpec, LookJob, NetworkSpec, Request, Untrained
from idcore.store import Store

REQUEST = Request(data=DataSpec(n=5))
VIT = replace(REQUEST, network=NetworkSpec(Architecture("vit_digits"), Untrained()))


@pytest.fixture(scope="module", autouse=True)
def few():
    """A sum over few points and few orders of chance: how exact the maps are is no claim of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletion, "DRAWS", 3)
        patch.setattr(maps, "integrated_gradients", partial(maps.integrated_gradients, nodes=4))
        yield


def row(method, area, spread=0.0):
    return Judged(method, None, None, np.zeros(3), area, spread)


def seen(rows):
    return Looked(0, 0, np.zeros((2, 2, 3), np.uint8), (), np.ones(1), 0, tuple(rows))


def test_the_maps_of_a_trained_network_beat_chance(tmp_path):
    seen = attend(LookJob(REQUEST, 1), Store(tmp_path))
    methods = [row.method for row in seen.rows]
    assert methods == ["Grad-CAM at pool2", "integrated gradients", "most ink", "random"]
    assert seen.probabilities[seen.target] > 0.5 and seen.target == seen.said and seen.classes[3] == "3"
    assert seen.image.shape == (28, 28, 3) and seen.notes == (
        "Attention is not there: no layer of this network attends.",
    )
    assert all(0 < row.area < 1 for row in seen.rows)
    assert all(row.scores.shape == (7, 7) and np.isfinite(row.scores).all() for row in seen.rows[:-1])
    assert seen.rows[1].area < seen.rows[-1].area


def test_a_method_that_does_not_beat_a_baseline_is_said_to_lose():
    found = seen([row("map", 0.4), row("most ink", 0.3), row("random", 0.6, 0.05)])
    assert found.loses(found.rows[0]) == ["most ink"] and found.loses(found.rows[1]) == []
    near = seen([row("map", 0.25), row("most ink", 0.3), row("random", 0.3, 0.05)])
    assert near.loses(near.rows[0]) == ["random"]  # within two standard deviations of chance
    assert found.rows[0].after(0.1) == 0 and row("map", 0.1).after(1.0) == 0


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    """(store, job, what is kept of its look) of a vision transformer for digits."""
    store, job = Store(tmp_path_factory.mktemp("store")), LookJob(VIT, 2, target=4)
    assert not looked.there(store, job) and looked.read(store, job) is None
    look(job, store)
    return store, job, looked.read(store, job)


def test_a_look_is_kept_as_it_was_seen(vit, monkeypatch):
    store, job, found = vit
    monkeypatch.setattr(module, "KEPT", 100)
    again = attend(job, store)
    assert found.target == 4 and [one.method for one in found.rows] == [one.method for one in again.rows]
    for mine, other in zip(found.rows, again.rows, strict=True):
        assert np.array_equal(mine.curve, other.curve) and (mine.area, mine.spread) == (other.area, other.spread)
    assert np.array_equal(found.image, again.image) and found.notes == again.notes
    # of more attention than that, the mean of the heads and the rows of the class token are kept
    for whole, part in zip(found.attention, again.attention, strict=True):
        assert part.each.shape == (4, 1, 50) and np.array_equal(part.each[:, 0], whole.each[:, 0])
        assert np.array_equal(part.mean, whole.mean)
        with pytest.raises(IndexError):
            part.row(1, 3)


def test_attention_is_kept_by_layer_and_head_and_its_rows_sum_to_one(vit):
    found = vit[2]
    assert [one.layer for one in found.attention] == [f"block{i}.attention" for i in (1, 2, 3, 4)]
    for heads in found.attention:
        assert heads.each.shape == (4, 50, 50) and np.allclose(heads.each.sum(-1, dtype=np.float32), 1, atol=2e-3)
        assert np.allclose(heads.row(None, 7), heads.each[:, 7].astype(np.float32).mean(0), atol=1e-3)


def test_all_methods_are_judged_on_the_patches_of_the_transformer(vit):
    found = vit[2]
    assert {len(one.curve) for one in found.rows} == {50} and found.rows[-1].spread > 0
    assert any("patches.project, is in the first half" in note for note in found.notes)


def test_the_command_line_writes_the_maps_and_refuses_a_sample_that_is_not_there(tmp_path, capsys):
    ask = ["attend", "--n", "5", "--cache", str(tmp_path)]
    assert cli.main([*ask, "--sample", "1", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in found["layers"]][-2:] == ["most ink", "random"] and len(found["maps"]) == 3
    assert cli.main([*ask, "--sample", "5"]) == 2
    assert "a number from 0 to 4, not 5" in capsys.readouterr().err
    assert cli.main([*ask, "--explain", "10"]) == 2
    assert "10 outputs, from 0 on; there is no output 10" in capsys.readouterr().err
    with pytest.raises(RequestError, match="The sample"):
        LookJob(REQUEST, -1)


def test_what_cannot_be_followed_is_said_and_the_other_methods_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr("idcore.inside.attention.TOKENS", 3)
    found = attend(LookJob(VIT, 1), Store(tmp_path))
    assert "50 tokens attend; the weights of at most 3 are kept" in " ".join(found.notes) and not found.attention
    assert [one.method for one in found.rows] == ["integrated gradients", "most ink", "random"]


class Odd(nn.Module):
    """Its output is fine, its gradient is NaN."""

    def forward(self, x):
        seen = x.flatten(1).sum(1)
        return torch.stack([seen, torch.sqrt(seen - seen)], 1)


def test_a_gradient_that_is_nan_is_a_sentence_and_the_baselines_are_there():
    rows, _, notes = module.judged(Odd(), torch.rand(1, 1, 8, 8), 1)
    assert [one.method for one in rows] == ["most ink", "random"]
    assert any(note.startswith("Integrated gradients is not there: There are NaN or infinite") for note in notes)
    with pytest.raises(NetworkError, match="NaN or infinite numbers for this sample"):
        module.probabilities(nn.Sequential(nn.Flatten(), Nothing()), torch.rand(1, 1, 2, 2))


class Nothing(nn.Module):
    def forward(self, x):
        return x * torch.nan


def test_a_network_without_positions_is_told_so():
    perceptron = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    rows, _, notes = module.judged(perceptron, torch.rand(1, 1, 4, 4), 1)
    assert [one.method for one in rows] == ["integrated gradients", "most ink", "random"]
    assert notes[0].startswith("Attention is not there") and notes[1].startswith("Grad-CAM is not there")
