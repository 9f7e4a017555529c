"""Random use for a while: `python -m benchmarks.soak [--minutes 30]`.

Ten visitors open pages, change parameters, start and cancel jobs, leave and come back. The memory of the web process
and of its workers is sampled; at the end it says whether it stayed flat (the last fifth within 10 % of the fifth after
warm-up), whether the log holds an error, and whether a process is left. Exit code 1 where one of these is not so."""

import argparse
import asyncio
import random
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.server import Server, serving
from benchmarks.visitors import Visitor

PAGES = ("", "", "", "compare", "train", "learn", "generalise", "data", "paper", "system")
BUTTONS = ("Cancel", "Cancel", "Start again", "Fit linear probes", "Start training", "Pause", "Try again", "Dismiss")
WARM = 0.4
"""Share of the time that is warm-up: imports, caches that fill up to their limits, allocators."""
_TROUBLE = re.compile(r"Traceback|Error\b|outcome=(failed|lost)|Task was destroyed|never retrieved")


async def use(server: Server, seed: int, end: float, counts: dict[str, int], errors: list[str]) -> None:
    """One person after the other, until the time is up."""
    chance = random.Random(seed)
    while time.monotonic() < end:
        async with Visitor(server.address, chance.choice(PAGES), _query(chance)) as visitor:
            _count(counts, "sessions")
            await _settled(visitor, 0, counts)
            for _ in range(chance.randint(1, 6)):
                await asyncio.sleep(chance.uniform(0.2, 4))
                runs = visitor.runs
                if chance.random() < 0.5:
                    if not await visitor.click(chance.choice(BUTTONS)):
                        continue
                    _count(counts, "clicks")
                else:
                    await visitor.open(chance.choice(PAGES), _query(chance))
                    _count(counts, "pages")
                await _settled(visitor, runs, counts)
                if time.monotonic() > end:
                    break
            errors += visitor.errors
            _count(counts, "runs", visitor.runs)


async def _settled(visitor: Visitor, runs: int, counts: dict[str, int]) -> None:
    """Wait until the page has answered once more than `runs` times."""
    begun = time.monotonic()
    await visitor.until(lambda one: one.runs > runs or bool(one.errors), 120)
    counts["slowest ms"] = max(counts.get("slowest ms", 0), round(1000 * (time.monotonic() - begun)))


def _query(chance: random.Random) -> str:
    """Parameters as a person might choose them: few seeds, so that others have often asked for the same."""
    data = chance.choice(["digits", "mnist5k"])
    regime = chance.choice(["untrained", "untrained", "trained", "shuffled"])
    n = chance.choice([100, 200, 400])
    map = chance.choice(["PCA", "PCA", "UMAP"])
    return f"data={data}&regime={regime}&network=mlp&width=32&depth=2&wseed={chance.randrange(12)}&n={n}&map={map}"


def _count(counts: dict[str, int], name: str, more: int = 1) -> None:
    counts[name] = counts.get(name, 0) + more


async def soak(server: Server, minutes: float, people: int) -> tuple[list[tuple[float, float, float]], dict, list[str]]:
    """((seconds, MiB of the web process, MiB of its workers), ...), what was done, errors seen by visitors."""
    samples: list[tuple[float, float, float]] = []
    counts: dict[str, int] = {}
    errors: list[str] = []
    begun = time.monotonic()
    users = [asyncio.create_task(use(server, seed, begun + 60 * minutes, counts, errors)) for seed in range(people)]
    while not all(user.done() for user in users):
        samples.append((time.monotonic() - begun, server.rss(), server.workers_rss()))
        await asyncio.sleep(1)
    for user in users:
        if user.exception() is not None:
            errors.append(f"A visitor gave up: {user.exception()!r}")
    return samples, counts, errors


def flat(values: list[float]) -> tuple[float, float, bool]:
    """(median of the fifth after warm-up, median of the last fifth, whether that is at most 10 % more)."""
    warm, fifth = int(len(values) * WARM), max(1, len(values) // 5)
    first, last = statistics.median(values[warm : warm + fifth]), statistics.median(values[-fifth:])
    return first, last, last <= 1.1 * first


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--log", type=Path, help="where the log is kept, if it holds trouble")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with serving(Path(folder), "--server.disconnectedSessionTTL=10") as server:
            samples, counts, errors = asyncio.run(soak(server, chosen.minutes, chosen.people))
            family = server.process.children(recursive=True)
        _, orphans = psutil.wait_procs(family, timeout=5)
        log = server.log.read_text().splitlines()
    trouble = [line for line in log if _TROUBLE.search(line)]
    if trouble and chosen.log:
        chosen.log.write_text("\n".join(log))
    good = not errors and not trouble and not orphans
    print(", ".join(f"{value} {name}" for name, value in sorted(counts.items())))
    print(f"jobs by outcome: { {one: sum(f'outcome={one}' in line for line in log) for one in ('done', 'cancelled')} }")
    for name, column in (("web process", 1), ("workers", 2)):
        first, last, steady = flat([sample[column] for sample in samples])
        print(f"{name}: {first:.0f} MiB after warm-up, {last:.0f} MiB at the end: {'flat' if steady else 'GROWS'}")
        good = good and steady
    for line in [*errors, *trouble][:20]:
        print("!", line[:300])
    print(f"errors seen: {len(errors)}; in the log: {len(trouble)}; processes left: {len(orphans)}")
    print("It holds." if good else "It does not hold.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
