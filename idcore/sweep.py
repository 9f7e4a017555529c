"""`python -m idcore sweep FILE.toml`: networks x regimes x data x seeds, read from a file, measured by the jobs,
and put into one table and one figure. README.md and docs/cluster.md show a file."""

import contextlib
import dataclasses
import itertools
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from idcore import results
from idcore.cli_checkpoints import own_weights
from idcore.command import usual_reduction
from idcore.data.catalogue import describe
from idcore.data.classes import labels
from idcore.data.places import on_disk
from idcore.errors import NetworkError, RequestError, StoreError
from idcore.estimators.summary import LayerSummary, summarise
from idcore.figures.compare import Curve, band_figure, same_layers
from idcore.identity import identity
from idcore.jobs import Jobs, Status
from idcore.jobs.kinds import kind
from idcore.jobs.status import job_key
from idcore.networks.catalogue import lookup, recommended
from idcore.spec import (
    REGIMES,
    Architecture,
    DataSpec,
    FromFile,
    NetworkSpec,
    Pretrained,
    ProfileJob,
    Recipe,
    Regime,
    Request,
    Untrained,
)
from idcore.store import Store

T = TypeVar("T", DataSpec, Architecture, Recipe)
KEYS = ("networks", "regimes", "data", "seeds", "layers", "training", "reduce", "size", "normalise", "device",
        "weights")  # fmt: skip
AT_ONCE = 512
"""Jobs of a sweep that wait or run at a time: more than a cluster has workers, few enough to look at all of them."""
_PERIOD = 0.5  # seconds between two looks
_STOPPED = Status("cancelled", message="The sweep was stopped before this was measured.")


@dataclass(frozen=True)
class Sweep:
    """What a file asks for. jobs: each different, those that share weights far apart, so that no worker waits for the
    training of another. left_out: sentences about combinations that there are not. device: of the workers. files: what
    files of weights are called, by their digest."""

    jobs: tuple[ProfileJob, ...]
    left_out: tuple[str, ...]
    device: str = "auto"
    files: Mapping[str, str] = field(default_factory=dict)


def read(path: Path, store: Store) -> Sweep:
    """The sweep of a file. store: where data sets that were read are described. Raises RequestError."""
    try:
        asked = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"The file {path} cannot be read ({error.strerror}). Give the path of a file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} is not a TOML file: {error}.") from error
    _known(asked, KEYS, str(path))
    data = [_data(one, store) for one in _list(asked, "data", ["mnist5k"])]
    networks = [_architecture(one, store) for one in _list(asked, "networks", ["cnn"])]
    own = "weights" in asked
    regimes, seeds = _list(asked, "regimes", ["pretrained" if own else "trained"]), _list(asked, "seeds", [0])
    for regime in regimes:
        if regime not in REGIMES:
            raise RequestError(f"A regime of a sweep must be one of {', '.join(REGIMES)}, not {regime!r}.")
    fits, files, left = _own(asked, path, networks, regimes, store) if own else ({}, {}, [])
    layers = asked.get("layers", "checkpoints")
    chosen = tuple(layers) if isinstance(layers, list) else layers
    jobs: dict[ProfileJob, None] = {}
    left_out: dict[str, None] = dict.fromkeys(left)
    options: dict[str, Any]
    for one, seed, network, regime in itertools.product(data, seeds, networks, regimes):
        options = {"reduce": usual_reduction(network.name), **{k: asked[k] for k in KEYS[6:9] if k in asked}}
        if own and regime == "pretrained":
            specs = [NetworkSpec(network, FromFile(digest)) for digest in fits[network]]
            jobs |= {ProfileJob(Request(one, spec, **options), chosen): None for spec in specs}
            continue
        if regime not in lookup(network.name).regimes:
            left_out[f"{network.name} has no {regime} weights: that combination is left out."] = None
            continue
        pretrained = recommended(network.name)
        spec = NetworkSpec(network, _weights(regime, seed, one, pretrained, asked.get("training", {}), store))
        jobs[ProfileJob(Request(one, spec, **options), chosen)] = None
    if not jobs:
        raise RequestError(f"{path} asks for nothing that there is. {' '.join(left_out)}".strip())
    return Sweep(tuple(jobs), tuple(left_out), asked.get("device", "auto"), files)


def compute(
    sweep: Sweep, jobs: Jobs, say: Callable[[str], None], sleep: Callable[[float], None] = time.sleep
) -> dict[ProfileJob, Status]:
    """How each job ended. What is in the store already is not computed again; one that fails does not stop the others.
    Where this is interrupted, what it has asked for and has not ended is cancelled. say: takes a sentence."""
    waiting = list(reversed(sweep.jobs))
    running: list[ProfileJob] = []
    ended: dict[ProfileJob, Status] = {}
    begun, words = time.monotonic(), ""
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running.append(waiting.pop())
                _submit(running[-1], jobs, sweep.device, ended)
            for job in running:
                if job not in ended and not (status := jobs.status(job_key(job), position=False)).active:
                    ended[job] = status
            running = [job for job in running if job not in ended]
            if (now := _words(len(sweep.jobs), ended, begun)) != words:
                say(words := now)
            if running:
                sleep(_PERIOD)
    finally:
        for job in running:
            if job not in ended:
                with contextlib.suppress(StoreError):  # it ends with this process
                    jobs.cancel(job_key(job))
    return ended


def table(sweep: Sweep, ended: Mapping[ProfileJob, Status], store: Store) -> list[dict[str, Any]]:
    """One row per layer of each network, and one for each that is not done, with the reason under `failure`."""
    rows = []
    for job in sweep.jobs:
        about = _about(job, sweep)
        status = ended.get(job) or (_STOPPED if not kind(job).complete(store, job) else Status("done"))
        if status.state != "done":
            rows.append({**about, "failure": f"{status.state}: {status.message}"})
        rows += [{**about, **dataclasses.asdict(row)} for row in _rows(job, store)]
    return rows


def figure(sweep: Sweep, store: Store) -> str:
    """The ID by layer as an HTML page that needs nothing from outside: a line for each network, regime and data subset,
    the mean over the seeds, of networks and of samples, with a band of one standard deviation."""
    curves = [_curve(job, sweep, store) for job in sweep.jobs]
    drawn = band_figure(curves, x="layer" if same_layers(curves) else "depth")
    return str(drawn.to_html(include_plotlyjs=True, full_html=True))


def _submit(job: ProfileJob, jobs: Jobs, device: str, ended: dict[ProfileJob, Status]) -> None:
    try:
        jobs.submit(job, device)
    except StoreError as error:
        ended[job] = Status("failed", message=str(error))


def _words(total: int, ended: Mapping[ProfileJob, Status], begun: float) -> str:
    failed = sum(status.state != "done" for status in ended.values())
    seconds = time.monotonic() - begun
    left = f", about {seconds / len(ended) * (total - len(ended)) / 60:.0f} min left" if ended and seconds > 60 else ""
    return f"{len(ended)} of {total} measured{f', {failed} of them failed' if failed else ''}{left}."


def _rows(job: ProfileJob, store: Store) -> list[LayerSummary]:
    run = results.run(store, job.request)
    names = [layer.name for layer in results.chosen(run.layers, job.layers)] if run is not None else []
    layers = (results.layer(store, job.request, name) for name in names)
    return [summarise(layer) for layer in layers if layer is not None]


def _about(job: ProfileJob, sweep: Sweep) -> dict[str, Any]:
    """The columns of identity, and the name of the file where there are files."""
    about = identity(job.request)
    return {**about, "file": sweep.files.get(about["weights"], "")} if sweep.files else about


def _curve(job: ProfileJob, sweep: Sweep, store: Store) -> Curve:
    about, run = _about(job, sweep), results.run(store, job.request)
    parts = [about["network"], about.get("file") or about["regime"], f"{about['data']} {about['split']}"]
    group = ", ".join([*parts, f"N = {job.request.data.n:,}", *filter(None, [about["conditions"]])])
    plan = results.chosen(run.layers, job.layers) if run is not None else ()
    name = f"{group}, seed {about['seed']}, samples {about['data_seed']}"
    return Curve(name, job.request.network.regime, plan, _rows(job, store), group)


def _own(
    asked: Mapping[str, Any], path: Path, networks: Sequence[Architecture], regimes: Sequence[str], store: Store
) -> tuple[dict[Architecture, list[str]], dict[str, str], list[str]]:
    """What `weights` names, as `own_weights` has it; paths are looked for beside the file of the sweep."""
    names = _list(asked, "weights", [])
    if not all(isinstance(name, str) for name in names):
        raise RequestError(f"weights in a sweep must be a list of files, not {names!r}.")
    if "pretrained" not in regimes:
        raise RequestError('Files of weights are networks of the regime "pretrained": put it into regimes.')
    return own_weights(names, path.parent, networks, store)


def _weights(
    regime: Regime, seed: int, data: DataSpec, pretrained: str, training: Any, store: Store
) -> Untrained | Pretrained | Recipe:
    if regime == "pretrained":
        return Pretrained(pretrained)
    if regime == "untrained":
        return Untrained(seed)
    shuffled = 1.0 if regime == "shuffled" else 0.0
    values = {"dataset": data.dataset, "gradient": data.gradient, "shuffled": shuffled, "seed": seed}
    own = [field.name for field in dataclasses.fields(Recipe) if field.name not in ("seed", "shuffled")]
    _known(training, own, "The table [training]")
    recipe = Recipe(**{**values, **training})
    return _now(recipe, recipe.dataset, store)


def _architecture(one: Any, store: Store) -> Architecture:
    values = {"name": one} if isinstance(one, str) else one
    _known(values, [field.name for field in dataclasses.fields(Architecture)], "A network of a sweep")
    architecture = Architecture(**values)
    try:
        lookup(architecture.name)
    except NetworkError as error:
        raise RequestError(f"The sweep names a network that there is not. {error}") from error
    return _now(architecture, architecture.name.removeprefix("hf:"), store)


def _now(asked: T, named: str, store: Store) -> T:
    """What was asked for, with the data set or folder that it names as it is now; it is read where it has to be."""
    if not on_disk(named):
        return asked
    from idcore.pipeline.read import as_it_is  # torch

    return as_it_is(asked, store)


def _data(one: Any, store: Store) -> DataSpec:
    values: dict[str, Any] = {"dataset": one} if isinstance(one, str) else one
    _known(values, [field.name for field in dataclasses.fields(DataSpec)], "A data subset of a sweep")
    name = values.get("dataset", DataSpec.dataset)
    values = {**values, "dataset": _now(DataSpec(name), name, store).dataset}
    known = describe(values["dataset"], store)
    if isinstance(values.get("classes"), list):
        values["classes"] = list(labels(values["classes"], known))
    sizes = known.sizes if known is not None else {}
    split = values.get("split") or ("all" if sizes and "test" not in sizes else "test")
    return DataSpec(**{"n": min(DataSpec.n, sizes.get(split, DataSpec.n)), **values, "split": split})


def _list(asked: Mapping[str, Any], name: str, usual: list[Any]) -> list[Any]:
    value = asked.get(name, usual)
    if not isinstance(value, list) or not value:
        raise RequestError(f"{name} in a sweep must be a list with at least one element, not {value!r}.")
    return value


def _known(values: Any, names: Sequence[str], what: str) -> None:
    if not isinstance(values, dict):
        raise RequestError(f"{what} must be a table of {', '.join(names)}, not {values!r}.")
    for name in values:
        if name not in names:
            raise RequestError(f"{what} has no field {name!r}; there are {', '.join(names)}.")
