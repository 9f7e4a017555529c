"""The benchmark for a GPU runs where the dashboard is not installed: torch, torchvision, numpy and what they need."""

import json
import subprocess
import sys
from importlib import metadata

import pytest

from tests import ROOT

NEEDED = {
    *("torch", "torchvision", "numpy", "safetensors", "filelock", "setuptools", "typing-extensions", "pillow"),
    *("sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec"),
}
ALONE = """
import runpy, sys
absent = set({absent!r})
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
sys.argv = ["benchmarks.gpu", "--tiny", "--device", "cpu", "--parts", *{parts!r}]
runpy.run_module("benchmarks.gpu", run_name="__main__")
"""


def _modules(name: str) -> set[str]:
    files = (str(file) for file in metadata.distribution(name).files or ())
    return {file.split("/")[0].removesuffix(".py") for file in files if file.endswith(".py")}


def _absent() -> list[str]:
    names = {found.metadata["Name"].lower().replace("_", "-") for found in metadata.distributions()}
    there = set().union(*(_modules(name) for name in NEEDED & names))
    return sorted(set().union(*(_modules(name) for name in names - NEEDED)) - there - {"idcore", "benchmarks", "tests"})


@pytest.mark.slow
def test_the_gpu_benchmark_needs_no_dashboard_and_its_tables_are_right_on_the_cpu():
    absent = _absent()
    assert {"streamlit", "pandas", "plotly", "distributed", "sklearn", "scipy"} <= set(absent)
    code = ALONE.format(absent=absent, parts=["correct", "neighbours", "million"])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    checked = [row for row in rows if row.get("part") == "correct"]
    assert len(checked) == 54 + 24 and all(row["right"] for row in checked)
    assert {row["part"] for row in rows[1:]} == {"correct", "neighbours", "million"}
