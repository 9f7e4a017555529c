"""`python -m idcore.pipeline.recordings FILE.npz`: synthetic recordings of two areas that see digits, a file to bring.

Nothing here was measured in a brain. An area is a random mixture of one layer of the convolutional network that comes
with the package: 120 neurons, each with Gaussian weights on all units of the layer, a threshold and a gain; a spike
count a repeat, Poisson about the rate, six repeats of each digit. The early area mixes pool1, the late one d1. So the
answer is known: the early area must resemble the early layers, the late area the late ones. One seed, the same bytes.

`make` puts the same, measured beside the layers of the network, among the results that come with the package.
"""

import argparse
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from idcore import pipeline, results
from idcore.activations import capture, itemsize
from idcore.errors import DataError
from idcore.estimators.rsa import rsa_matrix
from idcore.estimators.same import match, reordered
from idcore.limits import BUDGET
from idcore.pipeline.estimate import split
from idcore.pipeline.layers import choose_device, held
from idcore.pipeline.units import lent
from idcore.record import LayerGeometry, Neighbours
from idcore.results import atlas, passages, reliable, sampled
from idcore.settings import settings
from idcore.spec import ELSEWHERE, UPLOAD, DataSpec, ReadJob, Request
from idcore.store import Store, with_gallery
from idcore.watch import UNWATCHED

DIGITS, NEURONS, REPEATS, SEED = 150, 120, 6, 2019
AREAS = {"early area": "pool1", "late area": "d1"}
"""Which layer each mixes."""
RATE = 0.7
"""Spikes a repeat, on average."""
NETWORK = Request(DataSpec(n=DIGITS))
NAME, PICTURE = "synthetic recordings.npz", "recordings"
NEIGHBOURS = 30
"""As many as overlaps look at are kept in what ships."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the file of synthetic recordings.")
    parser.add_argument("file", type=Path, help="where it goes, .npz")
    path = parser.parse_args().file
    if path.suffix != ".npz":
        raise SystemExit(f"The file is written as .npz, not as {path.name}.")
    path.write_bytes(content(with_gallery(settings().cache)))
    print(path)


def content(store: Store) -> bytes:
    """The file: `early area_repeats` and `late area_repeats` (150, 6, 120) uint8, `ids` (150,), the numbers of the
    digits in mnist5k, and `labels`."""
    run = _network(store)
    random, arrays = np.random.default_rng(SEED), dict[str, Any]()
    for area, layer in AREAS.items():
        arrays[f"{area}_repeats"] = spikes(_activations(store, layer), random)
    file = io.BytesIO()
    arrays |= {"ids": run.ids, "labels": run.labels}
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def spikes(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(n, repeats, neurons) uint8, counts of an area that mixes the layer x (n, d)."""
    drive = (x - x.mean(axis=0)) @ random.normal(size=(x.shape[1], NEURONS))
    drive /= drive.std(axis=0)
    rate = np.maximum(drive - random.normal(-0.5, 0.5, NEURONS), 0)
    rate *= RATE * random.gamma(4.0, 0.25, NEURONS) / rate.mean(axis=0)
    return np.minimum(random.poisson(rate[:, None], (len(x), REPEATS, NEURONS)), 255).astype(np.uint8)


def make(store: Store, gallery: Store) -> Iterator[str]:
    """Measure into `store`, keep in `gallery` what ships; yields a line for each area."""
    run = _network(store)
    digest = results.save_upload(store, content(store), NAME)
    pipeline.read(ReadJob("representations", digest), store)
    request = Request(DataSpec(UPLOAD + digest, "all", n=DIGITS), ELSEWHERE)
    areas = list(pipeline.run(request, "all", store, memory=BUDGET.memory, device="cpu"))
    uploaded = results.dataset(store, request.data.dataset)
    assert uploaded is not None
    about = "Synthetic recordings: random mixtures of two layers of the network, with Poisson noise"
    dataset = replace(uploaded[0], title="Synthetic recordings", source=about, notes=(f"{about}.", *uploaded[0].notes))
    counts = {n: a.astype(np.uint8) if n.startswith("repeats/") else a for n, a in uploaded[1].items()}
    results.save_dataset(gallery, dataset, counts)
    layers = [one for name in run.checkpoints if (one := results.layer(store, NETWORK, name)) is not None]
    for asked, records in ((NETWORK, layers), (request, areas)):
        for record in records:
            results.save_layer(gallery, asked, _small(record))
        measured = results.run(store, asked)
        assert measured is not None
        notes = dataset.notes if asked is request else measured.notes
        results.save_run(gallery, replace(measured, seconds=0.0, created=0.0, notes=notes))
    thumbnails, said = atlas.read(store, NETWORK.data), passages.read(store, request.data)
    assert thumbnails is not None and said is not None
    atlas.save(gallery, NETWORK.data, thumbnails)
    passages.save(gallery, request.data, said)
    seen, recorded = sampled.samples(store, NETWORK, "The network"), sampled.samples(store, request, dataset.title)
    assert seen is not None and recorded is not None
    together = match(seen, recorded)
    if together.order is None:
        raise DataError(f"The recordings are not of the digits that the network saw. {together.how}")
    curves = rsa_matrix(layers, [reordered(area, together.order) for area in areas])
    for j, area in enumerate(areas):
        name = area.layer.name
        kept = reliable.read(store, request, name)
        assert kept is not None and kept.ceiling is not None
        reliable.save(gallery, request, name, kept)
        told = ", ".join(
            f"{one.layer.name} {row[j].value:.2f} ± {row[j].error:.2f}" for one, row in zip(layers, curves, strict=True)
        )
        yield f"{name}: noise ceiling {kept.ceiling:.3f}; {told}"
    depths = [one.layer.depth for one in layers]
    rows = {
        area: np.array([(depth, row[j].value, row[j].error) for depth, row in zip(depths, curves, strict=True)])
        for j, area in enumerate(("untrained", "trained"))
    }
    results.save_picture(gallery, PICTURE, rows)  # type: ignore[arg-type]


def _network(store: Store) -> results.Run:
    for _ in pipeline.run(NETWORK, "checkpoints", store, memory=BUDGET.memory, device="cpu"):
        pass
    run = results.run(store, NETWORK)
    assert run is not None
    return run


def _activations(store: Store, name: str) -> np.ndarray:
    """(n, d) float64 of a layer of the network."""
    run = results.run(store, NETWORK)
    assert run is not None
    (layer,) = results.chosen(run.layers, name)
    about, images, trained = lent(NETWORK, store, UNWATCHED)
    room, _ = split([layer], len(images), BUDGET.memory, itemsize(trained.module), held(trained.module, about.shape))
    for _, slices in capture(trained.module, images, [layer], memory=room, device=choose_device("cpu")):
        return np.concatenate([block.flatten(1).double().numpy() for block in slices], axis=1)
    raise DataError(f"The network gave nothing at {name}.")


def _small(record: LayerGeometry) -> LayerGeometry:
    table = record.neighbours
    few = Neighbours(table.indices[:, :NEIGHBOURS], table.distances[:, :NEIGHBOURS], table.rounding)
    return replace(record, neighbours=few, seconds=0.0)


if __name__ == "__main__":
    main()
