"""Networks of timm and transformers, where they are installed: `timm:resnet10t`, `hf:google/vit-base-patch16-224`.

What the catalogue needs to know of them needs no import; here they are imported, in a worker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from torch import nn

from idcore.data.form import Form
from idcore.errors import NetworkError
from idcore.networks.catalogue import LIBRARIES, Entry, lookup

_BICUBIC = 3  # PIL's number for it


def known(entry: Entry) -> Entry:
    """The entry with what the library says of the network: form, classes, size, reduction. Raises NetworkError where
    the library does not have it, or has to ask for its description and cannot."""
    with _said(entry):
        return replace(entry, **(_timm_facts(entry) if entry.family == "timm" else _hf_facts(entry)))


def look_up(name: str, weights: str | None = None) -> Entry:
    """`catalogue.lookup`, with what the library says where the network is one of a library's. Raises NetworkError."""
    entry = lookup(name, weights)
    return known(entry) if entry.family in LIBRARIES else entry


def build(entry: Entry, sample_shape: tuple[int, ...], classes: int) -> nn.Module:
    """The network for images (c, h, w) and so many classes, with the library's initial weights. Raises NetworkError."""
    channels, height, width = sample_shape
    with _said(entry):
        if entry.family == "timm":
            fixed = {"img_size": (height, width)} if _timm_config(entry).fixed_input_size else {}
            return _timm().create_model(_name(entry), num_classes=classes, in_chans=channels, **fixed)
        config = _hf_config(entry, num_labels=classes, num_channels=channels, image_size=height)
        return _logits_only(_transformers().AutoModelForImageClassification.from_config(config))


def pretrained(entry: Entry) -> tuple[nn.Module, tuple[str, ...]]:
    """(the network with the weights that the library offers, the names of its classes, none where it does not say).

    The library fetches them to a place of its own and reports no progress. Of transformers only safetensors are read;
    timm reads other files as tensors alone. Raises NetworkError.
    """
    with _said(entry):
        if entry.family == "timm":
            return _timm().create_model(_name(entry), pretrained=True), ()
        model = _transformers().AutoModelForImageClassification.from_pretrained(_name(entry), use_safetensors=True)
        return _logits_only(model), tuple(str(label) for _, label in sorted(model.config.id2label.items()))


def _timm() -> Any:
    return import_module("timm")


def _transformers() -> Any:
    return import_module("transformers")


def _name(entry: Entry) -> str:
    return entry.name.partition(":")[2]


def _timm_config(entry: Entry) -> Any:
    name = _name(entry)
    if not _timm().is_model(name):
        close = get_close_matches(name, _timm().list_models(), n=3, cutoff=0.5)
        hint = f"close to it are {', '.join(close)}" if close else "timm.list_models() names those it has"
        raise NetworkError(f"timm has no network {name!r}; {hint}.")
    return _timm().get_pretrained_cfg(name)


def _timm_facts(entry: Entry) -> dict[str, Any]:
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


def _hf_config(entry: Entry, **changes: Any) -> Any:
    return _transformers().AutoConfig.from_pretrained(_name(entry), **changes)


def _hf_facts(entry: Entry) -> dict[str, Any]:
    config = _hf_config(entry)
    how = _transformers().AutoImageProcessor.from_pretrained(_name(entry)).to_dict()
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
def _said(entry: Entry) -> Iterator[None]:
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
