"""`layerscope units`: a row for each unit, the detectors of each layer, and sentences for what cannot be."""

import csv
import io
import json

import pytest

from idcore import cli

MLP = ["--data", "digits", "--n", "120", "--network", "mlp", "--width", "16", "--depth", "1", "--regime", "untrained"]


def test_units_are_written_best_first_with_the_null_beside_the_curve(tmp_path, capsys):
    ask = ["units", *MLP, "--layers", "d1,output", "--cache", str(tmp_path)]
    assert cli.main([*ask, "--format", "json", "--most", "0"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = found["layers"]
    assert [row["layer"] for row in rows] == ["d1"] * 16 + ["output"] * 10 and rows[0]["n"] == 120
    live = [row["auc"] for row in rows[:16] if not row["dead"]]
    assert live == sorted(live, reverse=True) and 0.5 < live[0] <= 1
    assert set(found["detectors"]) == {"d1", "output"} and found["detectors"]["d1"]["null"] < 0.65
    assert any("with permuted labels" in note and "N = 120" in note for note in found["notes"])
    assert cli.main([*ask, "--format", "csv", "--most", "2"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["layer"] for row in table] == ["d1", "d1", "output", "output"]
    assert float(table[0]["auc"]) == pytest.approx(live[0])


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--classes", "3", "--n", "30"], "two classes or more"), (["--most", "-1"], "--most must be 0 (all) or more"),
     (["--layers", "d9"], "no layer 'd9'")],
)  # fmt: skip
def test_what_has_no_units_ends_with_code_2_and_a_sentence(more, said, tmp_path, capsys):
    assert cli.main(["units", *MLP, "--layers", "d1", *more, "--cache", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert said in told.err and not told.out


def test_chunks_of_the_last_hidden_layer_are_written_by_size(tmp_path, capsys):
    flags = ("redundancy", "--network", "mlp", "--width", "16", "--depth", "1", "--data", "digits", "--n", "200")
    assert cli.main([*flags, "--regime", "untrained", "--format", "json", "--cache", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = found["layers"]
    assert [row["w"] for row in rows] == sorted(row["w"] for row in rows) and rows[-1]["w"] <= 16
    assert {row["layer"] for row in rows} == {"d1"} and rows[0]["r2"] < rows[-1]["r2"] <= 1
    assert cli.main([*flags[:2], "cnn", "--data", "nosuch", "--cache", str(tmp_path)]) == 2
    assert "no data set 'nosuch'" in capsys.readouterr().err
