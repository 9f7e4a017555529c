"""What comes from outside is read in a process of its own: it takes what it may, and ends with whoever asked."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import psutil
import pytest

from idcore import confined, pipeline, results, spec
from idcore.data import formats
from idcore.data.places import PLACES
from idcore.data.read import read_dataset
from idcore.errors import Cancelled, DataError, JobError, NetworkError
from idcore.jobs import Jobs
from idcore.limits import LIMITS
from idcore.spec import UPLOAD, Architecture, DataSpec, NetworkSpec, ReadJob, Request, Untrained
from idcore.store import Store
from idcore.watch import Watch
from tests import ROOT
from tests.tools import attackers, bad_recordings, patience
from tests.tools.attackers import ARRAYS, KEY
from tests.tools.bad_archives import folders, zipped
from tests.tools.bad_recordings import SPARSE, mat
from tests.tools.jobs import finished, settings
from tests.tools.named_sets import smaller, write_mnist

pytestmark = pytest.mark.slow

TIGHT = replace(LIMITS, memory=2**28, seconds=1, patience=100)


def children():
    return psutil.Process().children()


def gone(pid):
    """Whether a process ends."""
    ended = lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # noqa: E731
    return patience.until(ended)


def test_arrays_come_back_bit_for_bit_whatever_a_library_prints():
    found = confined.run(attackers.send_back, *ARRAYS, what="The file")
    assert [values["name"] for _, values in found] == list(ARRAYS)
    assert os.getpid() not in {values["at"] for _, values in found}
    for arrays, values in found:
        (name, array), sent = *arrays.items(), ARRAYS[values["name"]]
        assert name == values["name"] and array.dtype == sent.dtype and array.shape == sent.shape
        assert array.tobytes() == sent.tobytes() and array.flags.writeable


def test_what_is_kept_is_kept_by_the_process_that_asked(tmp_path):
    store, other, told = Store(tmp_path / "a"), Store(tmp_path / "b"), []
    store.put("b" * 64, {}, {"kind": "upload"})
    confined.run(attackers.put, what="The file", store=store, watch=Watch(told.append))
    other.put(KEY, ARRAYS, {"kind": "dataset", "found": True})
    one, two = store.get(KEY), other.get(KEY)
    assert one.meta == two.meta and {name: a.tobytes() for name, a in one.arrays.items()} == {
        name: a.tobytes() for name, a in two.arrays.items()
    }
    assert store.written > other.written > 0
    assert [(progress.message, progress.phase) for progress in told] == [("Half.", "reading")]


def test_it_can_write_no_file(tmp_path):
    with pytest.raises(JobError, match="The file could not be read: OSError.*File too large"):
        confined.run(attackers.write, str(tmp_path / "x"), what="The file")
    assert (tmp_path / "x").stat().st_size == 0


@pytest.mark.parametrize(
    ("attack", "sentence"),
    [
        (attackers.refuse, r"^It is not as it should be\.$"),
        (
            attackers.eat,
            r"^The file takes more than 0\.2 GiB of memory to read, the limit for less than 1 MiB\. It is not what",
        ),
        (
            attackers.spin,
            r"^The file takes more than 1 s of computing to read, the limit for less than 1 MiB\. It is not what",
        ),
        (attackers.sleep, r"^The file was not read within 2 s, the limit for less than 1 MiB\. Does the disk answer"),
        (attackers.crash, r"^The file is damaged: its reader broke down \(SIGSEGV\)\. Save it again\.$"),
        (attackers.be_killed, r"ended by the system, perhaps for want of memory\. The file is too large"),
        (attackers.stumble, r"^The file could not be read: KeyError: 'nothing'\.$"),
    ],
)
def test_whatever_it_does_there_is_one_sentence_and_nothing_is_left(attack, sentence):
    kind = {attackers.refuse: NetworkError, attackers.stumble: JobError}.get(attack, DataError)
    with pytest.raises(kind, match=sentence):
        confined.run(attack, what="The file", limits=replace(TIGHT, patience=2) if attack is attackers.sleep else TIGHT)
    assert not children()


def test_a_larger_file_may_take_more():
    larger = replace(TIGHT, inflation=3, pace=2**21)
    with pytest.raises(DataError, match=r"more than 0\.5 GiB of memory to read, the limit for 104,857,600 bytes"):
        confined.run(attackers.eat, 100 * 2**20, what="The file", limits=larger)
    with pytest.raises(DataError, match=r"more than 2 s of computing to read, the limit for 2,097,152 bytes"):
        confined.run(attackers.spin, 2 * 2**20, what="The file", limits=larger)


def test_limits_bound_nothing_in_a_process_that_does_not_read():
    confined.allow(-(10**12))
    assert bytearray(2**20)


@pytest.mark.parametrize("attack", [attackers.sleep, attackers.spin, attackers.eat])
def test_cancel_ends_it_at_once(attack):
    asked = iter([False, False, False])
    with pytest.raises(Cancelled):
        confined.run(attack, what="The file", watch=Watch(cancelled=lambda: next(asked, True)))
    assert not children()


def test_it_ends_where_nobody_wants_the_rest():
    items = confined.stream(attackers.send_back, *ARRAYS, what="The file")
    _, values = next(items)
    items.close()
    assert gone(values["at"]) and not children()


@pytest.mark.parametrize("attack", ["attackers.sleep", "attackers.spin"])
def test_it_ends_with_the_process_that_asked_even_if_that_is_killed(attack):
    script = f"from idcore import confined\nfrom tests.tools import attackers\nconfined.run({attack}, what='The file')"
    asks = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    process = psutil.Process(asks.pid)
    (reads,) = patience.until(process.children)
    patience.until(lambda: reads.cpu_times().user >= 1.0 or not attack.endswith("spin"))
    asks.send_signal(signal.SIGKILL)
    asks.wait()
    assert gone(reads.pid)


def test_classes_are_found_in_one_pass_however_deep_their_folders_are():
    ((arrays, classes),) = confined.run(
        attackers.deep, 200, 15_000, what="The archive", limits=replace(TIGHT, memory=2**30)
    )
    assert classes == ["0", "1"] and np.array_equal(arrays["labels"], np.arange(200) % 2)


def request(digest, n):
    return Request(
        DataSpec(UPLOAD + digest, "all", n=n), NetworkSpec(Architecture("mlp", width=8, depth=1), Untrained())
    )


def test_no_image_from_outside_is_decoded_by_the_process_that_measures(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    for name, content in folders("cat", "dog", each=10).items():
        path = tmp_path / "data" / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    os.mkfifo(tmp_path / "data" / "pets" / "cat" / "pipe.png")  # to open it is to wait for ever
    store = Store(tmp_path / "store")
    digest = results.save_upload(store, zipped(folders("cat", "dog", each=10)), "pets.zip")
    opened = []
    monkeypatch.setattr("idcore.files.picture.Image.open", lambda *a, **k: opened.append(a))
    monkeypatch.setattr("idcore.files.archive.zipfile.ZipFile", lambda *a, **k: opened.append(a))
    for asked in (request(digest, 20), Request(DataSpec("folder-pets", "all", n=20), request(digest, 20).network)):
        assert list(pipeline.run(asked, "checkpoints", store, memory=2**28, device="cpu"))
    assert not opened
    (read,) = (one for one in results.datasets(store) if one.name.startswith("folder-pets"))
    (note,) = (note for note in read.notes if "left out" in note)
    assert note.startswith("1 left out (links and devices), the first of them cat/pipe.png: only plain files")


def known(name, root, content):
    """The files of a data set known by name, each with this content."""
    folder = root / PLACES[name].folders[0]
    folder.mkdir(parents=True, exist_ok=True)
    for part in PLACES[name].files:
        (folder / part).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("svhn", bad_recordings.mat_lie(b"X"), r"0\.4 GiB of memory"),  # 300 bytes that are said to be 4 GB
        ("cifar100", b"K\1" * 10**7, "1 s of computing"),  # operations that lead nowhere
    ],
    ids=["svhn", "cifar100"],
)
def test_files_of_a_known_data_set_that_take_too_much_are_one_sentence(name, content, sentence, tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    known(name, tmp_path / "data", content)
    limits = replace(TIGHT, memory=400 * 2**20, inflation=1, pace=2**40)
    with pytest.raises(DataError, match=f"^The data set takes more than {sentence} to read, the limit for "):
        confined.run(read_dataset, name, what="The data set", store=Store(tmp_path), limits=limits)
    assert not children()


def test_no_file_of_a_known_data_set_is_parsed_by_the_process_that_measures(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    smaller(monkeypatch, tmp_path, "mnist", 40, 20)
    write_mnist(tmp_path / "data" / "MNIST/raw", PLACES["mnist"].files)
    parsed = []
    monkeypatch.setattr(formats, "_content", lambda *about: parsed.append(about))
    asked = Request(DataSpec("mnist", "all", n=20), NetworkSpec(Architecture("mlp", width=8, depth=1), Untrained()))
    assert list(pipeline.run(asked, "checkpoints", Store(tmp_path / "store"), memory=2**28, device="cpu"))
    assert not parsed


def test_a_damaged_file_that_brings_its_reader_down_is_one_sentence(tmp_path):
    store, good = Store(tmp_path), mat(s=SPARSE.tocsc())
    damaged = good[:176] + b"\0" + good[177:]  # how long its name is: scipy then reads where nothing is
    with pytest.raises(DataError, match=r"^The file is damaged: its reader broke down \(SIGSEGV\)\. Save it again\.$"):
        pipeline.read(ReadJob("representations", results.save_upload(store, damaged, "a.mat")), store)
    assert not children()
    pipeline.read(ReadJob("representations", results.save_upload(store, good, "a.mat")), store)


def test_two_files_that_compute_without_end_do_not_keep_a_good_one_from_being_read(tmp_path, monkeypatch):
    # In every process that is started from here, two seconds are what a file may take.
    (tmp_path / "sitecustomize.py").write_text(
        "import dataclasses, idcore.limits as limits\n"
        "limits.LIMITS = dataclasses.replace(limits.LIMITS, seconds=2, pace=2**40, patience=1000)\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    store = Store(tmp_path / "store")

    def upload(files):
        return ReadJob("images", results.save_upload(store, zipped(files), "pets.zip"))

    def slow(value):  # 16 kB that are 16 million numbers, each read on its own
        return b"P5 4000 4000 254 " + bytes([value]) * 16_000_000

    with contextlib.closing(Jobs(store, settings(store.root))) as jobs:
        hostile = [jobs.submit(upload({"a/1.pgm": slow(value)})) for value in (1, 2)]
        good = jobs.submit(upload(folders("cat", "dog")))
        ends = [finished(jobs, id) for id in (*hostile, good)]
        assert [end.state for end in ends] == ["failed", "failed", "done"], ends
        assert all("The archive takes more than 2 s of computing to read" in end.message for end in ends[:2])
        assert len({end.process for end in ends}) <= 2  # the workers are those of the beginning


def test_kills_at_random_moments_leave_nothing_and_change_nothing(tmp_path):
    kills = os.environ.get("LAYERSCOPE_TEST_KILLS", "5")
    stores, content = (Store(tmp_path / "killed"), Store(tmp_path / "clean")), zipped(folders("cat", "dog", each=50))
    asked = request([results.save_upload(store, content, "pets.zip") for store in stores][0], 100)
    (tmp_path / "killed" / "request.json").write_text(json.dumps(spec.to_json(asked)))
    command = [sys.executable, "-m", "tests.tools.killing", str(tmp_path / "killed"), kills, "0"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert (found["orphans"], found["locked"], found["left"], found["bad"]) == (0, 0, [], 0)
    assert found["asker"] + found["reader"] + found["whole"] >= int(kills)
    list(pipeline.run(asked, "checkpoints", stores[1], memory=2**28, device="cpu"))
    killed, clean = stores
    keys = clean.keys()
    assert killed.keys() == keys and len(keys) > 4
    for key in keys:
        one, two = killed.get(key), clean.get(key)
        assert {name: array.tobytes() for name, array in one.arrays.items()} == {
            name: array.tobytes() for name, array in two.arrays.items()
        }
        measured = ("seconds", "estimate", "created")  # when, and how long it took
        assert all(one.meta[name] == value for name, value in two.meta.items() if name not in measured)
