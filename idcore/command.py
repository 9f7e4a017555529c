"""The command line and the Python that make a result again. Plain text, so that a page can show them."""

import shlex

from idcore.spec import DataSpec, NetworkSpec, Recipe, Request, Untrained

_DEFAULT_DATA = DataSpec()
_RECIPE_FLAGS = {
    "seed": "--network-seed",
    "optimiser": "--optimiser",
    "learning_rate": "--learning-rate",
    "batch_size": "--batch-size",
    "epochs": "--epochs",
    "target": "--target",
}


def network_flags(network: NetworkSpec, data: DataSpec | None = None) -> list[str]:
    """Flags of `python -m idcore` that name a network. data: the measured subset, where there is one; a recipe that
    trains on the same data says nothing more about it."""
    flags = ["--network", network.architecture.name]
    if network.architecture.name == "mlp":
        flags += ["--width", str(network.architecture.width), "--depth", str(network.architecture.depth)]
    flags += ["--regime", network.regime]
    weights = network.weights
    if isinstance(weights, Untrained):
        return flags + (["--network-seed", str(weights.seed)] if weights.seed else [])
    if weights.shuffled:
        flags += ["--shuffled", _number(weights.shuffled)]
    if data is None or weights.dataset != data.dataset:
        flags += ["--train-data" if data else "--data", weights.dataset]
    if weights.gradient != (data.gradient if data else 0.0):
        flags += ["--train-gradient" if data else "--gradient", _number(weights.gradient)]
    default = Recipe()
    for name, flag in _RECIPE_FLAGS.items():
        value = getattr(weights, name)
        if value != getattr(default, name):
            flags += [flag, _number(value)]
    return flags


def _number(value: float | str) -> str:
    """The shortest text that reads back as the same value."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def data_flags(data: DataSpec) -> list[str]:
    """Flags of `python -m idcore profile` that name a data subset."""
    flags = ["--data", data.dataset, "--split", data.split, "--n", str(data.n), "--seed", str(data.seed)]
    if data.classes is not None:
        flags += ["--classes", ",".join(map(str, data.classes))]
    if data.gradient:
        flags += ["--gradient", _number(data.gradient)]
    return flags


def command_line(request: Request, layers: str | tuple[str, ...] = "checkpoints") -> str:
    """The shell command whose numbers are those of the request."""
    flags = network_flags(request.network, request.data) + data_flags(request.data)
    if layers != "checkpoints":
        flags += ["--layers", layers if isinstance(layers, str) else ",".join(layers)]
    if request.reduce != "flatten":
        flags += ["--reduce", request.reduce]
    return "python -m idcore profile " + shlex.join(flags)


def python_code(request: Request, layers: str | tuple[str, ...] = "checkpoints") -> str:
    """The Python whose numbers are those of the request."""
    names = ["Architecture", "DataSpec", "NetworkSpec", "Request", type(request.network.weights).__name__]
    extra = "" if layers == "checkpoints" else f", layers={layers!r}"
    return (
        "import idcore\n"
        f"from idcore import {', '.join(sorted(names))}\n\n"
        f"request = {request!r}\n"
        f"print(idcore.run(request{extra}).to_frame())\n"
    )
