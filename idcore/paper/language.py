"""What others published on language models, from `published_llm.json`: the ID of last tokens, block by block."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from idcore.paper.published import Point

_FILE = Path(__file__).with_name("published_llm.json")


@dataclass(frozen=True)
class LanguageCurve:
    """name: in the address. title: of the model. rank: k of Gride's ratios r_2k / r_k. points: after each block, by
    relative depth; err: the standard deviation over 5 subsets."""

    name: str
    title: str
    rank: int
    points: tuple[Point, ...]


@cache
def curves() -> tuple[LanguageCurve, ...]:
    """All published curves."""
    return tuple(_curve(**one) for one in _read()["curves"])


def source() -> str:
    """Where they come from, and how they were made."""
    return f"{_read()['source']}. {_read()['protocol']}"


def _curve(name: str, title: str, rank: int, points: list[list[float]]) -> LanguageCurve:
    curve = tuple(Point("", (i + 1) / len(points), value, err) for i, (value, err) in enumerate(points))
    return LanguageCurve(name, title, rank, curve)


@cache
def _read() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return values
