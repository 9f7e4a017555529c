"""What comes from outside is read in a process of its own: it takes what it may, and ends with whoever asked."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from idcore import confined
from idcore.errors import Cancelled, DataError, JobError, NetworkError
from idcore.limits import LIMITS
from idcore.store import Store
from tests import attackers
from tests.attackers import ARRAYS, KEY

ROOT = Path(__file__).parent.parent
TIGHT = replace(LIMITS, memory=2**28, seconds=1, patience=100)


def children():
    return psutil.Process().children()


def gone(pid, seconds=20.0):
    """Whether a process ends in time."""
    end = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


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
    confined.run(attackers.put, what="The file", store=store, progress=told.append)
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
            r"^The file takes more than 0\.2 GiB of memory to read, the limit for 0 bytes\. It is not what",
        ),
        (attackers.spin, r"^The file takes more than 1 s of computing to read, the limit for 0 bytes\. It is not what"),
        (attackers.sleep, r"^The file was not read within 2 s, the limit for 0 bytes\. Does the disk answer"),
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
    larger = replace(TIGHT, inflation=3, pace=2**20)
    with pytest.raises(DataError, match=r"more than 0\.5 GiB of memory to read, the limit for 104,857,600 bytes"):
        confined.run(attackers.eat, 100 * 2**20, what="The file", limits=larger)
    with pytest.raises(DataError, match=r"more than 3 s of computing to read, the limit for 2,097,152 bytes"):
        confined.run(attackers.spin, 2 * 2**20, what="The file", limits=larger)


def test_limits_bound_nothing_in_a_process_that_does_not_read():
    confined.allow(-(10**12))
    assert bytearray(2**20)


@pytest.mark.parametrize("attack", [attackers.sleep, attackers.spin, attackers.eat])
def test_cancel_ends_it_at_once(attack):
    asked = iter([False, False, False])
    with pytest.raises(Cancelled):
        confined.run(attack, what="The file", cancelled=lambda: next(asked, True))
    assert not children()


def test_it_ends_where_nobody_wants_the_rest():
    items = confined.stream(attackers.send_back, *ARRAYS, what="The file")
    _, values = next(items)
    items.close()
    assert gone(values["at"]) and not children()


@pytest.mark.parametrize("attack", ["attackers.sleep", "attackers.spin"])
def test_it_ends_with_the_process_that_asked_even_if_that_is_killed(attack):
    script = f"from idcore import confined\nfrom tests import attackers\nconfined.run({attack}, what='The file')"
    asks = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    process, end = psutil.Process(asks.pid), time.monotonic() + 60
    while not (reads := process.children()) or reads[0].cpu_times().user < 1.0 and attack.endswith("spin"):
        assert time.monotonic() < end
        time.sleep(0.02)
    asks.send_signal(signal.SIGKILL)
    asks.wait()
    assert gone(reads[0].pid)


def test_classes_are_found_in_one_pass_however_deep_their_folders_are():
    ((arrays, classes),) = confined.run(
        attackers.deep, 200, 15_000, what="The archive", limits=replace(TIGHT, memory=2**30)
    )
    assert classes == ["0", "1"] and np.array_equal(arrays["labels"], np.arange(200) % 2)
