"""How a record is read into numbers. No part of a request: the record is the same however it is read."""

from dataclasses import dataclass
from typing import Literal, get_args

from idcore.spec import checks
from idcore.spec.data import MAX_N

Bars = Literal["jackknife", "paper"]
BARS = get_args(Bars)


@dataclass(frozen=True)
class Reading:
    """discard: fraction of the largest mu that TwoNN leaves out, at least 0 and less than 1. variance: share of the
    variance that the components of the PC-ID hold, more than 0 and at most 1. neighbours: that the estimators of many
    neighbours take, lowered to what a record has. bars: how the error of TwoNN is found, by the jackknife or as in
    Ansuini et al. 2019. Raises RequestError."""

    discard: float = 0.1
    variance: float = 0.9
    neighbours: int = 16
    bars: Bars = "jackknife"

    def __post_init__(self) -> None:
        checks.check(
            checks.between(self.discard, 0, 1) and self.discard < 1,
            f"The discarded fraction must be at least 0 and less than 1, not {checks.shown(self.discard)}.",
        )
        checks.check(
            checks.between(self.variance, 0, 1) and self.variance > 0,
            f"The share of the variance must be more than 0 and at most 1, not {checks.shown(self.variance)}.",
        )
        checks.integer("The number of neighbours", self.neighbours, 2, MAX_N)
        checks.one_of("The bars", self.bars, BARS)

    @property
    def of_rows(self) -> dict[str, float]:
        """What the row of a layer depends on (`estimators.summary`), for a file that says what it was made with."""
        return {"discard": self.discard, "variance": self.variance}


USUAL = Reading()
"""What numbers are made with where nothing else is said."""
