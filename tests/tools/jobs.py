"""Small jobs, waiting for them, and a worker that is a thread."""

from concurrent.futures import ThreadPoolExecutor

from idcore.jobs import worker
from idcore.settings import Settings
from idcore.spec import Architecture, DataSpec, NetworkSpec, ProfileJob, Recipe, Request, TrainJob, Untrained
from tests.tools import patience

SMALL = Architecture("mlp", width=8, depth=1)


def profile(seed=0, layers="checkpoints"):
    return ProfileJob(Request(DataSpec("digits", n=80), NetworkSpec(SMALL, Untrained(seed))), layers)


def training(seed=0, epochs=10_000):
    """Learns so slowly that it takes all its epochs."""
    return TrainJob(NetworkSpec(SMALL, Recipe("digits", optimiser="sgd", learning_rate=1e-8, epochs=epochs, seed=seed)))


def settings(root, workers=2):
    return Settings(cache=root, workers=workers, memory=2**28, maps_ahead=False)


def until(jobs, id, true):
    """The first status of which `true` is true."""
    status = lambda: jobs.status(id)  # noqa: E731
    return patience.until(lambda: true(now := status()) and now, seen=status)


def finished(jobs, id):
    return until(jobs, id, lambda status: not status.active)


def learning(jobs, id):
    return until(jobs, id, lambda status: status.state == "running" and len(status.history) > 0)


class Threads:
    """A plain executor of the standard library."""

    lost, slots = "The thread was lost.", 1

    def __init__(self, settings):
        self.pool = ThreadPoolExecutor(1)

    def begin(self, *arguments):
        return self.pool.submit(worker.work, *arguments)

    def stop(self, attempt):
        pass

    def workers(self):
        return []

    def close(self):
        self.pool.shutdown()
