"""`python -m idcore train`."""

import argparse

from idcore import cli_groups, cli_notes, cli_request
from idcore.cli_files import take_in
from idcore.cli_output import Notes, to_stderr, write
from idcore.errors import RequestError
from idcore.spec import Recipe


def arguments_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(train_data=None, train_gradient=None, factory=None)
    cli_groups.network(parser)


def train(arguments: argparse.Namespace) -> None:
    store = cli_request.store_of(arguments)
    take_in(arguments, store, to_stderr())
    Notes().add(cli_notes.of_data(arguments.data, store))
    network = cli_request.network(arguments)
    if not isinstance(network.weights, Recipe):
        raise RequestError(
            f"A network of the regime {network.regime} is not trained: choose --regime trained or --regime shuffled."
        )

    from idcore.networks.weights import obtain  # torch

    trained = obtain(network, store, watch=to_stderr())
    write(
        f"{network.architecture.name} ({network.regime}): {len(trained.history)} epochs, "
        f"train accuracy {trained.train_accuracy:.2%}, test accuracy {trained.test_accuracy:.2%}"
    )
