"""The grammars that made `sentences.txt`, the corpus that comes with the install: `python -m idcore.data.corpus` writes
it again, byte for byte. Standard library only.

Each kind is a small context-free grammar: a word in brackets stands for one of its alternatives, drawn anew each time.
It is no sample of natural language: its sentences are as alike as their grammar makes them.
"""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

FILE = Path(__file__).parent / "sentences.txt"
EACH = 400
"""Sequences of a kind."""
_SEED = 1905

Grammar = dict[str, tuple[str, ...]]


def _grammars() -> dict[str, Grammar]:
    """By kind, from `grammars.txt`: after "== kind", lines of a word and its alternatives; "common" is part of all."""
    grammars, kind = dict[str, Grammar](), ""
    for line in (Path(__file__).parent / "grammars.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            kind = line.removeprefix("== ")
            grammars[kind] = {}
        else:
            word, *alternatives = line.split(" | ")
            grammars[kind][word] = (*grammars[kind].get(word, ()), *alternatives)
    return {kind: {**grammars["common"], **grammar} for kind, grammar in grammars.items()}


class _Draw:
    """Choices from `random.random`, of which alone Python promises the same numbers for ever."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed).random

    def below(self, n: int) -> int:
        return int(self.random() * n)

    def of(self, these: tuple[str, ...]) -> str:
        return these[self.below(len(these))]

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)


def _expand(grammar: Grammar, draw: _Draw, symbol: str = "start") -> str:
    return re.sub(r"\[(\w+)\]", lambda match: _expand(grammar, draw, match[1]), draw.of(grammar[symbol]))


def _arithmetic(draw: _Draw, grammar: Grammar) -> str:
    """Sums that are right, in figures and in words around them."""
    a, b, c = draw.between(2, 99), draw.between(2, 99), draw.between(2, 12)
    each = draw.of(("apples", "marbles", "coins", "stamps", "pages", "bricks", "candles", "bottles"))
    who = draw.of(grammar["name"])
    forms = (
        f"{a} + {b} = {a + b}",
        f"{a} * {c} = {a * c}, and {a * c} / {c} = {a}",
        f"{a + b} - {a} = {b}, so {a} + {b} = {a + b}",
        f"({a} + {b}) * {c} = {a + b} * {c} = {(a + b) * c}",
        f"If {c} x = {c * a}, then x = {a}; if x + {b} = {a + b}, then x = {a} again.",
        f"{who} has {a + b} {each} and gives away {b} of them: {a} {each} are left.",
        f"{c} boxes of {a} {each} hold {c * a} {each}; with {b} more there are {c * a + b}.",
        f"{a} squared is {a * a}, and {c} cubed is {c**3}; together that makes {a * a + c**3}.",
        f"{a} modulo {c} is {a % c}, since {a} = {a // c} * {c} + {a % c}.",
    )
    return draw.of(forms)


def _code(draw: _Draw, grammar: Grammar) -> str:
    """A line in which a name stands for the same thing throughout."""
    names = {word: (draw.of(these),) for word, these in grammar.items() if word not in ("start", "number", "value")}
    return _expand({**grammar, **names}, draw)


def _written(draw: _Draw, grammar: Grammar) -> str:
    text = re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", _expand(grammar, draw))
    return text[0].upper() + text[1:]


KINDS = ("weather", "cooking", "ships", "arithmetic", "code", "letters", "dialogues", "medicine")
"""In the order of the labels."""
_OTHERWISE: dict[str, Callable[[_Draw, Grammar], str]] = {"arithmetic": _arithmetic, "code": _code}


def sequences() -> Iterator[tuple[str, str]]:
    """(kind, sequence) of the whole corpus: EACH of each kind, no two equal, the kinds by turns."""
    draw, seen, grammars = _Draw(_SEED), set[str](), _grammars()
    for _ in range(EACH):
        for kind in KINDS:
            make, grammar = _OTHERWISE.get(kind, _written), grammars.get(kind, grammars["common"])
            while (text := make(draw, grammar)) in seen:
                pass
            seen.add(text)
            yield kind, text


def content() -> str:
    """The file: a line for each sequence, its kind and a tabulator before it."""
    return "".join(f"{kind}\t{text}\n" for kind, text in sequences())


if __name__ == "__main__":
    FILE.write_text(content(), encoding="utf-8")
