"""The twelve steps in words. Each has at most 120 of them: title, text, question, choices and what is answered. The
numbers in them are those of the results that come with the package."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from idcore.learn import shipped
from idcore.learn.shipped import EARLY, network, scaled
from idcore.spec import USUAL

_HELD = f"{100 * USUAL.variance:g}%"


@dataclass(frozen=True)
class Step:
    """text: two paragraphs. question: one that the reader commits to, with its two choices; right: the place of the
    right one. What is answered knows what the reader has set: it comes from the step itself."""

    title: str
    text: str
    question: str
    choices: tuple[str, str]
    right: int


def _at(name: str, layer: str) -> str:
    row = network(name).row(layer)
    return "none" if row.id is None else f"{row.id:.1f}"


def _near(name: str, layer: str) -> str:
    """Share of the 30 nearest neighbours that have a point's own label."""
    lesson = network(name)
    return f"{lesson.labels[[row.layer for row in lesson.rows].index(layer)]:.0%}"


def percent(share: float | None, digits: int = 0) -> str:
    """A share as it stands in a sentence."""
    return "unknown" if share is None else f"{100 * share:.{digits}f}%"


def _dimension() -> Step:
    return Step(
        "What is a dimension?",
        "On a line, one number says where a point lies. On a sheet it takes two, even when the sheet is rolled up. "
        "The **intrinsic dimension** (ID) of a cloud of points is how many numbers it takes.\n\n"
        "Two ways to estimate it from the points alone: **TwoNN** looks at nearest neighbours; **PC-ID** counts the "
        f"straight directions that hold {_HELD} of the variance.",
        "Curl the sheet: it bends but does not stretch. Which estimate changes?",
        ("PC-ID", "TwoNN"),
        0,
    )


def _twonn() -> Step:
    return Step(
        "How TwoNN works",
        "A point has its nearest neighbour at distance r₁ and the next at r₂. In many dimensions there is much more "
        "room just a little farther out, so μ = r₂ / r₁ is close to 1.\n\n"
        "Gather μ from all N points: −log(1 − F) against log μ is a line, and its slope is the ID. F is the share of "
        "points with a smaller μ. The largest 10% are left out.",
        "More points of a slightly noisy sheet: TwoNN …",
        ("stays", "rises"),
        1,
    )


def _chain() -> Step:
    return Step(
        "A chain of clouds",
        "Show 1,000 digits to a network. In each layer a digit becomes a list of numbers, one for each unit: a point. "
        "So each layer holds a cloud of 1,000 points, and the network is a chain of clouds.\n\n"
        "Follow ten digits from the pixels to the output. The map is a flat shadow of the cloud; the lower row shows "
        "the true nearest neighbour of each digit in that layer.",
        "Where do neighbours begin to agree in class?",
        ("in the last layers", "in the input"),
        1,
    )


def _hump() -> Step:
    return Step(
        "The hump",
        "How does the ID change from layer to layer? The input's ID is given. Draw the curve you expect, with finger, "
        "mouse or arrow keys; then switch on Reveal.\n\n"
        "EfficientNet-Lite0 learned ImageNet; it is shown 1,000 photographs. The values of VGG-16 are those published "
        "in 2019. Does the small network for digits have the hump too?",
        "Can a layer create dimensions?",
        ("no", "yes"),
        0,
    )


def _rise() -> Step:
    rows = shipped.luminance()
    first, last = (rows[gradient].id or 0.0 for gradient in (0.0, 1000.0))
    paper = shipped.lit_as_published
    return Step(
        "Why it rises",
        "Add one random number to all pixels of a digit, up to λ = 1,000 times its contrast. It "
        f"tells nothing, yet decides who is near: the ID of the input falls from {first:.1f} to {last:.1f}.\n\n"
        f"A network that learned from such digits drops it, and the rest shows: {_at('lit', 'pool1')} at "
        f"pool1, {_at('lit', 'conv2')} at conv2, then {_at('lit', 'd1')} at d1. Published (λ = 100): "
        f"{paper('pool1'):.1f}, {paper('conv2'):.1f}, {paper('d1'):.1f}. With random weights it stays below 3.",
        "Has conv2 created dimensions?",
        ("yes", "no, the scale changed"),
        1,
    )


def _fall() -> Step:
    return Step(
        "Why it falls",
        "The label asks for ten groups, not for every stroke. Of a digit's 30 nearest neighbours, "
        f"{_near('trained', 'input')} share its class in the input and {_near('trained', 'd1')} in d1: clusters of "
        f"classes form while the ID falls from {_at('trained', 'input')} to {_at('trained', 'd1')}.\n\n"
        f"With random weights neither happens: {_near('untrained', 'd1')} and {_at('untrained', 'd1')} in d1. That one "
        "causes the other is not shown.",
        "After learning shuffled labels by heart, the share of the same true class in d1 …",
        ("falls", "rises"),
        0,
    )


def _architecture() -> Step:
    learned, random = network("pretrained photographs"), network("untrained photographs")
    top, high = shipped.peak(learned), shipped.peak(random)
    return Step(
        "Is it the architecture?",
        "Give the same network random weights and show it the same images. All sizes stay; only the learning is "
        "missing.\n\n"
        f"EfficientNet-Lite0, trained: at least {top.id:.0f} at {top.layer}. Random: a low rise, {high.id:.0f} at most "
        f"({high.layer}), and {_at('untrained photographs', 'pool')} at pool, below the trained "
        f"{_at('pretrained photographs', 'pool')}. "
        f"The digits: {_at('untrained', 'd1')} at d1 against {_at('trained', 'd1')}.",
        "What does training alone bring to EfficientNet-Lite0?",
        ("the high hump", "the low end"),
        0,
    )


def _fitting() -> Step:
    a, b = (shipped.moment(name, EARLY) for name in ("trained", "shuffled"))
    begin, last = (network("shuffled").course[epoch].id for epoch in (0, -1))
    return Step(
        "Is it the fitting?",
        "Shuffle the training labels: nothing is left to understand, only to learn by heart. The network still fits "
        "them all.\n\n"
        f"The last hidden layer by epoch: {begin:.1f} before training; after epoch {EARLY}, {a.id:.1f} on true labels "
        f"and {b.id:.1f} on shuffled ones: why both fall at first is not shown. While it learns by heart, the "
        f"shuffled network climbs to {last:.1f}.",
        f"After epoch {EARLY}, how many new digits does the shuffled network get right?",
        ("most", "as few as by chance"),
        1,
    )


def _pca() -> Step:
    row, hidden = network("trained").row("input"), network("trained").row("d1")
    return Step(
        "Is it just PCA?",
        f"PC-ID counts straight directions: {row.pc_id} for the digits, where TwoNN says "
        f"{row.id or 0:.1f}. But the two "
        "differ for flat clouds as well.\n\n"
        "So draw a flat (Gaussian) cloud with the same spread in every straight direction: its TwoNN "
        f"is the **linearised** ID, {row.linearised_id or 0:.1f} in the input, {hidden.linearised_id or 0:.1f} in d1. "
        f"Ours is lower ({row.id or 0:.1f}, {hidden.id or 0:.1f}): the straight spread alone does not explain it.",
        f"A flat Gaussian cloud has the digits' PC-ID, {row.pc_id}. What does TwoNN say of it?",
        ("far less", f"about {row.pc_id}"),
        0,
    )


def _lazy() -> Step:
    rich, lazy = scaled()[0], scaled()[-1]
    return Step(
        "Lazy and rich",
        "Multiply the output of a network by α. With a large α tiny steps of the weights change the output enough, so "
        "they hardly move; the labels are fitted all the same: **lazy**. With a small one they move far: **rich**."
        "\n\n"
        f"One hidden layer, 256 units, 1,000 digits. α = {lazy.alpha:g}: the weights move by "
        f"{percent(lazy.movement, 1)} of their size, {percent(lazy.accuracy)} of the labels are fitted. α = "
        f"{rich.alpha:g}: {percent(rich.movement)} and {percent(rich.accuracy)}. One seed.",
        "Which of them lowers the hidden layer's ID?",
        ("lazy", "rich"),
        1,
    )


def _prediction() -> Step:
    return Step(
        "What does it predict?",
        "Among fourteen networks trained on ImageNet, those with a lower ID in the last hidden layer made fewer errors "
        "on new images.\n\n"
        "Five small networks of different width and a convolutional one, trained on the same digits, are here to "
        "compare. Look whether their order is the same.",
        "Does a low ID cause good results?",
        ("yes", "this cannot tell"),
        1,
    )


def _summary() -> Step:
    return Step(
        "What you can now explain",
        "**Why it rises**, shown for brightness: a direction that tells nothing no longer decides who is near; the "
        "others show. In photographs: not shown.\n\n"
        "**Why it falls**, for digits: clusters of classes form meanwhile.\n\n"
        "**Controls.** Random weights give no high hump: the architecture alone does not make it. Shuffled labels are "
        "fitted, yet the ID ends near where it began: fitting alone does not lower it. The linearised ID is higher: "
        "straight directions alone do not explain it.\n\n"
        "Five questions to try it on.",
        "Is the ID one number of a layer?",
        ("yes", "no, one at each scale"),
        1,
    )


_MAKERS: tuple[Callable[[], Step], ...] = (
    _dimension, _twonn, _chain, _hump, _rise, _fall, _architecture, _fitting, _pca, _lazy, _prediction, _summary,
)  # fmt: skip
COUNT = len(_MAKERS)


@cache
def steps() -> tuple[Step, ...]:
    """All of them, in their order."""
    return tuple(make() for make in _MAKERS)
