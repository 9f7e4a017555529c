"""What a full store costs: `.venv/bin/python -m benchmarks.store`.

CPU seconds of one rerun of each page on a store of ten entries and on one of 20,000, in one process, without a browser;
and how long a fresh process takes to its first list of results, without and with the index that was saved.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUNDS = 7
LAYERS = 8
PAGES = ("explore", "compare", "train", "paper", "data", "system")
MANY = {"compare": {"set": "results"}}
FIRST = """
import sys, time
from idcore import results
from idcore.store import Store
begun = time.process_time()
runs = results.runs(Store(sys.argv[1]))
print(len(runs), time.process_time() - begun)
"""


def fill(root: Path, entries: int) -> None:
    """About so many entries: results of `LAYERS` layers each, with the job that measured it."""
    import numpy as np

    from idcore import results
    from idcore.jobs import status
    from idcore.jobs.status import Status, Ticket
    from idcore.record import Layer
    from idcore.results import Run
    from idcore.spec import Architecture, DataSpec, NetworkSpec, ProfileJob, Recipe, Request, Untrained
    from idcore.store import Store
    from tests.tools.build_record import brute_geometry

    store, n = Store(root), 100
    os.fsync = lambda _: None  # type: ignore[assignment]
    points = np.random.default_rng(0).normal(size=(n, 8))
    layers = [brute_geometry(points, f"layer{i}", order=i, depth=i / (LAYERS - 1)) for i in range(LAYERS)]
    plan = tuple(layer.layer for layer in layers)
    assert all(isinstance(layer, Layer) for layer in plan)
    labels = np.arange(n) % 10
    for i in range(max(1, entries // (LAYERS + 2))):
        weights = Recipe() if i == 0 else Untrained(seed=i)
        request = Request(DataSpec(), NetworkSpec(Architecture("cnn"), weights))
        results.save_run(store, Run(request, plan, labels, labels, np.arange(n), tuple("0123456789"), 1.0, 0.98, 0.97))
        for layer in layers:
            results.save_layer(store, request, layer)
        ticket = Ticket(ProfileJob(request), "a", "b" * 64, Status("done", submitted=time.time(), started=time.time()))
        status.write(store, ticket)


def rerun(page: str, root: Path) -> float:
    """CPU seconds of a rerun of a page, the median."""
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    for name, value in MANY.get(page, {}).items():
        at.query_params[name] = value
    at.run()
    if page != "explore":
        at.switch_page(f"pages/{page}.py").run()
    seconds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        at.run()
        seconds.append(time.process_time() - begun)
        assert not at.exception, at.exception
    return statistics.median(seconds)


def pages(root: Path) -> None:
    os.environ["LAYERSCOPE_CACHE"] = str(root)
    import idcore.ui.kit.state
    from idcore.jobs import Jobs
    from idcore.settings import settings

    def nobody(_: object) -> object:
        raise RuntimeError("no workers: pages alone are measured")

    jobs = Jobs(idcore.ui.kit.state.store(), settings(), start=nobody)  # type: ignore[arg-type]
    idcore.ui.kit.state.get_jobs = lambda: jobs
    for page in PAGES:
        print(page, rerun(page, root), flush=True)


def main() -> None:
    if len(sys.argv) > 1:
        pages(Path(sys.argv[1]))
        return
    by_entries: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for entries in (10, 20_000):
            root = Path(folder) / str(entries)
            fill(root, entries)
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.store", str(root)]
            lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
            by_entries[entries] = {name: float(seconds) for name, seconds in map(str.split, lines)}
        print("| page | ten entries, ms | 20,000 entries, ms | ratio |\n|---|---|---|---|")
        for page in PAGES:
            few, many = by_entries[10][page], by_entries[20_000][page]
            print(f"| {page} | {1000 * few:.0f} | {1000 * many:.0f} | {many / few:.2f} |")
        for index in sorted(root.glob("v1/in/*")):
            index.rename(folder + "/index")
        command = [sys.executable, "-c", FIRST, str(root)]
        for what in ("nothing saved", "the index saved"):
            count, seconds = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
            print(f"A fresh process lists {count} results in {float(seconds):.2f} s of CPU, {what}.")


if __name__ == "__main__":
    main()
