"""`python -m tests.tools.killing ROOT KILLS SEED`: kills a process that measures an upload, or its reader.

Each round measures the upload that lies in the store at ROOT and is killed at a random moment, half of the time only
the process that reads is; after a round that came to its end, all but the upload is removed. At last it is measured
once more. Prints what was found, as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import psutil

from idcore import pipeline, spec
from idcore.errors import LayerscopeError
from idcore.spec import Request
from idcore.store import Store
from tests.tools import patience


def measure(root: Path, asked: Request) -> None:
    try:
        list(pipeline.run(asked, "checkpoints", Store(root), memory=2**28, device="cpu"))
    except LayerscopeError as error:
        print(error, file=sys.stderr)
        os._exit(1)


def begun(root: Path, asked: Request) -> psutil.Process:
    pid = os.fork()
    if not pid:
        measure(root, asked)
        os._exit(0)
    return psutil.Process(pid)


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def main() -> None:
    root, kills, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    upload = next(iter(Store(root).keys("upload")))
    asked = spec.from_json(json.loads((root / "request.json").read_text()))
    pipeline.warm()  # what a measurement imports is there before the first fork
    counts = {"asker": 0, "reader": 0, "whole": 0, "orphans": 0}
    for _ in range(kills):
        asker = begun(root, asked)
        time.sleep(chance.uniform(0.0, 1.5))
        readers = [] if ended(asker) else asker.children()
        victim, name = (readers[0], "reader") if readers and chance.random() < 0.5 else (asker, "asker")
        try:
            victim.send_signal(signal.SIGKILL)
            counts[name] += not ended(asker) or name == "asker"
        except psutil.NoSuchProcess:
            pass
        code = os.waitpid(asker.pid, 0)[1]
        _, alive = psutil.wait_procs(readers, timeout=patience.seconds())
        counts["orphans"] += len(alive)
        if code == 0:
            counts["whole"] += 1
            for key in set(Store(root).keys()) - {upload}:
                Store(root).delete(key)
    asker = begun(root, asked)
    assert os.waitpid(asker.pid, 0)[1] == 0
    store = Store(root)
    store.tidy()
    locked = [path for path in root.rglob("*.lock") if store.is_locked(path.stem)]
    left = [path.name for path in root.rglob(".*.tmp")]
    print(json.dumps({**counts, "locked": len(locked), "left": left, "bad": len(list(root.glob("v1/bad/*")))}))


if __name__ == "__main__":
    main()
