"""The command line as a person calls it: real processes, a store of their own."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

import idcore
from idcore import cli
from idcore.api import COLUMNS
from idcore.command import command_line
from idcore.spec import Architecture, DataSpec, NetworkSpec, Request, Untrained

REQUEST = Request(DataSpec("digits", n=120), NetworkSpec(Architecture("mlp", 16, 2), Untrained(3)))


def call(*arguments: str, store) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LAYERSCOPE_CACHE": str(store)}
    command = [sys.executable, "-m", "idcore", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


def test_json_holds_one_row_of_the_public_columns_per_layer(store):
    done = call(*command_line(REQUEST).split()[3:], "--format", "json", store=store)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["layers"]
    assert [row["layer"] for row in rows] == ["input", "d1", "d2", "output"]
    assert all(tuple(row) == COLUMNS for row in rows)


def test_the_command_line_and_the_library_give_the_same_numbers(store, tmp_path):
    done = call(*command_line(REQUEST).split()[3:], "--format", "csv", store=tmp_path / "one")
    assert done.returncode == 0, done.stderr
    told = [float(row["id"]) for row in csv.DictReader(io.StringIO(done.stdout))]
    frame = idcore.run(REQUEST, store=tmp_path / "two").to_frame()
    assert told == pytest.approx(frame["id"].tolist(), rel=1e-4)


def test_progress_goes_to_stderr_and_names_the_layers(tmp_path):
    done = call(*command_line(REQUEST).split()[3:], store=tmp_path)
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


def test_a_wrong_request_shows_no_traceback(tmp_path):
    done = call("profile", "--data", "imagenot", store=tmp_path)
    assert done.returncode == 2 and "imagenot" in done.stderr and "Traceback" not in done.stderr


def test_training_reports_epochs_and_accuracies_and_is_kept(store):
    flags = ["train", "--network", "mlp", "--width", "16", "--depth", "1", "--data", "digits", "--epochs", "2"]
    first, second = call(*flags, store=store), call(*flags, store=store)
    assert first.returncode == 0, first.stderr
    assert "2 epochs" in first.stdout and "test accuracy" in first.stdout
    assert second.stdout == first.stdout and "epoch 2" not in second.stderr.lower()


def test_lists_name_the_networks_the_data_and_the_results(store):
    assert "cnn" in call("list", "networks", store=store).stdout
    assert "mnist5k" in call("list", "data", store=store).stdout
    call(*command_line(REQUEST).split()[3:], store=store)
    assert command_line(REQUEST) in call("list", "results", store=store).stdout
