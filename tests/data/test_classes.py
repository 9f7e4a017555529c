"""Classes whose names are numbers: a number that is asked for is a name, by whatever way it comes."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from idcore import exports
from idcore.cli import main
from idcore.command import command_line
from idcore.data.catalogue import DATASETS
from idcore.data.classes import labels
from idcore.data.load import load
from idcore.data.read import read_dataset
from idcore.errors import DataError
from idcore.record import Dataset
from idcore.spec import Architecture, DataSpec, NetworkSpec, ProfileJob, Request, Untrained
from idcore.store import Store
from idcore.sweep import read as read_sweep
from idcore.ui.kit import export, words
from tests.tools.pages import open_app, text_of

pytestmark = pytest.mark.usefixtures("unconfined")

NAMES = ("1", "10", "2")  # in the order of ImageFolder
MLP = NetworkSpec(Architecture("mlp", width=4, depth=1), Untrained())


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder whose pictures show the number of their class as their brightness, with some noise."""
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    random = np.random.RandomState(0)
    for name in NAMES:
        for i in range(30):
            path = tmp_path / "data" / "x" / name / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((20 * int(name) + random.randint(0, 9, (4, 4))).astype(np.uint8)).save(path)
    return tmp_path / "data"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def shown(data, store):
    """The numbers that the chosen pictures show."""
    images = load(data, store=store).images.numpy()
    return sorted({round(float(value) * 255) // 20 for value in images.mean((1, 2, 3))})


def known(*names):
    return Dataset("folder-x", "x", names, None, {"all": 9}, "")


def test_a_number_is_a_name_where_any_class_is_called_by_one():
    assert labels(["2"], known(*NAMES)) == (2,) and labels([10, "1"], known(*NAMES)) == (1, 0)
    assert labels(["2"], known("a", "b", "c")) == (2,) and labels(["c", 0], known("a", "b", "c")) == (2, 0)
    assert labels(["7"], known("cat", "7")) == (1,) and labels(range(10), DATASETS["mnist5k"]) == tuple(range(10))
    for names in (NAMES, ("cat", "7"), ("-1", "1")):
        with pytest.raises(DataError, match="x has no class '0'; .* called by numbers, so a number is a name"):
            labels(["0"], known(*names))
    assert labels(["3"], None) == (3,)


def test_a_name_that_there_is_not_or_twice_is_refused_with_what_to_do():
    with pytest.raises(DataError, match="x has no class 'dgo'; among its classes are dog"):
        labels(["dgo"], known("cat", "dog"))
    with pytest.raises(DataError, match="several classes called 'crane': those of number 0 and 2. Give the number"):
        labels(["crane"], known("crane", "owl", "crane"))
    assert labels(["2"], known("crane", "owl", "crane")) == (2,)
    with pytest.raises(DataError, match="whole number where the data set has not been read, not 'cat'"):
        labels(["cat"], None)


def test_the_order_of_such_classes_is_said(root, store):
    dataset = read_dataset("folder-x", store)
    assert dataset.classes == NAMES
    assert "The classes stand in the order of their names as text, as ImageFolder has it: 1, 10, 2." in dataset.notes


def test_the_command_line_and_a_sweep_measure_the_class_of_that_name(root, store, tmp_path, capsys):
    network = ["--network", "mlp", "--width", "4", "--depth", "1", "--regime", "untrained", "--layers", "input"]
    command = ["profile", "--data", "folder-x", "--split", "all", "--n", "20", *network, "--cache", str(store.root)]
    assert main([*command, "--classes", "2", "--format", "json"]) == 0
    asked = json.loads(capsys.readouterr().out)["request"]["data"]
    data = DataSpec(asked["dataset"], "all", tuple(asked["classes"]), 20)
    assert shown(data, store) == [2]
    for number, classes in ((10, '["10"]'), (2, "[2]"), (1, "[1]")):
        data = f'[{{dataset = "folder-x", n = 20, classes = {classes}, split = "all"}}]'
        (tmp_path / "s.toml").write_text(f'networks = ["cnn"]\nregimes = ["untrained"]\ndata = {data}')
        (job,) = read_sweep(tmp_path / "s.toml", store).jobs
        assert shown(job.request.data, store) == [number]
    assert main([*command, "--classes", "0"]) == 2
    assert "a number is a name and no place among them" in capsys.readouterr().err
    assert main([*command, "--classes", "1", "--class-places", "0"]) == 2
    per_class = [*command[:-2], "--cache", str(store.root), "--classes", "10,2", "--protocol", "per-class"]
    assert main([*per_class, "--format", "csv"]) == 0
    assert {"id_10", "id_2"} <= set(csv.DictReader(io.StringIO(capsys.readouterr().out)).fieldnames)


def test_what_is_exported_names_the_same_classes_again(root, store):
    dataset = read_dataset("folder-x", store)
    for data in (DataSpec(dataset.name, "all", (1, 2), 20), DataSpec("mnist5k", "test", (1, 2), 20)):
        line = command_line(Request(data, MLP))
        assert ("--class-places 1,2" in line) == (data.dataset == dataset.name)
    assert "--class-places 10" in command_line(Request(DataSpec("emnist", classes=(10,)), MLP))  # its A


def test_a_page_names_the_classes_in_words_links_and_downloads(fake, root):
    dataset = read_dataset("folder-x", fake.store)
    at = open_app(data="folder-x", classes="2", regime="untrained", network="resnet8", n="20")
    (job,) = [job for job in fake.submitted if isinstance(job, ProfileJob)][-1:]
    assert job.request.data.classes == (2,) and shown(job.request.data, fake.store) == [2]
    assert "samples of class 2 of" in text_of(at)
    request = Request(DataSpec(dataset.name, "all", (1,), 20), MLP)
    assert words.sample_words(request).startswith("20 samples of class 10 of x")
    assert (
        exports.csv(export.numbers({request: ()})()).startswith("regime,class,")
        and words.class_names(request.data) == "10"
    )
    at = open_app(data="folder-x", protocol="per-class", regime="untrained", network="resnet8", **{"class": "10"})
    assert at.selectbox(key="class").value == "10"
    picked = {job.request.data.classes for job in fake.submitted if isinstance(job, ProfileJob)}
    assert {(0,), (1,), (2,)} <= picked
