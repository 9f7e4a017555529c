"""The data sets one can choose: those of the catalogue whose files are here, uploads, folders, and those of the
catalogue that are not here yet."""

from dataclasses import dataclass

from idcore import results, spec
from idcore.data import catalogue, versions
from idcore.data.places import base, on_disk
from idcore.networks import catalogue as networks
from idcore.record import Dataset
from idcore.spec import FOLDER, UPLOAD, ReadJob
from idcore.ui.kit import belongings, state
from idcore.ui.kit.labels import distinct

FOR_PHOTOGRAPHS = "efficientnet_lite0"
SIDE, MOST = 64, 1000
"""Pixels from which images with colours are taken for photographs; samples of them that are measured at once."""


def known() -> dict[str, Dataset]:
    """What is known of each data set by the name it is chosen by: those of the catalogue, and those that were read, of
    uploads those that this session may see. Of files on the disk, which are chosen by their plain name, what was read
    there last; of what they held before, by its full name. It is shared: not to be changed."""
    return state.now(_known, _known, belongings.linked())


def _known() -> dict[str, Dataset]:
    sees = belongings.sight()
    read = {dataset.name: dataset for dataset in results.datasets(state.store()) if sees(dataset.name)}
    last = {plain: versions.latest(plain, state.store()) for name in read if (plain := base(name)) != name}
    return {**catalogue.DATASETS, **read, **{plain: read[name] for plain, name in last.items() if name in read}}


def changed(name: str) -> str:
    """The sentence on a data set that has changed since it was read, "" for any other."""
    read_once = on_disk(name) and versions.read_here(name, state.store())
    return versions.changed(name) if read_once and _current(name) is None else ""


def _current(name: str) -> str | None:
    return versions.glance(name, state.store(), state.settings_now().data)


def names() -> tuple[str, ...]:
    """All of them: those that are there first."""
    return state.now(_names, _names, belongings.linked())


def _names() -> tuple[str, ...]:
    descriptions = known()
    uploads = tuple(name for name in descriptions if name.startswith(UPLOAD))
    here = tuple(name for name in catalogue.DATASETS if present(name) or _remembered(name, descriptions[name]))
    absent = tuple(name for name in catalogue.DATASETS if name not in here)
    return (*here, *uploads, *catalogue.folders(state.settings_now().data), *absent)


def present(name: str) -> bool:
    """Whether a data set of the catalogue, or a folder, has its files here."""
    if name.startswith(UPLOAD):
        return True
    return state.now(lambda: catalogue.present(name, state.settings_now().data), present, name)


def where(name: str) -> str:
    """Where the files of a data set have to be, in words."""
    return catalogue.where(name, state.settings_now().data)


def describe(name: str) -> Dataset | None:
    """What is known of a data set without reading it; None for nothing."""
    return known().get(name)


def unread(name: str) -> bool:
    """Whether a worker has to look at it first: only then it is known to be there, or what it holds by now."""
    if name in catalogue.SHIPPED:
        return False
    if on_disk(name):
        return _current(name) is None or name not in (base(name), _current(name))
    meta = state.store().meta(spec.key("dataset", name))
    return meta is None or "failure" in meta


def holds(name: str, known: str) -> bool:
    """Whether what is chosen by this name is still what was known as `known`. Without a session."""
    if not on_disk(name):
        return True
    if versions.absent(name, state.settings_now().data):
        return known in (name, versions.latest(name, state.store()))
    return known == _current(name) and name in (base(name), known)


def remembered(name: str) -> bool:
    """Whether what was measured of a data set can be shown though its images are not here: they were read once, perhaps
    where the results that come with the package were made."""
    return _remembered(name, describe(name))


def _remembered(name: str, dataset: Dataset | None) -> bool:
    """dataset: what is known of it. From what is listed alone: this is asked for every data set at every run."""
    return dataset is not None and dataset.name != base(name) and versions.absent(name, state.settings_now().data)


def title(name: str) -> str:
    """As a person calls it. Plain text: part of it may be a stranger's."""
    return _title(name, known().get(name))


def titles() -> dict[str, str]:
    """What a person calls each data set that can be chosen, by name."""
    descriptions = known()
    return {name: _title(name, descriptions.get(name)) for name in names()}


def all_titles() -> dict[str, str]:
    """What a person calls each data set, also as it was when it was read before."""
    return {**titles(), **{name: _title(name, dataset) for name, dataset in known().items() if name != base(name)}}


@dataclass(frozen=True)
class DataSetRow:
    """A line of the table of data sets."""

    name: str
    columns: dict[str, str | int | None]


def table() -> list[DataSetRow]:
    """All data sets but the uploads."""
    descriptions, rows = known(), []
    for name in names():
        if name.startswith(UPLOAD):
            continue
        dataset = descriptions.get(name)
        columns: dict[str, str | int | None] = {
            "Data set": dataset.title if dataset else name.removeprefix(FOLDER),
            "Here": "yes" if present(name) else "no",
            "Samples": max(dataset.sizes.values()) if dataset else None,
            "Classes": len(dataset.classes) if dataset else None,
            "Images": _shape(dataset) if dataset else "not read yet",
            "Source": dataset.source if dataset else "a folder under the data root",
        }
        rows.append(DataSetRow(name, columns))
    return rows


def opened_on(dataset: Dataset) -> dict[str, str]:
    """How Explore is opened on a data set, besides its name: photographs are shown to a network made for photographs,
    all of them up to `MOST`; one for digits would see them small and grey, and only those that it does not train on."""
    channels, *size = dataset.shape or (3, SIDE)
    if dataset.matrices or dataset.texts or channels != 3 or min(size) < SIDE:
        return {}
    entry = networks.lookup(FOR_PHOTOGRAPHS)
    if networks.carried(networks.offer(entry, networks.RECOMMENDED)) is None:
        return {}
    every = {"split": "all", "n": str(min(dataset.sizes["all"], MOST))} if "all" in dataset.sizes else {}
    return {"network": entry.name, "regime": "pretrained", **every}


def summary(dataset: Dataset) -> str:
    """What is in a data set, in words."""
    samples = max(dataset.sizes.values())
    classes = f" in {len(dataset.classes)} classes" if dataset.labelled and len(dataset.classes) > 1 else ""
    if count := len(dataset.matrices):
        return f"{count} matri{'x' if count == 1 else 'ces'}, {samples:,} samples{classes}"
    if dataset.texts:
        return f"{samples:,} texts{classes}"
    return f"{samples:,} images{classes}, {_shape(dataset)}"


def _shape(dataset: Dataset) -> str:
    if dataset.texts:
        return "texts"
    return "×".join(map(str, dataset.shape)) if dataset.shape else "of different sizes"


def _title(name: str, dataset: Dataset | None) -> str:
    words = dataset.title if dataset else base(name).removeprefix(FOLDER)
    if name.startswith(UPLOAD):
        return f"{words} (upload {name.removeprefix(UPLOAD)[:6]})"
    if name != base(name):
        return f"{words} ({'folder, ' * name.startswith(FOLDER)}as of {name.rpartition('@')[2][:6]})"
    if name.startswith(FOLDER):
        return f"{words} (folder)"
    if present(name):
        return words
    return f"{words} ({'results only' if _remembered(name, dataset) else 'not here yet'})"


def job(name: str, download: bool = False) -> ReadJob:
    """The job that reads a data set of the catalogue or a folder."""
    return ReadJob("dataset", name, download=download)


def class_names(dataset: Dataset) -> tuple[str, ...]:
    """The names of the classes, each different: two classes of ImageNet are called crane."""
    return tuple(distinct({str(i): name for i, name in enumerate(dataset.classes)}).values())
