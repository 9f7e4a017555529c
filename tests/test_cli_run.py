"""Which result `open` shows, and what it says where there is none. The dashboard: tests/browser/test_package.py."""

import json
import webbrowser

import pytest

import idcore
from idcore import cli, cli_run, spec
from idcore.command import command_line
from idcore.exports import as_json
from idcore.spec import Architecture, DataSpec, NetworkSpec, Request, Untrained
from idcore.store import Store
from idcore.ui.kit.export import numbers

REQUEST = Request(DataSpec("digits", n=100), NetworkSpec(Architecture("mlp", 8, 1), Untrained(2)))
OTHER = Request(DataSpec("digits", n=101), REQUEST.network)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One result lies here."""
    store = Store(tmp_path_factory.mktemp("store"))
    list(idcore.run(REQUEST, store=store))
    return store


@pytest.fixture
def opened(monkeypatch, store):
    """What the browser is asked to open, beside a dashboard that is there already."""
    addresses = []
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(store.root))
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    monkeypatch.setattr(cli_run, "_answers", lambda _: True)
    return addresses


def _ways(folder):
    exported, written = folder / "page.json", folder / "profile.json"
    exported.write_text(as_json(numbers({REQUEST: []})()))
    written.write_text(json.dumps({"request": spec.to_json(REQUEST), "layers": []}))
    key = spec.run_key(REQUEST)
    return [command_line(REQUEST), key[:6], "#" + key[:6].upper(), key, str(exported), str(written)]


def test_a_result_is_named_by_its_line_its_digits_or_a_file_that_holds_it(opened, capsys, tmp_path):
    ways = _ways(tmp_path)
    assert [cli.main(["open", way, "--port", "9000"]) for way in ways] == [0] * len(ways)
    assert set(opened) == {f"http://127.0.0.1:9000/compare?set=results&results={spec.run_key(REQUEST)[:12]}"}
    assert capsys.readouterr().out.splitlines() == opened


def test_what_is_no_result_here_is_a_sentence_and_opens_nothing(opened, capsys, tmp_path, store):
    absent, empty, other = tmp_path / "absent.json", tmp_path / "empty.json", tmp_path / "other.json"
    absent.write_text(as_json(numbers({OTHER: []})()))
    empty.write_text('{"results": []}')
    other.write_text('{"request": {"type": "DataSpec"}}')
    for result, sentence in {
        str(absent): f"is not in the store ({store.root}). This measures it: {command_line(OTHER)}",
        str(empty): "holds no results",
        str(other): "holds no results",
        command_line(OTHER): "There is no result",
        spec.run_key(REQUEST)[:5]: "There is no result",
        "": "There is no result",
    }.items():
        assert cli.main(["open", result]) == 2
        out, err = capsys.readouterr()
        assert sentence in err and not out
    assert not opened


def test_a_port_that_cannot_be_is_a_sentence(opened, capsys):
    for command in (["run"], ["open", spec.run_key(REQUEST)]):
        assert cli.main([*command, "--port", "65536"]) == 2
        assert "--port must be a whole number from 1 to 65,535, not 65536." in capsys.readouterr().err
    assert not opened
