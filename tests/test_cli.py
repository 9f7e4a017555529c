"""The command line as a person calls it: real processes, a store of their own."""

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from safetensors.torch import save

import idcore
from idcore import cli
from idcore.api import COLUMNS
from idcore.command import command_line
from idcore.networks.build import build
from idcore.spec import ELSEWHERE, Architecture, DataSpec, NetworkSpec, Request, Untrained, from_json

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
    (["profile", "--factory", "tests.factories:absent"], "no function 'absent'"),
    (["profile", "--factory", "tests.factories:number"], "gave int"),
    (["profile", "--factory", "tests.factories:small", "--network", "cnn"], "--network does not go"),
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
    own = told(capsys, *flags, "tests.factories:small_with_images", store=tmp_path)
    assert [row["layer"] for row in own["layers"]] == ["input", "0", "output"] and own["layers"][0]["n"] == 40
    data = ("--data", "digits", "--n", "30", "--size", "4")
    shown = told(capsys, *flags, "tests.factories:small", *data, store=tmp_path)
    assert shown["layers"][0]["units"] == 16 and shown["data"]["n"] == 30


def test_files_are_taken_in_and_the_command_that_names_them_finds_them_again(tmp_path, capsys):
    np.savez(tmp_path / "mine.npz", a=np.random.default_rng(0).normal(size=(50, 7)), b=np.eye(50))
    found = told(capsys, "profile", "--data", str(tmp_path / "mine.npz"), store=tmp_path / "store")
    assert [row["layer"] for row in found["layers"]] == ["a", "b"] and found["layers"][0]["n"] == 50
    request = from_json(found["request"])
    assert request.network == ELSEWHERE
    (tmp_path / "mine.npz").unlink()
    again = told(capsys, *shlex.split(command_line(request))[3:], store=tmp_path / "store")
    assert again == found


def test_weights_of_ones_own_are_given_as_a_file(tmp_path, capsys):
    module = build(Architecture("mlp", 16, 2), (1, 8, 8), 10, seed=3)
    (tmp_path / "mine.safetensors").write_bytes(save(module.state_dict()))
    flags = ("profile", *("--network", "mlp", "--width", "16", "--depth", "2"), *("--data", "digits", "--n", "120"))
    mine = told(capsys, *flags, "--weights", str(tmp_path / "mine.safetensors"), store=tmp_path)
    same = told(capsys, *flags, "--regime", "untrained", "--network-seed", "3", store=tmp_path)
    assert mine["layers"] == same["layers"] and from_json(mine["request"]).network.regime == "pretrained"


def test_lists_name_the_networks_the_data_and_the_results(store):
    networks = call("list", "networks", store=store).stdout
    assert all(name in networks for name in ("\nresnet\n", " vit_b_16 ", " cnn ", "--weights IMAGENET1K_V1: "))
    data = call("list", "data", store=store).stdout
    assert re.search(r"mnist5k +here; MNIST", data) and re.search(r"imagenet +(not )?here; ImageNet", data)
    call(*command_line(REQUEST).split()[3:], store=store)
    assert command_line(REQUEST) in call("list", "results", store=store).stdout
