"""The queue is fair between sessions, says how long it takes, and holds nothing that has ended."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcore import spec
from idcore.errors import RequestError
from idcore.jobs import Jobs
from idcore.jobs.queue import Queue, typical, wait
from idcore.jobs.quota import Quota
from idcore.jobs.status import job_key
from idcore.jobs.worker import work
from idcore.settings import Settings, settings
from idcore.spec import ProbeJob
from idcore.store import Store
from tests.tools import patience
from tests.tools.jobs import finished, profile


def asked(queue, session, seeds):
    for seed in seeds:
        queue.add(profile(seed), f"attempt{seed}", "auto", session)


def served(queue, workers=1):
    """Sessions in the order in which their jobs are taken, `workers` at a time."""
    order = []
    while one := queue.take(workers):
        order.append(one.session)
        if len(order) >= workers:
            queue.drop(job_key(one.job), one.attempt)
    return "".join(order)


def test_a_session_that_asks_for_forty_jobs_does_not_make_another_wait_for_them():
    queue = Queue()
    asked(queue, "a", range(40))
    first = [queue.take(2) for _ in range(2)]
    assert queue.take(2) is None  # both workers are busy
    asked(queue, "b", (100, 101))
    assert len(queue.before(job_key(profile(100)))) == 0 and len(queue.before(job_key(profile(101)))) == 2
    for one in first:
        queue.drop(job_key(one.job), one.attempt)
    assert served(queue).startswith("baba")


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.integers(0, 20))
def test_a_newcomer_waits_for_one_job_of_each_other_session_at_most(sessions, taken):
    queue = Queue()
    for seed, session in enumerate(sessions):
        asked(queue, session, [seed])
    for _ in range(min(taken, len(sessions))):
        one = queue.take(1)
        queue.drop(job_key(one.job), one.attempt)
    asked(queue, "new", [100])
    others = served(queue, workers=2).partition("new")[0]
    assert all(others.count(session) <= 1 for session in "abcd"), others


@given(st.lists(st.sampled_from("abcd"), max_size=40))
def test_between_two_jobs_of_a_session_each_other_has_two_at_most(sessions):
    queue = Queue()
    for seed, session in enumerate(sessions):
        asked(queue, session, [seed])
    order = served(queue)
    assert sorted(order) == sorted(sessions)
    for one in set(sessions):
        between = order.partition(one)[2].rpartition(one)[0].split(one)
        assert all(part.count(other) <= 2 for part in between for other in "abcd"), order


@given(st.integers(1, 4), st.lists(st.sampled_from("ab"), min_size=1, max_size=20))
def test_jobs_of_one_session_keep_their_order(workers, sessions):
    queue = Queue()
    for seed, session in enumerate(sessions):
        asked(queue, session, [seed])
    numbers = []
    while one := queue.take(workers):
        numbers.append((one.session, one.number))
        queue.drop(job_key(one.job), one.attempt)
    assert all([n for s, n in numbers if s == who] == sorted(n for s, n in numbers if s == who) for who in "ab")


def test_a_job_that_another_session_wants_too_moves_to_where_that_session_would_stand():
    queue = Queue()
    asked(queue, "a", range(40))
    last = job_key(profile(39))
    assert len(queue.before(last)) == 39
    queue.hurry(last, "b")
    assert len(queue.before(last)) == 1
    queue.hurry("of no job", "b")


def test_what_was_cancelled_or_has_ended_is_in_the_queue_no_more():
    queue = Queue()
    asked(queue, "a", range(4))
    queue.drop(job_key(profile(1)), "another attempt")
    assert len(queue.before(job_key(profile(3)))) == 3 and queue.of("a") == 4
    queue.drop(job_key(profile(1)), "attempt1")
    assert len(queue.before(job_key(profile(3)))) == 2 and queue.before(job_key(profile(1))) is None
    one = queue.take(1)
    assert queue.before(job_key(one.job)) is None and len(queue.taken()) == 1
    queue.give_back(one)
    assert queue.before(job_key(one.job)) == [] and queue.taken() == []
    queue.drop(job_key(one.job), one.attempt)
    assert queue.of("a") == 2 and queue.of("b") == 0


def test_the_wait_is_what_the_jobs_before_usually_take_over_the_workers():
    known = typical([(profile(0), 10.0), (profile(1), 20.0), (profile(2), 30.0)])
    job = profile(5)
    assert wait(known, [], [(job, 5.0)]) == 15  # the median is 20
    assert wait(known, [], [(job, 5.0), (job, 12.0)]) == 8
    assert wait(known, [job], [(job, 5.0), (job, 12.0)]) == 15
    assert wait(known, [job, job], [(job, 5.0), (job, 12.0)]) == 28
    assert wait(known, [], [(job, 500.0)]) == 0


def test_no_wait_is_said_where_nothing_like_it_has_been_done():
    known = typical([(profile(0), 10.0)])
    probe = ProbeJob(profile(0).request, ("d1",))
    assert wait(known, [probe], [(profile(1), 0.0)]) is None and wait(known, [], [(probe, 0.0)]) is None
    assert wait(known, [], []) is None and wait({}, [], [(profile(1), 0.0)]) is None


class Held:
    """One worker, a thread of this process, that begins with a job only when it is told to."""

    lost, slots = "The thread was lost.", 1

    def __init__(self, settings):
        self.pool, self.go, self.begun = ThreadPoolExecutor(1), threading.Semaphore(0), []

    def begin(self, *arguments):
        return self.pool.submit(self._work, *arguments)

    def _work(self, job, *arguments):
        self.begun.append(spec.from_json(job))
        assert self.go.acquire(timeout=patience.seconds())
        return work(job, *arguments)

    def stop(self, attempt):
        pass

    def workers(self):
        return []

    def close(self):
        self.go.release(100)
        self.pool.shutdown()


@pytest.fixture
def held(tmp_path):
    """(jobs, worker) where a session may have three jobs that wait or run, and 1 MiB of the store."""
    chosen = Settings(cache=tmp_path, memory=2**28, session_jobs=3, session_store=2**20)
    worker = Held(chosen)
    with contextlib.closing(Jobs(Store(tmp_path), chosen, lambda _: worker)) as jobs:
        yield jobs, worker


def test_sessions_take_turns_from_the_first_click_to_the_last_result(held):
    jobs, worker = held
    ids = [jobs.submit(profile(seed), session="a") for seed in range(3)]
    other = jobs.submit(profile(9), session="b")
    same = jobs.submit(profile(2), session="b")
    assert same == ids[2] and jobs.computed == 4  # the same request is computed once
    worker.go.release(4)
    assert [finished(jobs, id).state for id in [*ids, other]] == ["done"] * 4
    begun = [job.request.network.weights.seed for job in worker.begun]
    assert begun[0] == 0 and begun.index(9) < begun.index(1) and begun.index(2) < 4


def test_a_waiting_job_says_how_many_stand_before_it_and_how_long_that_takes(held):
    jobs, worker = held
    jobs._known, jobs._known_until = typical([(profile(0), 6000.0)]), float("inf")
    ids = [jobs.submit(profile(seed)) for seed in range(3)]
    patience.until(lambda: worker.begun)
    stands = [jobs.status(id) for id in ids]
    assert [now.position for now in stands] == [None, 0, 1]
    assert 5500 < stands[1].wait <= 6000 and 11500 < stands[2].wait <= 12000  # less what has gone by
    jobs.cancel(ids[1])
    assert jobs.status(ids[2]).position == 0


def test_a_session_with_too_many_jobs_is_told_so_and_goes_on_when_one_has_ended(held):
    jobs, worker = held
    ids = [jobs.submit(profile(seed), session="a") for seed in range(3)]
    with pytest.raises(RequestError, match="You have 3 jobs that wait or run, and 3 at once is the limit here"):
        jobs.submit(profile(3), session="a")
    assert jobs.status(job_key(profile(3))).state == "absent"
    jobs.submit(profile(3), session="b")
    jobs.cancel(ids[2])
    assert jobs.submit(profile(4), session="a")
    assert all(jobs.submit(profile(seed)) for seed in range(10, 15))  # the command line has no limits


def test_what_jobs_write_counts_against_the_share_of_their_session(held):
    jobs, worker = held
    worker.go.release(100)
    assert finished(jobs, jobs.submit(profile(0), session="a")).state == "done"
    patience.until(lambda: jobs.quota._held["a"])  # the status is written before it is charged for
    jobs.quota.charge("a", 2**20)
    with pytest.raises(RequestError, match=r"have taken 1\.\d MiB of the store; 1.0 MiB is the share"):
        jobs.submit(profile(1), session="a")
    assert jobs.submit(profile(0), session="a")  # what is there costs nothing
    assert finished(jobs, jobs.submit(profile(1), session="b")).state == "done"


def test_an_upload_that_is_too_large_is_refused_by_a_sentence(tmp_path):
    quota = Quota(Settings(cache=tmp_path, session_upload=2**21, session_store=2**22))
    quota.check_upload("a", 2**21)
    with pytest.raises(RequestError, match="The file has 2.5 MiB, and 2.0 MiB is the limit here"):
        quota.check_upload("a", 5 * 2**19)
    quota.charge("a", 3 * 2**20)
    with pytest.raises(RequestError, match="taken 3.0 MiB of the store and the file has 1.5 MiB; 4.0 MiB is the share"):
        quota.check_upload("a", 3 * 2**19)
    quota.check_upload("b", 3 * 2**19)


def test_nothing_is_limited_by_default(tmp_path):
    chosen = settings({})
    assert (chosen.session_jobs, chosen.session_upload, chosen.session_store) == (0, 0, 0)
    quota = Quota(Settings(cache=tmp_path))
    quota.charge("a", 2**50)
    quota.check_job("a", 10**6)
    quota.check_upload("a", 2**50)


def test_limits_are_read_from_the_environment():
    chosen = settings({
        "LAYERSCOPE_SESSION_JOBS": "20", "LAYERSCOPE_SESSION_UPLOAD": "100MB", "LAYERSCOPE_SESSION_STORE": "2GiB",
    })  # fmt: skip
    assert (chosen.session_jobs, chosen.session_upload, chosen.session_store) == (20, 10**8, 2 * 2**30)
    assert settings({}).cancel == "own" and settings({"LAYERSCOPE_CANCEL": "all"}).cancel == "all"
    with pytest.raises(RequestError, match="LAYERSCOPE_CANCEL must be own or all, not 'some'"):
        settings({"LAYERSCOPE_CANCEL": "some"})
    assert not settings({}).poll and settings({"LAYERSCOPE_POLL": "1"}).poll
    with pytest.raises(RequestError, match="LAYERSCOPE_POLL must be 0 or 1, not 'yes'"):
        settings({"LAYERSCOPE_POLL": "yes"})
    for name, wrong in (("JOBS", "-1"), ("JOBS", "many"), ("UPLOAD", "1kB"), ("STORE", "x")):
        with pytest.raises(RequestError, match=f"LAYERSCOPE_SESSION_{name} must be"):
            settings({f"LAYERSCOPE_SESSION_{name}": wrong})
