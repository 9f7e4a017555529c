"""Names that came from outside, made fit to be kept and shown. Standard library only."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from idcore.limits import LIMITS

_LISTED = 5  # names in a sentence
_SYSTEM = frozenset(
    {"__macosx", "@eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information"}
    | {"thumbs.db", "desktop.ini"}
)
"""What operating systems and stores of files leave behind, beside what is hidden."""


def is_hidden(name: str) -> bool:
    """Whether a file or a folder of this name is nobody's data: `.DS_Store`, `.ipynb_checkpoints`, `.Trash-1000`,
    `@eaDir`, `__MACOSX`, `Thumbs.db`. Nothing within such a folder is read, in a zip as on a disk."""
    return name.startswith(".") or name.lower() in _SYSTEM


def passed_over(names: Iterable[str]) -> tuple[str, ...]:
    """A sentence on hidden files and folders, none where there are none. names: of each that was met."""
    counts = Counter(names)
    if not counts:
        return ()
    first = ", ".join(clean(name) for name, _ in counts.most_common(3))
    many = counts.total() > 1
    what = f"{counts.total():,} hidden or system files and folders were" if many else "One hidden or system file was"
    return (f"{what} passed over: {first}{', ...' if len(counts) > 3 else ''}.",)


def clean(name: str, most: int = LIMITS.name) -> str:
    """One line of at most `most` characters. Control and format characters (line breaks, bidirectional overrides, lone
    surrogates) are left out. It is plain text still, never HTML or Markdown: whoever shows it escapes it."""
    start = name[: 20 * most]  # leaves room for what is left out
    visible = (" " if c.isspace() else c for c in start if c.isspace() or not unicodedata.category(c).startswith("C"))
    text = " ".join("".join(visible).split())
    return text if len(text) <= most and start == name else text[: most - 1] + "…"


def listed(names: Sequence[str]) -> str:
    """The first few of them, for a sentence, and how many more there are."""
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(clean(name, 60) for name in names[:_LISTED]) + more


def clean_all(names: Iterable[str], usual: str, most: int = LIMITS.name) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names, each different from the others; a sentence where any was changed). One of which nothing is left is called
    `usual` and its number."""
    originals: dict[str, str] = {}
    for i, name in enumerate(names):
        text = new = clean(name, most) or f"{usual} {i + 1}"
        number = 1
        while new in originals:
            number += 1
            new = f"{text[: most - len(str(number)) - 3]} ({number})"
        originals[new] = name
    changed = [new for new, name in originals.items() if new != name]
    if not changed:
        return tuple(originals), ()
    which = "One name was" if len(changed) == 1 else f"{len(changed)} names were"
    return tuple(originals), (
        f"{which} changed, because a name is one line of at most {most} characters and different from the others: "
        f"{changed[0]}{', ...' if len(changed) > 1 else ''}",
    )


def natural(name: str) -> list[tuple[int, int, str]]:
    """Key that sorts layer2 before layer10, and -1 before 0."""
    parts = re.split(r"(^-?[0-9]+|[0-9]+)", name[:200])
    return [(1, int(part), "") if i % 2 else (0, 0, part) for i, part in enumerate(parts)]
