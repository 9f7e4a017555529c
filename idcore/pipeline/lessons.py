"""`python -m idcore.pipeline.lessons [NAME ...]`: make the numbers that Learn tells with, again; all of them, or those
named.

Networks of digits are trained where their weights do not ship, some of them measured on the way, so that no reader has
to wait for a training. Kept are numbers by layer and epoch, no records. The same versions and kind of processor give
the same numbers.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from idcore import pipeline, results
from idcore.estimators import overlap
from idcore.estimators.maps import pca_maps
from idcore.estimators.samples import sample_neighbours
from idcore.estimators.summary import summarise
from idcore.generalise.lazy import learn_scaled
from idcore.limits import BUDGET
from idcore.pipeline.training import measure_every
from idcore.results import dynamics, lessons
from idcore.results.lessons import Chain, Lesson, Moment
from idcore.spec import (
    LIT,
    Architecture,
    DataSpec,
    EmbedJob,
    NetworkSpec,
    Recipe,
    Regime,
    Request,
    Untrained,
    WatchJob,
)
from idcore.store import GALLERY, Store

N = 1000
_CNN, _DIGITS = Architecture("cnn"), DataSpec(n=N)
PHOTOGRAPHS: tuple[Regime, ...] = ("pretrained", "untrained")
"""Of the records that come with the package: only read again."""
WIDTHS = (16, 32, 64, 128, 256)
GRADIENTS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
ALPHAS = (0.3, 3.0, 100.0)
WATCHED = {"trained": NetworkSpec(_CNN, Recipe()), "shuffled": NetworkSpec(_CNN, Recipe(shuffled=1.0))}
"""Measured by epoch too, in a training made again: it ends near the weights that ship, not on them to the bit. What is
told of these networks by layer is of the shipped weights, as on the other pages."""
NETWORKS = {
    **{f"shuffled {share}": (NetworkSpec(_CNN, Recipe(shuffled=share / 100)), _DIGITS) for share in (25, 50, 75)},
    "untrained": (NetworkSpec(_CNN, Untrained(0)), _DIGITS),
    "lit": (NetworkSpec(_CNN, LIT), replace(_DIGITS, gradient=LIT.gradient)),
    "lit untrained": (NetworkSpec(_CNN, Untrained(0)), replace(_DIGITS, gradient=LIT.gradient)),
    **{f"mlp {width}": (NetworkSpec(Architecture("mlp", width, 2), Recipe()), _DIGITS) for width in WIDTHS},
}
"""A network and what it is shown, by the name of its lesson."""


def main() -> None:
    table = makers()
    parser = argparse.ArgumentParser(description="Make the numbers that Learn tells with, again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(table)}; all when left out")
    names = parser.parse_args().names or list(table)
    if unknown := [name for name in names if name not in table]:
        parser.error(f"There is no lesson {unknown[0]!r}; choose from {', '.join(table)}.")
    with tempfile.TemporaryDirectory() as work:
        for name in names:
            print(name, table[name](Store(work), Store(GALLERY)), flush=True)


def makers() -> Mapping[str, Callable[[Store, Store], str]]:
    """By name what makes a lesson: (where to work, where to keep it) -> a line about it."""
    watched = {name: partial(_watched, name, network) for name, network in WATCHED.items()}
    others = {name: partial(_network, name, *what) for name, what in NETWORKS.items()}
    photographs = {f"{regime} photographs": partial(_photographs, regime) for regime in PHOTOGRAPHS}
    return {**watched, **others, **photographs, "luminance": _luminance, "spectrum": _spectrum, "scaled": _scaled,
            "chain": _chain}  # fmt: skip


def lesson(request: Request, store: Store) -> Lesson:
    """The checkpoint layers of a network, measured."""
    geometries = list(pipeline.run(request, "checkpoints", store, memory=BUDGET.memory, device="cpu"))
    run = results.run(store, request)
    assert run is not None
    tables = [sample_neighbours(geometry, overlap.K) for geometry in geometries]
    counts = np.unique(run.labels, return_counts=True)[1]
    return Lesson(
        layers=tuple(geometry.layer for geometry in geometries),
        rows=tuple(map(summarise, geometries)),
        labels=tuple(overlap.label_overlap(table, run.labels) for table in tables),
        chance=float((counts * (counts - 1)).sum() / (len(run.labels) * (len(run.labels) - 1))),
        train_accuracy=run.train_accuracy,
        test_accuracy=run.test_accuracy,
    )


def _network(name: str, network: NetworkSpec, data: DataSpec, store: Store, gallery: Store) -> str:
    measured = lesson(Request(data, network), store)
    lessons.save(gallery, name, measured)
    return _told(measured)


def _photographs(regime: Regime, store: Store, gallery: Store) -> str:
    run = next(run for run in results.runs(gallery) if run.request.network.regime == regime)
    layers = results.chosen(run.layers, "checkpoints")
    records = [results.layer(gallery, run.request, layer.name) for layer in layers]
    rows = tuple(summarise(one) for one in records if one is not None)
    lessons.save(gallery, f"{regime} photographs", Lesson(layers, rows))
    return ", ".join(f"{row.layer} {row.id or 0:.1f}" for row in rows)


def _watched(name: str, network: NetworkSpec, store: Store, gallery: Store) -> str:
    job = WatchJob(network, _DIGITS)
    measure_every(1, job, store)
    seen = dynamics.read(store, job)
    assert seen is not None
    course = []
    for epoch, rows in seen.rows.items():
        row = next(row for row in rows if row.layer == seen.last_hidden)
        assert row.id is not None and row.id_err is not None
        after = seen.history[epoch - 1] if epoch else {}
        course.append(Moment(epoch, row.id, row.id_err, after.get("train_accuracy"), after.get("test_accuracy")))
    measured = replace(lesson(Request(_DIGITS, network), _without_weights(store)), course=tuple(course))
    lessons.save(gallery, name, measured)
    return _told(measured) + "; by epoch " + ", ".join(f"{one.epoch}: {one.id:.1f}" for one in course)


def _without_weights(store: Store) -> Store:
    """Another place to work, where the weights of the training are not, so that those that ship are taken."""
    return Store(Path(store.root) / "shipped")


def _luminance(store: Store, gallery: Store) -> str:
    rows = {}
    for gradient in GRADIENTS:
        request = Request(replace(_DIGITS, gradient=gradient), NetworkSpec(_CNN, Untrained(0)))
        (geometry,) = pipeline.run(request, ("input",), store, memory=BUDGET.memory, device="cpu")
        rows[gradient] = summarise(geometry)
    lessons.save_luminance(gallery, rows)
    return ", ".join(f"{gradient:g}: {row.id:.1f}" for gradient, row in rows.items())


def _spectrum(store: Store, gallery: Store) -> str:
    request = Request(_DIGITS, WATCHED["trained"])
    records = pipeline.run(request, "checkpoints", _without_weights(store), memory=BUDGET.memory, device="cpu")
    eigenvalues = {record.layer.name: record.eigenvalues for record in records}
    lessons.save_spectrum(gallery, "trained", eigenvalues)
    return ", ".join(f"{layer} {len(values)}" for layer, values in eigenvalues.items())


def _chain(store: Store, gallery: Store) -> str:
    request, store = Request(_DIGITS, WATCHED["trained"]), _without_weights(store)
    records = list(pipeline.run(request, "checkpoints", store, memory=BUDGET.memory, device="cpu"))
    names = [record.layer.name for record in records]
    job = EmbedJob(request, tuple(names))
    pipeline.embed(job, store)
    embeddings = {name: results.embedding(store, job, name) for name in names}
    run = results.run(store, request)
    assert run is not None
    nearest = {record.layer.name: sample_neighbours(record, 1).indices[:, 0] for record in records}
    pca = dict(zip(names, pca_maps(records), strict=True))
    umap = {name: one.positions for name, one in embeddings.items() if one is not None}
    lessons.save_chain(gallery, "trained", Chain(run.class_names, run.labels, run.ids, nearest, pca, umap))
    same = {name: float(np.mean(run.labels[one] == run.labels)) for name, one in nearest.items()}
    return ", ".join(f"{name} {share:.3f}" for name, share in same.items())


def _scaled(store: Store, gallery: Store) -> str:
    scaled = [learn_scaled(alpha, store) for alpha in ALPHAS]
    lessons.save_scaled(gallery, scaled)
    return "; ".join(f"alpha {one.alpha:g}: moved {one.movement:.3g}, ID {one.before:.1f} to {one.after:.1f}, "
                     f"accuracy {one.accuracy:.1%}" for one in scaled)  # fmt: skip


def _told(measured: Lesson) -> str:
    ids = ", ".join(f"{row.layer} {row.id:.1f}" for row in measured.rows)
    labels = ", ".join(f"{share:.2f}" for share in measured.labels)
    return f"{ids}; labels {labels}; accuracies {measured.train_accuracy}, {measured.test_accuracy}"


if __name__ == "__main__":
    main()
