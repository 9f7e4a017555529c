"""What the store holds, by kind, without opening its files again and again.

Each file is opened once, when it is new or was replaced, and what its header says is remembered. Now and then that is
saved beside the entries, so that the next process need not open them all either. Nothing depends on it: what was saved
is believed only of a file that is as it was, and is made again where it is missing or damaged.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from idcore.store.entry import Entry, decode, encode
from idcore.store.shelf import DAMAGED, INDEX, File, Header, Shelf

T = TypeVar("T")
Meta = dict[str, Any]
_FORMAT = {"index": 1}
_NEW = 100  # files that must be new before the index is saved again


@dataclass(eq=False)
class IndexRow:
    """An entry. kind: of its meta, None where it has none or the file is damaged. meta: None until somebody asks for
    the kind. values: what was made of the meta, by the function that made it."""

    file: File
    kind: str | None
    meta: Meta | None
    values: dict[Callable[..., Any], Any] = field(default_factory=dict)


class Index:
    """The entries of a shelf; safe between threads. read: decodes the header of a key, None where it is damaged.
    save: whether it may be written."""

    def __init__(self, shelf: Shelf, read: Callable[[str, Header], Entry | None], save: bool) -> None:
        self._shelf, self._read, self._may_save = shelf, read, save
        self._folders: dict[str, tuple[File, ...]] = {}
        self._rows: dict[str, IndexRow] = {}
        self._sorted: dict[str | None, list[tuple[str, IndexRow]]] = {}
        self._unopened: dict[str, File] = {}
        self._asked: set[str] = set()
        self._saved: dict[str, list[Any]] | None = None
        self._new = self.changes = 0
        self._drawing = threading.local()
        self._guard = threading.Lock()

    def changed(self) -> None:
        """This process has written something, or taken it away."""
        self.changes += 1

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Within, this thread looks at the shelf once, and again where this process has changed something."""
        before, self._drawing.seen = getattr(self._drawing, "seen", None), -1
        try:
            yield
        finally:
            self._drawing.seen = before

    def entries(self, kind: str) -> list[tuple[str, Meta]]:
        """(key, meta) of all entries of a kind, sorted by key. The meta are shared: not to be changed."""
        return [(key, row.meta or {}) for key, row in self._of(kind)]

    def values(self, kind: str, make: Callable[[Meta], T]) -> list[tuple[str, T]]:
        """(key, what `make` makes of the meta) of all entries of a kind: made once, shared by all who ask."""
        rows = self._of(kind)
        for _, row in rows:
            if make not in row.values:
                row.values[make] = make(row.meta or {})
        return [(key, row.values[make]) for key, row in rows]

    def files(self) -> list[File]:
        """All files, those set aside and those that may turn out to be damaged included."""
        with self._guard:
            self._look()
            return [file for files in self._folders.values() for file in files]

    def _of(self, kind: str) -> list[tuple[str, IndexRow]]:
        with self._guard:
            self._look()
            if kind not in self._asked:
                self._asked.add(kind)
                self._unopened |= {key: row.file for key, row in self._rows.items() if row.kind == kind}
            if self._unopened:
                self._open()
            if kind not in self._sorted:
                self._sorted[kind] = sorted((key, row) for key, row in self._rows.items() if row.kind == kind)
            return self._sorted[kind]

    def _look(self) -> None:
        """Forget what is gone or was replaced, and note what is new."""
        changes = self.changes
        if (seen := getattr(self._drawing, "seen", None)) == changes:
            return
        if seen is not None:
            self._drawing.seen = changes
        try:
            listed = self._shelf.listed()
        except OSError:  # what was known is the best that can be said
            return
        for name in self._folders.keys() | listed.keys():
            before, now = self._folders.get(name, ()), listed.get(name, ())
            if now is not before:
                marks = {file.key: file.mark for file in now if not file.aside}
                for file in before:
                    if marks.get(file.key) != file.mark and not file.aside:
                        self._forget(file.key)
                known = {file.key for file in before} & self._rows.keys()
                self._unopened |= {file.key: file for file in now if not file.aside and file.key not in known}
        self._folders = dict(listed)

    def _forget(self, key: str) -> None:
        self._unopened.pop(key, None)
        if row := self._rows.pop(key, None):
            self._sorted.pop(row.kind, None)

    def _open(self) -> None:
        saved, rest = self._load(), []
        for key, file in self._unopened.items():
            mark, kind, meta = saved.get(key, ("", None, None))
            if mark == file.mark and (meta is not None or kind not in self._asked):
                self._add(file, kind, meta)
            else:
                rest.append(file)
        for file, header in self._shelf.headers(rest):
            entry = self._read(file.key, header or {})
            kind = None if entry is None else entry.meta.get("kind")
            self._add(file, kind, entry.meta if entry is not None and kind in self._asked else None)
            self._new += 1
        self._unopened = {}
        if self._may_save and self._new >= max(_NEW, len(self._rows) // 8):
            self._save()

    def _add(self, file: File, kind: str | None, meta: Meta | None) -> None:
        self._rows[file.key] = IndexRow(file, kind, meta)
        self._sorted.pop(kind, None)

    def _load(self) -> dict[str, list[Any]]:
        """(mark, kind, meta) by key, as they were saved."""
        if self._saved is None:
            self._saved = {}
            with contextlib.suppress(OSError, *DAMAGED):
                entry = decode(INDEX, *self._shelf.read(INDEX))
                if entry.meta == _FORMAT:
                    self._saved = json.loads(entry.arrays["rows"].tobytes())
        return self._saved

    def _save(self) -> None:
        rows = {key: (row.file.mark, row.kind, row.meta) for key, row in self._rows.items()}
        text = np.frombuffer(json.dumps(rows).encode(), np.uint8)
        with contextlib.suppress(OSError):  # a full or read-only disk: the next process opens the files once more
            self._shelf.write(INDEX, encode(INDEX, {"rows": text}, _FORMAT))
        self._saved, self._new = {}, 0
