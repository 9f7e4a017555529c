"""`python -m idcore.networks.ship`: make the weights that come with the package, again.

The MNIST network of the paper on mnist5k, trained and shuffled (MNIST-dagger), each to at least 99.9 % train accuracy.
"""

from idcore import spec
from idcore.networks.weights import make
from idcore.results import SHIPPED
from idcore.spec import Architecture, NetworkSpec, Recipe
from idcore.store import Store

NETWORKS = tuple(NetworkSpec(Architecture("cnn"), Recipe("mnist5k", shuffled=shuffled)) for shuffled in (0.0, 1.0))


def main() -> None:
    """Train each network and replace its entry in the folder of shipped weights."""
    store = Store(SHIPPED)
    for network in NETWORKS:
        arrays, meta = make(network)
        assert meta["train_accuracy"] >= 0.999, f"{network.regime}: train accuracy {meta['train_accuracy']:.2%}"
        store.put(spec.weights_key(network), arrays, meta)
        print(
            f"{network.regime}: {len(meta['history'])} epochs, {meta['seconds']:.0f} s, "
            f"train accuracy {meta['train_accuracy']:.2%}, test accuracy {meta['test_accuracy']:.2%}"
        )


if __name__ == "__main__":
    main()
