"""What `--factory` names: the module, and the samples that go through it."""

import argparse
from typing import Any

from idcore import cli_notes, cli_request
from idcore.cli_output import Notes
from idcore.data.catalogue import describe
from idcore.settings import settings
from idcore.spec import to_json
from idcore.store import Store


def made(arguments: argparse.Namespace, store: Store, notes: Notes) -> tuple[tuple[Any, Any, Any], dict[str, Any]]:
    """((module, images, labels) for `api.profile`, what was asked for). Raises RequestError."""
    from idcore.data.load import load
    from idcore.networks.form import own_form
    from idcore.pipeline import factory

    network, images, labels = factory.made(arguments.factory)
    asked: dict[str, Any] = {"factory": arguments.factory}
    if images is None:
        data = cli_request.data(arguments, describe(arguments.data, store))
        samples = load(data, own_form(arguments.size, arguments.normalise), store)
        images, labels = samples.images, samples.labels
        notes.add((*cli_notes.of_data(arguments.data, store), *samples.notes))
        asked["data"] = to_json(data)
    else:
        notes.add(["The factory gives images of its own: --data is not used."])
    return (network, images, labels), asked


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """How it is measured, for `api.profile`."""
    return {
        "layers": cli_request.layers(arguments),
        "reduce": arguments.reduce or "flatten",
        "memory": cli_request.budget(arguments),
        "device": arguments.device or settings().device,
    }
