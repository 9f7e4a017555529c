"""`python -m idcore.networks.ship [ARCHITECTURE ...]`: make the weights that come with the package, again.

The MNIST network of the paper on mnist5k: trained and shuffled (MNIST-dagger), each to at least 99.9 % train accuracy;
and with a luminance gradient (MNIST*), to at least 95 % test accuracy. The small vision transformer, trained to at
least 93 % test accuracy, and on shuffled labels, of which it knows at least 99 % after 200 epochs.
"""

import sys

from idcore import spec
from idcore.networks.weights import make
from idcore.results import SHIPPED
from idcore.spec import LIT, Architecture, NetworkSpec, Recipe
from idcore.store import Store

_CNN, _VIT = Architecture("cnn"), Architecture("vit_digits")
_SHUFFLED = Recipe(shuffled=1.0)
LEAST = {
    NetworkSpec(_CNN, Recipe()): ("train_accuracy", 0.999),
    NetworkSpec(_CNN, _SHUFFLED): ("train_accuracy", 0.999),
    NetworkSpec(_CNN, LIT): ("test_accuracy", 0.95),
    NetworkSpec(_VIT, Recipe()): ("test_accuracy", 0.93),
    NetworkSpec(_VIT, _SHUFFLED): ("train_accuracy", 0.99),
}
"""Each network, and what it must reach to be shipped."""
NETWORKS = tuple(LEAST)


def main() -> None:
    """Train each network, of the named architectures where some are, and replace its entry among the shipped ones."""
    store, named = Store(SHIPPED), sys.argv[1:]
    for network in NETWORKS:
        if named and network.architecture.name not in named:
            continue
        arrays, meta = make(network)
        value, least = LEAST[network]
        assert meta[value] >= least, f"{network.weights}: {value} {meta[value]:.2%}"
        store.put(spec.weights_key(network), arrays, meta)
        print(
            f"{network.architecture.name}, {network.weights}: {len(meta['history'])} epochs, {meta['seconds']:.0f} s, "
            f"train accuracy {meta['train_accuracy']:.2%}, test accuracy {meta['test_accuracy']:.2%}"
        )


if __name__ == "__main__":
    main()
