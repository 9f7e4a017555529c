"""The page Paper: choose a figure, see what it needs, measure it, read how it agrees."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from idcore import results
from idcore.data.places import base
from idcore.paper import agreement, experiments
from idcore.paper.experiments import Options, Part
from idcore.paper.needs import Here, Need
from idcore.paper.published import Figure, figures
from idcore.paper.reproduced import Measured, ReproducedPoint, as_series, reproduced
from idcore.record import Dataset
from idcore.spec import LIT, ProfileJob, Regime
from idcore.ui.kit import address, datasets, state
from idcore.ui.kit.parameters import declare, short

SHORT = {
    "2a": "objects",
    "2b": "block sizes",
    "3a": "four hunchbacks",
    "3b": "fourteen hunchbacks",
    "4": "last hidden layer",
    "5b": "linearised",
    "5c": "untrained",
    "6": "MNIST",
    "8": "categories",
    "9a": "learning",
    "9b": "first iterations",
}

FIRST = "6"
"""The figure that can be measured on every machine."""
LEARNED = 0.9
"""Train accuracy below which a network counts as not trained."""
_SAMPLES = {"test": "1,000 unseen", "all": "2,000 of all"}
_EPOCHS = tuple(map(str, experiments.EPOCHS))
FIGURE = declare("figure", default=FIRST, options=tuple(one.number for one in figures()))
SAMPLE = declare("sample", options=tuple(_SAMPLES))
GRADIENT = declare("gradient", "lambda of MNIST*", LIT.gradient, limits=(1.0, 10_000.0))
EPOCHS = declare("epochs", default=_EPOCHS[:2], options=_EPOCHS, several=True)
NETWORKS = declare("networks", default=("alexnet",), options=experiments.NETWORKS, several=True)
IMAGES = declare("images", "the choice of images")


def choose_figure() -> Figure:
    """The row of figures."""
    number = address.titled(
        "Figure", FIGURE, FIGURE.options, lambda number: f"{number} {SHORT[number]}",
        widget=st.pills, required=True, label_visibility="collapsed",
    )  # fmt: skip
    return next(one for one in figures() if one.number == number)


def options(number: str) -> Options:
    """The widgets of a figure, where it has any."""
    if number == "6":
        sample = address.titled("Images", SAMPLE, SAMPLE.options, _SAMPLES.__getitem__,
                                widget=st.segmented_control, required=True)  # fmt: skip
        help = "The paper says 100; pixels here lie in [0, 1] before it is added."
        gradient = address.number("λ of MNIST*", GRADIENT, step=100.0, format="%g", help=help, width=140)
        return Options(gradient=float(gradient), sample="all" if sample == "all" else "test")
    if number in experiments.CIFAR:
        chosen = address.several("Epochs", EPOCHS, _EPOCHS, st.pills, selection_mode="multi", wrap=True)
        epochs = tuple(int(count) for count in _EPOCHS if count in chosen)
        return Options(epochs=epochs, cifar=datasets.known()["cifar10"].name)
    if number in experiments.IMAGENET:
        return _of_imagenet(number)
    return Options()


def _of_imagenet(number: str) -> Options:
    networks: Sequence[str] = ("alexnet",)
    if number in ("3a", "3b", "4"):
        drawn = experiments.drawn(number)
        networks = address.several("Networks", NETWORKS, drawn) or NETWORKS.default
    usable = images()
    if not usable:
        return Options(tuple(networks))
    first = "imagenet" if "imagenet" in usable else next(iter(usable))
    name = address.titled("Images", IMAGES, list(usable), datasets.title, first)
    return Options(tuple(networks), usable[name])


def images() -> dict[str, Dataset]:
    """The data sets that can stand for the images of ImageNet: read, labelled, not tiny, of at least seven classes."""
    fitting = {name: one for name, one in datasets.known().items() if name == base(name) and _fits(one)}
    return {name: one for name, one in fitting.items() if not datasets.unread(name)}


def _fits(one: Dataset) -> bool:
    large = one.shape is None or min(one.shape[1:]) >= 64
    images = not one.matrices and not one.texts
    return one.labelled and images and large and len(one.classes) >= len(experiments.CATEGORIES)


def parts(number: str, chosen: Options) -> tuple[Part, ...]:
    """What is measured; names that come from a stranger's folders are made plain."""
    known = {one.name for figure in figures() for one in figure.series}
    return tuple(
        part if part.series in known else dataclasses.replace(part, series=short(part.series))
        for part in experiments.parts(number, chosen)
    )


def jobs(parts: Sequence[Part]) -> list[ProfileJob]:
    """One measurement a request and choice of layers, each once."""
    return list(dict.fromkeys(ProfileJob(request, part.layers) for part in parts for request in part.requests))


def so_far(part: Part) -> list[Measured]:
    """(layers, rows) of each request of a part so far."""
    measured = [state.measured(request, part.layers) for request in part.requests]
    return [(one.layers, one.rows) for one in measured]


def curves(figure: Figure, parts: Sequence[Part]) -> dict[str, list[ReproducedPoint]]:
    """The points measured so far, by the name of their curve."""
    return reproduced(figure, parts, [so_far(part) for part in parts])


def regimes(options: Options, parts: Sequence[Part]) -> dict[str, Regime]:
    """Of the curves that are measured; while there is nothing to measure them on, of the chosen networks."""
    measured = {part.series: part.requests[0].network.regime for part in parts}
    return measured or dict.fromkeys(options.networks, "pretrained")


def learned(parts: Sequence[Part], name: str) -> str:
    """How well the network of a curve learned, in words; "" where it was not trained here."""
    part = next(part for part in parts if part.series == name)
    training = results.training(state.store(), part.requests[0].network)
    if training is None or training.train_accuracy is None:
        return ""
    epochs = len(training.history)
    said = f"Trained for {epochs} epoch{'s' * (epochs != 1)} to {training.train_accuracy:.1%} of the training images"
    if training.test_accuracy is not None:
        said += f" and {training.test_accuracy:.1%} of the test images"
    unlearned = " It has not learned them: its curve is no reproduction." if training.train_accuracy < LEARNED else ""
    return f"{said}.{unlearned}"


def seconds(parts: Sequence[Part]) -> float:
    """What the measurements took, training not counted."""
    runs = {request: state.measured(request, part.layers).run for part in parts for request in part.requests}
    return sum(run.seconds for run in runs.values() if run is not None)


def about(parts: Sequence[Part], job: ProfileJob) -> str:
    """Which measurement of several: the name of its curve, and which of its categories."""
    part = next(one for one in parts if job.request in one.requests)
    which = part.point[0] if part.point and part.point[0] else part.series
    number = part.requests.index(job.request) + 1
    return which if len(part.requests) == 1 else f"{which}, category {number} of {len(part.requests)}"


def here() -> Here:
    """What there is on this machine."""
    return Here(
        trained=lambda network: results.training(state.store(), network) is not None,
        has_file=lambda name: (torch_home() / "hub" / "checkpoints" / name).is_file(),
        has_data=lambda name: not datasets.unread(name),
    )


def torch_home() -> Path:
    """Torch's folder, found as torch itself finds it."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", str(Path(cache) / "torch"))).expanduser()


def show_needs(needs: Sequence[Need]) -> None:
    """A tick for what is there, a circle for what Run will get, a cross for what stands in its way."""
    with st.container(gap="xsmall"):
        for need in needs:
            icon = ":material/check_circle:" if need.met else ":material/cancel:" if need.how else ":material/pending:"
            colour = "green" if need.met else "red" if need.how else "gray"
            st.caption(f":{colour}[{icon}] {need.what}" + (f" {need.how}" if need.how and not need.met else ""))


def plain(text: str) -> str:
    """Text for Markdown in which an asterisk is an asterisk, as in MNIST*."""
    return text.replace("*", r"\*")


def alt(figure: Figure, curves: dict[str, list[ReproducedPoint]]) -> str:
    """The figure in a sentence."""
    there = [f"{name} from {rows[0].point.id:.1f} to {rows[-1].point.id:.1f}" for name, rows in curves.items() if rows]
    own = f"measured here: {', '.join(there)}" if there else "nothing measured here yet"
    return f"Figure {figure.number} of the paper, {figure.title}: published values, dashed; {own}"


def agreements(
    figure: Figure, parts: Sequence[Part], curves: dict[str, list[ReproducedPoint]]
) -> dict[str, agreement.Agreement]:
    """Of each curve that is wholly measured with the published one of its name."""
    published = {one.name: one for one in figure.series}
    under_way = {
        part.series for part in parts if not all(state.measured(r, part.layers).complete for r in part.requests)
    }
    compared = {
        name: agreement.compare(as_series(name, rows), published[name])
        for name, rows in curves.items()
        if name in published and name not in under_way
    }
    return {name: one for name, one in compared.items() if one is not None}


def values(figure: Figure, curves: dict[str, list[ReproducedPoint]]) -> list[dict[str, str]]:
    """A line a point measured here, the published value beside it."""
    published = {(one.name, point.layer or point.x): point for one in figure.series for point in one.points}
    lines = []
    for name, rows in curves.items():
        for row in rows:
            point = published.get((name, row.point.layer or row.point.x))
            lines.append(
                {
                    "Curve": name,
                    "Point": row.point.layer or f"{row.point.x:,g}",
                    "Published": "–" if point is None else _with_bar(point.id, point.err),
                    "Here": _with_bar(row.point.id, row.point.err),
                    "N": f"{row.n:,}",
                    "Dropped": f"{row.dropped:,}",
                    "Layer here": row.layer,
                }
            )
    return lines


def _with_bar(value: float, bar: float | None) -> str:
    return f"{value:.2f}" + (f" ± {bar:.2f}" if bar is not None else "")
