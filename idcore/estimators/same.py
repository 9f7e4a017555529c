"""Same samples: whether two results are of the same samples, and in which order, so that they can be compared.

By what is known of them, the surest first: one data subset; numbers in one data set; names in both (of files, or that a
file of matrices gives its rows), or numbers that a file gives; else by the word of a person, who says that the rows are
in the same order: the first row of the file, or of what was taken of a data set, is the first of the other. The word
counts only where nothing that is known speaks against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from idcore.record import LayerGeometry
from idcore.shapes import Int
from idcore.spec import UPLOAD, DataSpec


@dataclass(frozen=True, eq=False)
class SampleSet:
    """data: the subset. ids: (n,) numbers of the samples in their data set. names, numbers: of each as text, those that
    are known or that a file of matrices gives; else none. called: what a sentence calls them. numbered: whether the ids
    are numbers that a person can know: those of a data set, and not of the rows of a file."""

    data: DataSpec
    ids: Int[np.ndarray, " n"]
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    called: str

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def numbered(self) -> bool:
        return not self.data.dataset.startswith(UPLOAD)


@dataclass(frozen=True, eq=False)
class Match:
    """order: (n,) where each sample of the first stands in the second, None where they are not the same samples. how:
    by what they were found to be the same, or why they are not and what to do, a sentence. may_be_said: whether the
    word of a person could make them the same."""

    order: Int[np.ndarray, " n"] | None
    how: str
    may_be_said: bool = False

    @property
    def moved(self) -> bool:
        """Whether the second is in another order than the first."""
        return self.order is not None and bool((self.order != np.arange(len(self.order))).any())


def match(a: SampleSet, b: SampleSet, word: bool = False) -> Match:
    """word: a person says that row i of both is the same sample."""
    if a.data == b.data:
        return Match(np.arange(a.n), "The same samples of one data set.")
    if a.data.dataset == b.data.dataset:
        if _shown(a.data) != _shown(b.data):
            return Match(None, f"{a.called} and {b.called} saw them changed in different ways: they are not the same.")
        return _by(a, b, a.ids.tolist(), b.ids.tolist(), "numbers in their data set")
    for what, first, second in _keys(a, b):
        if len(set(first)) == a.n and len(set(second)) == b.n and set(first) & set(second):
            return _by(a, b, first, second, what)
    return _by_word(a, b, word)


def reordered(geometry: LayerGeometry, order: Int[np.ndarray, " n"]) -> LayerGeometry:
    """The record with sample order[i] in place i. Nothing is measured again: tables are of the distinct rows."""
    if geometry.note:
        return geometry
    position = np.empty(len(order), np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    return replace(
        geometry,
        group=geometry.group[order],
        coordinates=geometry.coordinates[order],
        norms=geometry.norms[order] if len(geometry.norms) else geometry.norms,
        apart_of=position[geometry.apart_of] if len(geometry.apart) else geometry.apart_of,
    )


def _shown(data: DataSpec) -> DataSpec:
    """What was done to the samples, whichever they are."""
    return replace(data, split="all", classes=None, n=1, seed=0)


def _keys(a: SampleSet, b: SampleSet) -> list[tuple[str, list[str], list[str]]]:
    """(by what, of each sample of the first, of the second), the surest first."""
    keys: list[tuple[str, list[str], list[str]]] = []
    if a.names and b.names:
        keys.append(("names", list(a.names), list(b.names)))
        keys.append(("names of the files, without their folders", _plain(a.names), _plain(b.names)))
        stems = [[PurePosixPath(name).stem for name in _plain(one.names)] for one in (a, b)]
        keys.append(("names of the files, without folders and endings", stems[0], stems[1]))
    first, second = _given(a), _given(b)
    if first and second:
        keys.append(("numbers", first, second))
    if first and b.numbered:
        keys.append((f"numbers in the data set of {b.called}", first, [str(i) for i in b.ids.tolist()]))
    if second and a.numbered:
        keys.append((f"numbers in the data set of {a.called}", [str(i) for i in a.ids.tolist()], second))
    return keys


def _given(one: SampleSet) -> list[str]:
    """Numbers that a file gives its samples, or names that are numbers."""
    given = one.numbers or one.names
    return [str(int(name)) for name in given] if all(map(str.isdecimal, given)) else []


def _plain(names: Sequence[str]) -> list[str]:
    return [name.replace("\\", "/").rpartition("/")[2] for name in names]


def _by(a: SampleSet, b: SampleSet, first: list[str] | list[int], second: list[str] | list[int], what: str) -> Match:
    position = {name: i for i, name in enumerate(second)}
    common = sum(name in position for name in first)
    if common < a.n or common < b.n:
        return Match(
            None,
            f"By their {what}, {common:,} of the {a.n:,} samples of {a.called} are among the {b.n:,} of {b.called}: "
            f"only results of exactly the same samples are compared. Measure both on those {common:,}.",
        )
    order = np.array([position[name] for name in first], np.int64)
    moved = ", in another order, and put into one" if (order != np.arange(a.n)).any() else ""
    return Match(order, f"The same samples by their {what}: {common:,} of {a.n:,}{moved}.")


def _by_word(a: SampleSet, b: SampleSet, word: bool) -> Match:
    if a.n != b.n:
        return Match(
            None,
            f"{a.called} has {a.n:,} samples and {b.called} has {b.n:,}: they cannot be the same. Measure both on the "
            "same number.",
        )
    names = " Their names have none in common." if a.names and b.names else ""
    if word:
        order = np.empty(a.n, np.int64)
        order[np.argsort(a.ids, kind="stable")] = np.argsort(b.ids, kind="stable")
        said = f"The same {a.n:,} samples by your word: row after row of the files and data sets as they are stored."
        return Match(order, said + names)
    return Match(
        None,
        f"{a.called} and {b.called} have {a.n:,} samples each, and neither numbers nor names tell whether they are the "
        f"same.{names} If row i of both is the same sample, say that the rows are in the same order.",
        may_be_said=True,
    )
