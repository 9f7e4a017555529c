"""What a reader of texts finds in a file, before it is checked."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RawTexts:
    """texts: of each sequence, perhaps empty. names: of each, or none. labels: a word for each, None where there are
    none. notes: sentences for the reader."""

    texts: list[str]
    names: list[str] = field(default_factory=list)
    labels: list[str] | None = None
    notes: list[str] = field(default_factory=list)


def were(n: int, what: str) -> str:
    """How a sentence on n things begins. what: one of them."""
    return f"One {what} was" if n == 1 else f"{n:,} {what}s were"
