"""`python -m idcore units`."""

import argparse
from typing import Any

from idcore import cli_groups, cli_notes, cli_request, results
from idcore.cli_files import take_in
from idcore.cli_output import Notes, Rows, formatted, to_stderr, write
from idcore.command import csv_names
from idcore.errors import RequestError
from idcore.limits import Budget
from idcore.results import Run, detected
from idcore.results.detected import Detected, unit_name
from idcore.settings import parse_bytes, settings
from idcore.spec import UnitsJob, to_json


def arguments_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(protocol="pooled", factory=None)
    cli_groups.network(parser)
    cli_groups.data(parser)
    cli_groups.layer(parser)
    parser.add_argument(
        "--most", type=int, default=10, help="units of each layer, the best detectors first; 0 for all (default: 10)"
    )


def units(arguments: argparse.Namespace) -> None:
    """Measure the layers that are not measured, count what their units detect, and write a row for each unit. Raises
    RequestError."""
    if arguments.most < 0:
        raise RequestError(f"--most must be 0 (all) or more, not {arguments.most}.")
    store, notes = cli_request.store_of(arguments), Notes()
    take_in(arguments, store, to_stderr())
    notes.add(cli_notes.of_data(arguments.data, store))
    request = cli_request.request(arguments, store)
    chosen = arguments.layers if arguments.layers in ("checkpoints", "all") else csv_names(arguments.layers)
    memory = settings().memory if arguments.memory is None else parse_bytes(arguments.memory)
    device = arguments.device or settings().device

    from idcore import pipeline  # torch: seconds, so only once the request is right
    from idcore.pipeline.read import as_it_is
    from idcore.pipeline.units import units as count

    watch = to_stderr()
    request = as_it_is(request, store, watch)
    for _ in pipeline.run(request, chosen, store, memory=memory, device=device, watch=watch):
        pass
    notes.add(cli_notes.of_request(request, store))
    run = results.run(store, request)
    assert run is not None
    names = tuple(layer.name for layer in results.chosen(run.layers, chosen))
    count(UnitsJob(request, names), store, Budget(memory, device), watch)
    counted = {name: one for name in names if (one := detected.read(store, request, name)) is not None}
    notes.add(sentence for name, one in counted.items() for sentence in _said(name, one))
    rows = [row for name, one in counted.items() for row in _rows(name, one, run, arguments.most)]
    write(formatted(rows, notes, arguments.format, {"request": to_json(request), "detectors": _curve(counted)}))


def _rows(name: str, counted: Detected, run: Run, most: int) -> Rows:
    order = sorted(range(counted.units), key=lambda unit: (bool(counted.dead[unit]), -float(counted.auc[unit, 0])))
    return [_row(name, counted, run, unit) for unit in (order[:most] if most else order)]


def _row(name: str, counted: Detected, run: Run, unit: int) -> dict[str, Any]:
    dead, selectivity, label = (
        bool(counted.dead[unit]),
        float(counted.selectivity[unit]),
        int(counted.auc_class[unit, 0]),
    )
    return {
        "layer": name,
        "unit": unit,
        "where": unit_name(counted.layer, unit),
        "class": None if dead else run.class_names[label] if label < len(run.class_names) else str(label),
        "auc": float(counted.auc[unit, 0]),
        "balanced_accuracy": float(counted.balanced_accuracy[unit]),
        "selectivity": None if selectivity != selectivity else selectivity,
        "dead": dead,
        "best_sample": None if dead else int(run.ids[counted.top[unit, 0]]),
        "best_value": None if dead else float(counted.values[unit, 0]),
        "n": counted.n,
    }


def _said(name: str, counted: Detected) -> list[str]:
    said = [f"{name}: {counted.note}"] if counted.note else [f"{name}: {remark}" for remark in counted.remarks]
    one = counted.detector
    if one is not None:
        said.append(
            f"{name}: the best unit of each of {one.classes} classes, chosen on one half of N = {counted.n:,} samples, "
            f"has a mean AUC of {one.value:.3f} ± {one.stderr:.3f} on the other; with permuted labels {one.null:.3f} "
            f"± {one.null_sd:.3f}. {int(counted.dead.sum()):,} of {counted.units:,} units are dead."
        )
    return said


def _curve(counted: dict[str, Detected]) -> dict[str, Any]:
    return {name: vars(one.detector) for name, one in counted.items() if one.detector is not None}
