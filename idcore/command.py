"""The command line and the Python that make a result again. Plain text, so that a page can show them."""

import csv
import io
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from idcore.data.catalogue import DATASETS
from idcore.data.classes import by_place
from idcore.data.places import base
from idcore.networks.catalogue import ARCHITECTURES
from idcore.results.handed import Handed
from idcore.spec import (
    PERTURBATIONS,
    USUAL,
    DataSpec,
    FromFile,
    GeneraliseJob,
    NetworkSpec,
    Pretrained,
    Reading,
    Recipe,
    Request,
    Untrained,
)

FILE = "sha256:"
"""What names a person's own weights on the command line; the digest of their file follows."""
COMMENT = "  # "
"""Between a command and what is said of it in a list: a shell leaves it out."""
_RECIPE_FLAGS = {
    "seed": "--network-seed",
    "optimiser": "--optimiser",
    "learning_rate": "--learning-rate",
    "batch_size": "--batch-size",
    "epochs": "--epochs",
    "warmup": "--warmup",
    "target": "--target",
    "size": "--train-size",
}
_DATA_FLAGS = {**{one.field: f"--{one.field}" for one in PERTURBATIONS}, "length": "--length"}
_READING_FLAGS = {"discard": "--discard", "variance": "--variance"}
_EXPERIMENT_FLAGS = {"n": "--n", "noise": "--noise", "seed": "--seed", "loss": "--loss"}
_REQUEST_FLAGS = {"size": "--size", "normalise": "--normalise"}


def usual_reduction(name: str) -> Literal["flatten", "mean", "cls", "last"]:
    """The reduction that the command line takes for a network when nothing is said."""
    return ARCHITECTURES[name].reduce if name in ARCHITECTURES else "flatten"


def network_flags(network: NetworkSpec, data: DataSpec | None = None) -> list[str]:
    """Flags of `python -m idcore` that name a network. data: the measured subset, where there is one; a recipe that
    trains on the same data says nothing more about it."""
    regime, weights = ["--regime", network.regime], network.weights
    if network.regime == "elsewhere":
        return regime
    flags = ["--network", network.architecture.name]
    if network.architecture.name == "mlp":
        flags += ["--width", str(network.architecture.width), "--depth", str(network.architecture.depth)]
    flags += regime
    match weights:
        case Untrained(seed):
            flags += ["--network-seed", str(seed)] if seed else []
        case Pretrained(entry):
            flags += ["--weights", entry]
        case FromFile(digest):
            flags += ["--weights", FILE + digest]
        case Recipe():
            flags += _recipe_flags(weights, data)
    return flags


def _recipe_flags(recipe: Recipe, data: DataSpec | None) -> list[str]:
    flags = ["--shuffled", _number(recipe.shuffled)] if recipe.shuffled else []
    if data is None or recipe.dataset != data.dataset:
        flags += ["--train-data" if data else "--data", recipe.dataset]
    if recipe.gradient != (data.gradient if data else 0.0):
        flags += ["--train-gradient" if data else "--gradient", _number(recipe.gradient)]
    return flags + _changed(recipe, Recipe(), _RECIPE_FLAGS)


def _changed(spec: Any, default: Any, flags: Mapping[str, str]) -> list[str]:
    """Flags of the fields that are not at their default."""
    values = {flag: (getattr(spec, name), getattr(default, name)) for name, flag in flags.items()}
    return [part for flag, (value, usual) in values.items() if value != usual for part in (flag, _number(value))]


def _number(value: float | str) -> str:
    """The shortest text that reads back as the same value."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def data_flags(data: DataSpec) -> list[str]:
    """Flags of `python -m idcore profile` that name a data subset."""
    flags = ["--data", data.dataset, "--split", data.split, "--n", str(data.n), "--seed", str(data.seed)]
    if data.classes is not None:
        known = DATASETS.get(base(data.dataset))  # names of other data sets may be numbers
        flag = "--classes" if known and by_place(data.classes, known) else "--class-places"
        flags += [flag, ",".join(map(str, data.classes))]
    return flags + _changed(data, DataSpec(), _DATA_FLAGS)


def command_line(request: Request, layers: str | tuple[str, ...] = "checkpoints", reading: Reading = USUAL) -> str:
    """The shell command whose numbers are those of the request, so read."""
    flags = network_flags(request.network, request.data) + data_flags(request.data)
    flags += _changed(request, Request(), _REQUEST_FLAGS)
    if layers != "checkpoints":
        flags += ["--layers", layers if isinstance(layers, str) else csv_line(layers)]
    if request.reduce != usual_reduction(request.network.architecture.name):
        flags += ["--reduce", request.reduce]
    flags += _changed(reading, USUAL, _READING_FLAGS)
    return "python -m idcore profile " + shlex.join(flags)


def factory_line(
    network: Handed,
    request: Request,
    layers: str | tuple[str, ...] = "checkpoints",
    reading: Reading = USUAL,
    cache: str = "",
) -> str:
    """The shell command that measures a request of a network of somebody's own code, where that code is. cache: the
    store, where it is not the usual one."""
    flags = [*network.command, *data_flags(request.data), *_changed(request, Request(), _REQUEST_FLAGS)]
    flags += ["--layers", layers if isinstance(layers, str) else csv_line(layers)] if layers != "checkpoints" else []
    flags += ["--reduce", request.reduce] if request.reduce != "flatten" else []
    flags += _changed(reading, USUAL, _READING_FLAGS)
    flags += ["--cache", cache] if cache else []
    cd = f"cd {shlex.quote(network.folder)} && " if network.folder else ""
    return f"{cd}python -m idcore profile {shlex.join(flags)}"


def python_code(request: Request, layers: str | tuple[str, ...] = "checkpoints", reading: Reading = USUAL) -> str:
    """The Python whose numbers are those of the request, so read, all their digits."""
    names = ["Architecture", "DataSpec", "NetworkSpec", "Request", type(request.network.weights).__name__]
    extra = "" if layers == "checkpoints" else f", layers={layers!r}"
    changed = {name: value for name in _READING_FLAGS if (value := getattr(reading, name)) != getattr(USUAL, name)}
    arguments = ", ".join(f"{name}={_number(value)}" for name, value in changed.items())
    return (
        "import idcore\n"
        f"from idcore import {', '.join(sorted(names))}\n\n"
        f"request = {request!r}\n"
        f"print(idcore.run(request{extra}).to_frame({arguments}).to_csv(index=False), end='')\n"
    )


def experiment_line(job: GeneraliseJob) -> str:
    """The shell command whose rows are those of the experiment."""
    flags = ["--experiment", job.experiment]
    flags += _changed(job, GeneraliseJob(job.experiment), _EXPERIMENT_FLAGS)
    if job.sizes:
        flags += ["--sizes", ",".join(map(_number, job.sizes))]
    return "python -m idcore generalise " + shlex.join(flags)


def csv_line(names: Iterable[str]) -> str:
    """Names as a line of CSV: the name of a matrix may hold a comma."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def csv_names(line: str) -> tuple[str, ...]:
    """The inverse of `csv_line`."""
    return tuple(next(csv.reader([line]), ()))
