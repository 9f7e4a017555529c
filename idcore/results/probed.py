"""Linear probes of layers: written and read here alone."""

import dataclasses

from idcore import spec
from idcore.estimators.accuracy import Accuracy, Probe
from idcore.spec import Request
from idcore.store import Store


def probe_key(request: Request, layer: str) -> str:
    """Key of the linear probe of one layer."""
    return spec.key("probe", spec.layer_key(request, layer))


def probe(store: Store, request: Request, layer: str) -> Probe | str | None:
    """The linear probe of one layer, a sentence where it cannot be probed, None until that has been tried."""
    meta = store.meta(probe_key(request, layer))
    if meta is None or "probe" not in meta:
        return None
    values = meta["probe"]
    return values if isinstance(values, str) else Probe(**{**values, "accuracy": Accuracy(**values["accuracy"])})


def save_probe(store: Store, request: Request, layer: str, probe: Probe | str) -> None:
    """Keep a linear probe, or the sentence that says why there is none."""
    values = probe if isinstance(probe, str) else dataclasses.asdict(probe)
    store.put(probe_key(request, layer), {}, {"kind": "probe", "request": spec.to_json(request), "layer": layer,
                                              "probe": values})  # fmt: skip
