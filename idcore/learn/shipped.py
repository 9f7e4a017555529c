"""The numbers that the steps tell, from the results that come with the package: read once, computed nowhere else."""

from functools import cache

from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import LayerSummary
from idcore.paper import published
from idcore.results import lessons
from idcore.results.lessons import Chain, Lesson, Moment, Scaled
from idcore.store import gallery

SHARES = (0, 25, 50, 75, 100)
"""Of shuffled labels, in percent."""
EARLY = 5
"""The epoch at which the shuffled network looks like the trained one."""


@cache
def network(name: str) -> Lesson:
    """A network by the name of its lesson (`pipeline.lessons`). Raises KeyError."""
    return lessons.read(gallery(), name)


@cache
def luminance() -> dict[float, LayerSummary]:
    """The row of the input by lambda, rising."""
    return lessons.luminance(gallery())


@cache
def scaled() -> tuple[Scaled, ...]:
    """What became of a network by the scale of its output, alpha rising."""
    return lessons.scaled(gallery())


@cache
def spectrum() -> dict[str, Spectrum]:
    """The spectrum of each layer of the trained network."""
    return {layer: Spectrum(values) for layer, values in lessons.spectrum(gallery(), "trained").items()}


@cache
def chain() -> Chain:
    """The digits in each layer of the trained network."""
    return lessons.chain(gallery(), "trained")


@cache
def share(percent: int) -> Lesson:
    """The network that learned with so many shuffled labels, one of `SHARES`. Raises KeyError."""
    return network({0: "trained", 100: "shuffled"}.get(percent, f"shuffled {percent}"))


def moment(name: str, epoch: int) -> Moment:
    """A network that was measured on the way, after an epoch; the last one measured up to there."""
    return max((one for one in network(name).course if one.epoch <= epoch), key=lambda one: one.epoch)


def peak(lesson: Lesson) -> LayerSummary:
    """The row of the highest ID."""
    return max((row for row in lesson.rows if row.id is not None), key=lambda row: row.id or 0.0)


def lit_as_published(layer: str) -> float:
    """The ID of MNIST* in figure 6 of the paper."""
    series = next(one for one in published.figure("6").series if one.name == "MNIST*")
    return next(point.id for point in series.points if point.layer == layer)
