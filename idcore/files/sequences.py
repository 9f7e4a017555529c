"""Texts that came from outside: sequences with their labels, of a file of lines, a table, JSON lines or FASTA."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np

from idcore.errors import DataError
from idcore.files import text_tables
from idcore.files.endings import FASTA, TEXT_TABLES, TEXTS
from idcore.files.fasta import fasta
from idcore.files.labels import many_classes, ordered
from idcore.files.lines import lines
from idcore.files.names import clean
from idcore.files.raw_texts import RawTexts, were
from idcore.files.utf8 import decoded
from idcore.limits import LIMITS, Limits


@dataclass(frozen=True, eq=False)
class Sequences:
    """texts: n sequences, none empty, each without blanks around it. names: of each, where the file names them. labels:
    (n,) int64, None where the file has none. classes: their names by label. notes: sentences for the reader."""

    texts: list[str]
    names: list[str] = field(default_factory=list)
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_sequences(content: memoryview, name: str, limits: Limits = LIMITS) -> Sequences:
    """The sequences of a file whose name ends as in `TEXTS`, in its order.

    What is empty is left out, what is too long is cut, and both are counted; what is there twice stays, and is counted.
    Raises DataError.
    """
    kind = PurePath(name).suffix.lower()
    if kind not in TEXTS:
        raise DataError(f"{clean(name)} is none of the kinds of file that hold texts: {', '.join(TEXTS)}.")
    if len(content) > limits.upload:
        raise DataError(f"The file has {len(content):,} bytes; {limits.upload:,} are the most. Keep fewer sequences.")
    if len(content) == 0:
        raise DataError("The file is empty.")
    raw = checked(_read(content, kind, limits), limits)
    if raw.labels is None:
        return Sequences(raw.texts, raw.names, notes=tuple(raw.notes))
    codes, words = _encoded(raw.labels, limits)
    labels, classes, more = ordered(codes, words, limits)
    return Sequences(raw.texts, raw.names, labels, classes, (*raw.notes, *more))


def has_texts(content: memoryview, name: str) -> bool:
    """Whether a file holds texts, and not matrices, as far as can be told; of tables, whether they have a column of
    text. Never raises DataError: a file of neither is refused by whoever reads it."""
    kind = PurePath(name).suffix.lower()
    if kind not in TEXT_TABLES:
        return kind in TEXTS
    try:
        return text_tables.has_texts(content, kind)
    except DataError:
        return False


def _read(content: memoryview, kind: str, limits: Limits) -> RawTexts:
    if kind == ".parquet":
        return text_tables.parquet(content, limits)
    text, notes = decoded(content, limits)
    if kind == ".txt":
        texts = lines(text, limits)
    elif kind in FASTA:
        texts = fasta(text)
    elif kind == ".jsonl":
        texts = text_tables.json_lines(text, limits)
    else:
        texts = text_tables.table(text, kind, limits)
    return replace(texts, notes=[*notes, *texts.notes])


def checked(raw: RawTexts, limits: Limits) -> RawTexts:
    """Without what is empty, and with what is too long cut; both are said, as is what is there twice. Raises DataError
    where nothing is left, or there is too much."""
    kept = [i for i, text in enumerate(raw.texts) if text.strip()]
    notes = list(raw.notes)
    if left := len(raw.texts) - len(kept):
        notes.append(f"{were(left, 'empty sequence')} left out.")
    if not kept:
        raise DataError("There is no text in the file. Give a sequence a line, or a column of texts.")
    if len(kept) > limits.sequences:
        raise DataError(
            f"There are {len(kept):,} sequences; {limits.sequences:,} are the most. Keep fewer, for instance every "
            f"{-(-len(kept) // limits.sequences)}th."
        )
    texts = [raw.texts[i].strip() for i in kept]
    if cut := sum(len(text) > limits.sequence for text in texts):
        notes.append(f"{were(cut, 'sequence')} cut to the first {limits.sequence:,} characters.")
        texts = [text[: limits.sequence] for text in texts]
    if (total := sum(map(len, texts))) > limits.texts:
        raise DataError(f"The texts have {total:,} characters together; {limits.texts:,} are the most. Keep fewer.")
    if doubled := len(texts) - len(set(texts)):
        notes.append(
            f"{doubled:,} of the {len(texts):,} sequences equal an earlier one; they stay, and such are one point."
        )
    return RawTexts(
        texts,
        [raw.names[i] for i in kept] if raw.names else [],
        None if raw.labels is None else [raw.labels[i] for i in kept],
        notes,
    )


def _encoded(labels: Sequence[str], limits: Limits) -> tuple[np.ndarray, list[str]]:
    codes: dict[str, int] = {}
    numbers = [codes.setdefault(label.strip() or "no label", len(codes)) for label in labels]
    if len(codes) > limits.classes:
        raise DataError(many_classes(limits))
    return np.array(numbers, np.int64), list(codes)
