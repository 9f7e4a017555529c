"""Many sessions at once: `python -m benchmarks.sessions [--sessions 100] [--jobs 10] [--warm] [--document FILE.md]`.

So many visitors open the default view of a fresh server at the same moment, the last of them each with a request of its
own; with --warm somebody has looked at the default view before. Measured: seconds until each has its page, and its
curve; whether anything went wrong; how often the default request was computed; memory of the web process before, at
most, and after all have left. The table goes to stdout, and between the two lines `MARK` of a document."""

import argparse
import asyncio
import os
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import Server, serving
from benchmarks.visitors import Visitor

TTL = 5
"""Seconds for which the server keeps a session whose visitor has left (server.disconnectedSessionTTL; 120 in use)."""
PAGE = "explore"
MARK = "<!-- table of benchmarks.sessions -->"
_LINE = re.compile(r"layerscope\.jobs job=(\w+) .*outcome=(\w+)")


@dataclass(frozen=True)
class Outcome:
    """Seconds: median and last. curve: of the default view. own: of those who ask for something else, None without
    any. Memory: MiB of the web process: after one visitor, and at most. received: MiB a visitor. computed: jobs."""

    sessions: int
    jobs: int
    page: tuple[float, float]
    curve: tuple[float, float]
    own: tuple[float, float] | None
    received: float
    first: float
    peak: float
    computed: int
    errors: tuple[str, ...]


def complete(visitor: Visitor) -> bool:
    """Whether the page has its curve and waits for nothing more."""
    kinds = visitor.kinds()
    return "plotly_chart" in kinds and not {"progress", "skeleton"} & set(kinds)


async def crowd(server: Server, sessions: int, jobs: int, seconds: float, warm: bool = False) -> Outcome:
    """Open the default view `sessions` times at once; the last `jobs` ask for different untrained networks. warm:
    whether it has been measured and looked at before."""
    async with Visitor(server.address, PAGE, "" if warm else "regime=untrained&wseed=999&n=60") as one:
        await one.until(complete, seconds)
    first = server.rss()
    queries = [""] * (sessions - jobs) + [f"regime=untrained&wseed={seed}&n=200" for seed in range(jobs)]
    visitors = [Visitor(server.address, PAGE, query) for query in queries]
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
        sessions, jobs, _spread(pages), _spread(curves[: sessions - jobs]),
        _spread(curves[sessions - jobs :]) if jobs else None, sum(one.received for one in visitors) / 2**20 / sessions,
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
        async with Visitor(server.address, PAGE) as last:
            await last.until(complete, 60)
    await asyncio.sleep(2)
    return server.rss()


def _spread(seconds: tuple[float, ...]) -> tuple[float, float]:
    return round(statistics.median(seconds), 2), round(max(seconds), 2)


def table(outcome: Outcome, after: float) -> str:
    """The outcome in Markdown. after: MiB of the web process once all have left."""
    cores, loads = os.cpu_count(), " ".join(f"{load:.0f}" for load in os.getloadavg())
    rows = (
        ("sessions at the same moment, of which ask for something of their own", f"{outcome.sessions}, {outcome.jobs}"),
        ("seconds until the page: median, last", "{:.1f}, {:.1f}".format(*outcome.page)),
        ("seconds until all of the common view is drawn: median, last", "{:.1f}, {:.1f}".format(*outcome.curve)),
        *(
            [("the same of what is asked for by one alone, measuring included", "{:.1f}, {:.1f}".format(*outcome.own))]
            if outcome.own
            else []
        ),
        ("jobs that ran meanwhile", f"{outcome.computed}"),
        ("MiB that each session received", f"{outcome.received:.1f}"),
        (
            "MiB of the web process: with one session, at most, after all have left",
            f"{outcome.first:.0f}, {outcome.peak:.0f}, {after:.0f}",
        ),
        ("errors", f"{len(outcome.errors)}"),
        (f"load of the {cores} cores over 1, 5 and 15 minutes, as the run ended", loads),
    )
    return "\n".join(["| measured | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def inserted(document: str, shown: str) -> str:
    """The document with this table in place of the one between its two marks."""
    before, _, behind = document.split(MARK)
    return f"{before}{MARK}\n\n{shown}\n\n{MARK}{behind}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=10)
    parser.add_argument("--warm", action="store_true", help="the default view was looked at before")
    parser.add_argument("--document", type=Path, help="a Markdown file whose table is put in place of the one it has")
    parser.add_argument("--seconds", type=float, default=600, help="for which a visitor is patient")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        serving(Path(folder), f"--server.disconnectedSessionTTL={TTL}") as server,
    ):
        outcome = asyncio.run(crowd(server, chosen.sessions, chosen.jobs, chosen.seconds, chosen.warm))
        after = asyncio.run(left(server))
    shown = table(outcome, after)
    print(shown, *outcome.errors, sep="\n")
    if chosen.document:
        chosen.document.write_text(inserted(chosen.document.read_text(), shown))


if __name__ == "__main__":
    main()
