"""The architectures one can choose. Plain Python, so that a page can list them without torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """parameters: the fields of `spec.Architecture` one can choose. size: (height, width) it needs, None for any."""

    name: str
    title: str
    description: str
    parameters: tuple[str, ...] = ()
    size: tuple[int, int] | None = None


ARCHITECTURES: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            name="cnn",
            title="Convolutional network",
            description="the MNIST network of Ansuini et al. 2019: two 3x3 convolutions (32, 64) and two dense layers",
            size=(28, 28),
        ),
        Entry(
            name="mlp",
            title="Multilayer perceptron",
            description="dense layers with ReLU; width and depth can be chosen",
            parameters=("width", "depth"),
        ),
    )
}
