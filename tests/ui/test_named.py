"""A network of one's own, measured in a notebook under a name, stands on the pages as it was measured."""

import json
import re

import numpy as np
import pytest
import torch
from torch import nn

import idcore
from idcore import cli, results
from idcore.cli_run import requested
from idcore.errors import DataError, RequestError
from idcore.pipeline import run
from idcore.results import atlas
from idcore.spec import DataSpec, Request
from tests.tools.pages import figures_of, open_app, text_of

IMAGES = torch.rand(90, 1, 12, 12, generator=torch.Generator().manual_seed(1)) * 3 - 1
LABELS = np.array(["cat", "dog", "<b>owl</b>"])[np.arange(90) % 3]


def _network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 16), nn.ReLU(), nn.Linear(16, 3))


@pytest.fixture
def profile(fake, capsys):
    found = idcore.profile(_network(), IMAGES, LABELS, name="mine, at night")
    assert re.match(
        r"mine, at night: http://127\.0\.0\.1:8501/explore\?data=upload-\w{64}&n=90&seed=0", capsys.readouterr().out
    )
    list(found)
    return found


def test_explore_shows_it_by_its_name_with_its_layers_and_asks_for_nothing(profile, fake):
    data = profile.request.data
    at = open_app("explore", data=data.dataset, n=str(data.n))
    assert fake.submitted == [] and "mine, at night" in text_of(at) and "90" in text_of(at)
    curve = json.loads(figures_of(at)[0])["data"][0]
    assert curve["name"] == "TwoNN ID" and [one[0] for one in curve["customdata"]] == list(profile.to_frame()["layer"])
    kept = results.run(fake.store, profile.request)
    assert kept.finished and kept.class_names == ("<b>owl</b>", "cat", "dog")
    assert [layer.shape for layer in kept.layers][0] == (1, 12, 12)
    small = atlas.read(fake.store, data)
    assert small.shape == (90, 28, 28, 3) and (small[..., 0] == small[..., 2]).all() and small.max() > 250


def test_it_is_listed_on_data_and_on_the_command_line(profile, fake, capsys):
    assert "mine, at night" in text_of(open_app("data"))
    assert cli.main(["list", "results", "--cache", str(fake.store.root)]) == 0
    (line,) = [one for one in capsys.readouterr().out.splitlines() if profile.request.data.dataset in one]
    assert line.endswith("  # mine, at night") and requested(line, fake.store) == [profile.request]
    assert [found.request for found in results.runs(fake.store) if found.request.data == profile.request.data]


def test_the_same_under_the_same_name_is_measured_once(profile, fake):
    again = idcore.profile(_network(), IMAGES, LABELS, name="mine, at night")
    assert [g.seconds for g in again] == [g.seconds for g in profile] and again.request == profile.request
    other = idcore.profile(_network(), IMAGES, LABELS, name="another")
    assert other.request != profile.request


def test_what_was_not_measured_cannot_be_and_that_is_said(profile, fake):
    fewer = Request(DataSpec(profile.request.data.dataset, "all", n=50), profile.request.network)
    with pytest.raises(DataError, match="its activations were not kept"):
        list(run(fewer, "all", fake.store, memory=2**28))


@pytest.mark.parametrize("name", ["", 5, "x" * 10_000], ids=["empty", "a number", "long"])
def test_a_bad_name_is_refused_before_anything_is_measured(name, fake):
    with pytest.raises(RequestError, match="name of 1 to"):
        idcore.profile(_network(), IMAGES, name=name)
    assert not [run for run in results.runs(fake.store) if "upload" in run.request.data.dataset]


def test_vectors_have_no_pictures_and_no_labels_are_no_classes(fake):
    found = idcore.profile(nn.Linear(6, 3), torch.randn(60, 6), name="vectors")
    list(found)
    assert atlas.read(fake.store, found.request.data) is None
    assert results.run(fake.store, found.request).class_names == ("all samples",)
    with pytest.raises(RequestError, match="name"):
        _ = idcore.profile(nn.Linear(6, 3), torch.randn(60, 6)).link
