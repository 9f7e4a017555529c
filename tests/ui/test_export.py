"""What a page offers to take along makes its numbers again, to the last digit: commands, Python, CSV and JSON are run
and read exactly as they stand."""

import contextlib
import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import idcore
from idcore import cli, exports, results
from idcore.api import COLUMNS
from idcore.estimators.protocol import by_class
from idcore.estimators.subset import thinned, twonn_of_subset
from idcore.estimators.summary import summarise
from idcore.identity import COLUMNS as IDENTITY
from idcore.pipeline import read
from idcore.spec import (
    ELSEWHERE,
    UPLOAD,
    Architecture,
    DataSpec,
    NetworkSpec,
    Reading,
    ReadJob,
    Recipe,
    Request,
    Untrained,
)
from idcore.store import Store
from idcore.ui.kit import export
from tests.tools import patience
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import gaussian

MLP = NetworkSpec(Architecture("mlp", 16, 2), Untrained(3))
SMALL = Request(DataSpec("digits", "train", n=120, seed=5), MLP)
NOISY = Request(DataSpec("digits", classes=(1, 3, 4), n=90, noise=0.123456789), MLP, size=9, normalise="none")
LEARNED = Request(
    DataSpec("digits", n=60), NetworkSpec(Architecture("mlp", 8, 1), Recipe("digits", epochs=1, learning_rate=0.003))
)
STATES = {
    "usual": ((SMALL,), "checkpoints", Reading()),
    "both sliders moved": ((SMALL,), "checkpoints", Reading(0.25, 0.77)),
    "fractions with many digits": ((SMALL,), "all", Reading(1 / 3, 2 / 3)),
    "layers picked by name": ((NOISY,), ("input", "d2"), Reading(0.1, 0.81)),
    "each class by itself": (tuple(by_class(SMALL, (2, 7), 40)), "checkpoints", Reading(0.2)),
    "several networks": ((SMALL, NOISY, LEARNED), "checkpoints", Reading()),
}


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory):
    """The default store, for what is run here and in processes of its own."""
    place = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAYERSCOPE_CACHE", str(place))
        yield Store(place)


def shown(requests, layers, reading):
    """The rows that the page has."""
    return {one: [summarise(g, reading) for g in idcore.run(one, layers)] for one in requests}


def tables(text: str) -> list[dict[str, str]]:
    """Lines of one CSV table after another."""
    head = ",".join((*COLUMNS, *IDENTITY))
    found = [list(csv.DictReader(io.StringIO(f"{head}{part}"))) for part in text.split(head)[1:]]
    return [row for table in found for row in table]


def same(row: dict[str, str], shown: dict[str, str]) -> bool:
    return all(row[name] == shown[name] or float(row[name]) == float(shown[name]) for name in (*IDENTITY, *COLUMNS))


def told(commands: list[str], capsys) -> str:
    capsys.readouterr()
    for command in commands:
        assert cli.main(shlex.split(command)[3:]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("state", STATES)
def test_commands_python_and_files_hold_the_numbers_of_the_page_to_the_last_digit(state, capsys):
    made = STATES[state]
    measured = shown(*made)
    page = list(csv.DictReader(io.StringIO(exports.csv(export.numbers(measured, *made[1:])()))))
    assert len(page) == sum(map(len, measured.values())) > 1

    commands = list(dict.fromkeys(row["command"] for row in page))  # those of the Export menu, line by line
    text = told(commands, capsys)
    printed = tables(text)
    assert len(printed) == len(page) and all(map(same, printed, page))

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(export.python_of(made[0], *made[1:]), {})
    assert out.getvalue() == text

    kept = json.loads(exports.as_json(export.numbers(measured, *made[1:])()))
    assert (kept["discard"], kept["variance"]) == (made[2].discard, made[2].variance)
    rows = [{name: row[name] for name in COLUMNS} for one in kept["results"] for row in one["layers"]]
    assert [one["command"] for one in kept["results"]] == commands
    assert rows == [{name: getattr(row, name) for name in COLUMNS} for one in made[0] for row in measured[one]]


def test_the_command_of_an_upload_finds_it_again_in_the_store(store, capsys):
    file = io.BytesIO()
    np.savez(file, a=gaussian(50, 7), b=gaussian(50, 3))
    digest = results.save_upload(store, file.getvalue(), "mine.npz")
    read(ReadJob("representations", digest), store)
    request = Request(DataSpec(UPLOAD + digest, "all", n=50), ELSEWHERE)
    state = ((request,), "all", Reading(0.3, 0.6))
    page = list(csv.DictReader(io.StringIO(exports.csv(export.numbers(shown(*state), *state[1:])()))))
    printed = tables(told([page[0]["command"]], capsys))
    assert len(printed) == 2 and all(map(same, printed, page))


@pytest.mark.slow
def test_what_is_offered_runs_in_a_shell_as_it_stands():
    state = (by_class(SMALL, (7,), 40), "all", Reading(0.15, 0.75))
    page = list(csv.DictReader(io.StringIO(exports.csv(export.numbers(shown(*state), *state[1:])()))))
    place = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    text = export.commands_of(*state)
    done = subprocess.run(
        ["bash", "-ec", text],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": place},
        timeout=patience.seconds(),
    )
    assert done.returncode == 0, done.stderr
    printed = tables(done.stdout)
    assert len(printed) == len(page) > 4 and all(map(same, printed, page))


def test_as_many_drawn_from_all_are_fitted_with_the_same_discard_as_the_selection():
    x = gaussian(400, 3)
    geometry = brute_geometry(x)
    chosen = np.flatnonzero(x[:, 0] > 0)
    for discard in (0.0, 0.1, 0.4):
        assert twonn_of_subset(geometry, chosen, discard).thinned == thinned(geometry, len(chosen), discard)
    assert thinned(geometry, len(chosen), 0.4) != thinned(geometry, len(chosen), 0.1)


def test_a_selection_some_of_whose_neighbours_are_left_out_keeps_the_links_of_the_others():
    x = gaussian(400, 3)
    geometry = brute_geometry(x, k=8)
    chosen = np.sort(np.random.default_rng(0).permutation(400)[:200])
    found = twonn_of_subset(geometry, chosen)
    assert found.points * 0.95 <= found.known < found.points
    alone = summarise(brute_geometry(x[chosen]))
    assert found.stderr == pytest.approx(alone.id_err, rel=0.15)
