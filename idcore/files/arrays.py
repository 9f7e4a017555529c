"""Representations computed elsewhere: one matrix for each layer, read from a file that somebody uploads."""

from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np

from idcore.errors import DataError
from idcore.files.anndata import h5ad
from idcore.files.endings import MATRICES
from idcore.files.hdf import hdf5
from idcore.files.labels import encoded, is_label, ordered
from idcore.files.matlab import matlab
from idcore.files.named import named
from idcore.files.names import clean, clean_all, listed
from idcore.files.npy import npy, npz, safetensors
from idcore.files.parquet import parquet
from idcore.files.repeated import repeated
from idcore.files.table import Table
from idcore.files.tables import text
from idcore.files.torch_tensors import torch_tensors
from idcore.files.workspace import check_values
from idcore.limits import LIMITS, Limits

_SAID = 30  # remarks on one file
_OTHERS = {
    "c": "holds complex numbers. Give the real and imaginary parts as columns.",
    **dict.fromkeys("US", "holds text. Where that is labels, call it labels."),
    **dict.fromkeys("Mm", "holds dates or times. Save them as plain numbers."),
}


@dataclass(frozen=True, eq=False)
class Matrices:
    """arrays: by name, in order, each (n, d_i) of float16, float32 or float64; row i of all of them is sample i.
    labels: (n,) int64, None where the file has none. class_names: by label. notes: sentences for the reader. repeats:
    by name of the array that is their mean, (n, r, d_i). names, numbers: of each sample as text, where the file gives
    them."""

    arrays: dict[str, np.ndarray]
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    repeats: dict[str, np.ndarray] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def read_arrays(content: memoryview, name: str, limits: Limits = LIMITS) -> Matrices:
    """The matrices of a file whose name ends as in `MATRICES`, rows = samples, in the order of the file.

    Axes after the first are flattened, whole numbers become floats, and both are said; NaN and infinite values stay and
    are counted. Raises DataError for all else, before more is allocated than the limits allow.
    """
    kind = PurePath(name).suffix.lower()
    if kind not in MATRICES:
        raise DataError(f"{clean(name)} is none of the kinds of file that hold matrices: {', '.join(MATRICES)}.")
    if len(content) > limits.upload:
        raise DataError(
            f"The file has {len(content):,} bytes; {limits.upload:,} are the most. Keep fewer layers or samples."
        )
    if len(content) == 0:
        raise DataError("The file is empty.")
    table = _labelled(_read(content, kind, clean(PurePath(name).stem) or "matrix", limits))
    table, called = named(table, limits)
    if not table.matrices:
        left = f" {table.notes[-1]}" if table.notes else ""
        raise DataError(f"There is no matrix in the file; give at least one, of samples x units.{left}")
    _check_sizes(table.matrices, limits)
    table, repeats = repeated(table)
    notes = _few(table.notes)
    names, changed = clean_all((name for name, _ in table.matrices), "matrix", limits.name)
    arrays = {name: _floats(array, name, notes) for name, (_, array) in zip(names, table.matrices, strict=True)}
    kept = {new: repeats[old] for new, (old, _) in zip(names, table.matrices, strict=True) if old in repeats}
    matrices = Matrices(
        arrays,
        notes=(*notes, *changed, *_non_finite(arrays)),
        repeats=kept,
        names=called.names,
        numbers=called.numbers,
    )
    if table.labels is not None:
        labels, classes, more = ordered(*table.labels, limits)
        matrices = replace(matrices, labels=labels, class_names=classes, notes=(*matrices.notes, *more))
    _check_rows(matrices)
    return matrices


def _few(notes: list[str]) -> list[str]:
    """As many as a person reads, which labels were taken among them: a table may have millions of columns, and there
    may be something to say of each."""
    rest = len(notes) - _SAID
    if rest < 1:
        return [*notes]
    first = sorted(notes, key=lambda note: not note.startswith("The labels are "))
    return [*first[:_SAID], f"There are {rest:,} more remarks like these, on other columns."]


def _read(content: memoryview, kind: str, name: str, limits: Limits) -> Table:
    match kind:
        case ".npy":
            return Table([(name, npy(content, "The file"))])
        case ".npz":
            return npz(content, name, limits)
        case ".safetensors":
            return safetensors(content)
        case ".pt" | ".pth":
            return torch_tensors(content, name, limits)
        case ".parquet":
            return parquet(content, name, limits)
        case ".mat":
            return matlab(content, limits)
        case ".h5" | ".hdf5":
            return hdf5(content, limits)
        case ".h5ad":
            return h5ad(content, limits)
    return text(content, name, limits)


def _labelled(table: Table) -> Table:
    """With the labels taken out from among the arrays."""
    candidates = [(name, a) for name, a in table.matrices if is_label(name) and 1 <= a.ndim <= 2 and a.size == len(a)]
    if table.labels is not None or not candidates or len(table.matrices) == 1:
        return table
    if len(candidates) > 1:
        raise DataError(f"More than one array holds labels: {listed([name for name, _ in candidates])}. Keep one.")
    name, array = candidates[0]
    others = [(other, a) for other, a in table.matrices if other != name]
    return Table(others, [*table.notes, f"The labels are the array {clean(name)}."], encoded(array, name))


def _check_sizes(matrices: list[tuple[str, np.ndarray]], limits: Limits) -> None:
    if len(matrices) > limits.matrices:
        raise DataError(
            f"The file has {len(matrices):,} matrices; {limits.matrices:,} are the most. Keep fewer layers."
        )
    check_values(sum(array.size for _, array in matrices), limits)
    for name, array in matrices:
        short, shape = clean(name), " x ".join(map(str, array.shape))
        if array.ndim == 0:
            raise DataError(f"{short} is a single number, not a matrix of samples x units. Leave it out.")
        if array.dtype.kind not in "biuf":
            raise DataError(
                f"The matrix {short} {_OTHERS.get(array.dtype.kind, 'is not of real numbers. Leave it out.')}"
            )
        if array.size == 0:
            raise DataError(f"The matrix {short} is empty ({shape}); it needs samples (rows) and units (columns).")
        if array.size // len(array) > limits.units:
            units = array.size // len(array)
            raise DataError(f"The matrix {short} has {units:,} units for each sample; {limits.units:,} are the most.")


def _floats(array: np.ndarray, name: str, notes: list[str]) -> np.ndarray:
    """(n, d) of float16, float32 or float64; what was done to get there is added to the notes."""
    if array.ndim == 1:
        notes.append(f"{name} has a single axis: it was read as one unit for each of {len(array):,} samples.")
    if array.ndim > 2:
        shape = " x ".join(map(str, array.shape[1:]))
        notes.append(f"{name} has {shape} values for each of {len(array):,} samples; they were flattened.")
    kind, size = array.dtype.kind, array.dtype.itemsize
    wanted = array.dtype.newbyteorder("=")
    if kind != "f" or size > 8:
        # float32 holds whole numbers of 16 bits exactly, float64 those of 32 bits and of 64 bits up to 2^53.
        wanted = np.dtype(np.float32 if kind != "f" and size <= 2 else np.float64)
        exact = " (whole numbers beyond 2^53 are rounded)" if kind != "f" and size == 8 else ""
        notes.append(f"{name} was converted from {array.dtype} to {wanted}{exact}.")
    return array.astype(wanted, copy=False).reshape(len(array), -1)


def _check_rows(matrices: Matrices) -> None:
    rows = {name: len(array) for name, array in matrices.arrays.items()}
    if matrices.labels is not None:
        rows["labels"] = len(matrices.labels)
    first, n = next(iter(rows.items()))
    for name, count in rows.items():
        if count != n:
            raise DataError(
                f"{first} has {n:,} rows and {name} has {count:,}. Row i of every matrix must be the same sample."
            )


def _non_finite(arrays: dict[str, np.ndarray]) -> list[str]:
    notes = []
    for name, array in arrays.items():
        bad, rows = _count(array)
        if bad:
            notes.append(
                f"{name} has NaN or infinite values: {bad:,} of them, in {rows:,} of its {len(array):,} rows. "
                "Samples that include such a row cannot be measured."
            )
    return notes


def _count(array: np.ndarray) -> tuple[int, int]:
    """(values, rows) that are not finite, looked at in parts so that no mask of all of them is held."""
    step = max(1, 2**24 // array.shape[1])
    counts = [np.count_nonzero(~np.isfinite(array[i : i + step]), axis=1) for i in range(0, len(array), step)]
    return sum(int(c.sum()) for c in counts), sum(int((c > 0).sum()) for c in counts)
