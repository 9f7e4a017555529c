"""Networks of timm and transformers, where they are installed: `timm:resnet10t`, `hf:google/vit-base-patch16-224`.

What the catalogue needs to know of them needs no import; here they are imported, in a worker. What they read comes
through `hub`; neither ever runs code that comes with a network, or asks whether it may.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any

import torch
from torch import nn

from idcore.data.form import Form
from idcore.errors import NetworkError
from idcore.limits import LIMITS
from idcore.networks import hub, languages
from idcore.networks.catalogue import LIBRARIES, CatalogueEntry, lookup
from idcore.networks.language import LanguageNetwork
from idcore.networks.tokens import Vocabulary
from idcore.networks.unfounded import mark

_BICUBIC = 3  # PIL's number for it
_CLOSED = {"trust_remote_code": False, "local_files_only": True}
"""Said to transformers wherever it reads: what it does not have by itself it neither runs nor fetches."""


def known(entry: CatalogueEntry) -> CatalogueEntry:
    """The entry with what the library says of the network: form, classes, size, reduction. Raises NetworkError where
    the library does not have it, or has to ask for its description and cannot."""
    with _said(entry):
        return replace(entry, **(_timm_facts(entry) if entry.family == "timm" else _hf_facts(entry)))


def look_up(name: str, weights: str | None = None) -> CatalogueEntry:
    """`catalogue.lookup`, with what the library says where the network is one of a library's. Raises NetworkError."""
    entry = lookup(name, weights)
    return known(entry) if entry.family in LIBRARIES else entry


def build(entry: CatalogueEntry, sample_shape: tuple[int, ...], classes: int) -> nn.Module:
    """The network for images (c, h, w) and so many classes, with the library's initial weights. Raises NetworkError."""
    with _said(entry):
        if entry.texts:
            return languages.initial(_name(entry), _hf_config(entry), _transformers())
        channels, height, width = sample_shape
        if entry.family == "timm":
            fixed = {"img_size": (height, width)} if _timm_config(entry).fixed_input_size else {}
            made: nn.Module = _timm().create_model(_name(entry), num_classes=classes, in_chans=channels, **fixed)
            return made
        config = _hf_config(entry, num_labels=classes, num_channels=channels, image_size=height)
        return _logits_only(_hf_made(entry, config))


def pretrained(entry: CatalogueEntry) -> tuple[nn.Module, tuple[str, ...], str]:
    """(the network with the weights that the library offers; the names of its classes, none where it does not say or
    has no weights for them; what is to be said of the weights).

    They are fetched to a place of the library's own, without a report of progress, as safetensors alone. Raises
    NetworkError.
    """
    with _said(entry):
        if entry.family == "timm":
            folder = hub.files(_timm_repository(entry), weights=True, described=())
            file = {"file": str(folder / hub.ONE)}
            made = _timm().create_model(_name(entry), pretrained=True, pretrained_cfg_overlay=file)
            return made, (), hub.commit(folder)
        if _of_texts(entry):
            network, note = languages.with_weights(_name(entry), _hf_config(entry), _transformers())
            return network, (), note
        folder, config = hub.files(_name(entry), weights=True), _hf_config(entry)
        _hf_made(entry, config, bare=True)  # what it claims to be is not made before its size is known
        model, info = _transformers().AutoModelForImageClassification.from_pretrained(
            folder, config=config, output_loading_info=True, dtype=torch.float32, use_safetensors=True, **_CLOSED
        )
        note = _incomplete(entry, model, info)
        names = () if note else tuple(str(label) for _, label in sorted(model.config.id2label.items()))
        return _logits_only(model), names, " ".join(filter(None, (note, hub.commit(folder))))


def _of_texts(entry: CatalogueEntry) -> bool:
    return entry.texts or entry.family == "hf" and languages.is_language(_hf_config(entry), _transformers())


def bare_language(entry: CatalogueEntry) -> LanguageNetwork:
    """A language model without weights, on the meta device. Raises NetworkError."""
    with _said(entry):
        return languages.initial(_name(entry), _hf_config(entry), _transformers(), bare=True)


def vocabulary(entry: CatalogueEntry) -> Vocabulary:
    """How a language model cuts a text into tokens. Raises NetworkError."""
    with _said(entry):
        return languages.vocabulary(_name(entry), _hf_config(entry), _transformers())


def _hf_made(entry: CatalogueEntry, config: Any, bare: bool = False) -> nn.Module:
    """The network of a description, with initial weights; bare: without any. Raises NetworkError for one that is larger
    than any file of weights that is read."""
    make = partial(_transformers().AutoModelForImageClassification.from_config, config, trust_remote_code=False)
    with torch.device("meta"):
        network: nn.Module = make()
    size = sum(4 * tensor.numel() for tensor in (*network.parameters(), *network.buffers()))
    if size > LIMITS.weights:
        raise NetworkError(f"{_name(entry)} would have {size:,} bytes of weights; at most {LIMITS.weights:,} are made.")
    if not bare:
        network = make(dtype=torch.float32)
    return network


def _incomplete(entry: CatalogueEntry, network: nn.Module, info: dict[str, Any]) -> str:
    """What is to be said of weights that are missing. Raises NetworkError where others than those of the head are."""
    missing, head = sorted(info["missing_keys"]), f"{list(network.state_dict())[-1].split('.')[0]}."
    if not all(name.startswith(head) for name in missing):
        raise NetworkError(f"{_name(entry)} has no weights for {missing[0]!r}, one of {len(missing)} that are missing.")
    mark(network, missing)
    return f"It has no weights for its head ({', '.join(missing)}); there is no accuracy." if missing else ""


def _timm() -> Any:
    return library("timm")


def _transformers() -> Any:
    return library("transformers")


def library(name: str) -> Any:
    """timm or transformers, with torchvision, which both import, loaded the one way that works everywhere."""
    import_module("idcore.torchvision_seam")
    return import_module(name)


def _name(entry: CatalogueEntry) -> str:
    return entry.name.partition(":")[2]


def _timm_config(entry: CatalogueEntry) -> Any:
    name = _name(entry)
    if not _timm().is_model(name):
        close = get_close_matches(name, _timm().list_models(), n=3, cutoff=0.5)
        hint = f"close to it are {', '.join(close)}" if close else "timm.list_models() names those it has"
        raise NetworkError(f"timm has no network {name!r}; {hint}.")
    return _timm().get_pretrained_cfg(name)


def _timm_facts(entry: CatalogueEntry) -> dict[str, Any]:
    config = _timm_config(entry)
    channels, *size = config.input_size
    form = Form(
        channels=channels,
        resize=int(min(size) / config.crop_pct),
        crop=(size[0], size[1]),
        mean=tuple(config.mean),
        std=tuple(config.std),
        interpolation="bicubic" if config.interpolation == "bicubic" else "bilinear",
    )
    return {"form": form, "classes": config.num_classes or None, "size": form.crop if config.fixed_input_size else None}


def _timm_repository(entry: CatalogueEntry) -> str:
    """Where timm keeps the weights of a network on the hub. Raises NetworkError where it keeps them elsewhere."""
    config = _timm_config(entry)
    if not config.hf_hub_id or config.hf_hub_filename or config.custom_load:
        raise NetworkError(f"timm has no weights of {_name(entry)} as .safetensors; other files are not read.")
    return str(config.hf_hub_id)


def _hf_config(entry: CatalogueEntry, **changes: Any) -> Any:
    folder = hub.files(_name(entry), weights=False, described=(hub.CONFIG,))
    return _transformers().AutoConfig.from_pretrained(folder, **_CLOSED, **changes)


def _hf_facts(entry: CatalogueEntry) -> dict[str, Any]:
    config = _hf_config(entry)
    if languages.is_language(config, _transformers()):
        languages.quiet(_transformers())
        hub.files(_name(entry), weights=False, described=languages.NEEDED)
        return {"form": None, "classes": None, "texts": True, "reduce": "last"}
    folder = hub.files(_name(entry), weights=False)
    how = _transformers().AutoImageProcessor.from_pretrained(folder, **_CLOSED).to_dict()
    size, crop = how.get("size") or {}, how.get("crop_size") if how.get("do_center_crop") else None
    normalised = bool(how.get("do_normalize"))
    form = Form(
        channels=3,
        resize=size.get("shortest_edge") or (size["height"], size["width"]),
        crop=(crop["height"], crop["width"]) if crop else None,
        mean=tuple(how["image_mean"]) if normalised else (),
        std=tuple(how["image_std"]) if normalised else (),
        interpolation="bicubic" if how.get("resample") == _BICUBIC else "bilinear",
    )
    return {"form": form, "classes": config.num_labels}


def _logits_only(network: nn.Module) -> nn.Module:
    """The network giving its logits alone, not the record of outputs of transformers."""
    network.register_forward_hook(_logits)
    return network


def _logits(_: nn.Module, __: Any, output: Any) -> Any:
    return output.logits


@contextmanager
def _said(entry: CatalogueEntry) -> Iterator[None]:
    """Whatever a library raises becomes a sentence."""
    try:
        yield
    except NetworkError:
        raise
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
        raise NetworkError(
            f"{LIBRARIES[entry.family]} could not make the network {entry.name!r}: {reason}. Where there is no "
            "connection, its files must have been fetched before; else choose another network, or untrained weights."
        ) from error
