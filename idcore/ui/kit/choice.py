"""What the sidebar says, as requests."""

from dataclasses import dataclass
from typing import Any, Literal

from idcore.estimators.protocol import by_class
from idcore.spec import (
    ELSEWHERE,
    LIT,
    Architecture,
    DataSpec,
    FromFile,
    NetworkSpec,
    Pretrained,
    Recipe,
    Regime,
    Request,
    Untrained,
)

Layers = Literal["checkpoints", "all"] | tuple[str, ...]

FILE = "file-"
"""What the names of a person's own weights begin with in the address; the digest of the file follows."""
_MADE = "_requests"
"""Under which a choice, which never changes, keeps its requests, and they their keys: a page asks for each many times.
By what is equal they could not be found again, since 1 equals 1.0 and is another key."""
SERIES_DIGITS = 12
"""Of the digest of each file of a series, in the address."""


@dataclass(frozen=True)
class Choice:
    """seed: of the weights. shuffled: fraction of permuted labels in the shuffled regime. warmup: of a training with a
    luminance gradient, in epochs. weights: an entry of
    pretrained ones, or `FILE` and a digest. classes: labels that get an ID of their own, none for one ID of all.
    regimes: those the network can be in. unread: whether the data set has to be read before its samples are known.
    absent: whether its images are not here, so that only what was measured before can be shown. lacks: why nothing can
    be measured, and what to do."""

    data: DataSpec
    architecture: Architecture
    regime: Regime
    seed: int = 0
    shuffled: float = 1.0
    warmup: int = 0
    weights: str = "DEFAULT"
    reduce: Literal["flatten", "mean", "cls", "last"] = "flatten"
    size: int | None = None
    normalise: Literal["usual", "imagenet", "none"] = "usual"
    layers: Layers = "checkpoints"
    device: str = "auto"
    classes: tuple[int, ...] = ()
    regimes: tuple[Regime, ...] = ("trained", "untrained", "shuffled")
    unread: bool = False
    absent: bool = False
    lacks: str = ""

    def request(self, regime: Regime | None = None) -> Request:
        """The request of this regime, of the chosen one when left out. Networks train on the data they are shown."""
        regime = regime or self.regime
        made: dict[Regime, Request] = vars(self).setdefault(_MADE, {})
        if regime not in made:
            made[regime] = self._request(regime)
        return made[regime]

    def _request(self, regime: Regime) -> Request:
        if regime == "elsewhere":
            return Request(self.data, ELSEWHERE)
        shown: dict[str, Any] = {"reduce": self.reduce, "normalise": self.normalise}
        if regime not in ("trained", "shuffled"):
            # A network that learns does so at the chosen size: then the size is part of how its weights came about.
            shown["size"] = self.size
        return Request(self.data, NetworkSpec(self.architecture, self._weights(regime)), **shown)

    def by_class(self) -> dict[int, Request]:
        """The request for each class by itself, where each is measured so."""
        if not self.classes:
            return {}
        return dict(zip(self.classes, by_class(self.request(), self.classes, self.data.n), strict=True))

    def requests(self) -> set[Request]:
        """All that the pages may ask for."""
        return {*map(self.request, self.regimes), *self.by_class().values()}

    def _weights(self, regime: Regime) -> Untrained | Pretrained | FromFile | Recipe:
        if regime == "untrained":
            return Untrained(self.seed)
        if regime == "pretrained":
            own = self.weights.startswith(FILE)
            return FromFile(self.weights.removeprefix(FILE)) if own else Pretrained(self.weights)
        return Recipe(
            dataset=self.data.dataset,
            gradient=self.data.gradient,
            shuffled=self.shuffled if regime == "shuffled" else 0.0,
            seed=self.seed,
            size=self.size,
            warmup=self.warmup,
            epochs=LIT.epochs if self.warmup else Recipe.epochs,
        )
