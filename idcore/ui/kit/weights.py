"""Weights that come from elsewhere: a library's, or a person's own files."""

import os
from pathlib import Path

from idcore import results
from idcore.networks import catalogue
from idcore.spec import Architecture, NetworkSpec, Pretrained
from idcore.ui.kit import belongings, state


def files(architecture: Architecture) -> dict[str, str]:
    """The files of weights that were read for an architecture: names by digest. A name is a stranger's text."""
    entries, sees = results.weights_files(state.store()), belongings.sight()
    return {one.digest: one.name for one in entries if one.architecture == architecture and sees(one.digest)}


def download_words(network: NetworkSpec) -> str:
    """What has to be fetched from elsewhere before a network can be measured, in a sentence; "" for nothing."""
    weights, name = network.weights, network.architecture.name
    if not isinstance(weights, Pretrained) or name not in catalogue.ARCHITECTURES:
        return ""
    entry = catalogue.lookup(name)
    offer = catalogue.offer(entry, weights.entry)
    if catalogue.carried(offer) or (checkpoints() / offer.file).exists():
        return ""
    if offer.package:
        return catalogue.uninstalled(entry, offer)
    return (
        f"The weights {offer.name} of {entry.title} ({offer.megabytes:,.0f} MB) are not on this machine. They are "
        f"fetched from {offer.url.split('/')[2]}, checked, and kept in {checkpoints()}."
    )


def checkpoints() -> Path:
    """Where torch keeps the weights it fetched."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    return Path(home).expanduser() / "hub" / "checkpoints"
