"""A network of one's own code: measured where the code is, and from then on one of those that stand in the store."""

import json
import os
import shlex
import sys

import pytest
import torch

from idcore import cli, cli_run, profile, results
from idcore.data.load import load
from idcore.errors import NetworkError, RequestError
from idcore.networks import likeness
from idcore.networks.form import own_form
from idcore.pipeline import factory, run
from idcore.results import handed
from idcore.spec import Architecture, DataSpec, FromFile, NetworkSpec, Recipe, from_json
from idcore.store import Store

NET = """
import torch
from torch import nn
from beside import GAIN

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.act, self.head = nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10)

    def forward(self, x):
        return self.head(self.act(GAIN * self.hidden(x.flatten(1))))

def make():
    torch.manual_seed(0)
    return Mine()
"""
DATA = ("--data", "digits", "--n", "60")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a network, a file of weights and the working directory in it."""
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "net.py").write_text(NET)
    (folder / "beside.py").write_text("GAIN = 1.0")
    monkeypatch.chdir(folder)
    module = _made("net.py:make")[0]
    torch.save({name: value + 0.1 for name, value in module.state_dict().items()}, folder / "own.pt")
    return folder


def _made(name):
    """A file is read anew, with what lies beside it."""
    import sys

    sys.modules.pop("beside", None)
    return factory.made(name)


def _told(capsys, *arguments, store, code=0):
    import sys

    sys.modules.pop("beside", None)
    assert cli.main(["profile", *arguments, "--format", "json", "--cache", str(store)]) == code
    said = capsys.readouterr()
    return (json.loads(said.out) if not code else {}), said.err


def test_it_is_measured_from_any_folder_and_has_the_numbers_of_the_module(project, tmp_path, capsys, monkeypatch):
    store = tmp_path / "store"
    monkeypatch.chdir(tmp_path)
    flags = ("--factory", "a project/net.py:make", "--weights", "a project/own.pt", "--name", "my net", *DATA)
    found, said = _told(capsys, *flags, store=store)
    request = from_json(found["request"])
    assert request.network.architecture == Architecture("factory:my net") and request.data == DataSpec("digits", n=60)
    assert "my net: http://127.0.0.1:8501/compare?set=results&results=" in said
    (kept,) = results.weights_files(Store(store))
    assert (kept.name, kept.digest) == ("own.pt", request.network.weights.digest)
    entry = results.run(Store(store), request)
    assert entry.finished and len(entry.predictions) == 60 and entry.sample_accuracy is not None
    module = _made("a project/net.py:make")[0]
    module.load_state_dict(torch.load("a project/own.pt"))
    images = load(DataSpec("digits", n=60), own_form(None, "usual"), Store(store)).images
    assert [row["id"] for row in found["layers"]] == [row for row in profile(module, images).to_frame()["id"]]


def test_another_subset_is_of_the_same_network_and_what_is_there_is_not_measured_again(project, tmp_path, capsys):
    store = tmp_path / "store"
    first, _ = _told(capsys, "--factory", "net.py:make", *DATA, store=store)
    again, said = _told(capsys, "--factory", "net.py:make", *DATA, store=store)
    assert again == first and "Measuring" not in said
    other, _ = _told(capsys, "--factory", "net.py:make", "--data", "digits", "--n", "50", "--seed", "3", store=store)
    networks = {from_json(one["request"]).network for one in (first, other)}
    assert len(networks) == 1 and len(handed.networks(Store(store))) == 1


@pytest.mark.parametrize("changed", ["beside.py", "net.py"])
def test_code_that_does_something_else_is_another_network(project, tmp_path, capsys, monkeypatch, changed):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    store = tmp_path / "store"
    first, _ = _told(capsys, "--factory", "net.py:make", *DATA, store=store)
    before = (project / changed).stat()
    (project / changed).write_text("GAIN = 1.5" if changed == "beside.py" else NET.replace("ReLU", "Tanh"))
    assert (project / changed).stat().st_size == before.st_size  # what is compiled is told from it by size and time
    os.utime(project / changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    second, _ = _told(capsys, "--factory", "net.py:make", *DATA, store=store)
    assert first["layers"][-1]["id"] != second["layers"][-1]["id"]
    assert len(handed.networks(Store(store))) == 2


def test_what_was_not_measured_is_the_command_that_measures_it(project, tmp_path, capsys, monkeypatch):
    store = tmp_path / "store"
    flags = ("--factory", "net.py:make", "--weights", "own.pt", "--name", "my net", *DATA)
    first, _ = _told(capsys, *flags, store=store)
    network = from_json(first["request"]).network
    name = ("--network", "factory:my net", "--weights", f"sha256:{network.weights.digest}")
    stored, _ = _told(capsys, *name, *DATA, store=store)
    assert stored["layers"] == first["layers"]
    asked = ("--data", "digits", "--n", "45", "--seed", "2", "--layers", "all")
    _, said = _told(capsys, *name, *asked, store=store, code=2)
    command = said[said.index("cd ") :].strip()
    monkeypatch.chdir(tmp_path)
    place, line = command.split(" && ")
    (folder,) = shlex.split(place)[1:]
    monkeypatch.chdir(folder)
    assert shlex.split(line)[:4] == ["python", "-m", "idcore", "profile"]
    done, _ = _told(capsys, *shlex.split(line)[4:], store=store)
    assert _told(capsys, *name, *asked, store=store)[0]["layers"] == done["layers"]
    assert len(handed.networks(Store(store))) == 1


def test_its_line_in_the_list_names_the_file_and_opens_it(project, tmp_path, capsys):
    store = tmp_path / "store"
    found, _ = _told(capsys, "--factory", "net.py:make", "--weights", "own.pt", *DATA, store=store)
    assert cli.main(["list", "results", "--cache", str(store)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "factory:Mine" in line]
    assert line.endswith("  # own.pt")
    assert cli_run.requested(line, Store(store)) == [from_json(found["request"])]


def test_nothing_but_the_command_line_shows_it_samples(project, tmp_path, capsys):
    store = tmp_path / "store"
    found, _ = _told(capsys, "--factory", "net.py:make", *DATA, store=store)
    request = from_json(found["request"])
    (project / "net.py").unlink()
    assert len(list(run(request, "checkpoints", Store(store), memory=2**28))) == len(found["layers"])
    other = type(request)(DataSpec("digits", n=40), request.network)
    with pytest.raises(NetworkError, match="Mine is a network of somebody's own code, which is not here"):
        list(run(other, "checkpoints", Store(store), memory=2**28))


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        (("--factory", "net.py:make", "--weights", "none.pt"), "none.pt cannot be read"),
        (("--factory", "net.py:make", "--weights", "net.py"), "'net.py' cannot be used as weights"),
        (("--factory", "net.py:make", "--name", "a\nb"), "in one line"),
        (("--factory", "net.py:make", "--name", " "), "in one line"),
        (("--factory", "net.py:make", "--name", "x" * 300), "200 characters"),
        (("--factory", "net.py:make", "--size", "9"), "could not be run on"),
        (("--factory", "net.py:make", "--regime", "untrained"), "--regime does not go with --factory"),
        (("--name", "mine"), "--name goes with --factory"),
        (("--network", "factory:mine", "--regime", "untrained"), "name them by their digest"),
    ],
)
def test_what_is_wrong_is_a_sentence(project, tmp_path, capsys, flags, part):
    _, said = _told(capsys, *flags, *DATA, store=tmp_path / "store", code=2)
    assert part in said and "Traceback" not in said and not handed.networks(Store(tmp_path / "store"))


def test_trained_weights_of_somebodys_own_code_cannot_be_asked_for():
    with pytest.raises(RequestError, match="somebody's own code"):
        NetworkSpec(Architecture("factory:mine"), Recipe())
    assert not NetworkSpec(Architecture("factory:mine"), FromFile("0" * 64)).is_here
    assert NetworkSpec(Architecture("cnn"), FromFile("0" * 64)).is_here


def test_a_module_is_known_again_within_the_rounding_of_machines_and_by_nothing_less(project):
    module, images = _made("net.py:make")[0], torch.rand(4, 1, 8, 8)
    now = likeness.marks(module, images)
    assert now == likeness.marks(module, torch.zeros(4, 1, 8, 8)) and likeness.same(now, now)
    assert likeness.same(now, tuple((name, a * (1 + 1e-5), b, c) for name, a, b, c in now))
    before = likeness.likeness(module)
    assert likeness.likeness(module) == before
    module.hidden.weight.data[0, 0] += 1
    assert likeness.likeness(module) != before and not likeness.same(now, likeness.marks(module, images))
    module.hidden.weight.data[0, 0] -= 1
    module.slope = 3.0
    assert likeness.likeness(module) != before


def test_a_class_that_looks_the_same_and_flips_its_images_is_another(project):
    module, images = _made("net.py:make")[0], torch.rand(4, 1, 8, 8)
    now, forward = likeness.marks(module, images), module.forward
    module.forward = lambda x: forward(x.flip(-1))
    assert not likeness.same(now, likeness.marks(module, images))
