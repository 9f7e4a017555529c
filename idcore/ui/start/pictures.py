"""The pictures of the stories: lines from results that come with the package, and from published values."""

from math import log, log1p

from idcore import results, spec
from idcore.figures import theme
from idcore.figures.sketch import Dot, Line
from idcore.learn.shipped import SHARES, network, share
from idcore.paper import published
from idcore.results import generalised
from idcore.results.generalised import Fit
from idcore.results.lessons import Moment
from idcore.spec import ELSEWHERE, GeneraliseJob, Regime
from idcore.store import gallery
from idcore.ui.start.figure import shown


def shipped(name: str) -> list[Line]:
    """One of `pipeline.gallery.PICTURES`."""
    curves = results.picture(gallery(), name)
    return [Line(regime, theme.REGIMES[regime], [Dot(*point) for point in curves[regime]]) for regime in curves]


def of_paper(number: str) -> list[Line]:
    """What a figure of the paper has published."""
    styles = (theme.REGIMES["trained"], theme.Style(theme.NEUTRAL, "circle", "dash"))
    curves = [series for series in published.figure(number).series if series.value == "ID"]
    return [
        Line(series.name, style, [Dot(i / (len(series.points) - 1), p.id) for i, p in enumerate(series.points)])
        for series, style in zip(curves, styles, strict=False)
    ]


def pca() -> list[Line]:
    _, rows = shown()["pretrained"]
    linear = [Dot(row.depth, row.pc_id) for row in rows if row.pc_id is not None]
    own = [Dot(row.depth, row.id) for row in rows if row.id is not None]
    dashed = theme.Style(theme.NEUTRAL, "circle", "dash")
    return [Line("PC-ID", dashed, linear), Line("ID", theme.REGIMES["pretrained"], own)]


def noise() -> list[Line]:
    known = [(percent / 100, share(percent).last_hidden) for percent in SHARES]
    dots = [Dot(shuffled, row.id) for shuffled, row in known if row.id is not None]
    return [Line("shuffled", theme.REGIMES["shuffled"], dots)]


def course() -> list[Line]:
    courses: dict[Regime, tuple[Moment, ...]] = {name: network(name).course for name in ("trained", "shuffled")}
    last = log1p(max(course[-1].epoch for course in courses.values()))
    return [
        Line(regime, theme.REGIMES[regime], [Dot(log1p(one.epoch) / last, one.id) for one in course])
        for regime, course in courses.items()
    ]


def rsa() -> list[Line]:
    """RSA of each layer of the small network with two synthetic areas, one standard error."""
    curves = results.picture(gallery(), "recordings")
    names: dict[Regime, str] = {"untrained": "early area", "trained": "late area"}
    return [Line(names[one], theme.REGIMES[one], [Dot(*point) for point in curves[one]]) for one in curves]


def descent() -> list[Line]:
    job = GeneraliseJob("features", noise=0.2)
    rows = [row for row in generalised.read(gallery(), job) if isinstance(row, Fit)]
    low, high = log(rows[0].size), log(rows[-1].size)
    dots = [Dot((log(row.size) - low) / (high - low), row.test_error) for row in rows]
    return [Line("test error", theme.REGIMES["shuffled"], dots)]


def recordings() -> dict[str, str | list[str]]:
    """What Compare is opened with to see synthetic recordings beside the network whose layers they mix."""
    runs = [run for run in results.runs(gallery()) if run.request.network.architecture.name in ("none", "cnn")]
    runs.sort(key=lambda run: run.request.network == ELSEWHERE)  # the network first
    return {"results": [spec.run_key(run.request)[:12] for run in runs]}
