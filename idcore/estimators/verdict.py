"""What is said of an ID in words, all of it from one place, so that no two sentences on a page disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from idcore.estimators.caveats import BOUND, LOWER_BOUND
from idcore.estimators.scale import ScalePoint

Kind = Literal["plateau", "rising", "falling", "bound", "undecided"]
LEVELS = 3
"""Levels of `scale` that the verdict compares: N, N/2 and N/4."""
SMALL = 500
"""Samples below which the size of the bar is said."""
FALLS = "It falls with N: it holds at this scale only."
_PLAIN, _PRECISE = 0.03, 0.05


@dataclass(frozen=True)
class Verdict:
    """What the ID of a layer is, by how it changes with the number of points.

    kind: plateau (the same at N and N/4, within small errors), rising or falling (it changes by more than its errors),
    bound (no change is seen, but it is above `LOWER_BOUND`), undecided (the errors are too large, or there is one level
    only). sentence: for the view of the scale. brief: what must stand beside the number itself, "" where that needs
    nothing. lower_bound: above `LOWER_BOUND`, and not falling. change: relative change of the ID each time N doubles;
    error: its standard error; None where there is one level.
    """

    kind: Kind
    sentence: str
    brief: str
    lower_bound: bool
    change: float | None = None
    error: float | None = None


def verdict(points: Sequence[ScalePoint], n: int) -> Verdict:
    """The verdict on the levels of `scale`, most points first; the first `LEVELS` of them count. n: samples.

    Compares N with N/4 (N/2 where the blocks of N/4 are too small): change = (ID(N) - ID(N/4)) / ID(N) / 2, relative
    and for each doubling of N. Every level uses all N points, so both means have about the error of the whole fit,
    and their difference at most sqrt(2) of it. A change of less than 2 errors or less than 3 % is none that can be told
    if its error is at most 5 %; more is rising or falling.
    """
    whole = points[0]
    if len(points) < 2:
        kind: Kind = "undecided"
        sentence = f"Too few points to compare scales (N = {whole.points:,.0f})."
        return Verdict(kind, sentence, brief(kind, whole.id, whole.stderr, n), whole.id > LOWER_BOUND)
    part = points[min(LEVELS, len(points)) - 1]
    doublings = float(np.log2(part.blocks))
    change = (whole.id - part.id) / whole.id / doublings
    error = 2**0.5 * whole.stderr / whole.id / doublings
    kind = _kind(whole.id, change, error)
    told = f"{change:+.1%} for each doubling from N = {part.points:,.0f} to {whole.points:,.0f}, error {error:.1%}"
    sentence = {
        "plateau": f"A plateau at {whole.id:.1f} ({told}).",
        "rising": f"The ID still rises with N ({told}): {whole.id:.1f} is a lower bound, unless the rise is noise seen "
        "at a finer scale.",
        "falling": f"Falls with N ({told}): close up the cloud is simpler; {whole.id:.1f} holds at this scale only.",
        "bound": f"No change with N can be told ({told}), but above about {LOWER_BOUND:g} an ID grows more slowly than "
        f"that: {whole.id:.1f} is a lower bound.",
        "undecided": f"The error bars are too wide to tell a trend ({told}).",
    }[kind]
    bound = whole.id > LOWER_BOUND and kind != "falling"
    return Verdict(kind, sentence, brief(kind, whole.id, whole.stderr, n), bound, change, error)


def _kind(id: float, change: float, error: float) -> Kind:
    if abs(change) >= max(2 * error, _PLAIN):
        return "rising" if change > 0 else "falling"
    if error > _PRECISE:
        return "undecided"
    return "bound" if id > LOWER_BOUND else "plateau"


def brief(kind: Kind, id: float, stderr: float, n: int) -> str:
    """What must stand beside an ID of this kind, from n samples."""
    said = []
    if kind == "falling":
        said.append(FALLS)
    elif id > LOWER_BOUND:
        said.append(BOUND)
    elif kind == "rising":
        said.append("It still rises with N: a lower bound, unless the rise is noise seen at a finer scale.")
    if n < SMALL:
        hidden = " Few points can hide a higher dimension." if kind == "undecided" and id <= LOWER_BOUND else ""
        said.append(f"N = {n:,} is small: one standard error is {stderr / id:.0%} of the ID.{hidden}")
    return " ".join(said)
