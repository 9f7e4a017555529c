"""The columns of `--statistics`: documented, filled where there is a number, empty where there is none."""

import re

import numpy as np
import pytest

from idcore import cli
from idcore.errors import RequestError
from idcore.estimators.statistics import STATISTICS, columns_of
from idcore.record import Layer, unmeasured
from tests import ROOT
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import gaussian

NAMES = [one.name for one in STATISTICS]
HEAPS = np.repeat([0, 1], 150)
LAYERS = [
    unmeasured(Layer("none", 0, 0.0, "ReLU", (2,), 2), 300, "The layer is constant."),
    brute_geometry(gaussian(300, 5), "mixed"),
    brute_geometry(gaussian(300, 5) + 9 * HEAPS[:, None], "parted"),
]


def test_every_column_is_documented_and_no_other():
    text = (ROOT / "docs/statistics.md").read_text().split("<!-- table of statistics -->")[1]
    assert re.findall(r"^\| \| `(\w+)` \|", text, re.MULTILINE) == [c for one in STATISTICS for c in one.columns]
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == NAMES
    assert all(f"| {words} |" in text for one in STATISTICS for words in one.columns.values())


def test_layers_with_numbers_fill_all_columns_and_a_constant_one_none(monkeypatch):
    monkeypatch.setattr("idcore.estimators.hidalgo.GROWING", (20, 1))
    rows, notes = columns_of(NAMES, LAYERS, HEAPS)
    columns = [column for one in STATISTICS for column in one.columns]
    assert not notes and all(list(row) == columns for row in rows)
    far = {f"id_r{2**j}{end}" for j in range(8, 14) for end in ("", "_err")}  # beyond half of 300 samples
    assert set(rows[0].values()) == {None}
    for row in rows[1:]:
        none = {f"pieces_d{i}{end}" for i in range(row["pieces"] + 1, 5) for end in ("", "_err")}
        assert {column for column in row if row[column] is None} == far | none
    assert rows[2]["peaks"] == 2 and rows[2]["peaks_ari"] > 0.95 > rows[1]["peaks_ari"]
    assert rows[2]["cka_output"] == pytest.approx(1) and rows[2]["cka_output_p"] == pytest.approx(1 / 201)
    assert rows[2]["imbalance_to_output"] == pytest.approx(2 / 300)


def test_without_labels_there_is_no_agreement_with_them_and_few_samples_are_a_note():
    rows, _ = columns_of(["nucleation"], LAYERS[1:], np.full(300, -1))
    assert [row["peaks_ari"] for row in rows] == [None, None] and rows[1]["peaks"] == 2
    few = [brute_geometry(gaussian(8, 3), "few")]
    rows, notes = columns_of(["imbalance", "scale"], few, np.zeros(8, int))
    assert set(rows[0].values()) == {None} and notes == [
        "imbalance: The information imbalance needs at least 10 points; there are 8."
    ]


def test_an_unknown_statistic_is_refused_before_anything_is_measured(capsys):
    with pytest.raises(RequestError, match="no statistic 'peak'"):
        columns_of(["peak"], LAYERS, HEAPS)
    assert cli.main(["profile", "--data", "digits", "--statistics", "peak"]) == 2
    assert "choose among nucleation" in capsys.readouterr().err
    assert cli.main(["profile", "--data", "digits", "--statistics", "scale", "--protocol", "per-class"]) == 2
