"""`python -m idcore.pipeline.gallery PHOTOGRAPHS`: make the results that come with the package, again.

EfficientNet-Lite0, pretrained and untrained, on the 1000 photographs of `imagenet_sample` in the folder PHOTOGRAPHS, at
its checkpoint layers; the curves of the small pictures of the start page; synthetic recordings beside the small network
(`recordings`). Kept is what the pages draw from, a smaller table of neighbours and fewer coordinates than a measurement
leaves, and no pixel of a photograph. The same photographs, versions and kind of processor give the same bytes.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from idcore import pipeline, results, spec
from idcore.data import known
from idcore.data.read import read_dataset
from idcore.estimators.summary import summarise
from idcore.limits import BUDGET
from idcore.pipeline import recordings
from idcore.record import LayerGeometry, Neighbours
from idcore.spec import Architecture, DataSpec, EmbedJob, NetworkSpec, Pretrained, Recipe, Request, Untrained
from idcore.store import GALLERY, Store

DATASET, NEIGHBOURS, COORDINATES = "imagenet_sample", 30, 8
"""Neighbours: as many as overlaps look at."""
_LITE = Architecture("efficientnet_lite0")
NETWORKS = NetworkSpec(_LITE, Pretrained("IMAGENET1K")), NetworkSpec(_LITE, Untrained(0))

_LEARNED, _DRAWN = Recipe(), Untrained(0)
PICTURES = {
    "digits": tuple(NetworkSpec(Architecture("cnn"), one) for one in (_LEARNED, _DRAWN, Recipe(shuffled=1.0))),
    "transformer": tuple(NetworkSpec(Architecture("vit_digits"), one) for one in (_LEARNED, _DRAWN)),
}
"""The networks of each picture."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the results that come with the package, again.")
    parser.add_argument("photographs", type=Path, help="folder of the 1000 photographs")
    photographs = parser.parse_args().photographs.resolve()
    with tempfile.TemporaryDirectory() as work:
        root = Path(work) / "data"
        root.mkdir()
        (root / known.SAMPLE).symlink_to(photographs)
        os.environ["LAYERSCOPE_DATA"] = str(root)
        store = Store(Path(work) / "store")
        name = read_dataset(DATASET, store, root=root).name
        kept = Store(GALLERY)
        others = {*kept.keys("lesson"), *kept.keys("generalise")}  # `pipeline.lessons` and `generalise` make those
        for key in set(kept.keys()) - others:
            kept.delete(key)
        for line in make(name, store, Store(GALLERY)):
            print(line, flush=True)
        for name, networks in PICTURES.items():
            results.save_picture(Store(GALLERY), name, {one.regime: curve(one, store) for one in networks})
        for line in recordings.make(store, Store(GALLERY)):
            print(line, flush=True)


def make(dataset: str, store: Store, gallery: Store) -> Iterator[str]:
    """Measure into `store`, keep in `gallery` what ships; yields a line for each network."""
    for key in (spec.key("folder", DATASET), spec.key("dataset", dataset)):
        entry = store.get(key)
        assert entry is not None
        gallery.put(key, entry.arrays, entry.meta | ({"stamp": ""} if "stamp" in entry.meta else {}))
    info = results.dataset(store, dataset)
    assert info is not None
    for network in NETWORKS:
        request = Request(DataSpec(dataset, "all", n=info[0].sizes["all"]), network)
        layers = list(pipeline.run(request, "checkpoints", store, memory=BUDGET.memory, device="cpu"))
        for geometry in layers:
            results.save_layer(gallery, request, _small(geometry))
        run = results.run(store, request)
        assert run is not None
        results.save_run(gallery, replace(run, seconds=0.0, created=0.0))
        job = EmbedJob(request, tuple(geometry.layer.name for geometry in layers))
        pipeline.embed(job, store)
        for name in job.layers:
            embedding = results.embedding(store, job, name)
            assert embedding is not None
            results.save_embedding(gallery, job, name, replace(embedding, seconds=0.0))
        ids = ", ".join(f"{row.id:.1f}" for row in map(summarise, layers) if row.id is not None)
        yield f"{network.regime}: {ids}"


def curve(network: NetworkSpec, store: Store) -> np.ndarray:
    """(layers, 3) float64: relative depth, ID and its standard error of a network of digits at its checkpoint
    layers."""
    request = Request(DataSpec(n=1000), network)
    rows = map(summarise, pipeline.run(request, "checkpoints", store, memory=BUDGET.memory, device="cpu"))
    return np.array([(row.depth, row.id, row.id_err) for row in rows], np.float64)


def _small(geometry: LayerGeometry) -> LayerGeometry:
    table = geometry.neighbours
    few = Neighbours(table.indices[:, :NEIGHBOURS], table.distances[:, :NEIGHBOURS], table.rounding)
    return replace(geometry, neighbours=few, coordinates=geometry.coordinates[:, :COORDINATES], seconds=0.0)


if __name__ == "__main__":
    main()
