"""One line per job on stderr: key, what, network, data, seconds, peak memory, outcome."""

import contextlib
import copy
import logging
import re
import resource
import sys

from idcore.jobs import kinds
from idcore.jobs.status import Status, job_key
from idcore.spec import Job
from idcore.text import one_line

_DIGEST = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger("layerscope.jobs")


class _Formatter(logging.Formatter):
    """Lines of the log, and indented below them what else there is to say (a traceback): no name that a person chose
    can begin a line, or end one."""

    def format(self, record: logging.LogRecord) -> str:
        message, copied = one_line(record.getMessage()), copy.copy(record)
        copied.msg, copied.args = message, ()
        first, *rest = super().format(copied).split("\n")
        return "\n".join([first, *(f"  {one_line(line)}" for line in rest)])


def to_stderr() -> None:
    """Send the lines to stderr, in a process that has not chosen where its log goes."""
    if not _log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        _log.addHandler(handler)
        _log.setLevel(logging.INFO)
        _log.propagate = False


def only_errors_of_dask() -> None:
    """Leave out what Dask says of connections that close as they should; call it once `distributed` is imported."""
    logging.getLogger("distributed").setLevel(logging.ERROR)


def reset_peak() -> None:
    """Begin a new peak of memory for this process, where the system has such a thing (Linux)."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def job_ended(job: Job, status: Status) -> None:
    """Write the line of a job that has ended in this process. Text that a person chose is quoted."""
    level = logging.INFO if status.state in ("done", "cancelled") else logging.WARNING
    outcome = status.state if status.state == "done" else f"{status.state} message={status.message!r}"
    seconds = max(0.0, status.updated - status.started)  # a clock may be set back
    _log.log(level, "%s seconds=%.2f peak=%dMiB outcome=%s", about(job), seconds, _peak() / 2**20, outcome)


def about(job: Job) -> str:
    """A job in words: the first digits of its key, its kind, network and data. One line whatever they are called; of a
    digest no more than its beginning, since the whole of it opens what somebody else has uploaded."""
    network, data, name = kinds.kind(job).about(job)
    words = [f"job={job_key(job)[:12]}", f"kind={kinds.name(job)}"]
    if network:
        words.append(f"network={_word(network.architecture.name)}/{network.told}")
    if data:
        words.append(f"data={data.dataset!r} n={data.n}")
    if name:
        words.append(f"name={name!r}")
    return _DIGEST.sub(lambda digest: digest[0][:12], " ".join(words))


def _word(name: str) -> str:
    """A name as it is, quoted where it would not be one word of the line."""
    return name if re.fullmatch(r"[\w:./@+-]+", name) else repr(name)


def _peak() -> float:
    """Bytes that this process held at most: since `reset_peak`, or since it began where that cannot be had."""
    with contextlib.suppress(OSError, StopIteration, ValueError), open("/proc/self/status") as file:
        return 1024.0 * int(next(line for line in file if line.startswith("VmHWM")).split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return float(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
