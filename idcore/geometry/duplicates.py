"""Exact duplicates, found bit for bit while blocks of columns stream by (-0.0 equals 0.0).

The rows are kept apart in groups that shrink: rows that differ in a block are parted. Nearly all rows part at the
first few columns, so that only true duplicates are compared in full.
"""

import numpy as np
from torch import Tensor

from idcore.shapes import Int, Num, Shaped

PROBES = 16, 256
"""Columns that are looked at first, and of those that are alike in these: much of an image may be dark."""
PRIMES = 2, 3, 5, 7, 11, 13, 17, 19
KEYED = len(PRIMES)
"""Columns that tell apart the rows of most data."""
WIDTH = 1024


def part(group: Int[np.ndarray, " n"], x: Num[Tensor, "n d"]) -> Int[np.ndarray, " n"]:
    """Split the groups by the columns of x. group: (n,) int64, least row of each group. x: (n, d). Returns (n,)."""
    if not group.any() and _all_differ(x):
        return np.arange(len(x))
    for probe in PROBES:
        rows = _alike(group)
        if len(rows):
            group = _split(group, rows, x[:, :: max(1, x.shape[1] // probe)][rows])
    for a in range(0, x.shape[1], WIDTH):
        rows = _alike(group)
        if len(rows) == 0:
            break
        columns = x[:, a : a + WIDTH]
        same = columns[rows].eq(columns[group[rows]]).all(1).cpu().numpy()
        if not same.all():
            unlike = np.isin(group[rows], group[rows][~same])
            group = _split(group, rows[unlike], columns[rows[unlike]])
    return group


def _all_differ(x: Num[Tensor, "n d"]) -> bool:
    """Whether a number made of some columns tells all rows apart. Each row is treated alike, so that equal ones have
    the same."""
    few = x[:, :: max(1, x.shape[1] // KEYED)][:, :KEYED].double().cpu().numpy()
    with np.errstate(over="ignore", invalid="ignore"):
        keys = sum(few[:, i] * weight for i, weight in enumerate(np.sqrt(PRIMES)[: few.shape[1]]))
    return len(np.unique(keys)) == len(x)


def _alike(group: Int[np.ndarray, " n"]) -> Int[np.ndarray, " r"]:
    """Rows whose group has more of them."""
    return np.flatnonzero(np.bincount(group, minlength=len(group))[group] > 1)


def _split(
    group: Int[np.ndarray, " n"], rows: Int[np.ndarray, " r"], values: Shaped[Tensor, "r c"]
) -> Int[np.ndarray, " n"]:
    """Part the groups of some rows by their values (len(rows), c); rows must hold whole groups."""
    # Adding zero turns -0.0 into 0.0; the bytes of a row are then one word to compare.
    words = (values.double() + 0.0).cpu().numpy()
    words = np.ascontiguousarray(np.column_stack([group[rows].astype(np.float64), words]))
    words = words.view(np.dtype((np.void, words.shape[1] * 8))).ravel()
    _, inverse = np.unique(words, return_inverse=True)
    least = np.full(inverse.max() + 1, len(group))
    np.minimum.at(least, inverse, rows)
    group = group.copy()
    group[rows] = least[inverse]
    return group
