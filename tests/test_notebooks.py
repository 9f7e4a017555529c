"""The notebooks of `examples/` run as they stand, and their outputs are what they give."""

import ast
import json
import os
import subprocess
import sys

import pytest

from tests import ROOT
from tests.tools import notebooks

ALL = {path.name: json.loads(path.read_text()) for path in notebooks.notebooks()}


def test_there_is_one_of_each_kind_small_and_executed():
    assert set(ALL) == {f"{n}.ipynb" for n in ("own_network", "recordings", "language_model", "figure_for_a_paper")}
    for path in notebooks.notebooks():
        assert path.stat().st_size < 400_000
        cells = notebooks.code(ALL[path.name])
        assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
        assert any("image/png" in output.get("data", {}) for cell in cells for output in cell["outputs"])
        for cell in cells:
            ast.parse("".join(cell["source"]))
            assert str(ROOT) not in json.dumps(cell) and "/tmp/" not in notebooks.printed(cell)


@pytest.mark.slow
def test_their_outputs_are_what_they_give(tmp_path):
    """All in one process, which has loaded no part of the project before."""
    command = [sys.executable, "-m", "tests.tools.notebooks", "--run", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    for name, kept in ALL.items():
        fresh = json.loads((tmp_path / name).read_text())
        for cell, other in zip(notebooks.code(kept), notebooks.code(fresh), strict=True):
            (words, numbers), (now, given) = map(notebooks.parted, map(notebooks.printed, (cell, other)))
            assert now == words, name
            learned = notebooks.LEARNED in cell["metadata"].get("tags", ())
            assert given == pytest.approx(numbers, rel=0.3 if learned else 1e-9, abs=0.5 if learned else 0), name
