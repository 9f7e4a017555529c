"""How a record is read into numbers. No part of a request: the record is the same however it is read."""

from dataclasses import dataclass

from idcore.spec import checks


@dataclass(frozen=True)
class Reading:
    """discard: fraction of the largest mu that TwoNN leaves out, at least 0 and less than 1. variance: share of the
    variance that the components of the PC-ID hold, more than 0 and at most 1. Raises RequestError."""

    discard: float = 0.1
    variance: float = 0.9

    def __post_init__(self) -> None:
        checks.check(
            checks.between(self.discard, 0, 1) and self.discard < 1,
            f"The discarded fraction must be at least 0 and less than 1, not {checks.shown(self.discard)}.",
        )
        checks.check(
            checks.between(self.variance, 0, 1) and self.variance > 0,
            f"The share of the variance must be more than 0 and at most 1, not {checks.shown(self.variance)}.",
        )


USUAL = Reading()
"""What numbers are made with where nothing else is said."""
