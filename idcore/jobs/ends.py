"""How a job ended of which its worker has left no word, as a sentence."""

from concurrent.futures import CancelledError
from pathlib import Path

from idcore.errors import LayerscopeError
from idcore.jobs.kinds import kind
from idcore.spec import Job


class KilledWorker(Exception):
    """A job has lost so many workers that it is not given another. Dask's exception of that name says the same."""

    def __init__(self, workers: int) -> None:
        super().__init__(f"{workers} workers were lost")
        self.workers = workers


def is_killed(error: BaseException | None) -> bool:
    """Whether a job ended because its workers did, here or on a Dask cluster."""
    return type(error).__name__ == "KilledWorker"


def too_long(job: Job) -> str:
    """The sentence for a job that has taken as long as its kind may."""
    seconds = kind(job).longest
    limit = f"{seconds / 3600:.3g} h" if seconds >= 3600 else f"{seconds:.3g} s"
    return (
        f"{kind(job).words} took longer than {limit}, the limit for a job of this kind, and was stopped. What was "
        "finished is kept: ask for it again to go on from there, or for something smaller."
    )


def why(error: BaseException | None, lost: str, root: Path | str) -> str:
    """The sentence for what the workers say of a job. lost: for one that they dropped. root: of the store."""
    if error is None:
        return (
            f"The worker left no word of how the job ended in the store at {root}. Can it write there, and is there "
            "room?"
        )
    if isinstance(error, CancelledError):
        return lost
    if is_killed(error):
        times = error.workers if isinstance(error, KilledWorker) else getattr(error, "allowed_failures", 1) + 1
        said = "twice" if times == 2 else f"{times} times"
        return f"The job lost its worker process {said}, perhaps for want of memory. Try a smaller N."
    if isinstance(error, LayerscopeError):
        return str(error)
    return f"The job failed with {type(error).__name__}: {error}."
