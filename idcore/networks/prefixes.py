"""Where the tensors of a network stand among those of a file, found from names and shapes alone."""

from collections import defaultdict
from collections.abc import Mapping

Shapes = Mapping[str, tuple[int, ...]]
Score = tuple[int, int]
"""Tensors of the network that a file has: with their shape, and with their number of axes at least."""


def behind(have: Shapes, wanted: Shapes) -> tuple[tuple[str, ...], Score]:
    """(the prefixes behind which the most tensors of `wanted` stand, those of equal rank in the order of the file; how
    many stand there). A prefix ends in a dot or is empty, and may be as deep as it likes: `state.model.net.`."""
    scores: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, shape in have.items():
        for prefix in _prefixes(name):
            own = wanted.get(name[len(prefix) :])
            if own is not None and len(own) == len(shape):
                scores[prefix][0] += own == shape
                scores[prefix][1] += 1
    best = max(scores.values(), default=[0, 0])
    return tuple(prefix for prefix, score in scores.items() if score == best), (best[0], best[1])


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:i]) + "." if i else "" for i in range(min(len(parts), 20))]
