"""Whatever happens to the files of the store, it serves what was written or nothing."""

import errno
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from idcore.errors import StoreError
from idcore.store import Store, StoreWarning

ROOT = Path(__file__).parent.parent
KEY, OTHER = "a" * 64, "b" * 64
ARRAYS = {"x": np.arange(8.0), "y": np.zeros((2, 0), np.int32)}
META = {"kind": "layer", "n": 8}


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.put(KEY, ARRAYS, META)
    return store


def test_a_flipped_bit_anywhere_is_never_served_as_another_result(store):
    path = store.path(KEY)
    good = path.read_bytes()
    served = 0
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 1 << (at % 8)
        path.write_bytes(bad)
        entry = store.get(KEY)
        if entry is not None:  # a flip in the padding of the header changes nothing
            served += 1
            assert entry.meta == META and set(entry.arrays) == set(ARRAYS)
            assert all(entry.arrays[name].tobytes() == ARRAYS[name].tobytes() for name in ARRAYS)
    assert served < 10


@pytest.mark.parametrize("keep", [0, 7, 8, 100, -1])
def test_a_truncated_file_is_set_aside_and_is_a_miss(store, keep):
    path = store.path(KEY)
    path.write_bytes(path.read_bytes()[:keep])
    assert store.get(KEY) is None
    assert not path.exists() and (store.root / "v1" / "bad" / path.name).exists()
    assert store.keys() == []


def test_a_flipped_bit_of_the_payload_is_set_aside_and_computed_again(store):
    path = store.path(KEY)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    entry = store.compute_once(KEY, lambda: (ARRAYS, META))
    np.testing.assert_array_equal(entry.arrays["x"], ARRAYS["x"])
    assert (store.root / "v1" / "bad" / path.name).exists()
    np.testing.assert_array_equal(store.get(KEY).arrays["x"], ARRAYS["x"])


def test_an_entry_under_the_name_of_another_is_a_miss(store):
    store.path(OTHER).parent.mkdir()
    shutil.copy(store.path(KEY), store.path(OTHER))
    assert store.get(OTHER) is None and store.get(KEY) is not None


def test_a_header_that_promises_more_than_the_file_holds_is_a_miss(store):
    path = store.path(KEY)
    path.write_bytes(struct.pack("<Q", 2**60) + path.read_bytes()[8:])
    assert store.meta(KEY) is None


def test_a_safetensors_file_of_somebody_else_is_a_miss(store):
    from safetensors.numpy import save_file

    path = store.path(OTHER)
    path.parent.mkdir()
    save_file({"x": np.zeros(3)}, path)
    assert store.get(OTHER) is None


def test_foreign_files_are_neither_listed_nor_touched(store):
    folder = store.path(KEY).parent
    foreign = [
        folder / "notes.txt",
        folder / f"{OTHER}.safetensors",
        folder / "x.safetensors",
        store.root / "README.md",
    ]
    for path in foreign:
        path.write_text("mine")
        os.utime(path, (1, 1))
    assert store.keys() == [KEY] and store.keys("layer") == [KEY]
    small = Store(store.root, limit=1)
    small.put("c" * 64, ARRAYS, META)
    assert all(path.read_text() == "mine" for path in foreign)


def test_files_set_aside_leave_before_results_do(store):
    path = store.path(KEY)
    path.write_bytes(b"x" * 5000)
    assert store.get(KEY) is None
    small = Store(store.root, limit=4000)
    small.put(OTHER, ARRAYS, META)
    assert small.keys() == [OTHER] and not list((store.root / "v1" / "bad").iterdir())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_or_read_only_disk_warns_and_the_result_is_returned(store, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.warns(StoreWarning, match=os.strerror(code)):
        entry = store.compute_once(OTHER, lambda: (ARRAYS, META))
    np.testing.assert_array_equal(entry.arrays["x"], ARRAYS["x"])
    assert os.strerror(code) in store.warnings[0]
    assert store.get(OTHER) is None and not list(store.root.rglob("*.tmp"))
    assert (store.get(KEY) is not None) == (code == errno.EROFS)  # elsewhere it has made room, in vain


def test_a_file_where_the_folder_should_be_warns_and_the_result_is_returned(tmp_path):
    (tmp_path / "v1").write_text("a file")
    store = Store(tmp_path)
    with pytest.warns(StoreWarning):
        entry = store.compute_once(KEY, lambda: (ARRAYS, META))
    np.testing.assert_array_equal(entry.arrays["x"], ARRAYS["x"])
    assert store.get(KEY) is None and store.keys() == [] and store.size() == 0 and not store.is_locked(KEY)


def test_a_store_opened_for_reading_only_writes_nothing(store):
    path = store.path(KEY)
    shipped = Store(store.root, read_only=True)
    assert shipped.get(KEY) is not None
    path.write_bytes(path.read_bytes()[:-1])
    before = sorted((p, p.stat().st_mtime_ns) for p in store.root.rglob("*"))
    assert shipped.get(KEY) is None
    with shipped.locked(KEY):
        assert shipped.compute_once(KEY, lambda: (ARRAYS, META)).meta == META
    for write in (lambda: shipped.put(KEY, {}, {}), lambda: shipped.delete(KEY)):
        with pytest.raises(StoreError, match="reading only"):
            write()
    assert sorted((p, p.stat().st_mtime_ns) for p in store.root.rglob("*")) == before


KILLED = """
import os, signal, sys
import numpy as np
from idcore.store import Store
os.fsync = lambda fd: os.kill(os.getpid(), signal.SIGKILL)
Store(sys.argv[1]).put(sys.argv[2], {"x": np.zeros(8)}, {})
"""


def test_a_writer_killed_in_the_middle_leaves_the_old_entry(store):
    killed = subprocess.run([sys.executable, "-c", KILLED, store.root, KEY], cwd=ROOT)
    assert killed.returncode == -9
    np.testing.assert_array_equal(store.get(KEY).arrays["x"], ARRAYS["x"])
    assert len(list(store.root.rglob("*.tmp"))) == 1 and store.keys() == [KEY]


def test_readers_see_whole_entries_while_another_process_writes(store):
    code = (
        "import sys, numpy as np\nfrom idcore.store import Store\n"
        "for i in range(100): Store(sys.argv[1]).put(sys.argv[2], {'x': np.full(1000, i)}, {'i': i})"
    )
    with subprocess.Popen([sys.executable, "-c", code, store.root, OTHER], cwd=ROOT) as writer:
        seen = set()
        while writer.poll() is None:
            entry = store.get(OTHER)
            if entry is not None:
                assert (entry.arrays["x"] == entry.meta["i"]).all()
                seen.add(entry.meta["i"])
    assert len(seen) > 3 and not (store.root / "v1" / "bad").exists()
