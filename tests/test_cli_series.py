"""`layerscope series`: one file after the other, whatever one is like; each number is that of the file alone."""

import csv
import io
import json

import numpy as np
import pytest
import torch
from torch import nn

from idcore import cli, profile, results
from idcore.cli_checkpoints import checkpoints
from idcore.data.load import load
from idcore.errors import NetworkError, RequestError
from idcore.networks import own
from idcore.networks.form import own_form
from idcore.spec import DataSpec
from idcore.store import Store

pytestmark = pytest.mark.usefixtures("unconfined")

SMALL = ("--network", "mlp", "--width", "8", "--depth", "1", "--data", "digits", "--n", "60")
FACTORY = """
import torch
from torch import nn

def make():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
"""


def _state(step: int) -> dict[str, torch.Tensor]:
    """Of the mlp of one hidden layer: what a training with steps of its own could leave."""
    random = torch.Generator().manual_seed(step)
    shapes = {"fc1.weight": (8, 64), "fc1.bias": (8,), "output.weight": (10, 8), "output.bias": (10,)}
    return {name: torch.randn(shape, generator=random) for name, shape in shapes.items()}


def _saved(folder, states) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, state in states.items():
        torch.save(state, folder / name)


def _series(capsys, *arguments, store, code=0, format="csv"):
    assert cli.main(["series", *arguments, "--format", format, "--cache", str(store)]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return said.out, said.err


def _rows(printed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed)))


@pytest.mark.slow
def test_a_bad_file_in_the_middle_is_said_and_a_stopped_series_goes_on(tmp_path, capsys):
    folder = tmp_path / "run"
    _saved(folder, {f"ckpt_{i}.pt": {"state_dict": _state(i)} for i in (10, 2)})
    (folder / "ckpt_5.pt").write_bytes(b"no weights at all")
    printed, said = _series(capsys, str(folder / "ckpt_*.pt"), *SMALL, store=tmp_path / "s", code=1)
    rows = _rows(printed)
    assert [row["step"] for row in rows] == ["2"] * 3 + ["5"] + ["10"] * 3
    (bad,) = [row for row in rows if row["failure"]]
    assert "'ckpt_5.pt' cannot be used as weights" in bad["failure"] and not bad["layer"]
    assert said.rstrip().endswith(bad["failure"]) and "1 of 3 were not measured" in said
    assert rows[0]["file"] == "ckpt_2.pt" and rows[0]["network"] == "mlp 8x1" and len(rows[0]["weights"]) == 64

    alone = ["profile", "--weights", str(folder / "ckpt_10.pt"), *SMALL, "--format", "json"]
    assert cli.main([*alone, "--cache", str(tmp_path / "other")]) == 0
    for row, other in zip(rows[-3:], json.loads(capsys.readouterr().out)["layers"], strict=True):
        assert (float(row["id"]), row["layer"]) == (other["id"], other["layer"])

    (folder / "ckpt_5.pt").unlink()
    _saved(folder, {"ckpt_12.pt": _state(12)})
    (folder / "ckpt_14.pt").write_bytes((folder / "ckpt_12.pt").read_bytes())
    before = {run.request: run.created for run in results.runs(Store(tmp_path / "s"))}
    document, said = _series(capsys, str(folder), *SMALL, store=tmp_path / "s", format="json")
    found = json.loads(document)
    assert [one["step"] for one in found["results"]] == [2, 10, 12]
    assert "ckpt_14.pt holds the same as ckpt_12.pt" in said and found["address"] in said
    after = {run.request: run.created for run in results.runs(Store(tmp_path / "s"))}
    assert len(after) == 3 and before.items() <= after.items()  # nothing is measured twice
    assert {one.name for one in results.weights_files(Store(tmp_path / "s"))} == {f"ckpt_{i}.pt" for i in (2, 10, 12)}


@pytest.mark.slow
def test_checkpoints_of_ones_own_architecture_go_through_its_factory(tmp_path, capsys):
    (tmp_path / "net.py").write_text(FACTORY)
    scope: dict = {}
    exec(FACTORY, scope)
    modules = []
    for i in (1, 3):
        torch.manual_seed(i)
        modules.append(scope["make"]())
        state = {f"module.{name}": value for name, value in modules[-1].state_dict().items()}
        _saved(tmp_path / f"checkpoint-{i}", {"pytorch_model.bin": state, "optimizer.pt": {"state": {}}})
    places = [str(tmp_path / f"checkpoint-{i}") for i in (3, 1)]
    flags = ("--factory", f"{tmp_path}/net.py:make", "--data", "digits", "--n", "60", "--layers", "all")
    printed, said = _series(capsys, *places, *flags, store=tmp_path / "s")
    rows = _rows(printed)
    assert [row["step"] for row in rows[:: len(rows) // 2]] == ["1", "3"]
    assert {row["file"] for row in rows} == {f"checkpoint-{i}/pytorch_model.bin" for i in (1, 3)}
    assert "The prefix 'module.' was taken off" in said and "set=results" in said

    images = load(DataSpec("digits", n=60), own_form(None, "usual"), Store(tmp_path / "s")).images
    for i, module in enumerate(modules):
        here = rows[i * len(rows) // 2 : (i + 1) * len(rows) // 2]
        ids = profile(module.eval(), images, layers="all").to_frame()["id"]
        assert [float(row["id"] or "nan") for row in here] == pytest.approx(list(ids.astype(float)), nan_ok=True)
    files = {one.name: one.architecture.name for one in results.weights_files(Store(tmp_path / "s"))}
    assert files == {f"checkpoint-{i}/pytorch_model.bin": "factory:Sequential" for i in (1, 3)}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (lambda state: state.pop("1.weight"), "1 of its 4 tensors missing"),
        (lambda state: state.update({"2.weight": torch.ones(3)}), "1 tensor of the file not its own"),
        (lambda state: state.update({"1.weight": torch.ones(2, 5)}), "1 of another shape"),
        (lambda state: state.update({"1.bias": torch.full((2,), torch.nan)}), "NaN or infinite"),
    ],
)
def test_weights_of_another_network_are_never_measured_as_if_they_were_its_own(tmp_path, changed, sentence):
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 2))
    state = dict(module.state_dict())
    changed(state)
    torch.save(state, tmp_path / "a.pt")
    store = Store(tmp_path / "store")
    digest = results.save_upload(store, (tmp_path / "a.pt").read_bytes(), "a.pt")
    with pytest.raises(NetworkError, match=sentence):
        own.load(module, digest, store)


def test_a_list_a_pattern_and_a_folder_name_the_same_files(tmp_path):
    for i in (1, 2, 10):
        (tmp_path / f"ckpt_{i}.pt").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no weights")
    listed = checkpoints([str(tmp_path / f"ckpt_{i}.pt") for i in (10, 2, 1)])
    assert listed == checkpoints([str(tmp_path / "*.pt")]) == checkpoints([str(tmp_path)])
    assert [(one.step, one.label) for one in listed] == [(i, f"ckpt_{i}.pt") for i in (1, 2, 10)]
    (named,) = {one.label for one in checkpoints([str(tmp_path / "ckpt_2.pt"), str(tmp_path / "ckpt_2.pt")])}
    assert named == "ckpt_2.pt"


def test_files_without_a_number_keep_the_order_they_are_given_in(tmp_path):
    found = checkpoints([str(tmp_path / "tuned.pt"), str(tmp_path / "base.pt")])
    assert [(one.step, one.label) for one in found] == [(1, "tuned.pt"), (2, "base.pt")]


def test_files_of_one_name_in_several_folders_are_told_apart_by_those(tmp_path):
    for name in ("run/checkpoint-500", "run/checkpoint-1000"):
        _saved(tmp_path / name, {"model.safetensors": {}, "rng_state.pth": {}})
    found = checkpoints([str(tmp_path / "run")])
    assert [(one.step, one.label) for one in found] == [(i, f"checkpoint-{i}/model.safetensors") for i in (500, 1000)]


@pytest.mark.parametrize(
    ("asked", "sentence"), [("*.pt", "No file is called like .*[*].pt"), ("", "holds no file of weights")]
)
def test_where_there_is_nothing_that_is_said(tmp_path, asked, sentence):
    with pytest.raises(RequestError, match=sentence):
        checkpoints([str(tmp_path / asked)])


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--network", "cnnn"), "cnnn"),
        (("--data", "imagenot"), "imagenot"),
        (("--factory", "tests.tools.factories:small", "--network", "cnn"), "--network does not go with --factory"),
        (("--n", "1000000"), "N must be a whole number"),
        ((), "ckpt_1.pt cannot be read"),
    ],
)
def test_what_is_wrong_with_the_request_is_one_sentence(tmp_path, capsys, more, sentence):
    code = cli.main(["series", str(tmp_path / "ckpt_1.pt"), "--data", "digits", *more, "--cache", str(tmp_path / "s")])
    said = capsys.readouterr().err
    assert code in (1, 2) and sentence in said and "Traceback" not in said


def test_a_module_with_lazy_layers_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(NetworkError, match="lazy layers"):
        own.load(nn.Sequential(nn.LazyLinear(2)), "0" * 64, Store(tmp_path))
    with pytest.raises(NetworkError, match="no weights that a file could give"):
        own.load(nn.ReLU(), "0" * 64, Store(tmp_path))


def test_weights_behind_no_name_of_the_network_are_refused(tmp_path):
    store = Store(tmp_path)
    torch.save({"other": torch.from_numpy(np.ones(3))}, tmp_path / "a.pt")
    digest = results.save_upload(store, (tmp_path / "a.pt").read_bytes(), "a.pt")
    with pytest.raises(NetworkError, match="4 of its 4 tensors missing|2 of its 2 tensors missing"):
        own.load(nn.Linear(3, 2), digest, store)
