"""`python -m idcore.networks.ship`: make the weights that come with the package, again.

The MNIST network of the paper on mnist5k: trained and shuffled (MNIST-dagger), each to at least 99.9 % train accuracy;
and with a luminance gradient (MNIST*), to at least 95 % test accuracy.
"""

from idcore import spec
from idcore.networks.weights import make
from idcore.results import SHIPPED
from idcore.spec import LIT, Architecture, NetworkSpec, Recipe
from idcore.store import Store

NETWORKS = tuple(NetworkSpec(Architecture("cnn"), recipe) for recipe in (Recipe(), Recipe(shuffled=1.0), LIT))


def main() -> None:
    """Train each network and replace its entry in the folder of shipped weights."""
    store = Store(SHIPPED)
    for network in NETWORKS:
        arrays, meta = make(network)
        value, least = ("test_accuracy", 0.95) if network.weights == LIT else ("train_accuracy", 0.999)
        assert meta[value] >= least, f"{network.weights}: {value} {meta[value]:.2%}"
        store.put(spec.weights_key(network), arrays, meta)
        print(
            f"{network.weights}: {len(meta['history'])} epochs, {meta['seconds']:.0f} s, "
            f"train accuracy {meta['train_accuracy']:.2%}, test accuracy {meta['test_accuracy']:.2%}"
        )


if __name__ == "__main__":
    main()
