"""What a row of numbers is about, in columns that are the same wherever numbers leave: library, command line, pages."""

from typing import Any

import idcore
from idcore.spec import USUAL, FromFile, Pretrained, Reading, Request

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
        request.network.regime,
        weights.entry if isinstance(weights, Pretrained) else file,
        getattr(weights, "seed", None),
        data.dataset,
        data.split,
        data.seed,
        "TwoNN",
        reading.discard,
        reading.variance,
        idcore.__version__,
    )
    return dict(zip(COLUMNS, values, strict=True))
