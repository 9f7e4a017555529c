"""The gallery of the start page: a line for each story."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from idcore.figures.sketch import Line
from idcore.ui.start import figure, pictures

Address = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Story:
    """page: where a click leads, address: with which parameters. picture: the lines of a small figure. sees: what it
    shows, for who cannot see it."""

    title: str
    sentence: str
    page: str
    picture: Callable[[], list[Line]]
    sees: str
    address: Callable[[], Address] = dict


STORIES = (
    Story(
        "Trained, untrained, shuffled",
        "The same digits through the same network. The one that has learned what generalises ends in the "
        "lowest dimension.",
        "compare",
        partial(pictures.shipped, "digits"),
        "The ID by layer of a small network: trained it falls, untrained and on shuffled labels it stays high.",
    ),
    Story(
        "What PCA cannot see",
        "Counting principal components says hundreds; the ID says tens. Curved clouds do that, and clustered ones.",
        "explore",
        pictures.pca,
        "The PC-ID of EfficientNet-Lite0 lies far above its ID at every layer.",
        lambda: {"data": "imagenet_sample", "network": "efficientnet_lite0", "regime": "pretrained"},
    ),
    Story(
        "One dominant direction",
        "Add a random brightness to each digit, and the ID of the input falls to 2. After the second convolution the "
        "rest comes to light. Measured here, beside the published curve.",
        "paper",
        partial(pictures.of_paper, "6"),
        "Published: on plain digits the ID falls from layer to layer; with a luminance gradient it rises from 3.",
        lambda: {"figure": "6"},
    ),
    Story(
        "A transformer",
        "The same digits through a small vision transformer, block by block. Then see which patches each head attends "
        "to, and whether that is what it uses.",
        "explore",
        partial(pictures.shipped, "transformer"),
        "The ID by layer of a small vision transformer, trained and untrained.",
        lambda: {"network": "vit_digits", "tab": "look"},
    ),
    Story(
        "While it learns",
        "Watch the ID of every layer, epoch by epoch, as a small network is trained here.",
        "train",
        pictures.course,
        "Recorded: the ID of the last hidden layer by epoch, on true labels and, higher at the end, on shuffled ones.",
    ),
    Story(
        "Label noise, 0 to 1",
        "Shuffle a share of the labels: the more a network has to learn by heart, the higher the ID of its last hidden "
        "layer.",
        "learn",
        pictures.noise,
        "The ID of the last hidden layer rises with the share of shuffled labels.",
        lambda: {"step": "8", "told": "by share"},
    ),
    Story(
        "More features than samples",
        "With just as many random features as samples the test error explodes, with far more it is low again; the "
        "dimension hardly moves.",
        "generalise",
        pictures.descent,
        "The test error by the number of features: it falls, peaks at the number of samples, falls again.",
    ),
    Story(
        "Why the hump?",
        "Why the dimension rises, why it falls, and what the three controls rule out: in twelve steps.",
        "learn",
        figure.regimes,
        "The ID of EfficientNet-Lite0 by layer: pretrained it rises and falls, untrained it is level.",
        lambda: {"step": "4"},
    ),
    Story(
        "Recordings beside a network",
        "Two areas see the digits that a network sees. Whose distances are like those of which layer, beside chance "
        "and the noise ceiling? Synthetic recordings: the answer is known.",
        "compare",
        pictures.rsa,
        "RSA of the layers of a small network with two synthetic areas: with the early one it falls along the layers, "
        "with the late one it rises.",
        lambda: {"set": "results", "across": "RSA", **pictures.recordings()},
    ),
)

OWN = (
    ("A network of mine", "Weights of a known architecture, a folder of Hugging Face, or any module in a notebook.",
     ":material/hub:", "weights"),
    ("Pictures of mine", "A zip with a folder of images for each class.", ":material/photo_library:", "images"),
    ("Matrices of mine", "Representations that were computed elsewhere, a row a sample: .npy, .npz, .csv, .pt ...",
     ":material/grid_on:", "representations"),
)  # fmt: skip
"""(title, sentence, icon, what is brought), on the page Data."""
