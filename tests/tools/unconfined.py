"""What comes from outside, read in this process: for tests of what is read, not of where (`tests/confined`)."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from idcore.confined.parent import Item
from idcore.limits import LIMITS, Limits
from idcore.spec import from_json, to_json
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


def stream(
    function: Callable[..., Any],
    *arguments: Any,
    what: str,
    store: Store | None = None,
    watch: Watch = UNWATCHED,
    limits: Limits = LIMITS,
) -> Iterator[Item]:
    """As `confined.stream`, without the process and its limits: arguments and answers go through JSON as there, and
    arrays are copies that may be written to."""
    given = [from_json(value) for value in json.loads(json.dumps([to_json(argument) for argument in arguments]))]
    known = inspect.signature(function).parameters
    found = function(*given, **{name: v for name, v in {"store": store, "watch": watch}.items() if name in known})
    for arrays, values in found if inspect.isgenerator(found) else ():
        watch.check()
        yield {name: np.array(array) for name, array in arrays.items()}, json.loads(json.dumps(values))


def run(function: Callable[..., Any], *arguments: Any, **options: Any) -> list[Item]:
    """All that `stream` yields."""
    return list(stream(function, *arguments, **options))
