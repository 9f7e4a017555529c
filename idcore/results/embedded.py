"""Maps of layers by UMAP: written and read here alone."""

import numpy as np

from idcore import spec
from idcore.estimators.embedding import Embedding
from idcore.spec import EmbedJob
from idcore.store import Store


def embedding_key(job: EmbedJob, layer: str) -> str:
    """Key of a map. A map begins at the one before it, or is turned onto it: so all layers before it are part of it."""
    parameters = {
        "neighbours": job.neighbours,
        "min_dist": float(job.min_dist),
        "seed": job.seed,
        "chained": job.chained,
        "before": list(job.layers[: job.layers.index(layer)]),
    }
    return spec.key("embedding", spec.layer_key(job.request, layer), parameters)


def embedding(store: Store, job: EmbedJob, layer: str) -> Embedding | None:
    """The map of one layer, None until it has been computed."""
    entry = store.get(embedding_key(job, layer))
    if entry is None:
        return None
    return Embedding(positions=entry.arrays["positions"], **entry.meta["embedding"])


def save_embedding(store: Store, job: EmbedJob, layer: str, embedding: Embedding) -> None:
    """Keep the map of one layer."""
    values = {name: value for name, value in vars(embedding).items() if name != "positions"}
    meta = {"kind": "embedding", "request": spec.to_json(job), "layer": layer, "embedding": values}
    store.put(embedding_key(job, layer), {"positions": np.asarray(embedding.positions, np.float32)}, meta)
