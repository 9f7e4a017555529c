"""A network that is cut between the app and the scheduler, without a word from either: a proxy that stops passing on
what it is sent, while the connections stay open. A scheduler that hangs looks the same."""

import contextlib
import select
import socket
import threading

import dask
import pytest

from idcore import results
from idcore.jobs import Jobs
from idcore.jobs.status import job_key
from idcore.store import Store
from tests.tools import patience
from tests.tools.dask_cluster import A_DAY, end, free_port, scheduler, there, workers
from tests.tools.jobs import finished, learning, profile, training

pytestmark = pytest.mark.slow


class Proxy:
    """Passes on what comes to `port` to another port, both ways, while `open` is set."""

    def __init__(self, to):
        self._to, self.open, self._ended = to, threading.Event(), threading.Event()
        self.open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while not self._ended.is_set():
            if select.select([self._listener], [], [], 0.1)[0] and self.open.is_set():
                self._threads.append(threading.Thread(target=self._pass_on, args=(self._listener.accept()[0],)))
                self._threads[-1].start()

    def _pass_on(self, one):
        with one, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as other:
            while not self._ended.is_set():
                for ready in select.select([one, other], [], [], 0.1)[0] if self.open.wait(0.1) else []:
                    if not (data := ready.recv(2**16)):
                        return
                    (other if ready is one else one).sendall(data)

    def close(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    port = free_port()
    processes = [scheduler(port), *workers(port, tmp_path_factory.mktemp("workers"), 1)]
    with contextlib.closing(Proxy(port)) as proxy:
        yield proxy
    end(*processes)


def test_a_cut_network_to_the_scheduler_hides_no_result_holds_up_no_page_and_loses_no_job(proxy, tmp_path):
    store = Store(tmp_path)
    with dask.config.set(A_DAY), contextlib.closing(Jobs(store, there(store, proxy.port))) as jobs:
        id = job_key(profile(2))
        patience.until(lambda: "does not answer" not in finished(jobs, jobs.submit(profile(2))).message)
        running = jobs.submit(training(1, epochs=100))
        learning(jobs, running)
        proxy.open.clear()

        assert finished(jobs, running).state == "done"  # told through the store
        waiting, dropped = jobs.submit(profile(0)), jobs.submit(profile(1))
        jobs.cancel(dropped)
        assert jobs.workers() == []
        assert (jobs.status(waiting).state, jobs.status(dropped).state) == ("queued", "cancelled")
        assert jobs.status(id).state == "done"

        proxy.open.set()
        assert finished(jobs, waiting).state == "done" and jobs.status(dropped).state == "cancelled"
        assert results.layer(store, profile(0).request, "output").n == 80
        assert results.run(store, profile(1).request) is None
