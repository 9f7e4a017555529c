"""What a class answers from its phones: kept in memory, within limits, and nowhere else."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from idcore.errors import RequestError

MOST_POLLS = 20
"""At once, in a process."""
MOST_ANSWERS = 400
"""To a question, one of each who answers."""
IDLE = 3 * 3600.0
"""Seconds after which a poll that nobody leads makes room for another."""
_LETTERS, _LENGTH = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 5


@dataclass(frozen=True)
class DrawnCurve:
    """A curve to be drawn. about: of which network. names: of its layers. first: the value that is given. top: end of
    the axis."""

    about: str
    names: tuple[str, ...]
    first: float
    top: float


@dataclass(frozen=True)
class Question:
    """What the class sees now. drawing: what it may draw as well."""

    step: int
    text: str
    choices: tuple[str, str]
    drawing: DrawnCurve | None = None


@dataclass
class _Poll:
    leader: str
    touched: float
    question: Question | None = None
    choices: dict[int, dict[str, int]] = field(default_factory=dict)
    drawn: dict[str, dict[str, tuple[float, ...]]] = field(default_factory=dict)


class Polls:
    """All polls of a process, by their codes. clock: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._polls: dict[str, _Poll] = {}

    def open(self, leader: str) -> str:
        """The code of a new poll; the one that this browser led before ends. Raises RequestError where there are as
        many as there may be."""
        with self._lock:
            now = self._clock()
            self._polls = {
                code: one for code, one in self._polls.items() if one.leader != leader and now - one.touched < IDLE
            }
            if len(self._polls) >= MOST_POLLS:
                raise RequestError(
                    f"{MOST_POLLS} polls run here, and no more may at once. Try again when one has ended."
                )
            code = _code()
            while code in self._polls:
                code = _code()
            self._polls[code] = _Poll(leader, now)
            return code

    def close(self, code: str, leader: str) -> None:
        """End a poll that this browser leads: its answers are gone."""
        with self._lock:
            if (one := self._polls.get(code)) is not None and one.leader == leader:
                del self._polls[code]

    def leads(self, code: str, leader: str) -> bool:
        """Whether this browser leads a poll; False, too, where there is no such poll."""
        with self._lock:
            one = self._polls.get(code)
            if one is None or one.leader != leader:
                return False
            one.touched = self._clock()
            return True

    def ask(self, code: str, question: Question) -> None:
        """What the class sees from now on. A question of the same step keeps its drawing unless it has another."""
        with self._lock:
            if (one := self._polls.get(code)) is None:
                return
            before = one.question
            if question.drawing is None and before is not None and before.step == question.step:
                question = replace(question, drawing=before.drawing)
            one.question = question

    def question(self, code: str) -> Question | None:
        """What the class is asked; None where there is no such poll, or no question yet."""
        with self._lock:
            one = self._polls.get(code)
            return one.question if one is not None else None

    def choose(self, code: str, step: int, who: str, choice: int) -> bool:
        """Keep the choice, 0 or 1, of one who answers, in place of the one before. False where the poll is at another
        step by now, is over, or has as many answers as it may have."""
        with self._lock:
            one = self._polls.get(code)
            if one is None or one.question is None or one.question.step != step or choice not in (0, 1):
                return False
            return _keep(one.choices.setdefault(step, {}), who, choice)

    def draw(self, code: str, about: str, who: str, drawn: Any) -> bool:
        """The same for a curve, a value for each layer."""
        with self._lock:
            one = self._polls.get(code)
            wanted = one.question.drawing if one is not None and one.question is not None else None
            if one is None or wanted is None or wanted.about != about:
                return False
            values = usable(drawn, len(wanted.names), wanted.first, wanted.top)
            return values is not None and _keep(one.drawn.setdefault(about, {}), who, tuple(values))

    def chosen(self, code: str, step: int) -> tuple[int, int]:
        """How many chose the first and the second."""
        with self._lock:
            one = self._polls.get(code)
            values = list(one.choices.get(step, {}).values()) if one is not None else []
        return values.count(0), values.count(1)

    def curves(self, code: str, about: str) -> list[tuple[float, ...]]:
        """All that were drawn of a network."""
        with self._lock:
            one = self._polls.get(code)
            return list(one.drawn.get(about, {}).values()) if one is not None else []


def usable(drawn: Any, n: int, first: float, top: float) -> list[float] | None:
    """What a browser sent, as n values within the axis that begin at the first; None where it is no such curve."""
    if not isinstance(drawn, list) or len(drawn) != n:
        return None
    if not all(isinstance(value, int | float) and isfinite(value) for value in drawn):
        return None
    return [first, *(min(max(float(value), 0.0), top) for value in drawn[1:])]


def _keep(answers: dict[str, Any], who: str, value: Any) -> bool:
    if who not in answers and len(answers) >= MOST_ANSWERS:
        return False
    answers[who] = value
    return True


def _code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
