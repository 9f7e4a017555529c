"""What a figure needs here, whether it is there, what differs from the paper, how much work it is. In words."""

from collections.abc import Callable
from dataclasses import dataclass

from idcore.data.places import base
from idcore.networks import catalogue
from idcore.paper import experiments
from idcore.paper.experiments import CIFAR, IMAGENET, N_CATEGORY, N_MIXED, SIZES, Options, Part
from idcore.record import Dataset
from idcore.spec import LIT, NetworkSpec, Pretrained, Recipe

_NOT_HERE = (
    "They do not come with the install: this figure is shown as published. If you have both, upload them on the Data "
    "page and measure them in Explore."
)


@dataclass(frozen=True)
class Need:
    """what: a sentence. met: whether it is there. how: what to do where it is not, "" where Run does it."""

    what: str
    met: bool
    how: str = ""


@dataclass(frozen=True)
class Here:
    """What there is on this machine: whether a training is done, whether a file of torch's weights is there, whether a
    data set has been read."""

    trained: Callable[[NetworkSpec], bool]
    has_file: Callable[[str], bool]
    has_data: Callable[[str], bool]


def needs(number: str, options: Options, parts: tuple[Part, ...], here: Here) -> list[Need]:
    """What the figure needs. A need that is not met and has a `how` stands in the way of Run."""
    if number not in experiments.POSSIBLE:
        return [Need("The 1440 rendered images and the fine-tuned VGG-16-R.", False, _NOT_HERE)]
    needed = []
    if number == "6":
        needed.append(Need("The 5000 digits that come with the install.", True))
    if number in IMAGENET:
        needed.append(_images(options.images))
    if number in CIFAR:
        there = here.has_data("cifar10")
        needed.append(Need("CIFAR-10.", there, "" if there else "Read it on the page Data."))
    specs = dict.fromkeys(request.network for part in parts for request in part.requests)
    return needed + [need for spec in specs if (need := _weights(spec, here))]


def ready(needs: list[Need]) -> bool:
    """Whether Run can be pressed."""
    return all(need.met or not need.how for need in needs)


def differs(number: str, options: Options) -> list[str]:
    """What is done otherwise here than in the paper, a sentence each."""
    if number == "6":
        return _differs_mnist(options)
    if number in CIFAR:
        said = [
            "N = 2,000 test images. The network is torchvision's vgg16, which has two hidden fully connected layers "
            "more; images are enlarged to 37 and cropped to 32. SGD with momentum 0.9, learning rate 0.01, "
            "mini-batches of 128, no augmentation.",
            "Only the end of a training is kept: each number of epochs is a training of its own, from the first epoch.",
        ]
        if number == "9b":
            said.append("Within an epoch nothing is measured: the points here stand at whole epochs.")
        return said
    images = options.images
    if number not in IMAGENET or images is None:
        return []
    said = []
    if number in ("4", "5b"):
        n, wanted = experiments.mixed(images), N_MIXED
        if number == "5b":
            said.append(f"N up to {SIZES[-1]:,}, where the paper goes on to 9,500.")
        elif n < wanted:
            said.append(f"N = {n:,}, all there is; the paper has {wanted:,}.")
        else:
            said.append("One draw of images, where the paper has five; the bar is one standard error.")
        return [*said, _other_images(images)] if len(images.classes) != 1000 else said
    n = experiments.per_category(images)
    said.append(
        f"{n} images of each category are measured once"
        + (", where the paper takes the mean of 50 resamples of 450 from 500." if n == N_CATEGORY else "; the paper "
           "has 450, and fewer points give a lower ID where it is high.")
    )  # fmt: skip
    return said if experiments.the_papers(images) else [*said, _other_images(images)]


def work(parts: tuple[Part, ...], here: Here) -> str:
    """How much there is to do, in words."""
    requests = dict.fromkeys(request for part in parts for request in part.requests)
    if not requests:
        return ""
    images = sum(request.data.n for request in requests)
    said = [f"{_count(len(requests), 'measurement')}, {images:,} images in all."]
    specs = dict.fromkeys(request.network for request in requests)
    to_train = [s for s in specs if isinstance(s.weights, Recipe) and not here.trained(s)]
    small = [s for s in to_train if s.architecture.name == "cnn"]
    if small:
        most = max(s.weights.epochs for s in small if isinstance(s.weights, Recipe))
        first = "one training" if len(small) == 1 else f"{len(small)} trainings"
        said.append(f"First {first}, up to {most} epochs (about 1.5 s each on two free cores).")
    if len(to_train) > len(small):
        epochs = sum(s.weights.epochs for s in to_train if isinstance(s.weights, Recipe))
        said.append(f"{_count(epochs, 'epoch')} of training first: roughly a quarter of an hour each on two cores.")
    if any(s.architecture.name != "cnn" for s in specs):
        said.append("How long it takes stands beside the progress bar as soon as a measurement has begun.")
    return " ".join(said)


def _images(images: Dataset | None) -> Need:
    if images is None:
        return Need(
            "ImageNet, or images in a folder per class.",
            False,
            "Put a folder with a sub-folder per class under the data root, or upload a zip of one, on the page Data.",
        )
    own = "the paper's seven categories" if experiments.the_papers(images) else "not the paper's categories"
    return Need(f"Images of at least seven classes: {len(images.classes):,} here, {own}.", True)


def _weights(spec: NetworkSpec, here: Here) -> Need | None:
    entry = catalogue.lookup(spec.architecture.name)
    if isinstance(spec.weights, Recipe):
        return Need(f"{_trained(entry.title, spec.weights)}.", here.trained(spec))
    if isinstance(spec.weights, Pretrained):
        offer = catalogue.offer(entry, spec.weights.entry)
        text = f"{entry.title}: {offer.file}, {offer.megabytes:,.0f} MB, in torch's folder of weights."
        return Need(text, here.has_file(offer.file))
    return None


def _trained(title: str, recipe: Recipe) -> str:
    if base(recipe.dataset) == "cifar10":
        return f"{title} trained for {_count(recipe.epochs, 'epoch')}"
    how = f" with λ = {recipe.gradient:g}" if recipe.gradient else ""
    return f"{title} trained on {'shuffled labels' if recipe.shuffled else 'the digits'}{how}"


def _differs_mnist(options: Options) -> list[str]:
    n = "N = 2,000 of all 5,000 images, four in five of them from the training" if options.sample == "all" else (
        "N = 1,000 images that no training saw")  # fmt: skip
    said = [
        f"{n}; the paper measures 2,000 of MNIST, N = 1,800 in each resample. Bars here are one standard error by "
        "a jackknife, which is wider than the spread of resamples.",
        "Each network learns from 4,000 images until all of them are right, with Adam and without "
        "dropout; the paper has 60,000 images.",
        f"MNIST*: {LIT.epochs} epochs. λ grows from 1 over the first {LIT.warmup}, and the images are "
        "shown at the contrast of the digits, (x + ξ) - (1 + λ)/2: weights of the first layer that are larger by as "
        "much do the same with the paper's, scaled to [0, 1]. Without both, training at λ = 100 was still at 12% of "
        "the training images after 100 epochs.",
        "The ID of the input of MNIST* depends on λ and N together: the more images there are, the less the neighbours "
        "of each differ in brightness beside shape. At λ = 100, 500, 1,000 it is 9.7, 3.4, 2.1 for these 1,000 "
        "images, and 11.1, 5.8, 3.1 for 2,000, where the paper has 3.0 at λ = 100.",
    ]
    if options.gradient != 100:
        said.append(f"λ = {options.gradient:g}, in units of the brightest pixel; the paper says 100.")
    return said


def _other_images(images: Dataset) -> str:
    return "The images are not those of the paper, so that the values need not be the same; the course may be."


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"
