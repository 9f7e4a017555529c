"""Coarser classes of data sets that have them. Plain Python.

CIFAR-100: the twenty superclasses of Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

from collections.abc import Sequence

_CIFAR100 = """
aquatic mammals: beaver dolphin otter seal whale
fish: aquarium_fish flatfish ray shark trout
flowers: orchid poppy rose sunflower tulip
food containers: bottle bowl can cup plate
fruit and vegetables: apple mushroom orange pear sweet_pepper
household electrical devices: clock keyboard lamp telephone television
household furniture: bed chair couch table wardrobe
insects: bee beetle butterfly caterpillar cockroach
large carnivores: bear leopard lion tiger wolf
large man-made outdoor things: bridge castle house road skyscraper
large natural outdoor scenes: cloud forest mountain plain sea
large omnivores and herbivores: camel cattle chimpanzee elephant kangaroo
medium-sized mammals: fox porcupine possum raccoon skunk
non-insect invertebrates: crab lobster snail spider worm
people: baby boy girl man woman
reptiles: crocodile dinosaur lizard snake turtle
small mammals: hamster mouse rabbit shrew squirrel
trees: maple_tree oak_tree palm_tree pine_tree willow_tree
vehicles 1: bicycle bus motorcycle pickup_truck train
vehicles 2: lawn_mower rocket streetcar tank tractor
"""
_KNOWN = {"cifar100": _CIFAR100}


def coarser(dataset: str, class_names: Sequence[str]) -> tuple[int, ...]:
    """The coarser class of each class, by label; nothing for a data set that has none, or other classes."""
    lines = _KNOWN.get(dataset, "").strip().splitlines()
    of = {name: i for i, line in enumerate(lines) for name in line.split(": ")[1].split()}
    return tuple(of[name] for name in class_names) if of and set(class_names) <= set(of) else ()
