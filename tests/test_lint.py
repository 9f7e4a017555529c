"""The code as ruff and mypy want it: `make lint`, beside the other tests."""

import subprocess
import sys

import pytest

from tests import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("tool", ["ruff check .", "ruff format --check .", "mypy"])
def test_nothing_is_found_by(tool):
    done = subprocess.run([sys.executable, "-m", *tool.split()], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{tool} says:\n{done.stdout}{done.stderr}"
