"""Experiments on networks with more weights than samples."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from idcore.spec import checks
from idcore.spec.data import MAX_SEED
from idcore.spec.request import ALGORITHM

Experiment = Literal["features", "widths", "lazy"]
EXPERIMENTS: tuple[Experiment, ...] = get_args(Experiment)
Loss = Literal["squared", "cross entropy"]
LOSSES: tuple[Loss, ...] = get_args(Loss)
DISJOINT = 4
"""Sets of digits that have none in common: what a network makes of each differs by its variance."""
FEWEST_LEARNED, MOST_LEARNED = 50, 1000
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 4.0, 8.0)
_WIDTHS = (2, 4, 6, 8, 10, 14, 20, 32, 64, 128, 256)
_ALPHAS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_SIZES: dict[str, tuple[str, float, float]] = {
    "features": ("A number of random features", 2, 20_000),
    "widths": ("A width", 1, 1024),
    "lazy": ("A scale alpha", 0.1, 10_000.0),
}
MOST_SIZES = 40


@dataclass(frozen=True)
class GeneraliseJob:
    """An experiment on networks with more weights than samples, on the digits of mnist5k.

    experiment: random features in closed form (features), networks of one hidden layer that are trained (widths), or
    one whose output is scaled (lazy). n: digits that each learns from. noise: share of their labels that is permuted.
    loss: of the widths. sizes: numbers of features, widths or scales alpha, kept rising; () for the usual ones.
    """

    experiment: Experiment
    n: int = MOST_LEARNED
    noise: float = 0.0
    seed: int = 0
    loss: Loss = "squared"
    sizes: tuple[float, ...] = ()
    algorithm: int = field(default=ALGORITHM, metadata={"always": True})

    def __post_init__(self) -> None:
        checks.one_of("The experiment", self.experiment, EXPERIMENTS)
        whole = isinstance(self.n, int) and not isinstance(self.n, bool)
        checks.check(
            whole and FEWEST_LEARNED <= self.n <= MOST_LEARNED,
            f"n must be a whole number from {FEWEST_LEARNED} to {MOST_LEARNED}, not {checks.shown(self.n)}: {DISJOINT} "
            f"sets of n that have none in common are drawn from the {DISJOINT * MOST_LEARNED:,} training digits of "
            "mnist5k. Choose an n within them.",
        )
        checks.number("The label noise", self.noise, 0.0, 1.0)
        checks.integer("The seed", self.seed, 0, MAX_SEED)
        checks.one_of("The loss", self.loss, LOSSES)
        checks.integer("The version of the algorithm", self.algorithm, 1, 10**6)
        object.__setattr__(self, "noise", float(self.noise))
        self._check_experiment()
        self._check_sizes()

    def _check_experiment(self) -> None:
        checks.check(
            self.experiment != "lazy" or self.noise == 0,
            f"Lazy and rich training is compared on true labels: leave the label noise at 0, not {self.noise:g}.",
        )
        checks.check(
            self.experiment == "widths" or self.loss == LOSSES[0],
            f"The loss is chosen where widths are trained; {self.experiment} has the squared error. Leave it out.",
        )

    def _check_sizes(self) -> None:
        name, low, high = _SIZES[self.experiment]
        checks.is_a("The sizes", self.sizes, tuple)
        checks.check(
            len(self.sizes) <= MOST_SIZES, f"At most {MOST_SIZES} sizes are tried at once, not {len(self.sizes)}."
        )
        whole = self.experiment != "lazy"
        for size in self.sizes:
            if whole:
                checks.integer(name, size, int(low), int(high))
            else:
                checks.number(name, size, low, high)
        chosen = tuple(sorted({size if whole else float(size) for size in self.sizes}))
        object.__setattr__(self, "sizes", () if chosen == self._usual else chosen)

    @property
    def _usual(self) -> tuple[float, ...]:
        if self.experiment == "features":
            return tuple(sorted({max(2, round(share * self.n)) for share in _SHARES}))
        return _WIDTHS if self.experiment == "widths" else _ALPHAS

    @property
    def tried(self) -> tuple[float, ...]:
        """The sizes that are tried, rising."""
        return self.sizes or self._usual
