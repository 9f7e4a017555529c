"""`python -m idcore.confined.child PARENT`: calls one function of ours within limits, for the process PARENT.

The first line of its standard input says which function; when the input ends, whoever asked has gone, and so does this
process. On its standard output it answers in `frames`: put (an entry to keep), item (what the function yields),
progress, size (bytes that it has read), and last done, error, memory or bug.
"""

import dataclasses
import inspect
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Any, cast

import numpy as np

from idcore.confined import bounds, frames
from idcore.confined.parent import Item
from idcore.errors import LayerscopeError
from idcore.limits import Limits
from idcore.spec import from_json
from idcore.store import Entry, Store, StoreWarning
from idcore.watch import Watch

Tell = Callable[..., None]


class _Shelf(Store):
    """The store as far as it is read here; what is put into it is handed to the process that asked."""

    def __init__(self, root: str, tell: Tell) -> None:
        super().__init__(root)
        self._tell = tell

    def get(self, key: str) -> Entry | None:
        with bounds.lifted():
            entry = super().get(key)
        if entry is not None:
            bounds.allow(sum(array.nbytes for array in entry.arrays.values()))
        return entry

    def put(self, key: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> StoreWarning | None:
        self._tell("put", arrays, key=key, meta=meta)
        return None


def main() -> None:
    bounds.end_with(int(sys.argv[1]))
    call = json.loads(sys.stdin.buffer.readline())
    pipe = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get among the frames
    threading.Thread(target=_end_with_the_input, name="parent", daemon=True).start()
    _answer(call, partial(frames.write, pipe))
    os._exit(0)


def _answer(call: dict[str, Any], tell: Tell) -> None:
    function: Callable[..., Any] = getattr(import_module(call["module"]), call["function"])
    options: dict[str, Any] = {
        "store": None if call["store"] is None else _Shelf(call["store"], tell),
        "watch": Watch(lambda progress: tell("progress", **dataclasses.asdict(progress))),
    }
    known = inspect.signature(function).parameters
    arguments = [from_json(value) for value in call["arguments"]]
    bounds.confine(Limits(**call["limits"]), lambda size: tell("size", size=size))
    try:
        result = function(*arguments, **{name: value for name, value in options.items() if name in known})
        for arrays, values in cast(Iterable[Item], result if inspect.isgenerator(result) else ()):
            tell("item", arrays, values=values)
        tell("done")
    except LayerscopeError as error:
        tell("error", name=type(error).__name__, message=str(error))
    except MemoryError:
        tell("memory")
    except BrokenPipeError:
        pass  # nobody wants to know any more
    except Exception:
        tell("bug", text=traceback.format_exc())


def _end_with_the_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
