"""What a long piece of work says of itself on the way. Standard library only."""

from dataclasses import dataclass
from typing import Any

HEARTBEAT = 0.5
"""Seconds between two reports of what goes on all the time."""


@dataclass(frozen=True)
class Progress:
    """done of total: epochs (a fraction within an epoch), images or bytes, by phase. history: the epochs that are
    finished."""

    message: str
    done: float
    total: float
    history: tuple[dict[str, Any], ...] = ()
    phase: str = "training"
