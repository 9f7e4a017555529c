"""Many sessions at once: `python -m benchmarks.sessions [--sessions 100] [--jobs 10]`.

So many visitors open the default view of a fresh server at the same moment, the last of them each with a request of its
own. Measured: seconds until each has its page, and its curve; whether anything went wrong; how often the default
request was computed; memory of the web process before, at most, and after all have left."""

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.server import Server, serving
from benchmarks.visitors import Visitor

TTL = 5
"""Seconds for which the server keeps a session whose visitor has left (server.disconnectedSessionTTL; 120 in use)."""
_LINE = re.compile(r"layerscope\.jobs job=(\w+) .*outcome=(\w+)")


@dataclass(frozen=True)
class Outcome:
    """Seconds: median and last. Memory: MiB of the web process: after one visitor, and at most. received: MiB a
    visitor. computed: jobs that ran."""

    sessions: int
    jobs: int
    page: tuple[float, float]
    curve: tuple[float, float]
    received: float
    first: float
    peak: float
    computed: int
    errors: tuple[str, ...]


def complete(visitor: Visitor) -> bool:
    """Whether the page has its curve and waits for nothing more."""
    kinds = visitor.kinds()
    return "plotly_chart" in kinds and not {"progress", "skeleton"} & set(kinds)


async def crowd(server: Server, sessions: int, jobs: int, seconds: float) -> Outcome:
    """Open the default view `sessions` times at once; the last `jobs` ask for different untrained networks."""
    async with Visitor(server.address, query="regime=untrained&wseed=999&n=60") as one:
        await one.until(complete, seconds)
    first = server.rss()
    queries = [""] * (sessions - jobs) + [f"regime=untrained&wseed={seed}&n=200" for seed in range(jobs)]
    visitors = [Visitor(server.address, query=query) for query in queries]
    rss: list[float] = []
    peak = asyncio.create_task(_sample(server, rss))
    begun = time.monotonic()
    pages, curves = zip(*await asyncio.gather(*(_visit(one, begun, seconds) for one in visitors)), strict=True)
    peak.cancel()
    for one in visitors:
        await one.__aexit__()
    ended = _LINE.findall(server.log.read_text())
    errors = [error for one in visitors for error in one.errors]
    errors += [part for part in server.log.read_text().split("\n20") if "Traceback" in part or "Error" in part]
    return Outcome(
        sessions, jobs, _spread(pages), _spread(curves), sum(one.received for one in visitors) / 2**20 / sessions,
        first, max(rss), len(ended) - 1, tuple(errors),
    )  # fmt: skip


async def _sample(server: Server, rss: list[float]) -> None:
    while True:
        rss.append(server.rss())
        await asyncio.sleep(0.2)


async def _visit(visitor: Visitor, begun: float, seconds: float) -> tuple[float, float]:
    await visitor.__aenter__()
    await visitor.until(lambda one: one.runs > 0, seconds)
    page = time.monotonic() - begun
    await visitor.until(complete, seconds)
    return page, time.monotonic() - begun


async def left(server: Server) -> float:
    """Memory once the sessions have been forgotten: the server does so when the next one leaves after their time."""
    for _ in range(2):
        await asyncio.sleep(TTL + 1)
        async with Visitor(server.address) as last:
            await last.until(complete, 60)
    await asyncio.sleep(2)
    return server.rss()


def _spread(seconds: tuple[float, ...]) -> tuple[float, float]:
    return round(statistics.median(seconds), 2), round(max(seconds), 2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=600, help="for which a visitor is patient")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        serving(Path(folder), f"--server.disconnectedSessionTTL={TTL}") as server,
    ):
        outcome = asyncio.run(crowd(server, chosen.sessions, chosen.jobs, chosen.seconds))
        after = asyncio.run(left(server))
    for name, value in asdict(outcome).items():
        print(f"{name}: {value}")
    print(f"after: {after}")


if __name__ == "__main__":
    main()
