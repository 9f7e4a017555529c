"""Five questions at the end, each with two choices and what is said of them."""

from dataclasses import dataclass
from functools import cache

from idcore.estimators import caveats
from idcore.learn.shipped import EARLY, moment, network
from idcore.learn.texts import percent


@dataclass(frozen=True)
class Item:
    """right: the place of the right choice. why: said once one has chosen."""

    question: str
    choices: tuple[str, str]
    right: int
    why: str


@cache
def items() -> tuple[Item, ...]:
    """All five."""
    shuffled, untrained, trained = (network(name) for name in ("shuffled", "untrained", "trained"))
    early = moment("shuffled", EARLY)
    return (
        Item(
            "The estimate rises from one layer to the next. What has the layer done?",
            ("changed which directions decide who is near", "added dimensions to the data"),
            0,
            caveats.LIPSCHITZ,
        ),
        Item(
            f"Untrained, d1 of the small network has an ID of {untrained.last_hidden.id or 0:.1f}; trained, "
            f"{trained.last_hidden.id or 0:.1f}. What does this rule out?",
            ("that learning matters", "that its 128 units alone make it low"),
            1,
            "Both have 128 units there. Only the learning differs, and the seed of the weights.",
        ),
        Item(
            f"Shuffled, epoch {EARLY}: the ID of d1 is {early.id:.1f}. Is the network good?",
            ("no", "yes, the ID is low"),
            0,
            f"It gets {percent(early.test_accuracy)} of new digits right; chance is 10%. {caveats.GENERALISING}",
        ),
        Item(
            "TwoNN says 60. What do you write?",
            ("60", "at least 60"),
            1,
            caveats.BOUND,
        ),
        Item(
            f"Fitted to the last label, the shuffled network ends at {shuffled.last_hidden.id or 0:.1f} in d1. What "
            "does this rule out?",
            ("that fitting alone lowers the ID", "that a low ID helps"),
            0,
            "It fits as well as the trained one, and its ID is higher: fitting is not enough.",
        ),
    )
