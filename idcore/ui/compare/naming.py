"""What results are called: what differs between them is what is shown."""

import dataclasses
import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from idcore import spec
from idcore.results import Run
from idcore.spec import PERTURBATIONS, Pretrained, Recipe, Request, Untrained
from idcore.ui.kit import words
from idcore.ui.kit.labels import distinct
from idcore.ui.result.sample import class_name

_WORDS = {
    "data.dataset": "data {}",
    "data.n": "N = {}",
    "data.seed": "data seed {}",
    "data.classes": "classes of number {}",
    **{f"data.{one.field}": f"{one.said} = {{}}" for one in PERTURBATIONS if one.said},
    "data.length": "first {} tokens",
    "network.architecture.name": "network {}",
    "network.architecture.width": "width {}",
    "network.architecture.depth": "depth {}",
    "network.weights.digest": "file {}",
    "network.weights.entry": "weights {}",
    "network.weights.seed": "network seed {}",
    "network.weights.shuffled": "fraction shuffled {}",
    "network.weights.dataset": "trained on {}",
    "network.weights.gradient": "trained with λ = {}",
    "network.weights.warmup": "λ grown over {} epochs",
    "network.weights.size": "training size {}",
    "network.weights.epochs": "at most {} epochs",
    "network.weights.target": "until {} are right",
    "reduce": "reduced by {}",
    "size": "image size {}",
}
"""How a field is told; others are told by their name. Different values are told differently."""
_IN_LINE = {"data.dataset", "data.split", "data.n", *(f"data.{one.field}" for one in PERTURBATIONS), "data.length",
            "data.classes", "network.architecture.name", "network.architecture.width", "network.architecture.depth",
            "network.weights", "network.weights.seed", "network.weights.entry"}  # fmt: skip
"""What a line says of every result anyway."""


_MANY = 2**15  # results whose words are kept: a list of them is drawn anew at every step of the reader


@functools.lru_cache(_MANY)
def identity(request: Request) -> str:
    """What a result is called in the address and by the widgets: twelve digits of its key."""
    return spec.run_key(request)[:12]


def line(run: Run, titles: Mapping[str, str]) -> str:
    """A result in a line of a list: network, regime, data, N, seed, all that is not as usual, accuracy, date, and the
    first digits of its identity. titles: of the data sets by name."""
    request, data, accuracy = run.request, run.request.data, run.test_accuracy
    said = [
        words.network_title(request.network),
        words.regime_words(request.network),
        f"{titles.get(data.dataset, data.dataset)} {data.split}",
        f"N = {data.n:,}",
        _seed(request),
        *words.perturbations(data),
        "" if data.classes is None else f"classes {', '.join(class_name(run, c) for c in data.classes)}",
        *_unusual(request),
        "" if accuracy is None else f"test {accuracy:.1%}",
        time.strftime("%d %b %H:%M", time.localtime(run.created)),
        f"#{identity(request)[:6]}",
    ]
    return " · ".join(part for part in said if part)


def names(requests: Sequence[Request]) -> list[str]:
    """Short names, each its own: where several would be the same, with all in which these differ."""
    short = [f"{words.network_title(r.network)}, {words.regime_words(r.network)}" for r in requests]
    facts = [{path: _told(path, value) for path, value, _ in _leaves(request)} for request in requests]
    alike = {name: [one for one, other in zip(facts, short, strict=True) if other == name] for name in short}
    told = {
        identity(r): ", ".join([name, *(said for path, said in one.items() if _varies(path, alike[name]))])
        for r, name, one in zip(requests, short, facts, strict=True)
    }
    return list(distinct(told).values())  # they differ already, unless a stranger gave a data set a sly title


@functools.lru_cache(_MANY)
def _unusual(request: Request) -> tuple[str, ...]:
    leaves = ((path, value) for path, value, usual in _leaves(request) if not usual and path not in _IN_LINE)
    return tuple(_told(path, value) for path, value in leaves)


def _leaves(part: Any, path: str = "") -> Iterator[tuple[str, Any, bool]]:
    """All fields of a request: (path, value, whether it is as usual)."""
    for field in dataclasses.fields(part):
        value, at = getattr(part, field.name), f"{path}{field.name}"
        if dataclasses.is_dataclass(value):
            yield at, type(value).__name__.lower(), True
            yield from _leaves(value, f"{at}.")
        else:
            yield at, value, value == field.default


def _told(path: str, value: Any) -> str:
    shown = f"{value:,}" if path == "data.n" else ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if value is None:
        shown = "all" if path == "data.classes" else "as usual"
    return _WORDS.get(path, path.rpartition(".")[2].replace("_", " ") + " {}").format(shown)


def _varies(path: str, found: Sequence[Mapping[str, str]]) -> bool:
    return len({one.get(path) for one in found}) > 1


def _seed(request: Request) -> str:
    match request.network.weights:
        case Untrained(seed=seed) | Recipe(seed=seed):
            return f"network seed {seed}"
        case Pretrained(entry=entry):
            return entry
    return ""
