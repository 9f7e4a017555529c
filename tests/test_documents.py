"""The documents speak of what there is: paths, variables, commands and packages that they name exist."""

import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from idcore.settings import settings, usual_store
from tests import ROOT

DOCUMENTS = [p for one in ("*.md", "docs/*.md", "cache/README.md", "deploy/*") for p in sorted(ROOT.glob(one))]
CODE = [*ROOT.glob("idcore/**/*.py"), *ROOT.glob("*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/*.py")]
_PATH = re.compile(r"(?<![\w./$<>~-])((?:[\w.-]+/)*[\w-]+\.(?:py|md|js|css|conf|sbatch|sh|yaml))(?![\w/:])")
_FOLDER = re.compile(r"(?<![\w./$-])((?:idcore|docs|tests|benchmarks|deploy|pages|cache)/[\w/-]*)(?![\w.*])")
_VARIABLE = re.compile(r"\bLAYERSCOPE_[A-Z_]*[A-Z]\b")
_EXAMPLES = {"dask-worker.sh", "mine.py", "command.sh", "again.py"}
"""Files that a document makes up as an example, or that are in what is exported."""
_PARTS = (ROOT, ROOT / "tests", ROOT / "docs", ROOT / "idcore", *ROOT.glob("idcore/*/"))


class _Asked(dict):
    """An environment without variables that remembers which were asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def get(self, name, default=None):
        self.names.add(name)
        return default


@cache
def _variables() -> set[str]:
    """All that the code reads: by the settings, and by name."""
    asked = _Asked()
    settings(asked)
    for tls in ("CA", "CERT", "KEY"):  # asked for where there is a cluster
        asked.names.add(f"LAYERSCOPE_TLS_{tls}")
    return asked.names | {name for path in CODE for name in _VARIABLE.findall(path.read_text())}


def _is_there(name: str, document: Path) -> bool:
    places = (document.parent, *_PARTS)
    return any((place / name).exists() for place in places) or ("/" not in name and any(ROOT.glob(f"[!.]*/**/{name}")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_path_that_a_document_names_exists(document):
    text = document.read_text()
    named = {*_PATH.findall(text), *_FOLDER.findall(text)} - _EXAMPLES
    assert not sorted(name for name in named if not _is_there(name, document))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_variable_command_and_target_that_a_document_names_exists(document):
    text, known = document.read_text(), _variables()
    assert not set(_VARIABLE.findall(text)) - known
    for short in re.findall(r"`(_[A-Z][A-Z_]+)`", text):  # `LAYERSCOPE_TLS_CA`, `_CERT`
        assert any(name.endswith(short) for name in known), short
    modules = set(re.findall(r"python3? -m ((?:idcore|benchmarks)[\w.]*)", text))
    assert not {name for name in modules if importlib.util.find_spec(name.rstrip(".")) is None}
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert not set(re.findall(r"`make ([\w-]+)|^make ([\w-]+)", text, re.MULTILINE)) - {
        pair for target in targets for pair in ((target, ""), ("", target))
    }


def test_every_setting_is_in_the_table_of_the_document_on_deployment():
    text = (ROOT / "docs/deployment.md").read_text()
    asked = _Asked()
    settings(asked)
    assert not {name for name in asked.names if name.startswith("LAYERSCOPE_") and f"`{name}`" not in text}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_document_holds_a_place_that_was_to_be_filled(document):
    text = document.read_text()
    assert not re.findall(r"^[A-Z]+(?:_[A-Z]+)+$|\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX\b", text, re.MULTILINE)
    marks = re.findall(r"<!-- table of .* -->\n(.*?)<!-- table of .* -->", text, re.DOTALL)
    assert all(part.count("\n") > 3 for part in marks)


def test_every_pinned_package_has_its_line_and_every_line_its_package():
    text = (ROOT / "docs/dependencies.md").read_text()
    lines = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for name in row.split(",")}
    pinned = {
        re.split(r"[\[=<> ]", line)[0]
        for path in ROOT.glob("requirements*.txt")
        for line in path.read_text().splitlines()
        if line and line[0].isalpha()
    }
    assert lines - {"package"} == pinned


def test_what_a_clone_runs_with_lies_within_the_ranges_that_may_be_installed():
    ranges = [
        Requirement(line) for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    exact = [Requirement(line) for line in lines if line and line[0].isalpha()]
    pins = {one.name: str(one.specifier).removeprefix("==") for one in exact}
    assert {one.name for one in ranges} == set(pins)
    assert not [str(one) for one in ranges if not one.specifier.contains(pins[one.name])]


def test_an_installed_package_keeps_its_results_with_its_user_and_a_clone_in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert usual_store() == settings({}).cache == ROOT / "cache"
    installed = tmp_path / "site-packages" / "idcore"
    assert usual_store(installed) == tmp_path / "home" / "layerscope" / "store"
