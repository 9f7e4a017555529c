"""The attention of one sequence: written and read here alone. No torch."""

from dataclasses import dataclass

import numpy as np

from idcore import spec
from idcore.results.measured import readable
from idcore.shapes import Float
from idcore.spec import AttendJob
from idcore.store import Store


@dataclass(frozen=True, eq=False)
class Attended:
    """layers: the l layers that attend, in call order. tokens: what the first t tokens of the sequence say. total: all
    its tokens. weights: by layer (heads, t, t) float32, row i what token i takes of each; a row of all tokens has sum
    1, and the first t of them have what is left. causal: whether no token takes of one after it."""

    layers: tuple[str, ...]
    tokens: tuple[str, ...]
    total: int
    weights: tuple[Float[np.ndarray, "heads t t"], ...]
    causal: bool

    def matrix(self, layer: str, head: int | None) -> Float[np.ndarray, "t t"]:
        """(t, t) float32 of a layer: of a head, None for the mean over the heads. Raises ValueError where the layer is
        not kept, IndexError where the head is not."""
        each = self.weights[self.layers.index(layer)]
        matrix: np.ndarray = each.mean(0) if head is None else each[head]
        return matrix


def key(job: AttendJob) -> str:
    """Key of the attention of a sequence."""
    return spec.key("attended", spec.to_json(job))


def read(store: Store, job: AttendJob) -> Attended | None:
    """None until it has been kept."""
    entry = store.get(key(job))
    return None if entry is None else readable(_read, entry.arrays, entry.meta)


def save(store: Store, job: AttendJob, attended: Attended) -> None:
    """Keep it."""
    meta = {"kind": "attended", "request": spec.to_json(job.request), "sequence": job.sequence}
    meta |= {
        "layers": list(attended.layers),
        "tokens": list(attended.tokens),
        "total": attended.total,
        "causal": attended.causal,
    }
    store.put(key(job), {f"weights {i}": one for i, one in enumerate(attended.weights)}, meta)


def _read(arrays: dict[str, np.ndarray], meta: dict[str, object]) -> Attended:
    layers: list[str] = meta["layers"]  # type: ignore[assignment]
    return Attended(
        tuple(layers),
        tuple(meta["tokens"]),  # type: ignore[arg-type]
        int(meta["total"]),  # type: ignore[call-overload]
        tuple(arrays[f"weights {i}"] for i in range(len(layers))),
        bool(meta["causal"]),
    )
