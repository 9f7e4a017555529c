"""What the environment may change: where the store is, how many workers, how much memory. Nothing here can change
a number."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from idcore.errors import RequestError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_DEVICES = ("auto", "cpu", "cuda", "mps")
MAX_WORKERS = 256


def _of_the_user(folder: str) -> Path:
    return platformdirs.user_cache_path("layerscope", appauthor=False) / folder


@dataclass(frozen=True)
class Settings:
    """cache: folder of the store, or an address such as s3://bucket/prefix. data: folder of the data sets, and the only
    one that files are read from by name.
    workers: worker processes of the local cluster, one job at a time each.
    memory: bytes that one measurement may hold. store_limit: bytes that the store may hold. device: auto, cpu, cuda
    (or cuda:N) or mps. gpus: of this machine, one for each worker in turn; () for all that there are, for each of them.
    scheduler: of a cluster that is there already, "" for workers of our own: an address (tls://HOST:PORT), or the JSON
    file that the scheduler writes. tls: files of the authority, the certificate and its key; None where it was said
    that the cluster has none, and its address is tcp://HOST:PORT.

    What one session of a browser may use (jobs/quota.py), 0 for no limit: session_jobs: jobs that wait or run;
    session_upload: bytes of an uploaded file; session_store: bytes that its uploads and jobs write into the store.
    cancel: "own", the jobs that it asked for, or "all", what it may stop on System. uploads: "own", those that it
    brought, or "shared", which it sees in its lists; it deletes its own alone.
    poll: whether a class may answer the questions of Learn from its phones.
    maps_ahead: whether a worker without a job gets ready for maps."""

    cache: Path | str
    workers: int = 2
    memory: int = 2 * 2**30
    store_limit: int = 10 * 2**30
    device: str = "auto"
    data: Path = _of_the_user("data")
    gpus: tuple[str, ...] = ()
    scheduler: str = ""
    tls: tuple[str, str, str] | None = None
    session_jobs: int = 0
    session_upload: int = 0
    session_store: int = 0
    cancel: str = "own"
    uploads: str = "own"
    poll: bool = False
    maps_ahead: bool = True


def settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process: LAYERSCOPE_CACHE, _DATA, _WORKERS, _MEMORY, _STORE_LIMIT, _DEVICE, _GPUS,
    _SCHEDULER, _TLS_CA, _TLS_CERT, _TLS_KEY, _WITHOUT_TLS, and for a session of a browser _SESSION_JOBS,
    _SESSION_UPLOAD, _SESSION_STORE, _CANCEL, _UPLOADS; _POLL, _MAPS_AHEAD.

    Raises RequestError."""

    def get(name: str, default: str) -> str:
        return environment.get(f"LAYERSCOPE_{name}", "").strip() or default

    workers, device = get("WORKERS", "2"), get("DEVICE", "auto").lower()
    if not workers.isdecimal() or not 1 <= int(workers) <= MAX_WORKERS:
        raise RequestError(f"LAYERSCOPE_WORKERS must be a whole number from 1 to {MAX_WORKERS}, not {workers!r}.")
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", device):
        raise RequestError(f"LAYERSCOPE_DEVICE must be one of {', '.join(_DEVICES)}, not {device!r}.")
    jobs = get("SESSION_JOBS", "0")
    if not jobs.isdecimal():
        raise RequestError(f"LAYERSCOPE_SESSION_JOBS must be a whole number, 0 for no limit, not {jobs!r}.")
    cancel = get("CANCEL", "own")
    if cancel not in ("own", "all"):
        raise RequestError(f"LAYERSCOPE_CANCEL must be own or all, not {cancel!r}.")
    uploads = get("UPLOADS", "own")
    if uploads not in ("own", "shared"):
        raise RequestError(f"LAYERSCOPE_UPLOADS must be own or shared, not {uploads!r}.")
    poll, ahead = get("POLL", "0"), get("MAPS_AHEAD", "1")
    for name, value in (("POLL", poll), ("MAPS_AHEAD", ahead)):
        if value not in ("0", "1"):
            raise RequestError(f"LAYERSCOPE_{name} must be 0 or 1, not {value!r}.")
    scheduler = get("SCHEDULER", "")
    if scheduler and not re.fullmatch(r"(tcp|tls)://[^\s/]+:\d{1,5}|\S.*\.json", scheduler):
        raise RequestError(
            "LAYERSCOPE_SCHEDULER must be an address such as tls://host:8786, or the .json file that the scheduler "
            f"writes, not {scheduler!r}."
        )
    gpus = tuple(filter(None, re.split(r"[\s,]+", get("GPUS", ""))))
    if not all(re.fullmatch(r"[\w/-]+", one) for one in gpus):
        raise RequestError(f"LAYERSCOPE_GPUS must be numbers of GPUs such as 0,1,2,3, not {get('GPUS', '')!r}.")
    return Settings(
        cache=store_root(get("CACHE", str(usual_store()))),
        data=Path(get("DATA", str(Settings.data))).expanduser().absolute(),
        workers=int(workers),
        memory=parse_bytes(get("MEMORY", "2GiB"), "LAYERSCOPE_MEMORY"),
        store_limit=parse_bytes(get("STORE_LIMIT", "10GiB"), "LAYERSCOPE_STORE_LIMIT"),
        device=device,
        gpus=gpus,
        scheduler=scheduler,
        tls=_tls(scheduler, get) if scheduler else None,
        session_jobs=int(jobs),
        session_upload=_bytes_or_none(get("SESSION_UPLOAD", "0"), "LAYERSCOPE_SESSION_UPLOAD"),
        session_store=_bytes_or_none(get("SESSION_STORE", "0"), "LAYERSCOPE_SESSION_STORE"),
        cancel=cancel,
        uploads=uploads,
        poll=poll == "1",
        maps_ahead=ahead == "1",
    )


def usual_store(package: Path = Path(__file__).parent) -> Path:
    """`cache/` in a clone of the project; of an installed package a folder of the user, as what is installed is no
    place for gigabytes that nothing takes away again."""
    clone = package.parent
    if (clone / "pyproject.toml").is_file():
        return clone / "cache"
    return _of_the_user("store")


def store_root(text: str) -> Path | str:
    """Where a store is: an address with :// as it is, a folder as an absolute path."""
    return text if "://" in text else Path(text).expanduser().absolute()


def _bytes_or_none(value: str, name: str) -> int:
    return 0 if value == "0" else parse_bytes(value, name)


def _tls(scheduler: str, get: Callable[[str, str], str]) -> tuple[str, str, str] | None:
    without = get("WITHOUT_TLS", "no")
    if without not in ("yes", "no"):
        raise RequestError(f"LAYERSCOPE_WITHOUT_TLS must be yes or no, not {without!r}.")
    if without == "yes" and not scheduler.startswith("tls://"):
        return None
    if scheduler.startswith("tcp://"):
        raise RequestError(
            f"{scheduler} has no key: whoever reaches the port of such a scheduler runs programs as you. Start it with "
            "keys and name it as tls:// (docs/cluster.md), or set LAYERSCOPE_WITHOUT_TLS=yes where its network is "
            "yours alone."
        )
    authority, certificate, key = (get(f"TLS_{name}", "") for name in ("CA", "CERT", "KEY"))
    for name, file in (("CA", authority), ("CERT", certificate), ("KEY", key)):
        if not Path(file).is_file():
            raise RequestError(
                f"A scheduler needs LAYERSCOPE_TLS_CA, LAYERSCOPE_TLS_CERT and LAYERSCOPE_TLS_KEY; "
                f"LAYERSCOPE_TLS_{name} must name a file, not {file!r}. deploy/keys.sh makes them."
            )
    return authority, certificate, key


def parse_bytes(value: str | int, name: str = "The memory budget") -> int:
    """A number of bytes from 2147483648, "2GiB", "500 MB", "1.5g" (GB = 10^9, GiB = 2^30). Raises RequestError.

    At least 1 MiB; `name` begins the sentence of the error.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*", str(value), re.IGNORECASE)
    if match is None or match[2].lower() not in _UNITS:
        raise RequestError(f'{name} must be a number of bytes such as "2GiB" or "500MB", not {value!r}.')
    size = int(float(match[1]) * _UNITS[match[2].lower()])
    if size < 2**20:
        raise RequestError(f"{name} must be at least 1 MiB, not {value!r}.")
    return size
