"""A person's own network under a name: what is measured of it stands in the store as representations do, so that the
pages show it, compare it and link to it. The activations themselves are not kept."""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from idcore import results
from idcore.files.names import clean
from idcore.record import OWN_NETWORK, Dataset, Layer, LayerGeometry
from idcore.results import Run, atlas
from idcore.spec import ELSEWHERE, UPLOAD, DataSpec, Request, checks
from idcore.store import Store


def request(digest: str, name: str, n: int) -> Request:
    """What the results are kept under. digest: sha256 of the network and its samples. Raises RequestError."""
    checks.name("A network that is kept", name)
    return Request(DataSpec(UPLOAD + digest, "all", n=n), ELSEWHERE)


def begin(
    asked: Request,
    name: str,
    layers: Sequence[Layer],
    images: Tensor,
    labels: np.ndarray | None,
    store: Store,
    device: torch.device,
) -> None:
    """Enter what is to be measured: the pages list it from now on. labels: of any kind, a class for each value."""
    classes, of = np.unique(labels, return_inverse=True) if labels is not None else (np.array(["all samples"]), None)
    places = np.zeros(len(images), np.int64) if of is None else of.astype(np.int64)
    dataset = Dataset(
        name=asked.data.dataset,
        title=clean(name),
        classes=tuple(clean(str(one)) for one in classes),
        shape=None,
        sizes={"all": len(images)},
        source=OWN_NETWORK,
        smallest={"all": int(np.bincount(places).min())},
        matrices=tuple((layer.name, layer.units) for layer in layers),
        notes=("Its activations were not kept: another N needs idcore.profile once more.",),
        labelled=labels is not None,
    )
    results.save_dataset(store, dataset, {"labels": places})
    results.save_owner(store, asked.data.dataset.removeprefix(UPLOAD), results.EVERYBODY)
    shown = tuple(replace(layer, order=i, checkpoint=True) for i, layer in enumerate(layers))
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    run = Run(
        asked, shown, places, np.zeros(0, np.int64), np.arange(len(images)), dataset.classes,
        device=str(device), versions=versions, notes=dataset.notes,
    )  # fmt: skip
    results.save_run(store, run)
    small = _thumbnails(images)
    if small is not None:
        atlas.save(store, asked.data, small)


def ended(asked: Request, layers: Iterator[LayerGeometry], store: Store) -> Iterator[LayerGeometry]:
    """The layers as they come; once all have come, the run has ended."""
    yield from layers
    run = results.run(store, asked)
    if run is not None:
        results.save_run(store, replace(run, predictions=np.full(len(run.labels), -1)))


def _thumbnails(images: Tensor) -> np.ndarray | None:
    """(n, s, s, 3) uint8 of pictures (n, 1 or 3, h, w), from the lowest to the highest of their numbers; None of what
    is no picture."""
    if images.ndim != 4 or images.shape[1] not in (1, 3) or min(images.shape[2:]) < 2:
        return None
    side = atlas.side(len(images))
    low, high = float(images.min()), float(images.max())
    small = np.empty((len(images), side, side, 3), np.uint8)
    for start in range(0, len(images), 256):
        some = images[start : start + 256].detach().cpu().float()
        some = torch.nn.functional.interpolate(some, (side, side), mode="bilinear", antialias=True)
        grey = ((some - low) / ((high - low) or 1.0)).clamp(0, 1).mul(255).round()
        small[start : start + 256] = grey.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).numpy()
    return small
