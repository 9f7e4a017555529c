"""Pretrained weights: fetched once into torch's own folder, and read without running anything of them.

Their sha256 is compared with the known one before anything of them is read: no other file reaches the reader, which
therefore needs no process of its own.
"""

import mmap
from pathlib import Path

import numpy as np
import torch
from torch import nn

from idcore.data.catalogue import DATASETS
from idcore.errors import NetworkError
from idcore.fetch import digest_of, fetch
from idcore.networks import extras
from idcore.networks.build import give, skeleton
from idcore.networks.catalogue import LIBRARIES, CatalogueEntry, Offer, carried, lookup, offer, uninstalled
from idcore.networks.fit import fit
from idcore.networks.weights_file import read
from idcore.spec import Architecture
from idcore.watch import UNWATCHED, Watch


def pretrained(
    architecture: Architecture,
    entry: str,
    watch: Watch = UNWATCHED,
) -> tuple[nn.Module, tuple[str, ...], str]:
    """(the network in eval mode on the CPU, names of its classes, none where nobody says; a sentence on where it came
    from). entry: name of the weights, or DEFAULT.

    Raises NetworkError where there are none of this name, where they can be neither found nor fetched, or where the
    file is not the one that its name promises; and Cancelled.
    """
    known = lookup(architecture.name, entry)
    if known.family in LIBRARIES:
        watch.report("downloading", f"{LIBRARIES[known.family]} is fetching its weights.", 0, 1)
        module, classes, more = extras.pretrained(known)
        return module.eval(), classes, f"Pretrained: the weights that {LIBRARIES[known.family]} offers. {more}".strip()
    chosen = offer(known, entry)
    path = path_of(known, chosen, watch)
    watch.report("downloading", f"Reading {path.name}.", 1, 1)
    module = _loaded(architecture, chosen, path)
    if chosen.package:
        note = f"Pretrained: {chosen.file} of the package {chosen.package}."
        return module.eval(), DATASETS["imagenet"].classes, note
    from idcore.torchvision_seam import torchvision

    classes = torchvision.models.get_model_weights(known.name)[chosen.name].meta["categories"]
    return module.eval(), tuple(classes), f"Pretrained: {chosen.name} of torchvision ({chosen.file})."


def folder() -> Path:
    """Where torch keeps what it fetches."""
    return Path(torch.hub.get_dir()).expanduser() / "checkpoints"


def path_of(
    entry: CatalogueEntry,
    chosen: Offer,
    watch: Watch = UNWATCHED,
) -> Path:
    """The file of the weights, of the package that carries it or fetched where it is not there; whole and with the
    right sha256, or not at all.

    Raises NetworkError with the file and the folder where there is no connection, and Cancelled.
    """
    path = carried(chosen) if chosen.package else folder() / chosen.file
    if path is None:
        raise NetworkError(uninstalled(entry, chosen))
    if not path.exists():
        try:
            fetch(f"Downloading {chosen.file}", chosen.url, path, chosen.digest, watch)
        except OSError as error:
            raise NetworkError(
                f"The weights {chosen.name} of {entry.title} are not on this computer and could not be fetched "
                f"({error}). Put the file {chosen.file} from {chosen.url} into the folder {folder()}, or choose "
                "untrained weights."
            ) from error
    elif not (own := digest_of(path, chosen.digest)).startswith(chosen.digest):
        raise NetworkError(
            f"The file {path} is damaged or another one: its sha256 begins with {own[: len(chosen.digest)]}, not "
            f"with {chosen.digest}. "
            + (f"Install {chosen.package} again." if chosen.package else "Remove it, and it is fetched again.")
        )
    return path


def _loaded(architecture: Architecture, chosen: Offer, path: Path) -> nn.Module:
    assert chosen.form.crop is not None
    shape = (3, *chosen.form.crop)
    with path.open("rb") as file:  # the mapping lives as long as an array stands on it
        arrays, _ = read(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), path.name)
    weights = fit(arrays, architecture, shape).weights
    # Copies: the network must not stand on a file that somebody may change.
    state = {name: torch.from_numpy(np.array(array)) for name, array in weights.items()}
    module = skeleton(architecture, shape, chosen.classes)
    give(module, state, assign=True)
    return module
