"""A data subset, and what may be done to its samples. A perturbation is a field of `DataSpec` with a row of
`PERTURBATIONS` here, and a function in `data/perturb.py`."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from idcore.spec import checks

MAX_SEED = 2**31 - 1
MAX_N = 100_000
LENGTH, MAX_LENGTH = 128, 4096
"""Tokens of a sequence that are used at most, where nothing else is said; and what may be said."""


@dataclass(frozen=True)
class Perturbation:
    """A number from 0, which does nothing, to `most` (on pages to `shown`, in steps of `step`), or one of `options`.

    field: of `DataSpec`, and the flag of the command line. address: its parameter in the address. title: of its
    control. subject: how a sentence on it begins. said: what is said of a subset before " = " and the number. options:
    by value what is said of the subset; the first does nothing. help: beside the control; flag: on the command line.
    """

    field: str
    address: str
    title: str
    subject: str
    help: str
    flag: str
    said: str = ""
    most: float = 0.0
    shown: float = 0.0
    step: float = 1.0
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    texts: bool = False

    def words(self, value: float | str) -> str:
        """What is said of a subset with this value, "" where nothing is done to it."""
        if isinstance(value, str):
            return self.options[value]
        return f"{self.said} = {value:g}" if value else ""


PERTURBATIONS = (
    Perturbation(
        field="gradient",
        address="lambda",
        title="Luminance gradient λ",
        subject="The luminance gradient lambda",
        help="The paper's MNIST*: a brightness drawn from (0, λ) is added to each image; 0: none.",
        flag="lambda of the luminance gradient (paper's MNIST*)",
        said="luminance gradient λ",
        most=1e6,
        shown=10_000,
        step=10.0,
    ),
    Perturbation(
        field="noise",
        address="noise",
        title="Gaussian noise σ",
        subject="The noise",
        help="Standard deviation of the noise that is added to the pixels, which lie in [0, 1].",
        flag="deviation of Gaussian noise added to pixels in [0, 1]",
        said="Gaussian noise σ",
        most=10.0,
        shown=10,
        step=0.05,
    ),
    Perturbation(
        field="pixels",
        address="pixels",
        title="Pixels",
        subject="The pixels",
        help="permuted: in one random order for all images; noise: replaced by Gaussian noise of the same mean and "
        "spread.",
        flag="pixels in a random order, or noise instead",
        options={"plain": "", "permuted": "pixels in one random order", "noise": "pixels replaced by noise"},
    ),
    Perturbation(
        field="tokens",
        address="tokens",
        title="Tokens",
        subject="The tokens",
        help="shuffled: in a random order within each sequence; blocks: blocks of tokens in a random order; random: "
        "replaced by random tokens of the model's vocabulary.",
        flag="tokens of texts in a random order, in blocks of them, or random tokens instead",
        options={
            "plain": "",
            "shuffled": "tokens in a random order",
            "blocks": "blocks of tokens in a random order",
            "random": "random tokens",
        },
        texts=True,
    ),
)


@dataclass(frozen=True)
class DataSpec:
    """A data subset: `n` samples of `dataset`, drawn with `seed` from the chosen split and classes.

    dataset: a name of the catalogue, `upload-<digest>` or `folder-<name>`. classes: class indices to draw from, None
    for all. The others are `PERTURBATIONS`. gradient: lambda of the paper's MNIST* (luminance x + xi, xi uniform in (0,
    lambda) per image, rescaled to [0, 1]); 0 is the plain data. noise: standard deviation of Gaussian noise that is
    added to pixels in [0, 1]. pixels: as they are (plain), in one random order for all images (permuted), or replaced
    by Gaussian noise of the same mean and spread (noise). tokens: of texts, as they are (plain), in a random order
    within each sequence (shuffled), in blocks of which the order is random (blocks), or replaced by random tokens of
    the model's vocabulary (random). length: of texts, how many tokens of a sequence are used at most.
    """

    dataset: str = "mnist5k"
    split: Literal["train", "test", "all"] = "test"
    classes: tuple[int, ...] | None = None
    n: int = 1000
    seed: int = 0
    gradient: float = 0.0
    noise: float = 0.0
    pixels: Literal["plain", "permuted", "noise"] = "plain"
    tokens: Literal["plain", "shuffled", "blocks", "random"] = "plain"
    length: int = LENGTH

    def __post_init__(self) -> None:
        checks.name("A data set", self.dataset)
        checks.one_of("The split", self.split, ("train", "test", "all"))
        checks.integer("N", self.n, 1, MAX_N)
        checks.integer("The data seed", self.seed, 0, MAX_SEED)
        checks.integer("The length of a sequence", self.length, 1, MAX_LENGTH)
        for one in PERTURBATIONS:
            value = getattr(self, one.field)
            if one.options:
                checks.one_of(one.subject, value, tuple(one.options))
            else:
                checks.number(one.subject, value, 0.0, one.most)
                object.__setattr__(self, one.field, float(value))
        if self.classes is not None:
            checks.is_a("The choice of classes", self.classes, tuple, list)
            checks.check(len(self.classes) > 0, "Choose at least one class.")
            for c in self.classes:
                checks.integer("A class", c, 0, 100_000)
            object.__setattr__(self, "classes", tuple(sorted(set(self.classes))))

    def amiss(self, texts: bool) -> str:
        """What is asked for that samples of this kind do not have, in a sentence; "" for nothing. texts: sequences, and
        not images."""
        kind, other = ("texts", "images") if texts else ("images", "texts")
        usual = DataSpec()
        for one in PERTURBATIONS:
            value = getattr(self, one.field)
            if one.texts != texts and value != getattr(usual, one.field):
                return (
                    f"{one.subject} can be changed for {other} only, and {self.dataset[:80]} holds {kind}: leave "
                    f"{one.field} at {getattr(usual, one.field)}, not {value}."
                )
        if not texts and self.length != LENGTH:
            return (
                f"The length is that of texts, in tokens, and {self.dataset[:80]} holds images: leave it at {LENGTH}, "
                f"not {self.length}."
            )
        return ""
