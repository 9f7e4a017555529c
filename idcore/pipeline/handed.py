"""A person's own network on a known data subset: what is measured stands beside all that was measured on the same
samples, under the name that it is given. Its code runs here and now, where its owner asks; nothing of it is kept."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torch import nn

from idcore.data.load import Samples
from idcore.networks import likeness
from idcore.networks.weights import Trained
from idcore.pipeline.atlas import keep_atlas
from idcore.pipeline.carried import carried_out, missing, refuse
from idcore.pipeline.layers import RecordShelf, choose_device
from idcore.pipeline.module import planned
from idcore.pipeline.read import read_first
from idcore.pipeline.requests import chosen, stored
from idcore.pipeline.scene import Scene, scene
from idcore.pipeline.scene import samples as shown
from idcore.record import LayerGeometry
from idcore.results import handed
from idcore.results.handed import Handed, Marks
from idcore.spec import FACTORY, Architecture, FromFile, NetworkSpec, Request
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

UNSEEN = FromFile("0" * 64)
"""The weights of a network that has not been looked at yet."""


@dataclass(frozen=True)
class Origin:
    """Where a network comes from. name: what its owner calls it. weights: what they call its weights. folder, command:
    see `results.handed.Handed`. notes: what was said when its weights were read."""

    name: str
    weights: str
    folder: str = ""
    command: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def network(self) -> NetworkSpec:
        """The network before it was looked at. Raises RequestError for a name that cannot be."""
        return NetworkSpec(Architecture(FACTORY + self.name), UNSEEN)


def prepared(asked: Request, store: Store, watch: Watch = UNWATCHED) -> tuple[Scene, Samples]:
    """What a network of somebody's own is shown: once for several. asked: of `Origin.network`. Raises RequestError."""
    read_first(asked, store, watch)
    about = scene(asked, store, at_hand=True)
    chosen(asked.data, about.shown, store)
    return about, shown(about, store, watch)


def profile_handed(
    network: nn.Module,
    seen: tuple[Scene, Samples],
    origin: Origin,
    store: Store,
    *,
    layers: str | Sequence[str] = "checkpoints",
    memory: int,
    device: str = "auto",
    watch: Watch = UNWATCHED,
) -> tuple[Iterator[LayerGeometry], Request]:
    """(the chosen layers in call order; the request that they are kept under). seen: as `prepared` gives it. The rest
    as of `requests.run`; raises as it does."""
    started, torch_device, (about, samples) = time.perf_counter(), choose_device(device), seen
    asked = about.request
    images, all_layers, note = planned(network, samples.images, asked.reduce)
    kept = _recognised(network, origin, likeness.shape_of(images), likeness.marks(network, images), store)
    request = replace(asked, network=replace(asked.network, weights=FromFile(kept.digest)))
    handed.save(store, kept)
    if (there := stored(request, layers, store)) is not None:
        keep_atlas(request, store, watch)
        return iter(there), request
    about = replace(about, request=request)
    refuse(about, network, missing(all_layers, layers, RecordShelf(store, request).has), memory)
    said = " ".join(filter(None, [f"{origin.name}: {origin.weights}.", note, *origin.notes]))
    trained = Trained(network, 0, note=said)
    samples = replace(samples, images=images)
    return carried_out(about, samples, trained, layers, store, memory, torch_device, started, watch), request


def _recognised(network: nn.Module, origin: Origin, shape: str, now: Marks, store: Store) -> Handed:
    """The network as it stands in the store from now on: one that was seen before under this name, where it is the same
    and does the same, else a new one."""
    own, architecture = likeness.likeness(network), origin.network.architecture
    for one in handed.networks(store):
        alike = (one.likeness, one.architecture) == (own, architecture)
        if alike and likeness.known(one.seen, shape, now) is not False:
            return replace(
                one, name=origin.weights, seen={shape: now} | dict(one.seen), folder=origin.folder,
                command=origin.command,
            )  # fmt: skip
    digest = hashlib.sha256(repr((own, architecture.name, shape, now)).encode()).hexdigest()
    return Handed(digest, origin.weights, architecture, own, {shape: now}, origin.folder, origin.command)
