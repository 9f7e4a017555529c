"""The token clouds of single sequences: written and read here alone."""

from dataclasses import asdict, dataclass
from math import isfinite, nan
from typing import Any

import numpy as np

from idcore import spec
from idcore.estimators.clouds import Goes
from idcore.shapes import Float, Int
from idcore.spec import CloudsJob
from idcore.store import Store


@dataclass(frozen=True, eq=False)
class Clouds:
    """layers: the l layers, in call order. places: (s,) of each sequence among the samples. tokens: what the tokens of
    each say. twonn, gride: (s, l, 2) ID and standard error, NaN where there is none; the ratios of Gride are
    r_16 / r_8. distinct: (s, l) points that are left once equal tokens are one. loss: mean next-token loss of each
    sequence (s,), in nats, NaN where the model foretells none. losses, local: of each token of all sequences one after
    the other, (t,) and (l, t). goes: by layer, how the ID of Gride goes with
    the loss. notes: what must be said."""

    layers: tuple[str, ...]
    places: Int[np.ndarray, " s"]
    tokens: tuple[tuple[str, ...], ...]
    twonn: Float[np.ndarray, "s l 2"]
    gride: Float[np.ndarray, "s l 2"]
    distinct: Int[np.ndarray, "s l"]
    loss: Float[np.ndarray, " s"]
    losses: Float[np.ndarray, " t"]
    local: Float[np.ndarray, "l t"]
    goes: tuple[Goes, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, sequence: int) -> slice:
        """Where the tokens of a sequence stand in `losses` and `local`."""
        start = sum(map(len, self.tokens[:sequence]))
        return slice(start, start + len(self.tokens[sequence]))


_ARRAYS = ("places", "twonn", "gride", "distinct", "loss", "losses", "local")


def key(job: CloudsJob) -> str:
    """Key of the clouds of a job."""
    return spec.key("clouds", spec.to_json(job))


def read(store: Store, job: CloudsJob) -> Clouds | None:
    """The clouds, None until they have been measured."""
    entry = store.get(key(job))
    if entry is None or "tokens" not in entry.meta:
        return None
    meta = entry.meta
    tokens = tuple(tuple(one) for one in meta["tokens"])
    goes = tuple(Goes(**{name: _known(value) for name, value in one.items()} | {"r": one["r"]}) for one in meta["goes"])
    arrays = {name: entry.arrays[name] for name in _ARRAYS}
    return Clouds(tuple(meta["layers"]), tokens=tokens, goes=goes, notes=tuple(meta["notes"]), **arrays)


def save(store: Store, job: CloudsJob, clouds: Clouds) -> None:
    """Keep the clouds of a job."""
    meta = {"kind": "clouds", "request": spec.to_json(job.request), "layers": list(clouds.layers)}
    meta |= {"goes": [{name: _said(value) for name, value in asdict(one).items()} for one in clouds.goes]}
    meta |= {"tokens": [list(one) for one in clouds.tokens], "notes": list(clouds.notes)}
    store.put(key(job), {name: np.ascontiguousarray(getattr(clouds, name)) for name in _ARRAYS}, meta)


def _said(value: Any) -> Any:
    """JSON has no NaN."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _known(value: Any) -> Any:
    return nan if value is None else value
