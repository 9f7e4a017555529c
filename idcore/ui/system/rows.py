"""What the System page shows: jobs, workers, devices, the store, versions. Rows of plain text."""

import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from idcore.jobs import Jobs, Status
from idcore.jobs.log import about
from idcore.settings import Settings
from idcore.spec import ALGORITHM, Job
from idcore.store import Store
from idcore.ui.kit import belongings, panel

MOST = 200
"""Jobs that are listed: those that wait or run, and the latest that have ended."""
MOST_BUTTONS = 50
"""Jobs that have a Cancel of their own; others move up as these end."""
_PACKAGES = ("torch", "torchvision", "numpy", "streamlit", "plotly", "distributed", "umap-learn", "scikit-learn")


def jobs(all_jobs: list[tuple[str, Job, Status]], client: Jobs) -> list[dict[str, Any]]:
    """A row a job: those that run, those that wait in the order of the queue, then the latest."""
    all_jobs = [(id, job, client.status(id) if now.state == "queued" else now) for id, job, now in all_jobs]
    order, sees = {"running": 0, "queued": 1}, belongings.sight()
    rows = sorted(all_jobs, key=lambda one: (order.get(one[2].state, 2), one[2].position or 0, -one[2].updated))
    return [
        {
            "State": status.state,
            "Job": about(job),
            "Phase": f"{status.phase} {status.layer}".strip() if sees(job) else status.phase,
            "Seconds": round(_seconds(status), 1) if status.started else None,
            "Asked for": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(status.submitted))
            if status.submitted
            else "",
            "Message": _message(status, sees(job)),
        }
        for _, job, status in rows[:MOST]
    ]


def _message(status: Status, seen: bool) -> str:
    if status.state == "queued":
        return panel.sentence(status)
    return status.message if seen else "It reads what another session brought."


def numbers(all_jobs: list[tuple[str, Job, Status]], client: Jobs, store: Store) -> dict[str, str]:
    """The figures at the head of the page, in words."""
    states = [status.state for _, _, status in all_jobs]
    ended = [_seconds(status) for _, _, status in all_jobs if status.state == "done" and status.started]
    asked = client.hits + client.computed
    return {
        "Running": str(states.count("running")),
        "Waiting": str(states.count("queued")),
        "Seconds a job": f"{sum(ended) / len(ended):.1f}" if ended else "–",
        "From the store": f"{client.hits} of {asked}",
        "Store": f"{store.size() / 2**30:.2f} of {store.limit / 2**30:.3g} GiB",
    }


def workers(client: Jobs) -> list[dict[str, Any]]:
    """A row a worker."""
    return [
        {
            "Worker": one["name"],
            "Host": one["host"],
            "Threads": one["threads"],
            "Jobs": one["running"],
            "Memory (MiB)": round(one["memory"] / 2**20),
        }
        for one in client.workers()
    ]


def versions() -> dict[str, str]:
    """What runs here, by name."""
    return {
        "measurement": str(ALGORITHM),
        "python": platform.python_version(),
        **{name: installed for name in _PACKAGES if (installed := _version(name))},
    }


def store_words(chosen: Settings, store: Store) -> str:
    """Where jobs run and results lie, in a sentence."""
    where = f"the cluster at {chosen.scheduler}" if chosen.scheduler else f"{chosen.workers} worker processes here"
    return f"Jobs run on {where}. Results lie in {store.root}.{_limits(chosen)}"


def _limits(chosen: Settings) -> str:
    limits = [
        f"{chosen.session_jobs} jobs at once" if chosen.session_jobs else "",
        f"files of {chosen.session_upload / 2**20:,.0f} MiB" if chosen.session_upload else "",
        f"{chosen.session_store / 2**20:,.0f} MiB of the store" if chosen.session_store else "",
    ]
    said = ", ".join(filter(None, limits))
    return f" A session may have {said}." if said else ""


def _seconds(status: Status) -> float:
    end = time.time() if status.active else status.updated
    return max(0.0, end - status.started)  # a clock may be set back


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
