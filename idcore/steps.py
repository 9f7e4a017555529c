"""Checkpoints of a training by the names of their files: the natural order, and the step that each name tells."""

import os
import re
from collections.abc import Sequence

_NUMBER = re.compile("([0-9]+)")


def natural(name: str) -> tuple[str | int, ...]:
    """A key to sort names by in which ckpt_2 comes before ckpt_10: text and whole numbers in turn."""
    return tuple(int(part) if i % 2 else part.lower() for i, part in enumerate(_NUMBER.split(name)))


def steps(names: Sequence[str]) -> tuple[int, ...] | None:
    """The number in each name that tells them apart, each its own; None where there is none in all of them.

    Of several numbers it is the first that is another in each name (resnet18_step100.pt: the step). Where some names
    have more numbers than others, it is the one behind what all begin with (ckpt_5.pt, ckpt_9_best.pt).
    """
    written = [tuple(map(int, _NUMBER.findall(name))) for name in names]
    if not written or not all(written):
        return None
    if len(written) == 1:
        return (written[0][-1],)
    if len(set(map(len, written))) == 1:
        return next((column for column in zip(*written, strict=True) if _differ(column)), None)
    begun = len(os.path.commonprefix(list(names)).rstrip("0123456789"))
    numbers = [_NUMBER.match(name, begun) for name in names]
    told = tuple(int(number[0]) for number in numbers if number)
    return told if len(told) == len(names) and _differ(told) else None


def in_order(names: Sequence[str]) -> list[int]:
    """The places of the names by their step; as they are given where they tell none."""
    told = steps(names)
    return list(range(len(names))) if told is None else sorted(range(len(names)), key=told.__getitem__)


def _differ(numbers: Sequence[int]) -> bool:
    return len(set(numbers)) == len(numbers)
