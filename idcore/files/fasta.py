"""Proteins and DNA in FASTA: a line that begins with > names a sequence, its letters follow on any number of lines."""

import re

from idcore.errors import DataError
from idcore.files.names import clean
from idcore.files.raw_texts import RawTexts, were

_ODD = re.compile(r"[^A-Z*.-]")
_BASES = frozenset("ACGTUN")
_MOSTLY = 0.95


def fasta(text: str) -> RawTexts:
    """The sequences in capital letters with their headers as names.

    A stop (*) at the end is dropped, gaps (- and .) are removed, small letters become capital; each is said and
    counted. Every letter is one of an amino acid or a base, with those for more than one. Raises DataError for other
    signs, a stop within a sequence, and letters before the first header, with the line.
    """
    names, texts, parts = list[str](), list[str](), list[str]()
    stops = gaps = small = 0
    stopped = 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line.startswith(">"):
            if names:
                texts.append("".join(parts))
            names.append(clean(line[1:], 200) or f"sequence {len(names) + 1}")
            parts, stopped = [], 0
            continue
        if not line or line.startswith(";"):
            continue
        if not names:
            raise DataError(
                f"Line {number:,} comes before the first header. In FASTA, a line that begins with > names each "
                "sequence; for a sequence a line, call the file .txt."
            )
        letters = "".join(line.split())
        small += letters != letters.upper()
        letters = letters.upper()
        if odd := _ODD.search(letters):
            raise DataError(
                f"Line {number:,} ({clean(names[-1], 40)}) has {odd[0]!r}, which is no letter of a protein or of DNA. "
                "Take it out, or replace it by X (an unknown amino acid) or N (an unknown base)."
            )
        bare = letters.replace("-", "").replace(".", "")
        gaps += len(letters) - len(bare)
        if stopped and bare:
            raise DataError(_stop_inside(stopped, names[-1]))
        kept = bare.rstrip("*")
        if "*" in kept:
            raise DataError(_stop_inside(number, names[-1]))
        if kept != bare:
            stops, stopped = stops + 1, number
        parts.append(kept)
    if not names:
        raise DataError("There is no sequence in the file: no line begins with >.")
    texts.append("".join(parts))
    notes = [f"{len(texts):,} sequences of {_kind(texts)}, by the letters they are made of."]
    if stops:
        notes.append(f"{were(stops, 'stop')} dropped (* at the end of a sequence).")
    if gaps:
        notes.append(f"{were(gaps, 'gap')} removed (- and .).")
    if small:
        notes.append(f"{were(small, 'line')} in small letters, which were read as capital ones.")
    return RawTexts(texts, names, None, notes)


def _stop_inside(number: int, name: str) -> str:
    return (
        f"Line {number:,} ({clean(name, 40)}) has a stop (*) that is not at the end of its sequence. Cut the sequence "
        "there, or replace the stop by X."
    )


def _kind(texts: list[str]) -> str:
    some = "".join(texts[:1000])
    return "DNA or RNA" if sum(letter in _BASES for letter in some) > _MOSTLY * len(some) else "proteins"
