"""What a row of numbers is about, in columns that are the same wherever numbers leave: library, command line, pages."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from idcore.data.places import base
from idcore.spec import (
    LENGTH,
    PERTURBATIONS,
    USUAL,
    DataSpec,
    FromFile,
    Pretrained,
    Reading,
    Recipe,
    Request,
    Untrained,
)
from idcore.version import VERSION

COLUMNS = (
    *("network", "regime", "weights", "seed", "data", "split", "data_seed", "conditions"),
    *("estimator", "discard", "variance", "version"),
)


def identity(request: Request, reading: Reading = USUAL) -> dict[str, Any]:
    """A value for each of `COLUMNS`. weights: name of what was fetched or sha256 of the file, "" where they were made
    here. seed: of the network, None where it has none. conditions: all that is not as usual, in words. estimator: of
    the column `id`. version: of Layerscope."""
    architecture, data, weights = request.network.architecture, request.data, request.network.weights
    size = f" {architecture.width}x{architecture.depth}" if architecture.name == "mlp" else ""
    file = weights.digest if isinstance(weights, FromFile) else ""
    values = (
        architecture.name + size,
        request.network.told,
        weights.entry if isinstance(weights, Pretrained) else file,
        weights.seed if isinstance(weights, (Recipe, Untrained)) else None,
        data.dataset,
        data.split,
        data.seed,
        ", ".join([*_classes(data), *conditions(request), *_training(request)]),
        "TwoNN",
        reading.discard,
        reading.variance,
        VERSION,
    )
    return dict(zip(COLUMNS, values, strict=True))


def conditions(request: Request) -> list[str]:
    """What was done to the samples, how they were shown, and what became a row, where that is not as usual."""
    size = [] if request.size is None else [f"images of {request.size}×{request.size}"]
    told = {"imagenet": "ImageNet mean and deviation", "none": "not normalised", "mean": "mean over positions"}
    told |= {"cls": "class token", "last": "last token"}
    return [*perturbed(request.data), *size, *(told[one] for one in (request.normalise, request.reduce) if one in told)]


def perturbed(data: DataSpec) -> list[str]:
    """What was done to the samples."""
    cut = [] if data.length == LENGTH else [f"first {data.length:,} tokens"]
    return [said for one in PERTURBATIONS if (said := one.words(getattr(data, one.field)))] + cut


def _classes(data: DataSpec) -> list[str]:
    return [] if data.classes is None else [f"classes {', '.join(map(str, data.classes))}"]


def _training(request: Request) -> list[str]:
    """In what a recipe differs from the usual one: on the data that are shown, with all labels shuffled or none."""
    recipe, data = request.network.weights, request.data
    if not isinstance(recipe, Recipe):
        return []
    usual = Recipe(data.dataset, data.gradient, float(recipe.shuffled > 0), seed=recipe.seed)
    differ = [one.name for one in fields(recipe) if getattr(recipe, one.name) != getattr(usual, one.name)]
    return [f"training {name.replace('_', ' ')} {getattr(recipe, name)}" for name in differ]


def caption(requests: Iterable[Request], reading: Reading = USUAL) -> str:
    """What a figure of these requests must say of itself: network, data, N, seeds, estimator, version."""
    networks, subsets = [], []
    for request in requests:
        one, data = identity(request, reading), request.data
        weights = f" {one['weights'][:12]}" if one["weights"] else ""
        seed = "" if one["seed"] is None else f", network seed {one['seed']}"
        named = "Representations computed elsewhere" if one["network"] == "none" else one["network"]
        networks.append(", ".join([f"{named}, {one['regime']}{weights}{seed}", *_training(request)]))
        drawn = f"{base(data.dataset)}, {data.split}: N = {data.n:,}, seed {data.seed}"
        subsets.append(", ".join([drawn, *_classes(data), *conditions(request)]))
    parts = ["; ".join(dict.fromkeys(networks)), "; ".join(dict.fromkeys(subsets))]
    parts.append(f"TwoNN, largest {reading.discard:.0%} of μ discarded; bars are one standard error")
    return ". ".join([*parts, f"Layerscope {VERSION}."])
