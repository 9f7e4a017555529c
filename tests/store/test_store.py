"""The store keeps what it is given, exactly, once, and within its limit."""

import os
import subprocess
import sys
import threading
import time

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idcore.errors import Cancelled, RequestError, StoreError
from idcore.settings import parse_bytes, settings
from idcore.store import Store
from idcore.watch import Watch
from tests import ROOT

KEY, OTHER = "a" * 64, "b" * 64
DTYPES = [np.float16, np.float32, np.float64, np.int8, np.int32, np.int64, np.uint8, np.bool_, ">f8", ">i4"]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def keys(n):
    return [f"{i:064x}" for i in range(n)]


@given(
    array=st.sampled_from(DTYPES).flatmap(lambda t: hnp.arrays(t, hnp.array_shapes(min_dims=0, max_side=4, min_side=0)))
)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_array_comes_back_bit_for_bit(store, array):
    store.put(KEY, {"x": array, "transposed": array.T}, {"kind": "t"})
    found = store.get(KEY).arrays
    for name, expected in (("x", array), ("transposed", array.T)):
        assert found[name].shape == expected.shape
        assert found[name].dtype == expected.dtype.newbyteorder("<")
        assert found[name].tobytes() == expected.astype(expected.dtype.newbyteorder("<")).tobytes()


def test_a_strided_view_comes_back_as_its_values(store):
    x = np.arange(24.0).reshape(4, 6)[::2, ::-3]
    store.put(KEY, {"x": x}, {})
    np.testing.assert_array_equal(store.get(KEY).arrays["x"], x)


def test_arrays_that_come_back_can_be_written_to(store):
    store.put(KEY, {"x": np.zeros(3)}, {})
    store.get(KEY).arrays["x"][0] = 1


def test_meta_comes_back_with_its_types(store):
    meta = {"kind": "run", "a": None, "b": [1, 2.5, "é"], "c": {"d": True}}
    store.put(KEY, {"x": np.zeros(3)}, meta)
    assert store.get(KEY).meta == meta == store.meta(KEY)


def test_a_missing_entry_is_none(store):
    assert store.get(KEY) is None and store.meta(KEY) is None and store.keys() == [] and store.size() == 0


def test_a_second_put_replaces_the_entry_whole(store):
    store.put(KEY, {"x": np.zeros(3), "y": np.zeros(1)}, {"kind": "a"})
    store.put(KEY, {"x": np.ones(2)}, {"kind": "b"})
    entry = store.get(KEY)
    assert set(entry.arrays) == {"x"} and entry.meta == {"kind": "b"} and len(store.keys()) == 1


def test_keys_and_entries_are_listed_by_kind(store):
    store.put(OTHER, {}, {"kind": "run"})
    store.put(KEY, {}, {"kind": "layer"})
    assert store.keys() == [KEY, OTHER] and store.keys("run") == [OTHER]
    assert store.entries("layer") == [(KEY, {"kind": "layer"})]


def test_delete_removes_one_entry(store):
    store.put(KEY, {}, {})
    store.delete(KEY)
    store.delete(KEY)
    assert store.get(KEY) is None


@pytest.mark.parametrize("name", ["", "x" * 64, "A" * 64, "../" + "a" * 61, "a" * 63, KEY + "\n", None])
def test_a_name_that_is_no_sha256_is_refused(store, name):
    for call in (store.get, store.meta, store.delete, store.is_locked, lambda key: store.put(key, {}, {})):
        with pytest.raises(StoreError, match="64 hexadecimal digits"):
            call(name)
    assert list(store.root.iterdir()) == []


def test_what_cannot_be_kept_is_refused_and_leaves_no_file(store):
    with pytest.raises(TypeError, match="complex128"):
        store.put(KEY, {"x": np.zeros(2, complex)}, {})
    with pytest.raises(ValueError):
        store.put(KEY, {}, {"x": float("nan")})
    assert list(store.root.rglob("*")) == []


def test_the_layout_on_disk_is_the_documented_one(store):
    store.put(KEY, {}, {})
    files = [path.relative_to(store.root).as_posix() for path in store.root.rglob("*") if path.is_file()]
    assert files == [f"v1/aa/{KEY}.safetensors"]


def test_a_thing_is_computed_once_by_many_threads(store):
    calls = []

    def make():
        calls.append(1)
        time.sleep(0.05)
        return {"x": np.arange(3)}, {"kind": "t"}

    found = []
    threads = [threading.Thread(target=lambda: found.append(store.compute_once(KEY, make))) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(calls) == 1 and all(list(entry.arrays["x"]) == [0, 1, 2] for entry in found)


def test_a_thing_is_computed_once_by_two_processes(store, tmp_path):
    code = """
import sys, time
import numpy as np
from idcore.store import Store

def make():
    with open(sys.argv[3], "a") as file:
        file.write("x")
    time.sleep(0.2)
    return {"x": np.arange(3)}, {}

assert list(Store(sys.argv[1]).compute_once(sys.argv[2], make).arrays["x"]) == [0, 1, 2]
"""
    log = tmp_path / "calls"
    command = [sys.executable, "-c", code, str(store.root), KEY, str(log)]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [p.wait() for p in processes] == [0, 0] and log.read_text() == "x"


def test_what_make_raises_passes_and_frees_the_lock(store):
    with pytest.raises(ZeroDivisionError):
        store.compute_once(KEY, lambda: 1 / 0)
    assert not store.is_locked(KEY) and store.get(KEY) is None


def test_a_lock_is_seen_while_it_is_held_and_leaves_no_file(store):
    with store.locked(KEY):
        assert store.is_locked(KEY) and not store.is_locked(OTHER)
    assert not store.is_locked(KEY)
    assert not list(store.root.rglob("*.lock"))


def test_waiting_for_a_lock_can_be_cancelled(store):
    held, done = threading.Event(), threading.Event()

    def hold():
        with store.locked(KEY):
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    try:
        answers = iter([False, False, True])
        with pytest.raises(Cancelled), store.locked(KEY, Watch(cancelled=answers.__next__)):
            pass
    finally:
        done.set()
        holder.join()


HOLD = """
import sys, time
from idcore.store import Store
with Store(sys.argv[1]).locked(sys.argv[2]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_lock_of_a_killed_process_is_free_at_once(store):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, store.root, KEY], stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ}
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert store.is_locked(KEY)
        holder.kill()
        holder.wait()
    assert not store.is_locked(KEY)
    with store.locked(KEY, Watch(cancelled=lambda: pytest.fail("it has to wait"))):
        pass


def test_the_least_recently_used_entries_leave_first(tmp_path):
    store = Store(tmp_path, limit=50_000)
    array = {"x": np.zeros(1000)}
    for age, key in enumerate(keys(5)):
        store.put(key, array, {})
        os.utime(store.path(key), (age, age))
    store.get(keys(1)[0])  # now the most recently used
    for key in keys(9)[5:]:
        store.put(key, array, {})
    assert store.size() <= 50_000
    left = store.keys()
    assert keys(1)[0] in left and keys(2)[1] not in left and keys(9)[8] in left


def test_a_locked_entry_is_never_evicted(tmp_path):
    store = Store(tmp_path, limit=20_000)
    store.put(KEY, {"x": np.zeros(1000)}, {})
    os.utime(store.path(KEY), (1, 1))
    with store.locked(KEY):
        for key in keys(6):
            store.put(key, {"x": np.zeros(1000)}, {})
        assert store.get(KEY) is not None
    os.utime(store.path(KEY), (1, 1))
    for key in keys(12)[6:]:
        store.put(key, {"x": np.zeros(1000)}, {})
    assert store.get(KEY) is None


def test_an_entry_larger_than_the_limit_is_kept_until_the_next(tmp_path):
    store = Store(tmp_path, limit=1000)
    store.put(KEY, {"x": np.zeros(1000)}, {})
    assert store.get(KEY) is not None
    store.put(OTHER, {"x": np.zeros(1000)}, {})
    assert store.keys() == [OTHER]


@pytest.mark.parametrize(
    ("text", "size"), [("2GiB", 2**31), ("500MB", 5 * 10**8), ("1.5 g", 15 * 10**8), (2**21, 2**21), ("2097152", 2**21)]
)
def test_a_size_may_be_written_with_its_unit(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "many", "-2GiB", "2XB", "1e9", "1KB", 0, "nan", True])
def test_a_size_that_is_none_is_refused_in_a_sentence(text):
    with pytest.raises(RequestError, match="The memory budget must be .*, not "):
        parse_bytes(text)


def test_settings_come_from_the_environment(tmp_path):
    found = settings({"LAYERSCOPE_CACHE": str(tmp_path), "LAYERSCOPE_WORKERS": "3", "LAYERSCOPE_MEMORY": "512MiB"})
    assert (found.cache, found.workers, found.memory, found.device) == (tmp_path, 3, 2**29, "auto")
    assert settings({}).cache == ROOT / "cache" and settings({}).workers == 2 and settings({}).memory == 2**31


@pytest.mark.parametrize("name", ["WORKERS", "MEMORY", "STORE_LIMIT", "DEVICE"])
def test_a_bad_setting_is_named_in_the_sentence(name):
    with pytest.raises(RequestError, match=f"LAYERSCOPE_{name} must be .*'plenty'"):
        settings({f"LAYERSCOPE_{name}": "plenty"})
