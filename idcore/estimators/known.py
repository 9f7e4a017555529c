"""How the estimators disagree on clouds of known dimension: numbers that ship (made by benchmarks/disagree.py)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "known.json"


@dataclass(frozen=True)
class KnownCloud:
    """cloud: what it is. d: its dimension. ids: (ID, standard error) by name of the estimator; None for no number, or
    no error."""

    cloud: str
    d: int
    ids: dict[str, tuple[float | None, float | None]]


def nearest(n: int) -> tuple[int, tuple[KnownCloud, ...]]:
    """(points of the clouds, those that there are next to n by ratio; the clouds)."""
    there = _read()
    size = min(there, key=lambda one: max(one, n) / max(1, min(one, n)))
    return size, there[size]


@cache
def _read() -> dict[int, tuple[KnownCloud, ...]]:
    clouds = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        int(n): tuple(
            KnownCloud(row["cloud"], row["d"], {name: (id, error) for name, (id, error) in row["ids"].items()})
            for row in rows
        )
        for n, rows in clouds.items()
    }
