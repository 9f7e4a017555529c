"""What a person must know of a result beside its numbers: what was left out or converted on the way to them."""

import argparse
from collections.abc import Iterable

from idcore import results
from idcore.cli_output import Notes
from idcore.data.catalogue import DATASETS, describe
from idcore.data.places import base
from idcore.record import LayerGeometry
from idcore.spec import DataSpec, Recipe, Request
from idcore.store import Store


def of_data(name: str, store: Store) -> tuple[str, ...]:
    """What was said when a data set was read; nothing for one that comes with the install."""
    known = describe(name, store)
    return known.notes if known is not None else ()


def of_split(arguments: argparse.Namespace, data: DataSpec, store: Store) -> tuple[str, ...]:
    """A person's own data set is measured on its test set where nothing else is asked for: how little of it that is."""
    known = describe(data.dataset, store)
    if arguments.split is not None or data.split == "all" or base(data.dataset) in DATASETS or known is None:
        return ()
    of, whole = known.sizes[data.split], known.sizes["all"]
    return (f"Measured on {data.split}, {of:,} of the {whole:,} samples of {known.title}; --split all has all.",)


def of_request(request: Request, store: Store) -> tuple[str, ...]:
    """What is known of a request that was measured: of its data, of what its network learned from, of its run."""
    run, weights = results.run(store, request), request.network.weights
    names = [request.data.dataset, *([weights.dataset] if isinstance(weights, Recipe) else ())]
    of_run = run.notes if run is not None else ("What was converted on the way is not known: the store kept no run.",)
    return tuple(dict.fromkeys([*(note for name in names for note in of_data(name, store)), *of_run]))


def noted(layers: Iterable[LayerGeometry], notes: Notes) -> Iterable[LayerGeometry]:
    """The layers as they come; what is said of each is added to the notes."""
    for layer in layers:
        notes.add(f"{layer.layer.name}: {note}" for note in layer.notes)
        yield layer
