"""What a view of a page costs the server: `.venv/bin/python -m benchmarks.views [--beside FOLDER] [--query QUERY]`.

CPU seconds of the web process and bytes that it sends, for a view of Explore whose results are in the store, by a
visitor without a browser; the first view of a server, which loads what it needs, is told apart, and so is what the
server takes at rest, which a view of a second and a half would else be charged with. beside: another clone of the
project, whose server takes turns with this one. A clock would tell what else the machine does; CPU seconds on a busy
machine are up to twice those on a quiet one, for both."""

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.server import ROOT, Server, serving
from benchmarks.sessions import PAGE, complete
from benchmarks.visitors import Visitor

ROUNDS, EACH = 4, 5
_SETTLE = 1.0  # seconds after the page was there, within which the server may still have work with it
_REST = 20.0  # seconds without a visitor, of which its rest is known


def cpu(server: Server) -> float:
    """CPU seconds of the web process so far."""
    times = server.process.cpu_times()
    return float(times.user + times.system)


async def view(server: Server, query: str, rest: float = 0.0) -> tuple[float, int]:
    """(CPU seconds, bytes) of a view. rest: CPU seconds that the server takes in each second without a visitor."""
    before, begun = cpu(server), time.monotonic()
    async with Visitor(server.address, PAGE, query) as one:
        await one.until(lambda one: complete(one) and one.runs > 0, 900)
        await asyncio.sleep(_SETTLE)
        assert not one.errors, one.errors
        return cpu(server) - before - rest * (time.monotonic() - begun), one.received


async def resting(server: Server) -> float:
    """CPU seconds of each second without a visitor, once what the last one left is done with."""
    await asyncio.sleep(_REST / 4)
    before = cpu(server)
    await asyncio.sleep(_REST)
    return (cpu(server) - before) / _REST


async def measure(servers: dict[str, Server], query: str) -> None:
    """The servers in turns; a line for each."""
    seconds: dict[str, list[float]] = {name: [] for name in servers}
    received: dict[str, int] = {}
    for name, server in servers.items():
        took, _ = await view(server, query)
        print(f"{name}: the first view of the server, with all that it loads and the measurement: {took:.2f} s of CPU")
    rest = {name: await resting(server) for name, server in servers.items()}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            for _ in range(EACH):
                took, received[name] = await view(server, query, rest[name])
                seconds[name].append(took)
    for name, times in seconds.items():
        low, *_, high = statistics.quantiles(times, n=4)
        print(f"{name}: {1000 * statistics.median(times):.0f} ms of CPU a view (quartiles {1000 * low:.0f}, "
              f"{1000 * high:.0f}), {received[name] / 1000:.0f} kB; at rest {1000 * rest[name]:.0f} ms of each second",
              )  # fmt: skip
    first, *others = (statistics.median(times) for times in seconds.values())
    for other in others:
        print(f"ratio {other / first:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.views", description=__doc__)
    parser.add_argument("--beside", type=Path, help="another clone of the project")
    parser.add_argument("--query", default="regime=untrained", help="what is looked at, as in the address")
    chosen = parser.parse_args()
    roots = {"this clone": ROOT} | ({str(chosen.beside): chosen.beside.absolute()} if chosen.beside else {})
    with contextlib.ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))) for _ in roots]
        servers = {
            name: stack.enter_context(serving(folder, root=root))
            for (name, root), folder in zip(roots.items(), folders, strict=True)
        }
        asyncio.run(measure(servers, chosen.query))


if __name__ == "__main__":
    main()
