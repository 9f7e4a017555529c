"""What is known of the samples of a run, by which they are known again (`estimators.same`)."""

import numpy as np

from idcore import results
from idcore.estimators.same import SampleSet
from idcore.results import passages
from idcore.results.measured import run
from idcore.spec import ELSEWHERE, Request
from idcore.store import Store


def samples(store: Store, request: Request, called: str) -> SampleSet | None:
    """None until the run has begun. called: what sentences call it."""
    measured = run(store, request)
    if measured is None:
        return None
    return SampleSet(request.data, measured.ids, names(store, request, measured.ids), _numbers(store, request), called)


def names(store: Store, request: Request, ids: np.ndarray) -> tuple[str, ...]:
    """Of each sample: those that a file of matrices or of texts gives its rows, the paths of images in a folder or a
    zip; () where there are none."""
    kept = passages.read(store, request.data)
    if kept is not None and len(kept.names) == len(ids):
        return kept.names
    if request.network == ELSEWHERE:
        return ()
    entry = results.dataset(store, request.data.dataset)
    if entry is None or entry[0].texts or entry[0].matrices:
        return ()
    arrays = entry[1]
    if "paths" in arrays:
        every = [path.decode("utf-8", "replace") for path in arrays["paths"].tobytes().split(b"\0")]
    elif "names" in arrays:
        every = list(passages.unpacked(arrays, "name"))
    else:
        return ()
    return tuple(every[i] for i in ids) if len(every) > int(ids.max(initial=-1)) else ()


def _numbers(store: Store, request: Request) -> tuple[str, ...]:
    """Numbers of the samples that a file of matrices gives its rows."""
    kept = passages.read(store, request.data) if request.network == ELSEWHERE else None
    return kept.texts if kept is not None and any(kept.texts) else ()
