"""Where a network looks on one sample: every method beside its baselines, and what loses to them is said to."""

import json
from dataclasses import replace

import numpy as np
import pytest

from idcore import cli
from idcore.errors import RequestError
from idcore.pipeline.attend import Attended, Judged, attend
from idcore.spec import Architecture, DataSpec, NetworkSpec, Request, Untrained
from idcore.store import Store

REQUEST = Request(data=DataSpec(n=5))


def test_the_maps_of_a_trained_network_beat_chance(tmp_path):
    found = attend(REQUEST, 1, Store(tmp_path))
    methods = [row.method for row in found.rows]
    assert methods == ["Grad-CAM at pool2", "integrated gradients", "most ink", "random"]
    assert found.probability > 0.5 and all(0 < row.area < 1 for row in found.rows)
    assert all(row.scores.shape == (7, 7) and np.isfinite(row.scores).all() for row in found.rows[:-1])
    assert found.rows[1].area < found.rows[-1].area


def test_a_method_that_does_not_beat_a_baseline_is_said_to_lose():
    rows = tuple(
        Judged(name, None, area, (0.0, 0.0)) for name, area in (("map", 0.4), ("most ink", 0.3), ("random", 0.6))
    )
    found = Attended(0, 0, 0, 1.0, rows)
    assert found.loses(rows[0]) == ["most ink"] and found.loses(rows[1]) == []


def test_the_command_line_writes_the_maps_and_refuses_a_sample_that_is_not_there(tmp_path, capsys):
    ask = ["attend", "--n", "5", "--cache", str(tmp_path)]
    assert cli.main([*ask, "--sample", "1", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in found["layers"]][-2:] == ["most ink", "random"] and len(found["maps"]) == 3
    assert cli.main([*ask, "--sample", "5"]) == 2
    assert "a number from 0 to 4, not 5" in capsys.readouterr().err
    with pytest.raises(RequestError):
        attend(REQUEST, -1, Store(tmp_path))


def test_what_cannot_be_followed_is_said_and_the_other_methods_are_there(tmp_path, monkeypatch):
    request = replace(REQUEST, network=NetworkSpec(Architecture("vit_b_16"), Untrained()), size=32)
    found = attend(request, 1, Store(tmp_path))
    assert [row.method for row in found.rows][1:3] == ["attention rollout", "gradient-weighted attention"]
    assert found.notes == ()
    monkeypatch.setattr("idcore.inside.attention.TOKENS", 3)
    found = attend(request, 1, Store(tmp_path))
    assert "5 tokens attend; the weights of at most 3 are kept" in " ".join(found.notes)
    assert [row.method for row in found.rows][-3:] == ["integrated gradients", "most ink", "random"]
