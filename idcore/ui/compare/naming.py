"""What results are called: what differs between them is what is shown."""

import dataclasses
import functools
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from idcore import spec
from idcore.identity import perturbed
from idcore.results import Run
from idcore.spec import PERTURBATIONS, FromFile, Pretrained, Recipe, Representations, Request, Untrained
from idcore.ui.kit import words
from idcore.ui.kit.labels import distinct
from idcore.ui.result.sample import class_name

_FILE = "network.weights.digest"
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
            "network.weights", _FILE, "network.weights.seed", "network.weights.entry"}  # fmt: skip
"""What a line says of every result anyway."""
_DATES = ("%d %b %H:%M", "%d %b %H:%M:%S", "%d %b %Y %H:%M:%S")
"""To the minute; more of it only where that tells several results apart."""


@dataclass(frozen=True)
class Names:
    """What people call things. titles: of data sets, by name. files: of weights, by digest. dates: when a request was
    measured, in seconds since 1970. networks: the data sets that stand for a network that was handed in."""

    titles: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[Request, float] = field(default_factory=dict)
    networks: frozenset[str] = frozenset()


_NOTHING = Names()
_MANY = 2**15  # results whose words are kept: a list of them is drawn anew at every step of the reader


@functools.lru_cache(_MANY)
def identity(request: Request) -> str:
    """What a result is called in the address and by the widgets: twelve digits of its key."""
    return spec.run_key(request)[:12]


def lines(runs: Mapping[str, Run], known: Names) -> dict[str, str]:
    """Results by identity, each in a line of its own. Digits of the identity stand at the end of lines that are alike
    without them: a name says more."""
    called = {id: _line(run, known) for id, run in runs.items()}
    counts = Counter(called.values())
    return {id: f"{said} · #{id[:6]}" if counts[said] > 1 else said for id, said in called.items()}


def _line(run: Run, known: Names) -> str:
    """Network, regime or file of weights, data, N, seed, all that is not as usual, accuracy, date."""
    request, data, accuracy = run.request, run.request.data, run.test_accuracy
    said = [
        words.network_title(request.network),
        _regime(request, known),
        f"{known.titles.get(data.dataset, data.dataset)} {data.split}",
        f"N = {data.n:,}",
        _seed(request),
        *perturbed(data),
        "" if data.classes is None else f"classes {', '.join(class_name(run, c) for c in data.classes)}",
        *_unusual(request),
        "" if accuracy is None else f"test {accuracy:.1%}",
        time.strftime(_DATES[0], time.localtime(run.created)) if run.created else "comes with Layerscope",
    ]
    return " · ".join(part for part in said if part)


def names(requests: Sequence[Request], known: Names = _NOTHING) -> list[str]:
    """Short names, each its own: where several would be the same, with all in which these differ, and when they were
    measured where that is all."""
    short = [_short(request, known) for request in requests]
    facts = [{path: _told(path, _called(path, value, known)) for path, value, _ in _leaves(r)} for r in requests]
    alike = {name: [one for one, other in zip(facts, short, strict=True) if other == name] for name in short}
    told = {
        request: ", ".join([name, *(said for path, said in one.items() if _varies(path, alike[name]))])
        for request, name, one in zip(requests, short, facts, strict=True)
    }
    dated = told
    for date in _DATES:
        counts = Counter(dated.values())
        if len(counts) == len(dated) or not all(request in known.dates for request in requests):
            break
        when = {request: time.strftime(date, time.localtime(known.dates[request])) for request in requests}
        dated = {r: f"{name}, {when[r]}" if counts[dated[r]] > 1 else dated[r] for r, name in told.items()}
    return list(distinct({identity(request): name for request, name in dated.items()}).values())


def checkpoint(request: Request, known: Names) -> str:
    """What a checkpoint of a training is called: its file, or as it was named when it was measured; "" for others."""
    match request.network.weights:
        case FromFile(digest=digest):
            return known.files.get(digest, "")
        case Representations() if request.data.dataset in known.networks:
            return known.titles.get(request.data.dataset, "")
    return ""


def _short(request: Request, known: Names) -> str:
    title = known.titles.get(request.data.dataset, "")
    if isinstance(request.network.weights, Representations) and title:
        return title
    return f"{words.network_title(request.network)}, {_regime(request, known)}"


def _regime(request: Request, known: Names) -> str:
    own = checkpoint(request, known) if isinstance(request.network.weights, FromFile) else ""
    return own or words.regime_words(request.network)


def _called(path: str, value: Any, known: Names) -> Any:
    if path == _FILE:
        return known.files.get(value, f"no longer here ({value[:8]})")
    return known.titles.get(value, value) if path == "data.dataset" else value


@functools.lru_cache(_MANY)
def _unusual(request: Request) -> tuple[str, ...]:
    leaves = ((path, value) for path, value, usual in _leaves(request) if not usual and path not in _IN_LINE)
    return tuple(_told(path, value) for path, value in leaves)


def _leaves(part: Any, path: str = "") -> Iterator[tuple[str, Any, bool]]:
    """All fields of a request: (path, value, whether it is as usual)."""
    for one in dataclasses.fields(part):
        value, at = getattr(part, one.name), f"{path}{one.name}"
        if dataclasses.is_dataclass(value):
            yield at, type(value).__name__.lower(), True
            yield from _leaves(value, f"{at}.")
        else:
            yield at, value, value == one.default


def _told(path: str, value: Any) -> str:
    shown = f"{value:,}" if path == "data.n" else ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if value is None:
        shown = "all" if path == "data.classes" else "as usual"
    return _WORDS.get(path, path.rpartition(".")[2].replace("_", " ") + " {}").format(shown)


def _varies(path: str, facts: Sequence[Mapping[str, str]]) -> bool:
    return len({one.get(path) for one in facts}) > 1


def _seed(request: Request) -> str:
    match request.network.weights:
        case Untrained(seed=seed) | Recipe(seed=seed):
            return f"network seed {seed}"
        case Pretrained(entry=entry):
            return entry
    return ""
