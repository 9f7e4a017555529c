"""What `--factory` names: the module with its weights, and the samples that go through it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from idcore import cli_notes, cli_request, results, spec
from idcore.cli_files import kept
from idcore.cli_output import Notes, say, to_stderr
from idcore.command import factory_line
from idcore.data.catalogue import describe
from idcore.errors import RequestError
from idcore.results import handed
from idcore.settings import settings, usual_store
from idcore.spec import FromFile, Request, to_json
from idcore.store import Store

if TYPE_CHECKING:
    from idcore.api import Profile
    from idcore.pipeline import Origin

_PAGE = "http://127.0.0.1:8501/compare"


def profile(arguments: argparse.Namespace, store: Store, notes: Notes) -> tuple["Profile", dict[str, Any], Any]:
    """(the layers, what was asked for, labels of the samples) of the network that the factory makes; from now on the
    pages show it by its name. Raises RequestError."""
    for flag in ("network", "regime"):
        if getattr(arguments, flag) is not None:
            raise RequestError(f"--{flag} does not go with --factory, whose function makes the network.")
    if arguments.protocol == "per-class":
        raise RequestError("--protocol per-class does not go with --factory. Leave it out.")

    from idcore import api

    asked: dict[str, Any] = {"factory": arguments.factory}
    module, images, labels = made(arguments)
    source = origin(arguments, module, arguments.weights, store, notes)
    if images is None:
        result = measured(arguments, module, prepared(arguments, source, store), source, store)
        assert result.request is not None
        notes.add(cli_notes.of_data(arguments.data, store))
        said = urlencode({"set": "results", "results": spec.run_key(result.request)[:12]})
        say(f"{source.name}: {_PAGE}?{said}   (layerscope run)")
        return result, asked | {"request": to_json(result.request), "data": to_json(result.request.data)}, None
    notes.add(["The factory gives images of its own: --data is not used."])
    own = api.unannounced(module, images, labels, **options(arguments), store=store, name=source.name)
    say(f"{source.name}: {own.link}   (layerscope run)")
    return own, asked, labels


def made(arguments: argparse.Namespace) -> tuple[Any, Any, Any]:
    """(module, images, labels). Raises RequestError."""
    from idcore.pipeline import factory

    return factory.made(arguments.factory)


def origin(
    arguments: argparse.Namespace, module: Any, file: str | None, store: Store, notes: Notes, label: str = ""
) -> "Origin":
    """What the network is called and where it comes from; it has the weights of the file from now on, where one is
    given. label: what that is called, its name when left out. Raises RequestError."""
    from idcore.networks.own import load
    from idcore.pipeline import Origin

    name = arguments.name or type(module).__name__
    command, said = ["--factory", arguments.factory], tuple[str, ...]()
    weights = f"as {Path(arguments.factory).name} makes it"
    if file is not None:
        weights = label or Path(file).name
        command += ["--weights", file]
        digest = kept(file, store, weights)
        said = load(module, digest, store, to_stderr())
        notes.add(f"{weights}: {note}" for note in said)
        store.delete(spec.key("upload", digest))  # what there is of it from now on are the layers
    return Origin(name, weights, str(Path.cwd()), (*command, "--name", name), said)


def prepared(arguments: argparse.Namespace, source: "Origin", store: Store) -> Any:
    """The data subset of the arguments, as `pipeline.profile_handed` takes it. Raises RequestError."""
    from idcore import pipeline

    data = cli_request.data(arguments, describe(arguments.data, store))
    request = Request(data, source.network, arguments.reduce or "flatten", arguments.size, arguments.normalise)
    return pipeline.prepared(request, store, to_stderr())


def measured(arguments: argparse.Namespace, module: Any, seen: Any, source: "Origin", store: Store) -> "Profile":
    """The network on what was prepared. Raises RequestError."""
    from idcore.api import Profile
    from idcore.pipeline import profile_handed

    how = options(arguments)
    del how["reduce"]
    return Profile(*profile_handed(module, seen, source, store, **how, watch=to_stderr()))


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """How it is measured, for `api.profile`."""
    return {
        "layers": cli_request.layers(arguments),
        "reduce": arguments.reduce or "flatten",
        "memory": cli_request.budget(arguments),
        "device": arguments.device or settings().device,
    }


def check_here(request: Request, arguments: argparse.Namespace, store: Store) -> None:
    """Raises RequestError where a request is of a network whose code is elsewhere and is not measured, with the command
    that measures it there."""
    weights, layers = request.network.weights, cli_request.layers(arguments)
    if request.network.is_here or not isinstance(weights, FromFile):
        return
    run, network = results.run(store, request), handed.read(store, weights.digest)
    if network is None or (run is not None and run.finished and _there(run, layers, store)):
        return
    root = str(store.root)
    line = factory_line(network, request, layers, arguments.reading, "" if root == str(usual_store()) else root)
    raise RequestError(
        f"{network.title} is a network of somebody's own code. Where that code is, this measures it: {line}"
    )


def _there(run: results.Run, layers: str | tuple[str, ...], store: Store) -> bool:
    chosen = results.chosen(run.layers, layers)
    return all(store.meta(spec.layer_key(run.request, layer.name)) is not None for layer in chosen)
