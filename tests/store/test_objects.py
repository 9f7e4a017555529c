"""The store on object storage promises what it promises in a folder; against a real S3-compatible server."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import fsspec
import numpy as np
import pytest
from fsspec.registry import _registry as fsspec_registry

from idcore import errors, results
from idcore import settings as place
from idcore.errors import StoreError
from idcore.jobs import Jobs
from idcore.store import Store, StoreWarning, index, lease
from idcore.store import objects as objects_
from idcore.watch import Watch
from tests import ROOT
from tests.tools import patience, s3
from tests.tools.jobs import finished, profile, settings

pytestmark = pytest.mark.slow

KEY, OTHER = "a" * 64, "b" * 64
ARRAYS = {"x": np.arange(8.0), "y": np.zeros((2, 0), np.int32)}
META = {"kind": "layer", "n": 8}


@pytest.fixture(scope="module", autouse=True)
def storage():
    with s3.server() as address:
        yield address


@pytest.fixture
def url(request):
    return f"s3://{s3.BUCKET}/{abs(hash(request.node.name))}"


@pytest.fixture
def store(url):
    return Store(url)


@pytest.fixture
def hasty(monkeypatch):
    """Leases that end soon."""
    monkeypatch.setattr(lease, "RENEWED", 0.2)
    monkeypatch.setattr(lease, "LIFE", 1.0)


def objects(store):
    """(file system, address of KEY), behind the back of the store."""
    return fsspec.filesystem("s3", use_listings_cache=False), f"{store.root}/v1/aa/{KEY}.safetensors"


def python(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE)


def test_what_was_put_comes_back_and_can_be_replaced_and_deleted(store):
    assert store.get(KEY) is None and store.meta(KEY) is None and store.keys() == [] and store.size() == 0
    store.put(KEY, {"x": np.zeros(3)}, {"kind": "run"})
    store.put(KEY, ARRAYS, META)
    for found in (store.get(KEY), Store(store.root).get(KEY)):
        assert found.meta == META and set(found.arrays) == set(ARRAYS)
        assert all(found.arrays[name].tobytes() == ARRAYS[name].tobytes() for name in ARRAYS)
    found.arrays["x"][0] = 1  # may be written to
    assert store.meta(KEY) == META and store.keys() == [KEY] and store.size() > 0
    store.delete(KEY)
    store.delete(KEY)
    assert store.get(KEY) is None and store.keys() == []


def test_entries_are_listed_by_kind_whoever_wrote_them_and_whatever_the_length_of_their_headers(store):
    other, long = Store(store.root), {"kind": "run", "text": "é" * 100_000}
    store.put(KEY, {}, {"kind": "layer"})
    other.put(OTHER, {}, long)
    assert store.meta(OTHER) == long
    time.sleep(store.period)  # a listing is that old at most
    assert store.entries("run") == [(OTHER, long)] and store.keys("layer") == [KEY]
    store.put(OTHER, {}, {"kind": "layer"})
    assert store.entries("run") == [] and store.keys("layer") == [KEY, OTHER] == store.keys()


def test_a_listing_is_whole_however_few_headers_are_remembered(store, monkeypatch):
    monkeypatch.setattr(objects_, "_REMEMBERED", 3)
    monkeypatch.setattr(objects_, "_AT_ONCE", 2)
    keys = [f"{i:064x}" for i in range(9)]
    for key in keys:
        store.put(key, {}, {"kind": "run"})
    assert store.keys("run") == keys == store.keys("run")


def test_the_next_process_asks_for_no_header_of_what_was_listed_before(store, monkeypatch):
    monkeypatch.setattr(index, "_NEW", 5)
    for i in range(8):
        store.put(f"{i:064x}", {}, {"kind": "run", "i": i})
    listed = store.entries("run")
    asked, beginnings = [], objects_.Objects._beginnings
    monkeypatch.setattr(
        objects_.Objects, "_beginnings", lambda self, keys: asked.extend(keys) or beginnings(self, keys)
    )
    again = Store(store.root)
    again.put(KEY, {}, {"kind": "run"})
    assert again.entries("run") == [*listed, (KEY, {"kind": "run"})] and asked == [KEY]


def test_the_layout_is_that_of_a_folder_so_that_a_store_can_be_copied(store, tmp_path):
    files, _ = objects(store)
    Store(tmp_path).put(KEY, ARRAYS, META)
    files.put(str(tmp_path / "v1"), f"{store.root}/v1", recursive=True)
    assert store.get(KEY).meta == META


def test_a_flipped_bit_is_never_served_and_the_entry_is_computed_again(store):
    store.put(KEY, ARRAYS, META)
    files, path = objects(store)
    good, chance, served = files.cat_file(path), random.Random(0), 0
    for at in [len(good) - 1, *(chance.randrange(len(good)) for _ in range(20))]:
        bad = bytearray(good)
        bad[at] ^= 1 << chance.randrange(8)
        files.pipe_file(path, bytes(bad))
        assert store.meta(KEY) in (None, META)
        entry = store.get(KEY)
        if entry is not None:  # a flip in the padding of the header changes nothing
            served += 1
            assert entry.meta == META and all(np.array_equal(entry.arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert served < 5
    files.pipe_file(path, good[:-1])
    assert store.compute_once(KEY, lambda: (ARRAYS, {"kind": "again"})).meta == {"kind": "again"}
    assert store.get(KEY).meta == {"kind": "again"} and files.exists(f"{store.root}/v1/bad/{KEY}.safetensors")


@pytest.mark.parametrize("keep", [0, 7, 8, 100, -1])
def test_an_object_that_was_cut_short_is_set_aside_and_is_a_miss(store, keep):
    store.put(KEY, ARRAYS, META)
    files, path = objects(store)
    files.pipe_file(path, files.cat_file(path)[:keep])
    assert store.get(KEY) is None and store.meta(KEY) is None and store.entries("layer") == []
    assert not files.exists(path) and files.exists(f"{store.root}/v1/bad/{KEY}.safetensors")


def test_foreign_objects_are_neither_listed_nor_removed(store):
    files, path = objects(store)
    foreign = [f"{store.root}/v1/aa/notes.txt", f"{store.root}/v1/bb/{KEY}.safetensors", f"{store.root}/README"]
    for one in foreign:
        files.pipe_file(one, b"mine")
    Store(store.root, limit=1).put(KEY, {}, {})
    assert store.keys() == [KEY] and all(files.cat_file(one) == b"mine" for one in foreign)


def test_over_its_limit_the_oldest_entries_leave_but_none_that_is_locked(url):
    store, keys = Store(url, limit=30_000), [f"{i:064x}" for i in range(6)]
    with store.locked(keys[0]):
        for key in keys:
            store.put(key, {"x": np.zeros(1000)}, {})
            time.sleep(1.01 * (key in keys[:2]))  # S3 tells times in whole seconds
        left = store.keys()
        assert store.size() <= 30_000 and keys[0] in left and keys[1] not in left and keys[5] in left


WRITER = """
import sys, numpy as np
from idcore.store import Store
store = Store(sys.argv[1])
for i in range(60): store.put(sys.argv[2], {'x': np.full(20_000, i)}, {'i': i, 'who': sys.argv[3]})
"""


def test_readers_see_whole_entries_while_two_processes_write_the_same(store):
    with python(WRITER, store.root, KEY, "one") as one, python(WRITER, store.root, KEY, "two") as two:
        seen = set()
        while one.poll() is None or two.poll() is None:
            entry = store.get(KEY)
            if entry is not None:
                assert (entry.arrays["x"] == entry.meta["i"]).all()
                seen.add((entry.meta["who"], entry.meta["i"]))
    assert (one.returncode, two.returncode) == (0, 0) and len(seen) > 3
    assert not objects(store)[0].exists(f"{store.root}/v1/bad")


ONCE = """
import sys, time, numpy as np
from idcore.store import Store
def make():
    with open(sys.argv[3], "a") as file: file.write("x")
    time.sleep(1)
    return {"x": np.arange(3)}, {}
assert list(Store(sys.argv[1]).compute_once(sys.argv[2], make).arrays["x"]) == [0, 1, 2]
"""


def test_a_thing_is_computed_once_by_two_processes(store, tmp_path):
    processes = [python(ONCE, store.root, KEY, tmp_path / "calls") for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert (tmp_path / "calls").read_text() == "x" and objects(store)[0].find(store.root)[1:] == []
    for process in processes:
        process.stdout.close()


HOLD = """
import sys, time
from idcore.store import Store, lease
lease.RENEWED = 0.2
with Store(sys.argv[1]).locked(sys.argv[2]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lease_lasts_while_its_holder_lives_and_ends_soon_after_it_was_killed(store, monkeypatch):
    files, path = objects(store)
    path, passed = path.replace(".safetensors", ".lock"), [0.0]
    clock = SimpleNamespace(**{**vars(time), "monotonic": lambda: sum(passed)})
    monkeypatch.setattr(lease, "time", clock)
    with python(HOLD, store.root, KEY) as holder:
        assert holder.stdout.readline() == b"held\n"
        for _ in range(3):
            before = files.cat_file(path)
            patience.until(lambda: files.cat_file(path) != before)  # noqa: B023
            assert store.is_locked(KEY) and not store.is_locked(OTHER)
            passed.append(0.9 * lease.LIFE)
        with pytest.raises(errors.Cancelled), store.locked(KEY, Watch(cancelled=lambda: True)):
            pass
        os.kill(holder.pid, signal.SIGKILL)
    assert store.is_locked(KEY)
    passed.append(lease.LIFE)
    with store.locked(KEY, Watch(cancelled=lambda: pytest.fail("it has to wait"))):
        pass
    assert not store.is_locked(KEY)


def test_a_lease_that_another_took_over_is_neither_renewed_nor_removed_by_its_first_holder(store, hasty):
    files, path = objects(store)
    path = path.replace(".safetensors", ".lock")
    with store.locked(KEY):
        files.pipe_file(path, b"another 0")
        time.sleep(0.6)
    assert files.cat_file(path) == b"another 0"


def test_a_lease_of_long_ago_is_dead_at_once_and_a_clock_that_jumps_by_an_hour_changes_nothing(store, monkeypatch):
    files, path = objects(store)
    path = path.replace(".safetensors", ".lock")
    files.pipe_file(path, f"somebody {time.time() - 4 * 3600}".encode())
    assert not store.is_locked(KEY)
    for wrong in (-3700, 3700):
        files.pipe_file(path, f"somebody {time.time() + wrong}".encode())
        assert store.is_locked(KEY)
    files.pipe_file(path, b"no lease")
    assert not store.is_locked(KEY)
    with store.locked(KEY):
        assert store.is_locked(KEY)


def test_many_threads_take_a_lease_in_turn(store):
    inside, most, guard = 0, 0, threading.Lock()

    def work():
        nonlocal inside, most
        with Store(store.root).locked(KEY):
            with guard:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with guard:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert most == 1


@pytest.mark.parametrize("where", ["a bucket that is not there", "nobody answers"])
def test_where_nothing_can_be_kept_the_result_is_returned_and_it_is_said(where, monkeypatch):
    if where == "nobody answers":
        fsspec.filesystem("s3").clear_instance_cache()
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = Store("s3://another-bucket/place")
    with pytest.warns(StoreWarning, match="not kept in the store at s3://another-bucket/place: ") as warned:
        assert store.put(KEY, ARRAYS, META)
    assert ("bucket does not exist" if where != "nobody answers" else "connect to") in str(warned[0].message)
    assert store.get(KEY) is None and store.keys() == []
    fsspec.filesystem("s3").clear_instance_cache()


@pytest.mark.parametrize("url", ["gopher://host/place", "s3://bucket/place"])
def test_an_address_that_cannot_be_used_is_refused_in_a_sentence(url, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(fsspec_registry, "s3", raising=False)
    with pytest.raises(StoreError, match=f"The store {url} cannot be used .* with the package s3fs"):
        Store(url)


def test_the_cache_may_be_an_address(tmp_path):
    assert place.settings({"LAYERSCOPE_CACHE": "s3://bucket/place"}).cache == "s3://bucket/place"
    assert place.settings({"LAYERSCOPE_CACHE": str(tmp_path / "x" / ".." / "y")}).cache == tmp_path / "x" / ".." / "y"


def test_a_worker_process_measures_two_networks_into_object_storage(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = [profile(0), profile(1)]
    with contextlib.closing(Jobs(store, settings(store.root, workers=1))) as jobs:
        ends = [finished(jobs, id) for id in [jobs.submit(job) for job in asked]]
        assert [status.state for status in ends] == ["done", "done"], ends
        assert len({status.process for status in ends} - {os.getpid()}) == 1
        assert jobs.status(jobs.submit(asked[0])).state == "done" and jobs.hits == 1
    for job in asked:
        assert results.layer(Store(store.root), job.request, "output").n == 80
    assert len(results.runs(Store(store.root))) == 2  # a listing of the first may be a second old
    assert list(tmp_path.iterdir()) == []
    leases = [Path(one).stem for one in objects(store)[0].find(store.root) if one.endswith(".lock")]
    patience.until(lambda: not any(map(store.is_locked, leases)))  # one of a process that has ended ends by itself
