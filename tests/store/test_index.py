"""The index of the store: what is listed is what lies there, and each file is opened once."""

import json
import os
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idcore.store import Store, folder, index
from tests import ROOT

KINDS = ("run", "layer", "status")


def keys(n):
    return [f"{i * 7:02x}" + f"{i:062x}" for i in range(n)]


def fill(store, n, kind="run"):
    for i, key in enumerate(keys(n)):
        store.put(key, {}, {"kind": kind, "i": i})


@pytest.fixture
def opened(monkeypatch):
    """Keys of the entries whose headers were opened."""
    found, header = [], folder.Folder.header
    monkeypatch.setattr(folder.Folder, "header", lambda self, key: found.append(key) or header(self, key))
    return found


def test_each_file_is_opened_once_and_again_only_when_it_was_replaced(tmp_path, opened):
    store = Store(tmp_path)
    fill(store, 20)
    assert [meta["i"] for _, meta in store.entries("run")] == list(range(20)) and len(opened) == 20
    assert store.entries("layer") == [] and len(store.keys("run")) == 20 and store.size() > 0
    assert len(opened) == 20
    Store(tmp_path).put(keys(1)[0], {"x": np.zeros(9)}, {"kind": "run", "i": 100})
    assert store.entries("run")[0][1]["i"] == 100 and opened[20:] == keys(1)


def test_what_is_made_of_an_entry_is_made_once_until_the_entry_is_replaced(tmp_path):
    store, made = Store(tmp_path), []

    def make(meta):
        made.append(meta["i"])
        return meta["i"] * 2

    fill(store, 3)
    assert store.values("run", make) == list(zip(keys(3), (0, 2, 4), strict=True)) == store.values("run", make)
    store.put(keys(3)[1], {}, {"kind": "run", "i": 7})
    store.delete(keys(3)[2])
    assert store.values("run", make) == [(keys(1)[0], 0), (keys(2)[1], 14)] and made == [0, 1, 2, 7]


def test_the_next_process_need_not_open_what_was_listed_before(tmp_path, opened, monkeypatch):
    monkeypatch.setattr(index, "_NEW", 10)
    store = Store(tmp_path)
    fill(store, 30)
    store.entries("run")
    opened.clear()
    again = Store(tmp_path)
    again.put("f" * 64, {}, {"kind": "run", "i": 30})
    assert [meta["i"] for _, meta in again.entries("run")] == list(range(31)) and opened == ["f" * 64]


@pytest.mark.parametrize("damage", ["gone", "cut short", "flipped bit", "of another version", "of another store"])
def test_an_index_that_is_missing_or_wrong_is_made_again(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(index, "_NEW", 1)
    store = Store(tmp_path / "a")
    fill(store, 5)
    truth = store.entries("run")
    file = tmp_path / "a" / "v1" / "in" / "index.safetensors"
    data = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "cut short":
        file.write_bytes(data[:-5])
    elif damage == "flipped bit":
        at = data.index(b'"i": 3') + 5
        data[at] ^= 1
        file.write_bytes(data)
    elif damage == "of another version":
        rows = np.frombuffer(json.dumps(["something else"]).encode(), np.uint8)
        store._shelf.write("index", index.encode("index", {"rows": rows}, {"index": 2}))
    else:
        other = Store(tmp_path / "b")
        for i, key in enumerate(keys(5)):
            other.put(key, {}, {"kind": "run", "i": -i})
        other.entries("run")
        file.write_bytes((tmp_path / "b" / "v1" / "in" / "index.safetensors").read_bytes())
    assert Store(tmp_path / "a").entries("run") == truth


def test_a_folder_that_was_changed_within_the_grain_of_its_time_is_looked_at_again(tmp_path):
    store, other = Store(tmp_path), Store(tmp_path)
    fill(store, 3)
    changed = os.stat(tmp_path / "v1" / "00").st_mtime_ns
    assert len(store.keys("run")) == 3
    other.put("00" + "e" * 62, {}, {"kind": "run", "i": 9})
    os.utime(tmp_path / "v1" / "00", ns=(changed, changed))  # as a coarse clock would show it
    assert len(store.keys("run")) == 4


steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "look", "restart", "damage"]),
        st.integers(0, 5),
        st.sampled_from(KINDS),
        st.booleans(),
    ),
    max_size=25,
)


@given(steps=steps)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_two_processes_do_each_lists_what_lies_there(tmp_path_factory, steps):
    """Two stores over one folder stand for two processes."""
    root, truth = tmp_path_factory.mktemp("store"), {}
    stores = [Store(root), Store(root)]
    for at, (what, i, kind, first) in enumerate(steps):
        store, key = stores[first], keys(6)[i]
        if what == "put":
            store.put(key, {"x": np.zeros(i)}, {"kind": kind, "at": at})
            truth[key] = {"kind": kind, "at": at}
        elif what == "delete":
            store.delete(key)
            truth.pop(key, None)
        elif what == "restart":
            stores[first] = Store(root)
        elif what == "damage" and key in truth:
            store.path(key).write_bytes(b"damaged")
            assert store.get(key) is None
            truth.pop(key)
        else:
            store.entries(kind)
    for store in (*stores, Store(root)):
        for kind in KINDS:
            assert store.entries(kind) == sorted((k, meta) for k, meta in truth.items() if meta["kind"] == kind)
        assert store.keys() == sorted(truth)


WRITER = """
import sys
from idcore.store import Store, index
index._NEW = 3
store, i = Store(sys.argv[1]), int(sys.argv[2])
store.put(f"{i % 40:064x}", {}, {"kind": "run", "i": i})  # however busy the machine is, there is one
print("ready", flush=True)
while True:
    i += 2
    key = f"{i % 40:064x}"
    store.put(key, {}, {"kind": "run", "i": i})
    store.entries("run")
    if i % 6 == 0:
        store.delete(f"{(i + 13) % 40:064x}")
"""
ROUNDS = int(os.environ.get("LAYERSCOPE_TEST_KILLS", "4"))


def test_processes_killed_while_they_write_leave_no_file_no_lock_and_a_true_index(tmp_path):
    for round in range(ROUNDS):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        writers = [subprocess.Popen([*command, str(i)], cwd=ROOT, stdout=subprocess.PIPE) for i in (round, round + 1)]
        for writer in writers:
            assert writer.stdout.readline() == b"ready\n"
        time.sleep(0.05 + 0.013 * (round % 20))
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.communicate()
        store = Store(tmp_path)
        store.tidy()
        listed = store.keys()
        opened = {key: store.meta(key) for key in listed}  # each file by itself, and not through the index
        assert opened and dict(store.entries("run")) == opened
        left = [path.name for path in tmp_path.rglob("*") if path.suffix in (".tmp", ".lock")]
        assert not left and not any(store.is_locked(key) for key in opened)


HOLDS = """
import os, sys, time
from idcore.store import Store
os.fsync = lambda fd: (print("writing", flush=True), time.sleep(600))
Store(sys.argv[1]).put(sys.argv[2], {}, {})
"""


def test_what_a_killed_writer_left_goes_at_the_next_start_and_a_living_writer_is_left_in_peace(tmp_path):
    store, key = Store(tmp_path), "a" * 64
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, tmp_path, key], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "writing\n"
        store.tidy()
        assert len(list(tmp_path.rglob("*.tmp"))) == 1
        writer.kill()
        writer.wait()
        store.tidy()
    assert not list(tmp_path.rglob("*.tmp"))


def test_nobody_else_on_the_machine_may_look_into_the_store(tmp_path):
    before = os.umask(0o022)
    try:
        store = Store(tmp_path / "store")
        store.put("a" * 64, {}, {"kind": "run"})
        with store.locked("b" * 64):
            for path in (tmp_path / "store" / "v1").rglob("*"):
                assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
        assert stat.S_IMODE((tmp_path / "store" / "v1").stat().st_mode) == 0o700
        (tmp_path / "store" / "v1").chmod(0o755)  # of an earlier version
        store.tidy()
        assert stat.S_IMODE((tmp_path / "store" / "v1").stat().st_mode) == 0o700
    finally:
        os.umask(before)
