"""What `help()` of a public function shows runs as it stands, and gives what it says; what it gives back is told on a
line."""

import doctest
import inspect
import re
from importlib import import_module

import numpy as np
import pytest

import idcore
import idcore.figures
from idcore import _MODULE_OF
from idcore.errors import PointsError

FUNCTIONS = tuple(name for name in idcore.__all__ if inspect.isfunction(getattr(idcore, name)))
COMPILED = ("hidalgo", "umap")  # by numba, once for each process


def _examples(name):
    module = import_module(f"idcore.{_MODULE_OF[name]}")
    return doctest.DocTestFinder().find(getattr(idcore, name), name, module=module, globs={})


def _run(name):
    said: list[str] = []
    found = _examples(name)
    for one in found:
        doctest.DocTestRunner().run(one, out=said.append)
    assert sum(len(one.examples) for one in found) > 1 and not said, "".join(said)


def test_the_example_of_each_public_function_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    for name in FUNCTIONS:
        if name not in COMPILED:
            _run(name)
    assert not list(tmp_path.iterdir())  # an example leaves nothing behind


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPILED)
def test_the_example_of_what_is_compiled_runs(name):
    _run(name)


def test_help_names_each_argument_what_comes_back_and_what_is_raised():
    for name in FUNCTIONS:
        said = inspect.getdoc(getattr(idcore, name)) or ""
        text = " ".join(said.split(">>>")[0].split())
        for argument in inspect.signature(getattr(idcore, name)).parameters:
            assert re.search(rf"\b{argument}\b", text), (name, argument)
        assert "Raises " in text and len(said.splitlines()) < 50, name


def test_what_a_public_function_gives_is_told_on_a_line():
    x = np.random.default_rng(0).uniform(size=(240, 2))
    found = [
        *(function(x) for function in (idcore.twonn, idcore.neighbours, idcore.pca, idcore.levina_bickel)),
        *(function(x) for function in (idcore.density_peaks, idcore.abide, idcore.ph_dimension)),
        idcore.units(x, np.repeat(["a", "b"], 120)),
    ]
    assert all(len(repr(one)) < 300 and "\n" not in repr(one) and "array(" not in repr(one) for one in found)
    assert repr(found[3]).startswith("LevinaBickel(id=1.") and "local=<float64 240>" in repr(found[3])


def test_the_public_figures_are_found_by_name_and_written():
    x = np.random.default_rng(0).normal(size=(80, 3))
    drawn = [idcore.figures.fit_figure(idcore.twonn(x)), idcore.figures.spectrum_figure(idcore.pca(x))]
    assert all(type(one).__name__ == "Figure" and len(one.data) for one in drawn)
    assert all(getattr(idcore.figures, name) for name in idcore.figures.__all__)


def test_a_table_of_neighbours_has_no_map():
    with pytest.raises(PointsError, match="give points"):
        idcore.umap(idcore.neighbours([[0.0], [1.0], [3.0]]))
