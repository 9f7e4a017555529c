"""Where a network looks on one image: written and read here alone. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from idcore import spec
from idcore.results.measured import readable
from idcore.shapes import Float, Num
from idcore.spec import LookJob
from idcore.store import Store

SURE = 2.0
"""Standard deviations of the area of random orders by which a map must lie below their mean to beat them."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One way to order the patches of an image.

    method: in words. map: (r, c) float32, as it is drawn, at its own resolution; None for random orders. curve:
    (patches + 1,) float64, probability of the class after 0, 1, ... patches are deleted, the highest scores first.
    area: mean of the curve over the deleted share: the lower, the better the map names what the network uses. spread:
    standard deviation of the area over random orders, 0 for a map. scores: (rows, columns) float64 of the patches.
    """

    method: str
    map: Float[np.ndarray, "r c"] | None
    scores: Float[np.ndarray, "rows columns"] | None
    curve: Float[np.ndarray, " steps"]
    area: float
    spread: float = 0.0

    def after(self, share: float) -> float:
        """The probability after this share of the patches, one at least."""
        return float(self.curve[max(1, round((len(self.curve) - 1) * share))])


@dataclass(frozen=True, eq=False)
class Heads:
    """Attention of one layer among t tokens, the class token first. mean: (t, t) float16 over the heads, row i what
    token i takes. each: (heads, k, t) float16: all rows of each head, or the row of the class token alone (k = 1)."""

    layer: str
    mean: Float[np.ndarray, "t t"]
    each: Float[np.ndarray, "heads k t"]

    def row(self, head: int | None, token: int) -> Float[np.ndarray, " t"]:
        """(t,) float32: what a token takes in a head, None for the mean over the heads. Raises IndexError where the
        row is not kept."""
        taken: np.ndarray = (self.mean[token] if head is None else self.each[head, token]).astype(np.float32)
        return taken


@dataclass(frozen=True, eq=False)
class Looked:
    """id, label: of the sample, -1 for an uploaded picture. image: (h, w, 3) uint8, as the network saw it. classes:
    what the outputs stand for, () where nobody says. probabilities: (outputs,) float64. target: the output that is
    explained. rows: the methods, then the two baselines, most ink and random. notes: what else there might be, and why
    it is not. attention: of each layer, () where it cannot be shown over the image."""

    id: int
    label: int
    image: Num[np.ndarray, "h w 3"]
    classes: tuple[str, ...]
    probabilities: Float[np.ndarray, " outputs"]
    target: int
    rows: tuple[Judged, ...]
    notes: tuple[str, ...] = ()
    attention: tuple[Heads, ...] = field(default=())

    @property
    def said(self) -> int:
        """The output that is largest."""
        return int(self.probabilities.argmax())

    def loses(self, row: Judged) -> list[str]:
        """The baselines that a method does not beat: the ink, and chance by `SURE` of its standard deviations."""
        baselines = (one for one in self.rows[-2:] if one is not row)
        return [one.method for one in baselines if row.area >= one.area - SURE * one.spread]


def key(job: LookJob) -> str:
    """Key of a look at one image."""
    return spec.key("look", job)


def there(store: Store, job: LookJob) -> bool:
    """Whether it is kept."""
    return store.meta(key(job)) is not None


def read(store: Store, job: LookJob) -> Looked | None:
    """None until the network has looked."""
    entry = store.get(key(job))
    return None if entry is None else readable(_read, entry.arrays, entry.meta)


def save(store: Store, job: LookJob, looked: Looked) -> None:
    """Keep it."""
    arrays: dict[str, np.ndarray] = {"image": looked.image, "probabilities": looked.probabilities}
    rows: list[dict[str, object]] = []
    for i, row in enumerate(looked.rows):
        parts = {"map": row.map, "scores": row.scores, "curve": row.curve}
        arrays |= {f"{name} {i}": part for name, part in parts.items() if part is not None}
        rows.append({"method": row.method, "area": row.area, "spread": row.spread})
    for i, heads in enumerate(looked.attention):
        arrays |= {f"mean {i}": heads.mean, f"each {i}": heads.each}
    meta = {"kind": "look", "request": spec.to_json(job), "id": looked.id, "label": looked.label, "rows": rows}
    meta |= {"classes": list(looked.classes), "target": looked.target, "notes": list(looked.notes)}
    store.put(key(job), arrays, meta | {"layers": [heads.layer for heads in looked.attention]})


def _read(arrays: dict[str, np.ndarray], meta: dict[str, object]) -> Looked:
    rows: Sequence[dict[str, object]] = meta["rows"]  # type: ignore[assignment]
    layers: Sequence[str] = meta["layers"]  # type: ignore[assignment]
    return Looked(
        id=int(meta["id"]),  # type: ignore[call-overload]
        label=int(meta["label"]),  # type: ignore[call-overload]
        image=arrays["image"],
        classes=tuple(meta["classes"]),  # type: ignore[arg-type]
        probabilities=arrays["probabilities"],
        target=int(meta["target"]),  # type: ignore[call-overload]
        rows=tuple(
            Judged(map=arrays.get(f"map {i}"), scores=arrays.get(f"scores {i}"), curve=arrays[f"curve {i}"], **row)  # type: ignore[arg-type]
            for i, row in enumerate(rows)
        ),
        notes=tuple(meta["notes"]),  # type: ignore[arg-type]
        attention=tuple(Heads(layer, arrays[f"mean {i}"], arrays[f"each {i}"]) for i, layer in enumerate(layers)),
    )
