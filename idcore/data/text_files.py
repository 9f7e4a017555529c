"""Texts that a person brings along, read once: an upload, or a folder below the data root. What was read is kept whole,
with its labels (`results.save_dataset`): texts are small, and a page shows them. No torch."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from idcore import confined, results
from idcore.data import versions
from idcore.data.source import digest as fingerprint
from idcore.data.tree import Tree, read_tree
from idcore.errors import DataError
from idcore.files.names import clean, natural, passed_over
from idcore.files.sequences import Sequences, has_texts, read_sequences
from idcore.limits import LIMITS
from idcore.record import Dataset
from idcore.results.passages import packed
from idcore.spec import FOLDER, UPLOAD
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

_MOST_FILES = 20_000
_SPLITS = ("train", "training", "test", "testing", "val", "valid", "validation")


def read_texts(digest: str, store: Store, watch: Watch = UNWATCHED) -> Dataset:
    """Read an uploaded file of texts and keep it as the data set `upload-<digest>`. Raises DataError, RequestError,
    Cancelled."""
    content, name = results.upload(store, digest)
    watch.report("reading", f"Reading {clean(name)}.", 0, 1)
    sequences = read_sequences(content, name)
    watch.check()
    base = Dataset(UPLOAD + digest, clean(name), (), None, {}, f"uploaded: {clean(name)}", texts=True)
    return _keep(base, sequences, np.zeros(0, bool), store)


def holds_texts(digest: str, store: Store) -> Iterator[tuple[dict[str, np.ndarray], bool]]:
    """Yields once, for the process that looks into an upload, whether it is to be read as texts, and not as matrices: a
    table of text is, one of numbers is not."""
    yield {}, has_texts(*results.upload(store, digest))


def read_text_folder(name: str, folder: Path, paths: Sequence[str], hidden: Sequence[str], store: Store,
                     watch: Watch) -> Dataset:  # fmt: skip
    """Read the files of texts at `paths` below `folder`, and keep them under the name and a digest of the files
    (`versions`). The class of a sequence is the label that its file gives; where not all files give labels, the first
    sub-folder it lies in, or its file. Raises DataError, with the file that cannot be read, and Cancelled."""
    if len(paths) > _MOST_FILES:
        raise DataError(f"{folder} holds {len(paths):,} files of texts; {_MOST_FILES:,} are the most. Join them.")
    before, pulse, digest = versions.stamp(name, folder), watch.heartbeat(), hashlib.sha256()
    files = _Files()
    for i, path in enumerate(sorted(paths)):
        pulse.report("reading", f"Reading {name}: {i:,}", i, len(paths))
        content = _content(folder / path)
        digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + fingerprint(content))
        try:
            files.add(path, read_sequences(memoryview(content), path))
        except DataError as error:
            raise DataError(f"The file {clean(path, 120)} cannot be used: {error}") from error
    sequences, test = files.joined()
    base = Dataset(
        f"{name}@{digest.hexdigest()[:12]}",
        clean(name.removeprefix(FOLDER)),
        (),
        None,
        {},
        f"The folder {clean(str(folder), 200)}",
        notes=passed_over(hidden),
        texts=True,
    )
    kept = _keep(base, sequences, test, store)
    versions.keep(name, kept.name, before, store)
    return kept


@dataclass
class _Files:
    """What was read of each file so far. paths: as `read_tree` takes them, one for each sequence."""

    paths: list[str] = field(default_factory=list)
    contents: list[Sequences] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, path: str, content: Sequences) -> None:
        self.paths.append(path)
        self.contents.append(content)
        total = sum(len(one.texts) for one in self.contents)
        if total > LIMITS.sequences:
            raise DataError(f"with it there are {total:,} sequences; {LIMITS.sequences:,} are the most. Keep fewer.")

    def joined(self) -> tuple[Sequences, np.ndarray]:
        """(all of them, (n,) bool which are the test set, none of them where nothing says it)."""
        several = len(self.contents) > 1
        own = all(one.labels is not None for one in self.contents)
        tree = read_tree([_placed(path) for path in self.paths], "texts")
        files = [(self.contents[i], label) for i, label in zip(tree.kept, tree.labels, strict=True)]
        notes = [
            f"{f'{clean(path, 60)}: ' if several else ''}{note}"
            for path, one in list(zip(self.paths, self.contents, strict=True))[:5]
            for note in one.notes
        ]
        if len(self.contents) > 5:
            notes.append(f"Of {len(self.contents) - 5:,} more files nothing is said here.")
        texts = [text for one, _ in files for text in one.texts]
        names = [name for one, _ in files for name in (one.names or [""] * len(one.texts))]
        test = np.repeat(np.zeros(0, bool) if tree.test is None else tree.test, _lengths(files, tree))
        if own:
            labels, classes = _united([one for one, _ in files])
        elif several and tree.labelled:
            labels = np.repeat(tree.labels, [len(one.texts) for one, _ in files])
            classes = tree.classes
            notes += tree.notes
            notes.append("The class of a sequence is the folder that its file lies in, or its file.")
        else:
            labels, classes = None, ()
        return Sequences(texts, names if any(names) else [], labels, classes, tuple(notes)), test


def _lengths(files: Sequence[tuple[Sequences, int]], tree: Tree) -> list[int]:
    return [] if tree.test is None else [len(one.texts) for one, _ in files]


def _placed(path: str) -> str:
    """The path with a folder for a file that lies in none of its own: `cats.txt` is the class cats, `train.csv` lies in
    train."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0]
    inside = [part for part in folders if part.lower() not in _SPLITS]
    return path if inside else "/".join([*folders, stem, name])


def _united(contents: Sequence[Sequences]) -> tuple[np.ndarray, tuple[str, ...]]:
    """(labels, classes) of all, by the names of the classes."""
    classes = sorted({name for one in contents for name in one.classes}, key=natural)
    number = {name: i for i, name in enumerate(classes)}
    labels = [np.array([number[name] for name in one.classes], np.int64)[one.labels] for one in contents]
    return np.concatenate(labels), tuple(classes)


def _keep(base: Dataset, sequences: Sequences, test: np.ndarray, store: Store) -> Dataset:
    n = len(sequences.texts)
    labelled = sequences.labels is not None and len(sequences.classes) > 1
    labels = sequences.labels if labelled else np.zeros(n, np.int64)
    splits = {"all": np.ones(n, bool)}
    if len(test) and test.any() and not test.all():
        splits = {"train": ~test, "test": test, **splits}
    else:
        test = np.zeros(n, bool)
    assert labels is not None
    dataset = replace(
        base,
        classes=sequences.classes if labelled else ("texts",),
        sizes={split: int(there.sum()) for split, there in splits.items()},
        smallest={split: int(np.unique(labels[there], return_counts=True)[1].min()) for split, there in splits.items()},
        notes=(*base.notes, *sequences.notes),
        labelled=labelled,
    )
    arrays = {"labels": labels, "test": test, **packed(sequences.texts, "text")}
    if sequences.names:
        arrays |= packed(sequences.names, "name")
    results.save_dataset(store, dataset, arrays)
    return dataset


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LIMITS.upload or not path.is_file():
            raise DataError(f"The file {clean(str(path), 200)} is no plain file of at most {LIMITS.upload:,} bytes.")
        confined.allow(size)
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"The file {clean(str(path), 200)} cannot be read ({error.strerror}).") from error
