"""What a row of numbers is about, in columns that are the same wherever numbers leave: library, command line, pages."""

from collections.abc import Iterable
from typing import Any

from idcore.data.places import base
from idcore.spec import PERTURBATIONS, USUAL, FromFile, Pretrained, Reading, Recipe, Request, Untrained
from idcore.version import VERSION

COLUMNS = (
    *("network", "regime", "weights", "seed", "data", "split", "data_seed"),
    *("estimator", "discard", "variance", "version"),
)


def identity(request: Request, reading: Reading = USUAL) -> dict[str, Any]:
    """A value for each of `COLUMNS`. weights: name of what was fetched or sha256 of the file, "" where they were made
    here. seed: of the network, None where it has none. estimator: of the column `id`. version: of Layerscope."""
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
        "TwoNN",
        reading.discard,
        reading.variance,
        VERSION,
    )
    return dict(zip(COLUMNS, values, strict=True))


def caption(requests: Iterable[Request], reading: Reading = USUAL) -> str:
    """What a figure of these requests must say of itself: network, data, N, seeds, estimator, version."""
    about = [(identity(request, reading), request.data) for request in requests]
    networks, subsets = [], []
    for one, data in about:
        weights = f" {one['weights'][:12]}" if one["weights"] else ""
        seed = "" if one["seed"] is None else f", network seed {one['seed']}"
        named = "Representations computed elsewhere" if one["network"] == "none" else one["network"]
        networks.append(f"{named}, {one['regime']}{weights}{seed}")
        classes = "" if data.classes is None else f", classes {', '.join(map(str, data.classes))}"
        changed = "".join(f", {said}" for kind in PERTURBATIONS if (said := kind.words(getattr(data, kind.field))))
        subsets.append(f"{base(data.dataset)}, {data.split}: N = {data.n:,}, seed {data.seed}{classes}{changed}")
    parts = ["; ".join(dict.fromkeys(networks)), "; ".join(dict.fromkeys(subsets))]
    parts.append(f"TwoNN, largest {reading.discard:.0%} of μ discarded; bars are one standard error")
    return ". ".join([*parts, f"Layerscope {VERSION}."])
