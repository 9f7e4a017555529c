import multiprocessing
import threading
import time
import weakref

import numpy as np
import pytest
import torch

from idcore.geometry.neighbours import neighbours
from idcore.geometry.threads import measuring, parallel, scratch, soon, workers

CPU = torch.device("cpu")


def gone(*kept):
    """Whether what the weak references mean is gone; the thread that made it may hold it a moment longer."""
    deadline = time.monotonic() + 5
    while any(ref() is not None for ref in kept) and time.monotonic() < deadline:
        time.sleep(0.001)
    return all(ref() is None for ref in kept)


def test_results_come_in_order_and_the_caller_works_too(three_threads):
    with measuring():
        assert workers(CPU) == 3
        both = threading.Barrier(3)
        assert parallel(lambda i: both.wait(10) is not None and -i, range(3), 3) == [0, -1, -2]
        assert parallel(lambda i: (-i, threading.get_ident()), range(40), 1)[39] == (-39, threading.get_ident())
    assert torch.get_num_threads() == 3


def test_after_an_error_nothing_is_begun_and_nothing_runs_on(three_threads):
    begun, ended, all_there = [], [], threading.Barrier(3)

    def work(i):
        begun.append(i)
        if i < 3:
            all_there.wait(10)
        if i == 1:
            raise ValueError("the first")
        time.sleep(0.2)
        ended.append(i)

    with pytest.raises(ValueError, match="the first"), measuring():
        parallel(work, range(100), 3)
    assert len(begun) <= 5 and sorted(ended) == sorted(set(begun) - {1})


def test_what_was_begun_ends_before_the_measurement_does(three_threads):
    ended = []
    with measuring():
        soon(lambda: time.sleep(0.2) or ended.append(1), apart=True)
        time.sleep(0.05)
    assert ended == [1]


def test_arrays_of_a_measurement_go_with_it_and_results_with_whoever_asked(three_threads):
    arrays, results = [], []

    def work(i):
        arrays.append(weakref.ref(scratch("some", (10, 10), torch.zeros(1), torch.float32)._base))
        results.append(weakref.ref(result := torch.zeros(100)))
        return result

    with measuring():
        asked = parallel(work, range(3), 3)
        assert all(ref() is not None for ref in arrays + results)
        del asked
        assert gone(*results)
        results.append(weakref.ref(soon(lambda: torch.zeros(100), apart=True)()))
        assert gone(*results)
    assert gone(*arrays)


def test_where_all_threads_are_busy_the_caller_does_it_all_and_nothing_is_held(three_threads):
    free, x = threading.Event(), torch.zeros(5)
    held = weakref.ref(x)
    with measuring():
        for _ in range(3):
            soon(lambda: free.wait(60), apart=True)
        try:
            assert parallel(lambda i, x=x: i + len(x), range(4), 3) == [5, 6, 7, 8]
            del x
            assert gone(held)
        finally:
            free.set()


def test_measurements_at_the_same_time_find_what_each_finds_alone(three_threads):
    clouds = [np.random.default_rng(i).standard_normal((400, 30)).astype(np.float32) for i in range(6)]
    alone = [neighbours(cloud, 5) for cloud in clouds]
    together = [None] * 6

    def one(i):
        together[i] = neighbours(clouds[i], 5)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.indices, other.indices)
        np.testing.assert_allclose(one.distances, other.distances, rtol=1e-12)


def _in_a_child(queue):
    with measuring():
        queue.put(soon(lambda: 5, apart=True)())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(three_threads):
    with measuring():
        assert soon(lambda: 4, apart=True)() == 4  # a thread is there now
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_a_child, args=(queue,))
    child.start()
    try:
        assert queue.get(timeout=60) == 5
    finally:
        child.kill()
        child.join()
