"""A result that was taken along makes its numbers again, to the last digit, in another folder."""

import csv
import io
import json
import os
import runpy
import subprocess
import sys
import zipfile

import pytest

import idcore
from idcore import cli, spec
from idcore.api import COLUMNS
from idcore.identity import COLUMNS as IDENTITY
from idcore.spec import Architecture, DataSpec, NetworkSpec, Request, Untrained
from idcore.store import Store
from tests import ROOT
from tests.tools import patience

SMALL = Request(DataSpec("digits", "train", n=80, seed=5), NetworkSpec(Architecture("mlp", 8, 1), Untrained(3)))


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory):
    place = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERSCOPE_CACHE", str(place))
        list(idcore.run(SMALL))
        yield Store(place)


@pytest.mark.slow
def test_a_zip_holds_all_of_a_result_and_makes_it_again_in_another_folder(store, tmp_path, capsys, monkeypatch):
    key = spec.run_key(SMALL)
    assert cli.main(["export", key[:8], "-o", str(tmp_path / "x.zip")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path)
    here = tmp_path / "layerscope"
    assert {path.name for path in here.iterdir()} == {
        *("README.txt", "request.json", "numbers.csv", "numbers.json", "command.sh", "again.py", "versions.json"),
        "figures",
    }
    kept = list(csv.DictReader(io.StringIO((here / "numbers.csv").read_text())))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LAYERSCOPE_CACHE": str(store.root),
                   "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"}  # fmt: skip
    done = subprocess.run(["bash", "command.sh"], cwd=here, env=environment, capture_output=True, text=True,
                          timeout=patience.seconds())  # fmt: skip
    assert done.returncode == 0, done.stderr
    monkeypatch.chdir(here)
    runpy.run_path("again.py", run_name="__main__")
    for printed in (done.stdout, capsys.readouterr().out):
        rows = list(csv.DictReader(io.StringIO(printed)))
        assert set(rows[0]) == {*COLUMNS, *IDENTITY} and len(rows) == len(kept) > 2
        for row, one in zip(rows, kept, strict=True):
            for name in (*COLUMNS, *IDENTITY):
                assert row[name] == one[name] or float(row[name]) == float(one[name])
    assert [spec.from_json(one) for one in json.loads((here / "request.json").read_text())] == [SMALL]
    figures = {path.name: path.read_bytes() for path in (here / "figures").iterdir()}
    assert {"curve.svg", "curve.pdf", "curve.png", "map-00-input.svg"} <= set(figures)


@pytest.mark.parametrize("kind", ["curve", "map", "spectrum", "fit", "distances"])
def test_the_command_line_writes_each_figure_of_a_result(kind, tmp_path, capsys):
    path = tmp_path / f"{kind}.svg"
    words = ["figure", spec.run_key(SMALL)[:8], "-o", str(path), "--kind", kind, "--layer", "d1", "--title", "Mine"]
    assert cli.main(words) == 0
    assert path.read_text().startswith("<?xml") and capsys.readouterr().out.strip() == str(path)


@pytest.mark.parametrize(
    "words, said",
    [
        (["figure", "KEY", "-o", "x.gif"], ".svg, .pdf, .png"),
        (["figure", "KEY", "-o", "x.svg", "--kind", "pie"], "not 'pie'"),
        (["figure", "KEY", "-o", "x.svg", "--kind", "map", "--layer", "d9"], "no layer 'd9'"),
        (["figure", "000000", "-o", "x.svg"], "no result"),
        (["export", "KEY", "-o", "x.tar"], ".zip"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main([spec.run_key(SMALL)[:8] if word == "KEY" else word for word in words]) == 2
    assert said in capsys.readouterr().err and not list(tmp_path.iterdir())
