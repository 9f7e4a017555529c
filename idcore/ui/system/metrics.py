"""Numbers for a monitor (Prometheus text format 0.0.4): jobs, answers from the store, seconds, bytes."""

from collections import Counter
from collections.abc import Mapping

from idcore.jobs import Jobs, kinds
from idcore.store import Store

FORMAT = "text/plain; version=0.0.4"
_STATES = ("queued", "running", "done", "failed", "cancelled", "lost")


def text(client: Jobs, store: Store) -> str:
    """All numbers of this app and its store."""
    all_jobs = client.all()
    states = Counter(str(status.state) for _, _, status in all_jobs)
    ended = [(job, status) for _, job, status in all_jobs if status.state == "done" and status.started]
    seconds: Counter[str] = Counter()
    for job, status in ended:
        seconds[kinds.name(job)] += max(0.0, status.updated - status.started)  # type: ignore[assignment]
    workers = client.workers()
    lines = [
        *_metric("jobs", "gauge", "Jobs in the store by state.", {f'state="{one}"': states[one] for one in _STATES}),
        *_metric(
            "jobs_done", "gauge", "Jobs in the store that are done, by kind.",
            {f'kind="{one}"': count for one, count in Counter(kinds.name(job) for job, _ in ended).items()},
        ),
        *_metric(
            "job_seconds", "gauge", "Seconds that they took together, by kind.",
            {f'kind="{one}"': value for one, value in seconds.items()},
        ),
        *_metric(
            "requests_total", "counter", "Requests since the app began: answered from the store, given to a worker.",
            {'answer="store"': client.hits, 'answer="worker"': client.computed},
        ),
        *_metric("workers", "gauge", "Workers that are there.", {"": len(workers)}),
        *_metric("workers_bytes", "gauge", "Memory of the workers.", {"": sum(one["memory"] for one in workers)}),
        *_metric("store_bytes", "gauge", "Bytes in the store.", {"": store.size()}),
        *_metric("store_limit_bytes", "gauge", "Bytes that the store may hold.", {"": store.limit}),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, help: str, values: Mapping[str, float]) -> list[str]:
    name = f"layerscope_{name}"
    numbers = [
        f"{name}{{{labels}}} {value:.12g}" if labels else f"{name} {value:.12g}" for labels, value in values.items()
    ]
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}", *numbers]
