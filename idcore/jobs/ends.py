"""How a job ended of which its worker has left no word, as a sentence."""

from concurrent.futures import CancelledError
from pathlib import Path

from idcore.errors import LayerscopeError


def why(error: BaseException | None, lost: str, root: Path | str) -> str:
    """The sentence for what the workers say of a job. lost: for one that they dropped. root: of the store."""
    if error is None:
        return (
            f"The worker left no word of how the job ended in the store at {root}. Can it write there, and is there "
            "room?"
        )
    if isinstance(error, CancelledError):
        return lost
    if type(error).__name__ == "KilledWorker":
        times = getattr(error, "allowed_failures", 1) + 1
        said = "twice" if times == 2 else f"{times} times"
        return f"The job lost its worker process {said}, perhaps for want of memory. Try a smaller N."
    if isinstance(error, LayerscopeError):
        return str(error)
    return f"The job failed with {type(error).__name__}: {error}."
