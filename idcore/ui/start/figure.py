"""The large figure of the start page, and the small ones of its gallery: from results that come with the package."""

from collections.abc import Sequence
from functools import cache, partial
from math import log, log1p
from urllib.parse import urlencode

from idcore import results, spec
from idcore.estimators.finding import finding, of_rows
from idcore.estimators.summary import LayerSummary
from idcore.figures import sketch, theme
from idcore.figures.sketch import Dot, Line
from idcore.learn.shipped import SHARES, network, share
from idcore.paper import published
from idcore.results import Run, generalised
from idcore.results.generalised import Fit
from idcore.results.lessons import Moment
from idcore.spec import ELSEWHERE, GeneraliseJob, Regime
from idcore.store import gallery
from idcore.ui.kit import state

NETWORK, DATA = "efficientnet_lite0", "imagenet_sample"
PAPER = ("vgg16", "resnet18", "alexnet")
_PHONE = {"width": 320.0, "height": 330.0}


@cache
def shown() -> dict[Regime, tuple[Run, tuple[LayerSummary, ...]]]:
    """(run, rows) of each regime of the shipped network, pretrained first."""
    found: dict[Regime, tuple[Run, tuple[LayerSummary, ...]]] = {}
    for run in sorted(results.runs(gallery()), key=lambda run: run.request.network.regime):
        if run.request.network.architecture.name == NETWORK:
            rows = (state.summary(run.request, layer) for layer in run.checkpoints)
            found[run.request.network.regime] = run, tuple(row for row in rows if row is not None)
    return found


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
    lines = _hump()
    if units:
        _, rows = shown()["pretrained"]
        dots = [Dot(row.depth, row.units, words=f"{row.layer}: D = {row.units:,} units") for row in rows]
        lines.append(Line("units", theme.Style(theme.NEUTRAL, "circle", "dot"), dots))
    if paper:
        lines = [*map(_published, PAPER), *lines]
    alt = f"Intrinsic dimension of EfficientNet-Lite0 by relative depth. {sentence()}"
    title, size = "ID, and units" if units else "Intrinsic dimension (ID)", _PHONE if narrow else {}
    return sketch.sketch(lines, alt, title, log=units, **size)


def small(name: str, alt: str) -> str:
    """The picture of a story: one of `_DRAWN`, a picture that ships, or `paper N` for what figure N has published."""
    drawn = _DRAWN.get(name) or (partial(_of_paper, name[6:]) if name.startswith("paper ") else partial(_shipped, name))
    return sketch.small(drawn(), alt)


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


def _of_paper(number: str) -> list[Line]:
    styles = (theme.REGIMES["trained"], theme.Style(theme.NEUTRAL, "circle", "dash"))
    curves = [series for series in published.figure(number).series if series.value == "ID"]
    return [
        Line(series.name, style, [Dot(i / (len(series.points) - 1), p.id) for i, p in enumerate(series.points)])
        for series, style in zip(curves, styles, strict=False)
    ]


def _pca() -> list[Line]:
    _, rows = shown()["pretrained"]
    linear = [Dot(row.depth, row.pc_id) for row in rows if row.pc_id is not None]
    own = [Dot(row.depth, row.id) for row in rows if row.id is not None]
    dashed = theme.Style(theme.NEUTRAL, "circle", "dash")
    return [Line("PC-ID", dashed, linear), Line("ID", theme.REGIMES["pretrained"], own)]


def _hump() -> list[Line]:
    return [Line(regime, theme.REGIMES[regime], _dots(regime, rows)) for regime, (_, rows) in shown().items()]


def _noise() -> list[Line]:
    known = [(percent / 100, share(percent).last_hidden) for percent in SHARES]
    dots = [Dot(shuffled, row.id) for shuffled, row in known if row.id is not None]
    return [Line("shuffled", theme.REGIMES["shuffled"], dots)]


def _course() -> list[Line]:
    courses: dict[Regime, tuple[Moment, ...]] = {name: network(name).course for name in ("trained", "shuffled")}
    last = log1p(max(course[-1].epoch for course in courses.values()))
    return [
        Line(regime, theme.REGIMES[regime], [Dot(log1p(one.epoch) / last, one.id) for one in course])
        for regime, course in courses.items()
    ]


def _shipped(name: str) -> list[Line]:
    curves = results.picture(gallery(), name)
    return [Line(regime, theme.REGIMES[regime], [Dot(*point) for point in curves[regime]]) for regime in curves]


def _recordings() -> list[Line]:
    """RSA of each layer of the small network with two synthetic areas, one standard error."""
    curves = results.picture(gallery(), "recordings")
    names: dict[Regime, str] = {"untrained": "early area", "trained": "late area"}
    return [Line(names[one], theme.REGIMES[one], [Dot(*point) for point in curves[one]]) for one in curves]


def recordings() -> dict[str, str | list[str]]:
    """What Compare is opened with to see synthetic recordings beside the network whose layers they mix."""
    runs = [run for run in results.runs(gallery()) if run.request.network.architecture.name in ("none", "cnn")]
    runs.sort(key=lambda run: run.request.network == ELSEWHERE)  # the network first
    return {"results": [spec.run_key(run.request)[:12] for run in runs]}


def _descent() -> list[Line]:
    job = GeneraliseJob("features", noise=0.2)
    rows = [row for row in generalised.read(gallery(), job) if isinstance(row, Fit)]
    low, high = log(rows[0].size), log(rows[-1].size)
    dots = [Dot((log(row.size) - low) / (high - low), row.test_error) for row in rows]
    return [Line("test error", theme.REGIMES["shuffled"], dots)]


_DRAWN = {
    "hump": _hump,
    "pca": _pca,
    "noise": _noise,
    "course": _course,
    "descent": _descent,
    "recordings": _recordings,
}
