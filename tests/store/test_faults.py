"""Whatever happens to the files of the store, it serves what was written or nothing."""

import errno
import os
import shutil
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from idcore.errors import StoreError
from idcore.store import Store, StoreWarning
from tests import ROOT

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


def test_what_is_kept_is_not_copied_on_its_way_to_the_disk(tmp_path):
    store, large = Store(tmp_path), {"x": np.ones(2 * 10**7)}  # 160 MB
    tracemalloc.start()
    try:
        store.put(KEY, large, {})
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()
    assert store.get(KEY).arrays["x"].sum() == 2 * 10**7


def test_a_link_in_the_store_to_a_file_elsewhere_is_no_entry_and_that_file_stays(store, tmp_path):
    secret, path = tmp_path / "secret", store.path(OTHER)
    secret.write_text("mine")
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(secret)
    assert store.get(OTHER) is None and store.keys("layer") == [KEY]
    path.symlink_to(store.path(KEY))  # a true entry under the name of another
    assert store.get(OTHER) is None and store.keys("layer") == [KEY]
    path.symlink_to(secret)
    store.put(OTHER, ARRAYS, META)
    assert store.get(OTHER) is not None and not path.is_symlink() and secret.read_text() == "mine"


SHUT = """
import os, sys, warnings
import numpy as np
from idcore.store import Store
warnings.simplefilter("ignore")
if os.getuid() == 0:  # after the imports: that user need not be let into the installation
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
store = Store(sys.argv[1])
entry = store.compute_once("b" * 64, lambda: ({"x": np.arange(3)}, {}))
assert entry.arrays["x"].tolist() == [0, 1, 2]
assert store.keys() == [] and store.entries("layer") == [] and store.get("a" * 64) is None
store.tidy()
print(store.warnings[-1])
"""


def test_a_store_that_may_not_be_entered_costs_time_and_never_a_result(store):
    """As a user who is not its owner."""
    store.root.chmod(0o700)
    (store.root / "v1").chmod(0o000 if os.getuid() else 0o700)
    try:
        done = subprocess.run([sys.executable, "-c", SHUT, store.root], cwd="/", capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    finally:
        (store.root / "v1").chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert "Permission denied" in done.stdout and store.get(KEY) is not None
