"""AnnData's `.h5ad`, a kind of HDF5: X, layers and obsm are matrices, a column of obs may hold the labels.

The format: https://anndata.readthedocs.io/en/stable/fileformat-prose.html
"""

from dataclasses import replace
from typing import Any

import numpy as np

from idcore.errors import DataError
from idcore.files import hdf, sparse
from idcore.files.labels import encoded, is_label
from idcore.files.names import clean, listed
from idcore.files.table import Table
from idcore.files.workspace import matrices
from idcore.limits import Limits

Codes = tuple[np.ndarray, list[str]]
"""Labels as `Table` has them."""
_MATRICES = ("layers", "obsm")
_SPARSE = {"csr_matrix": "csr", "csc_matrix": "csc"}


def h5ad(content: memoryview, limits: Limits) -> Table:
    """X, and each matrix of layers and obsm, called by its path; rows are the observations. The column of obs that
    `is_label` holds labels. The rest is left out and named. Raises DataError."""
    with hdf.opened(content) as file:
        places = [("X", hdf.member(file, "X"))] if "X" in file else []
        for above in (name for name in _MATRICES if name in file):
            group = hdf.member(file, above)
            places += [(f"{above}/{name}", hdf.member(group, name)) for name in (group or ())]
        plain, arrays, notes, others = [], [], [], [name for name in file if name not in ("X", "obs", *_MATRICES)]
        for path, part in places:
            kind = _SPARSE.get(_encoding(part))
            if kind:
                shape = part.attrs.get("shape", (0, 0))
                arrays.append((path, hdf.compressed(part, kind, shape, path, limits)))
                notes.append(sparse.note(path, arrays[-1][1]))
            elif hdf.is_dataset(part) and hdf.is_numeric(part):
                plain.append((path, part))
            else:
                others.append(path)
        full, more = hdf.real_arrays(plain, limits)
        by_path = dict([*arrays, *full])
        labels, said = _labels(hdf.member(file, "obs") if "obs" in file else None, limits)
        table = matrices(
            [(path, by_path[path]) for path, _ in places if path in by_path], others, [*notes, *more, *said]
        )
        return replace(table, labels=labels)


def _labels(obs: Any, limits: Limits) -> tuple[Codes | None, list[str]]:
    """(the labels, sentences on them and on the other columns) of obs. Raises DataError where there are two."""
    columns = [] if obs is None or hdf.is_dataset(obs) else [name for name in obs if name != obs.attrs.get("_index")]
    labels = [name for name in columns if is_label(name)]
    if len(labels) > 1:
        raise DataError(f"More than one column of obs holds labels: {listed(labels)}. Keep one.")
    others = [name for name in columns if name not in labels]
    notes = [f"The labels are the column {clean(name)} of obs." for name in labels]
    notes += [f"Left out, of obs: {listed(others)}. Labels must be called label."] if others else []
    return _column(hdf.member(obs, labels[0]), labels[0], limits) if labels else None, notes


def _column(part: Any, name: str, limits: Limits) -> Codes:
    if hdf.is_dataset(part):
        return encoded(_values(part, name, limits), name)
    if _encoding(part) != "categorical":
        raise DataError(f"The column {clean(name)} of obs holds no labels: whole numbers, texts or categories.")
    codes, words = (_values(hdf.member(part, one), name, limits) for one in ("codes", "categories"))
    if codes.dtype.kind not in "iu" or codes.size and not -1 <= codes.min() <= codes.max() < len(words):
        raise DataError(f"The column {clean(name)} of obs is damaged: it names categories that are not there.")
    known = [str(word) for word in words.tolist()]
    # -1 is none of them.
    return np.where(codes < 0, len(known), codes), [*known, "no label"] if np.any(codes < 0) else known


def _values(part: Any, name: str, limits: Limits) -> np.ndarray:
    if hdf.is_dataset(part) and hdf.is_numeric(part):
        return hdf.real_arrays([(name, part)], limits)[0][0][1].reshape(-1)
    if hdf.is_dataset(part) and hdf.is_text(part):
        return hdf.strings(part, name, limits)
    raise DataError(f"The column {clean(name)} of obs holds neither numbers nor texts.")


def _encoding(part: Any) -> str:
    encoding = "" if part is None else part.attrs.get("encoding-type", "")
    return encoding if isinstance(encoding, str) else ""
