"""The command line as a person calls it, with a store of its own; in a process where that makes a difference."""

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save

import idcore
from idcore import cli, results
from idcore.api import COLUMNS
from idcore.command import command_line
from idcore.errors import RequestError
from idcore.networks.build import build
from idcore.record import Layer
from idcore.spec import ELSEWHERE, Architecture, DataSpec, NetworkSpec, Request, Untrained, from_json
from tests.tools import patience

pytestmark = pytest.mark.slow

REQUEST = Request(DataSpec("digits", n=120), NetworkSpec(Architecture("mlp", 16, 2), Untrained(3)))


def call(*arguments: str, store) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LAYERSCOPE_CACHE": str(store)}
    command = [sys.executable, "-m", "idcore", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=patience.seconds())


def here(capsys, *arguments, store):
    """The same in this process, which has torch already."""
    capsys.readouterr()
    code = cli.main([*arguments, "--cache", str(store)])
    said = capsys.readouterr()
    return SimpleNamespace(returncode=code, stdout=said.out, stderr=said.err)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


def test_json_holds_one_row_of_the_public_columns_per_layer(store, capsys):
    done = here(capsys, *command_line(REQUEST).split()[3:], "--format", "json", store=store)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["layers"]
    assert [row["layer"] for row in rows] == ["input", "d1", "d2", "output"]
    assert all(tuple(row) == COLUMNS for row in rows)


def test_the_command_line_and_the_library_give_the_same_numbers(tmp_path, capsys):
    done = here(capsys, *command_line(REQUEST).split()[3:], "--format", "csv", store=tmp_path / "one")
    assert done.returncode == 0, done.stderr
    told = [float(row["id"]) for row in csv.DictReader(io.StringIO(done.stdout))]
    frame = idcore.run(REQUEST, store=tmp_path / "two").to_frame()
    assert told == pytest.approx(frame["id"].tolist(), rel=1e-4)


def test_progress_goes_to_stderr_and_names_the_layers(tmp_path, capsys):
    done = here(capsys, *command_line(REQUEST).split()[3:], store=tmp_path)
    assert "d1" in done.stderr and "layer" in done.stdout.splitlines()[0]


WRONG = [
    (["profile", "--n", "-1"], "from 1 to 100000, not -1"),
    (["profile", "--data", "imagenot"], "imagenot"),
    (["profile", "--network", "cnm"], "cnm"),
    (["profile", "--data", "digits", "--n", "99999"], "99999"),
    (["profile", "--network", "cnn", "--width", "3"], "mlp only"),
    (["profile", "--regime", "trained", "--shuffled", "0.5"], "0.5"),
    (["profile", "--classes", "1,two"], "'two'"),
    (["profile", "--data", "digits", "--classes", "77"], "77"),
    (["profile", "--memory", "many"], "many"),
    (
        ["profile", "--data", "digits", "--n", "99", "--network", "mlp", "--regime", "untrained", "--layers", "conv9"],
        "conv9",
    ),
    (
        ["profile", "--data", "digits", "--n", "99", "--network", "mlp", "--regime", "untrained", "--device", "abacus"],
        "abacus",
    ),
    (["train", "--regime", "untrained"], "untrained"),
    (["train", "--network", "resnet18"], "pretrained"),
    (["profile", "--size", "0"], "from 1 to 1024, not 0"),
    (["profile", "--size", "32"], "28x28, not of 32x32"),
    (["profile", "--noise", "-1"], "not -1"),
    (["profile", "--network", "resnet81", "--regime", "untrained"], "resnet18"),
    (["profile", "--network", "resnet18", "--weights", "IMAGENET9K"], "IMAGENET1K_V1"),
    (["profile", "--weights", "mine.pt"], "mine.pt cannot be read"),
    (["profile", "--weights", "DEFAULT", "--regime", "trained"], "--regime pretrained"),
    (["profile", "--regime", "elsewhere", "--network", "cnn"], "leave out --network cnn"),
    (["profile", "--data", "no.npz"], "no.npz cannot be read"),
    (["profile", "--data", "tests"], "folder-tests"),
    (["profile", "--factory", "nomodule"], "package.module:function"),
    (["profile", "--factory", "no.module:make"], "cannot be imported"),
    (["profile", "--factory", "tests.tools.factories:absent"], "no function 'absent'"),
    (["profile", "--factory", "tests.tools.factories:number"], "gave int"),
    (["profile", "--factory", "tests.tools.factories:small", "--network", "cnn"], "--network does not go"),
    (["list", "nothing"], "nothing"),
]


@pytest.mark.parametrize("arguments, part", WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_a_wrong_request_ends_with_code_2_and_a_sentence(arguments, part, tmp_path, capsys):
    try:
        code = cli.main([*arguments, "--cache", str(tmp_path)])
    except SystemExit as exit:  # argparse
        code = exit.code
    said = capsys.readouterr()
    assert code == 2 and part in said.err and not said.out


@pytest.mark.parametrize("flag, value", [("--discard", "1"), ("--discard", "nan"), ("--variance", "0")])
def test_a_fraction_that_cannot_be_is_refused_before_anything_is_loaded(flag, value, tmp_path, capsys):
    assert cli.main(["profile", "--n", "30", flag, value, "--cache", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_wrong_request_shows_no_traceback(tmp_path):
    done = call("profile", "--data", "imagenot", store=tmp_path)
    assert done.returncode == 2 and "imagenot" in done.stderr and "Traceback" not in done.stderr


def test_training_reports_epochs_and_accuracies_and_is_kept(store, capsys):
    flags = ["train", "--network", "mlp", "--width", "16", "--depth", "1", "--data", "digits", "--epochs", "2"]
    first, second = here(capsys, *flags, store=store), here(capsys, *flags, store=store)
    assert first.returncode == 0, first.stderr
    assert "2 epochs" in first.stdout and "test accuracy" in first.stdout
    assert second.stdout == first.stdout and "epoch 2" not in second.stderr.lower()


def told(capsys, *arguments, store):
    """What the command says in JSON, in this process."""
    assert cli.main([*arguments, "--format", "json", "--cache", str(store)]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_protocol_per_class_gives_mean_and_spread_and_each_class(tmp_path, capsys):
    flags = ["profile", *("--data", "digits", "--network", "mlp", "--regime", "untrained"), *("--classes", "0,3,7")]
    found = told(capsys, *flags, "--protocol", "per-class", "--n", "30", store=tmp_path)
    (first, *_, last) = found["layers"]
    ids = [first[f"id_{c}"] for c in (0, 3, 7)]
    assert (first["layer"], last["layer"], first["n"], first["classes"]) == ("input", "output", 30, 3)
    assert first["id"] == pytest.approx(np.mean(ids)) and first["id_sd"] == pytest.approx(np.std(ids, ddof=1))
    alone = told(capsys, *flags[:-1], "3", "--n", "30", store=tmp_path)
    assert alone["layers"][0]["id"] == first["id_3"]


def test_a_function_of_ones_own_makes_the_network_and_may_bring_its_images(tmp_path, capsys):
    flags = ("profile", "--layers", "all", "--factory")
    own = told(capsys, *flags, "tests.tools.factories:small_with_images", store=tmp_path)
    assert [row["layer"] for row in own["layers"]] == ["input", "0", "output"] and own["layers"][0]["n"] == 40
    data = ("--data", "digits", "--n", "30", "--size", "4")
    shown = told(capsys, *flags, "tests.tools.factories:small", *data, store=tmp_path)
    assert shown["layers"][0]["units"] == 16 and shown["data"]["n"] == 30


@pytest.mark.usefixtures("unconfined")
def test_files_are_taken_in_and_the_command_that_names_them_finds_them_again(tmp_path, capsys):
    np.savez(tmp_path / "mine.npz", a=np.random.default_rng(0).normal(size=(50, 7)), b=np.eye(50))
    found = told(capsys, "profile", "--data", str(tmp_path / "mine.npz"), store=tmp_path / "store")
    assert [row["layer"] for row in found["layers"]] == ["a", "b"] and found["layers"][0]["n"] == 50
    request = from_json(found["request"])
    assert request.network == ELSEWHERE
    (tmp_path / "mine.npz").unlink()
    again = told(capsys, *shlex.split(command_line(request))[3:], store=tmp_path / "store")
    assert again == found


def test_the_layers_of_a_network_are_listed_by_the_names_that_are_asked_for(tmp_path, capsys):
    flags = ("--network", "mlp", "--width", "8", "--depth", "2", "--data", "digits")
    capsys.readouterr()
    assert cli.main(["list", "layers", *flags, "--cache", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    starred = [line.split()[1] for line in lines if line.startswith("*")]
    assert starred == ["input", "d1", "d2", "output"] and len(lines) > len(starred)
    one = next(line.split()[0] for line in lines if line.startswith(" "))
    shown = told(capsys, "profile", *flags, "--regime", "untrained", "--n", "60", "--layers", one, store=tmp_path)
    assert [row["layer"] for row in shown["layers"]] == [one]


@pytest.mark.usefixtures("unconfined")
def test_weights_of_ones_own_are_given_as_a_file(tmp_path, capsys):
    module = build(Architecture("mlp", 16, 2), (1, 8, 8), 10, seed=3)
    (tmp_path / "mine.safetensors").write_bytes(save(module.state_dict()))
    flags = ("profile", *("--network", "mlp", "--width", "16", "--depth", "2"), *("--data", "digits", "--n", "120"))
    mine = told(capsys, *flags, "--weights", str(tmp_path / "mine.safetensors"), store=tmp_path)
    same = told(capsys, *flags, "--regime", "untrained", "--network-seed", "3", store=tmp_path)
    assert mine["layers"] == same["layers"] and from_json(mine["request"]).network.regime == "pretrained"


def test_lists_name_the_networks_the_data_and_the_results(store, capsys):
    networks = here(capsys, "list", "networks", store=store).stdout
    assert all(name in networks for name in ("\nresnet\n", " vit_b_16 ", " cnn ", "--weights IMAGENET1K_V1: "))
    data = here(capsys, "list", "data", store=store).stdout
    assert re.search(r"mnist5k +here; MNIST", data) and re.search(r"imagenet +(not )?here; ImageNet", data)
    here(capsys, *command_line(REQUEST).split()[3:], store=store)
    assert command_line(REQUEST) in here(capsys, "list", "results", store=store).stdout


def _images(path, count, whole):
    """A zip of two classes; those from `whole` on are cut off in the middle."""
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(count):
            file = io.BytesIO()
            pixels = np.random.default_rng(i).integers(0, 256, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(file, "PNG")
            archive.writestr(f"{'cat' if i % 2 else 'dog'}/{i}.png", file.getvalue()[: None if i < whole else 60])
    return path


def _pictures(folder):
    path = _images(folder / "pets.zip", 24, 20)
    return ("--data", str(path), "--split", "all", "--layers", "input", "--regime", "untrained"), "left out (damaged)"


def _table(folder):
    rows = np.random.default_rng(0).normal(size=(40, 3))
    lines = (",".join(map(str, (i, *row))) for i, row in enumerate(rows.tolist()))
    (folder / "t.csv").write_text("\n".join([",a,b,c", *lines]))
    return ("--data", str(folder / "t.csv")), "left out"


def _weights(folder):
    state = build(Architecture("mlp", 16, 2), (1, 8, 8), 10, seed=3).state_dict()
    (folder / "w.safetensors").write_bytes(save({f"module.{name}": value for name, value in state.items()}))
    flags = ("--network", "mlp", "--width", "16", "--depth", "2", "--data", "digits", "--n", "60", "--layers", "input")
    return (*flags, "--weights", str(folder / "w.safetensors")), "taken off the names"


@pytest.mark.usefixtures("unconfined")
@pytest.mark.parametrize("made", [_pictures, _table, _weights])
def test_what_was_left_out_or_converted_is_on_stderr_in_the_json_and_at_the_foot_of_the_table(made, tmp_path, capsys):
    flags, part = made(tmp_path)
    for format in ("json", "table", "csv"):
        assert cli.main(["profile", *flags, "--format", format, "--cache", str(tmp_path / "store")]) == 0
        said = capsys.readouterr()
        assert part in said.err
        if format == "json":
            (note,) = [note for note in json.loads(said.out)["notes"] if part in note]
        elif format == "table":
            head, foot = said.out.split("\n\n")
            assert note in foot and note not in head
        else:
            assert note not in said.out


@pytest.mark.usefixtures("unconfined")
def test_a_set_without_a_test_set_of_its_own_says_how_little_is_measured_and_names_the_whole(tmp_path, capsys):
    flags = ("profile", *("--data", str(_images(tmp_path / "pets.zip", 24, 24))), "--regime", "untrained",
             "--cache", str(tmp_path), "--layers", "input")  # fmt: skip
    assert cli.main([*flags, "--n", "24"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "N = 24 is too large: pets.zip has 4 samples in its test split. Choose N up to 4, or split all, which has 24."
    )
    assert cli.main([*flags, "--format", "json"]) == 0
    notes = " ".join(json.loads(capsys.readouterr().out)["notes"])
    assert "4 of the 24 samples of pets.zip; --split all has all." in notes and "one in five" in notes
    assert cli.main([*flags, "--format", "json", "--split", "all"]) == 0
    assert "--split all" not in capsys.readouterr().out


def test_a_layer_that_is_not_there_is_answered_with_all_there_are_or_the_nearest(tmp_path, capsys):
    flags = ("profile", "--data", "digits", "--n", "20", "--regime", "untrained", "--cache", str(tmp_path))
    assert cli.main([*flags, "--layers", "nosuch"]) == 2
    assert (
        "it has input, conv1, relu1, pool1, conv2, relu2, pool2, flatten, fc1, d1, output." in capsys.readouterr().err
    )
    plan = [Layer(f"block{i}.conv", i, i / 99, "Conv2d", (3,), 3) for i in range(100)]
    with pytest.raises(RequestError, match=r"it has block77.conv, .* and 88 more; these are the nearest"):
        results.chosen(plan, ["block77.cnv"])


def test_a_factory_may_be_a_file_and_what_goes_wrong_in_it_is_a_sentence(tmp_path, capsys):
    (tmp_path / "beside.py").write_text("UNITS = 3\n")
    (tmp_path / "net.py").write_text(
        "import dataclasses, beside\nimport numpy as np\nfrom torch import nn\n"
        "@dataclasses.dataclass\nclass Size:\n    units: int = beside.UNITS\n"
        "def make(): return nn.Sequential(nn.Flatten(), nn.Linear(64, Size().units))\n"
        "def fail(): raise KeyError('weights')\n"
        "def other(): return nn.Linear(3, 3), [object()]\n"
        "def masked(): return nn.Linear(3, 3), np.ma.masked_array(np.ones((30, 3)), np.eye(30, 3))\n"
    )
    (tmp_path / "broken.py").write_text("def make(:\n")
    flags = ("--data", "digits", "--n", "30", "--layers", "all")
    shown = told(capsys, "profile", *flags, "--factory", f"{tmp_path}/net.py:make", store=tmp_path / "store")
    assert [row["units"] for row in shown["layers"]] == [64, 64, 3]
    for name, part in (
        ("net.py:fail", "failed with KeyError: 'weights'"),
        ("net.py:fail", "net.py, line 8"),
        ("net.py:other", "must be an array or tensor of real numbers"),
        ("net.py:masked", "3 of 90 values are masked or missing"),
        ("net.txt:make", "is no Python file"),
        ("net.py:absent", "has no function 'absent'"),
        ("broken.py:make", "failed with SyntaxError"),
        ("none.py:make", "There is no file"),
    ):
        assert cli.main(["profile", *flags, "--factory", f"{tmp_path}/{name}", "--cache", str(tmp_path)]) == 2
        assert part in capsys.readouterr().err


RESULT = "layer,order,depth,units,n,id"
STREAMS = [  # what the shell does with the streams, exit code, begin of stdout, what stderr must say
    ("profile --data {two} --format csv 2>&-", 0, RESULT, ""),
    ("profile --n -1 2>/dev/full", 2, "", ""),
    ("profile --n -1 2> >(true)", 2, "", ""),
    ("profile --n -1 2>&-", 2, "", ""),
    ("nothing 2>&-", 2, "", ""),
    ("list data >/dev/full", 1, "", "cannot be written to stdout: No space left on device."),
    ("list data >&-", 1, "", "stdout is closed."),
    ("list data <&- 2>&-", 0, "mnist5k", ""),
    ("list data | true", 0, "", ""),
    ("--help >/dev/full", 1, "", "cannot be written to stdout: No space left on device."),
    ("--help | true", 0, "", ""),
]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="It takes a device that is always full.")
@pytest.mark.parametrize(("command", "code", "out", "err"), STREAMS, ids=[row[0] for row in STREAMS])
def test_only_the_result_is_on_stdout_whatever_becomes_of_the_streams(command, code, out, err, tmp_path):
    np.savez(tmp_path / "two.npz", a=np.random.default_rng(0).normal(size=(100, 3)))
    line = f"set -o pipefail; {sys.executable} -m idcore {command.format(two=tmp_path / 'two.npz')}"
    environment = {**os.environ, "LAYERSCOPE_CACHE": str(tmp_path / "store"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env=environment, timeout=patience.seconds()
    )
    assert done.returncode == code and done.stdout.startswith(out) and (out or not done.stdout)
    assert err in done.stderr and "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_where_a_stream_was_closed_no_file_takes_its_place(tmp_path):
    """What a library says on stderr must not end up in a file of the store."""
    code = "from idcore import streams; streams.hold(); import os; print(os.open(os.devnull, os.O_RDONLY) > 2)"
    done = subprocess.run(["sh", "-c", f"{sys.executable} -c '{code}' 2>&- <&-"], capture_output=True, text=True)
    assert done.stdout == "True\n"


def test_a_file_that_does_not_fit_into_the_store_is_a_sentence(tmp_path):
    np.savez(tmp_path / "two.npz", a=np.random.default_rng(0).normal(size=(1000, 30)))
    line = f"ulimit -f 8; {sys.executable} -m idcore profile --data {tmp_path / 'two.npz'} --cache {tmp_path / 'store'}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=patience.seconds())
    assert done.returncode == 1 and not done.stdout and "Traceback" not in done.stderr
    assert "could not be kept, and without that it cannot be measured" in done.stderr.splitlines()[-1]


def test_what_ships_is_read_without_its_photographs(tmp_path, capsys):
    asked = ("--network", "efficientnet_lite0", "--data", "imagenet_sample", "--regime", "pretrained", "--n", "1000")
    ids = [layer["id"] for layer in told(capsys, "profile", *asked, store=tmp_path)["layers"]]
    assert len(ids) == 11 and max(ids) > 3 * ids[0] > 3 * ids[-1]
