"""A `DataSpec` as texts: the sequences that it names, as they are; what acts on tokens is the model's. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from idcore.data import corpus, source
from idcore.data.catalogue import DATASETS, SHIPPED
from idcore.errors import DataError
from idcore.record import Dataset
from idcore.results.passages import unpacked
from idcore.settings import settings
from idcore.spec import DataSpec
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


@dataclass(frozen=True, eq=False)
class Texts:
    """texts: n sequences, none of them empty. labels: (n,) int64. ids: (n,) int64, position in the whole data set.
    classes: names by label. notes: sentences about them. names: of each, where its file gives names
    (FASTA), else none."""

    texts: tuple[str, ...]
    labels: np.ndarray
    ids: np.ndarray
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class TextSource(source.Source):
    """texts: all n sequences of a data set, in its order. names: of each, where its files give names, else none."""

    texts: Sequence[str]
    names: Sequence[str] = ()


def load_texts(spec: DataSpec, store: Store | None = None, watch: Watch = UNWATCHED) -> Texts:
    """The sequences that the spec names, drawn as images are (`source.draw`): balanced by class, and those of a smaller
    n with the same seed first. `spec.tokens` and `spec.length` are for whoever makes tokens of them.

    store: for uploads and folders that were read. Raises DataError for an unknown data set, split or class, too large
    an n, or where there are no texts.
    """
    watch.report("loading", "Reading the texts.")
    whole = opened(spec.dataset, store)
    ids = source.draw(spec, whole)
    texts = tuple(whole.texts[i] for i in ids)
    doubled = len(texts) - len(set(texts))
    notes = () if not doubled else (f"{doubled:,} of the {len(texts):,} sequences equal another of them.",)
    names = tuple(whole.names[i] for i in ids) if whole.names else ()
    return Texts(texts, whole.labels[ids], ids, whole.info.classes, notes, names)


def opened(name: str, store: Store | None = None) -> TextSource:
    """A data set of texts, ready to be drawn from. Raises DataError where it is none, has not been read, or its files
    are not there or have changed."""
    if name in SHIPPED:
        info = DATASETS[name]
        _refuse_images(info)
        labels, texts = _shipped(name)
        return TextSource(info, labels, source.test_set(labels, info.sizes["test"]), texts)
    info, arrays = source.kept(name, store, settings().data)
    _refuse_images(info)
    names = unpacked(arrays, "name") if "names" in arrays else ()
    return TextSource(info, arrays["labels"], arrays["test"].astype(bool), unpacked(arrays, "text"), names)


@cache
def _shipped(name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    lines = corpus.FILE.read_text(encoding="utf-8").splitlines()
    kinds, texts = zip(*(line.split("\t", 1) for line in lines), strict=True)
    number = {kind: i for i, kind in enumerate(DATASETS[name].classes)}
    labels = np.array([number[kind] for kind in kinds], np.int64)
    labels.flags.writeable = False
    return labels, texts


def _refuse_images(info: Dataset) -> None:
    if not info.texts:
        what = "representations" if info.matrices else "images"
        raise DataError(
            f"{source.called(info)} holds {what}, not texts: a language model cannot be shown them. Choose a data set "
            "of texts, or a network of images."
        )
