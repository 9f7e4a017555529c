"""What numba compiles is there for the next process."""

import importlib
import sys

import numba

from idcore.estimators.compiled import kept


def test_what_a_library_compiles_is_kept_though_it_does_not_ask_for_it(tmp_path, monkeypatch):
    (tmp_path / "a_library.py").write_text("import numba\n\n\n@numba.njit\ndef next_one(x):\n    return x + 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    plain = numba.njit
    with kept():
        assert importlib.import_module("a_library").next_one(1) == 2
    assert numba.njit is plain
    assert [path.name.startswith("a_library.next_one") for path in tmp_path.rglob("*.nbi")] == [True]
    del sys.modules["a_library"]
