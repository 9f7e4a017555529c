"""What the benchmarks measure is there: they are run by hand, and would be the last to notice that it has moved."""

import importlib

import pytest

from tests import ROOT


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")))
def test_a_benchmark_finds_what_it_measures(name):
    assert importlib.import_module(f"benchmarks.{name}").__doc__
