"""What the arguments of the command line ask for."""

import argparse
from dataclasses import replace
from typing import Any

from idcore.command import FILE, csv_names, usual_reduction
from idcore.data.catalogue import describe
from idcore.data.classes import labels
from idcore.errors import RequestError
from idcore.networks.catalogue import lookup, recommended
from idcore.record import Dataset
from idcore.settings import parse_bytes, settings
from idcore.spec import (
    ELSEWHERE,
    PERTURBATIONS,
    Architecture,
    DataSpec,
    FromFile,
    NetworkSpec,
    Pretrained,
    Recipe,
    Regime,
    Request,
    Untrained,
)
from idcore.store import Store, shared

MOST = 1000
"""Samples that are measured where nothing is said, or all there are."""


def store_of(arguments: argparse.Namespace) -> Store:
    """The store that is asked for, else the usual one."""
    return shared(str(arguments.cache or settings().cache), settings().store_limit)


def request(arguments: argparse.Namespace, store: Store | None = None) -> Request:
    """What `profile` is asked to measure. store: where data sets that were read are described. Raises RequestError."""
    known = describe(arguments.data, store)
    chosen = network(arguments, known)
    usual = "last" if known is not None and known.texts else usual_reduction(chosen.architecture.name)
    reduce = arguments.reduce or usual
    return Request(data(arguments, known), chosen, reduce, arguments.size, arguments.normalise)


def data(arguments: argparse.Namespace, known: Dataset | None) -> DataSpec:
    """The data subset; what is left out depends on what is known of the data set. Raises RequestError."""
    sizes = known.sizes if known is not None else {}
    split: Any = arguments.split or ("all" if sizes and "test" not in sizes else "test")
    classes = _classes(arguments, known)
    most = known.smallest if known is not None and arguments.protocol == "per-class" else sizes
    n = min(MOST, most.get(split, MOST)) if arguments.n is None else arguments.n
    return DataSpec(
        arguments.data,
        split,
        classes,
        n,
        arguments.seed,
        **{one.field: getattr(arguments, one.field) for one in PERTURBATIONS},
        length=arguments.length,
    )


def _classes(arguments: argparse.Namespace, known: Dataset | None) -> tuple[int, ...] | None:
    if arguments.class_places is not None:
        if arguments.classes is not None:
            raise RequestError("--classes and --class-places say the same: leave out one of them.")
        return tuple(_whole(word, "The place of a class") for word in arguments.class_places.split(","))
    return None if arguments.classes is None else labels(arguments.classes.split(","), known)


def network(arguments: argparse.Namespace, known: Dataset | None = None) -> NetworkSpec:
    """The network. known: the data set that it is shown. Raises RequestError."""
    regime = arguments.regime or _usual_regime(arguments, known)
    if regime == "elsewhere":
        if arguments.network is not None:
            raise RequestError(
                "Representations that were computed elsewhere have no network: leave out --network "
                f"{arguments.network}."
            )
        return ELSEWHERE
    architecture = Architecture(arguments.network or "cnn", arguments.width, arguments.depth)
    if arguments.weights is not None and regime != "pretrained":
        raise RequestError(f"--weights goes with --regime pretrained, not with --regime {regime}.")
    if regime == "pretrained":
        weights = arguments.weights or recommended(architecture.name)
        own = weights.startswith(FILE)
        return NetworkSpec(architecture, FromFile(weights.removeprefix(FILE)) if own else Pretrained(weights))
    if regime == "untrained":
        return NetworkSpec(architecture, Untrained(arguments.network_seed or 0))
    return NetworkSpec(architecture, _recipe(arguments, regime))


def layers(arguments: argparse.Namespace) -> str | tuple[str, ...]:
    """Which layers are measured."""
    return arguments.layers if arguments.layers in ("checkpoints", "all") else csv_names(arguments.layers)


def budget(arguments: argparse.Namespace) -> int:
    """Bytes that the measurement may hold. Raises RequestError."""
    return settings().memory if arguments.memory is None else parse_bytes(arguments.memory)


def _usual_regime(arguments: argparse.Namespace, known: Dataset | None) -> Regime:
    if known is not None and known.matrices:
        return "elsewhere"
    if arguments.weights is not None:
        return "pretrained"
    return lookup(arguments.network or "cnn").regimes[0]


def _recipe(arguments: argparse.Namespace, regime: Regime) -> Recipe:
    shuffled = (1.0 if regime == "shuffled" else 0.0) if arguments.shuffled is None else arguments.shuffled
    if (shuffled > 0) != (regime == "shuffled"):
        raise RequestError(
            f"--shuffled {shuffled:g} does not go with --regime {regime}: "
            "the shuffled regime has a fraction above 0, the trained regime has none."
        )
    recipe = Recipe(
        dataset=arguments.train_data or arguments.data,
        gradient=arguments.gradient if arguments.train_gradient is None else arguments.train_gradient,
        shuffled=shuffled,
    )
    names = ("optimiser", "learning_rate", "batch_size", "epochs", "warmup", "target")
    given = {name: getattr(arguments, name) for name in names}
    given |= {"seed": arguments.network_seed, "size": arguments.train_size}
    return replace(recipe, **{name: value for name, value in given.items() if value is not None})


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise RequestError(f"{name} must be a whole number, not {text!r}.") from None
