"""The figure of the start page, from results that come with the package."""

from collections.abc import Sequence
from functools import cache
from urllib.parse import urlencode

from idcore import results
from idcore.estimators.finding import finding, of_rows
from idcore.estimators.summary import LayerSummary
from idcore.figures import sketch, theme
from idcore.figures.sketch import Dot, Line
from idcore.paper import published
from idcore.results import Run
from idcore.spec import Regime
from idcore.store import gallery
from idcore.ui.kit import state

NETWORK, DATA = "efficientnet_lite0", "imagenet_sample"
PAPER = ("vgg16", "resnet18", "alexnet")
_PHONE = {"width": 320.0, "height": 330.0}


@cache
def shown() -> dict[Regime, tuple[Run, tuple[LayerSummary, ...]]]:
    """(run, rows) of each regime of the shipped network, pretrained first."""
    by_regime: dict[Regime, tuple[Run, tuple[LayerSummary, ...]]] = {}
    for run in sorted(results.runs(gallery()), key=lambda run: run.request.network.regime):
        if run.request.network.architecture.name == NETWORK:
            rows = (state.summary(run.request, layer) for layer in run.checkpoints)
            by_regime[run.request.network.regime] = run, tuple(row for row in rows if row is not None)
    return by_regime


def address(regime: Regime, layer: str = "") -> dict[str, str]:
    """What Explore is opened with."""
    return {"data": DATA, "network": NETWORK, "regime": regime, **({"layer": layer} if layer else {})}


def sentence() -> str:
    """What the curves say."""
    return finding([of_rows(rows, regime) for regime, (_, rows) in shown().items()])


def missing() -> list[str]:
    """Why a layer has no point, a sentence for each."""
    rows = [(regime, row) for regime, (_, rows) in shown().items() for row in rows if row.id is None]
    return [f"{regime.title()}, {row.layer}: no ID. {row.note}" for regime, row in rows]


def large(units: bool, paper: bool, narrow: bool = False) -> str:
    """units: whether the number of units of each layer is drawn. paper: whether the published curves are.
    narrow: for a phone."""
    lines = regimes()
    if units:
        _, rows = shown()["pretrained"]
        dots = [Dot(row.depth, row.units, words=f"{row.layer}: D = {row.units:,} units") for row in rows]
        lines.append(Line("units", theme.Style(theme.NEUTRAL, "circle", "dot"), dots))
    if paper:
        lines = [*map(_published, PAPER), *lines]
    alt = f"Intrinsic dimension of EfficientNet-Lite0 by relative depth. {sentence()}"
    title, size = "ID, and units" if units else "Intrinsic dimension (ID)", _PHONE if narrow else {}
    return sketch.sketch(lines, alt, title, log=units, **size)


def _dots(regime: Regime, rows: Sequence[LayerSummary]) -> list[Dot]:
    return [
        Dot(row.depth, row.id, row.id_err, _words(regime, row), "explore?" + urlencode(address(regime, row.layer)))
        for row in rows
        if row.id is not None
    ]


def _words(regime: str, row: LayerSummary) -> str:
    bound = "at least " if row.lower_bound else ""
    return (
        f"{row.layer}, {regime}: ID {bound}{row.id:.1f} ± {row.id_err or 0:.1f} "
        f"(TwoNN, one standard error, N = {row.n:,}, D = {row.units:,})"
    )


def _published(name: str) -> Line:
    series = published.curve(name)
    assert series is not None
    dots = [Dot(point.depth, point.id, words=f"{name}, published: {point.id:g}") for point in series.points]
    return Line(f"{name}, published", theme.Style(theme.NEUTRAL, "circle", "dash"), dots, faint=True)


def regimes() -> list[Line]:
    """A line for each regime."""
    return [Line(regime, theme.REGIMES[regime], _dots(regime, rows)) for regime, (_, rows) in shown().items()]
