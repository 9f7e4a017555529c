"""What `help()` of a public function shows runs as it stands, and gives what it says."""

import doctest
from importlib import import_module

import pytest

import idcore
from idcore import _MODULE_OF
from idcore.errors import PointsError

EXAMPLES = ("layers", "save_figure", pytest.param("umap", marks=pytest.mark.slow))  # numba compiles


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_public_function_runs(name):
    function = getattr(idcore, name)
    found = doctest.DocTestFinder().find(function, name, module=import_module(f"idcore.{_MODULE_OF[name]}"), globs={})
    assert sum(len(one.examples) for one in found) > 1
    said: list[str] = []
    for one in found:
        doctest.DocTestRunner().run(one, out=said.append)
    assert not said, "".join(said)


def test_a_table_of_neighbours_has_no_map():
    with pytest.raises(PointsError, match="give points"):
        idcore.umap(idcore.neighbours([[0.0], [1.0], [3.0]]))
