"""HDF5 files through h5py, within limits: what reaches out of the file, or is larger than it says, is refused before a
number of it is read."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from idcore.errors import DataError
from idcore.files import sparse
from idcore.files.inflate import looked_into
from idcore.files.named import may_hold_names
from idcore.files.names import clean, natural
from idcore.files.table import Table
from idcore.files.view import View
from idcore.files.workspace import check_values, matrices, may_hold_labels, texts
from idcore.limits import Limits

_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
"""Those that HDF5 brings along and whose output is known before. Any other might be loaded as a library."""
_DEFLATE = 1
_TEXTS = 256  # read together
_SMALL = 2**24  # bytes
_DEEPEST = 16  # groups in groups
_CHECKSUM = 16  # bytes, and room, that fletcher32 adds


@contextmanager
def opened(content: memoryview) -> Iterator[Any]:
    """The file; whatever h5py cannot read inside the context raises DataError."""
    import h5py

    try:
        with h5py.File(io.BufferedReader(View(content)), "r") as file:
            yield file
    except (DataError, MemoryError):
        raise
    except Exception as error:  # h5py makes many kinds of what HDF5 says
        raise DataError(f"This is not an HDF5 file, or it is damaged ({clean(str(error))}).") from None


def hdf5(content: memoryview, limits: Limits) -> Table:
    """A matrix for each dataset of numbers, called by its path; the rest is left out and named. Raises DataError."""
    with opened(content) as file:
        datasets, others = leaves(file, limits)
        words = [(path, strings(part, path, limits)) for path, part in datasets if not is_numeric(part)]
        arrays, notes = real_arrays([(path, part) for path, part in datasets if is_numeric(part)], limits)
        return matrices([*arrays, *words], others, notes)


def leaves(group: Any, limits: Limits) -> tuple[list[tuple[str, Any]], list[str]]:
    """((path, dataset) of numbers and of texts that may be labels, by path; what else there is). No link is followed,
    and each group is looked into once."""
    import h5py

    datasets: list[tuple[str, Any]] = []
    others: list[str] = []
    seen = {hash(group.id)}
    waiting = [("", group, 0)]
    while waiting:
        above, here, depth = waiting.pop(0)
        for key in here:
            path = f"{above}{key}"
            if len(datasets) + len(others) + len(waiting) > limits.members:
                raise DataError(f"The file holds more than {limits.members:,} datasets and groups. Keep fewer.")
            part = member(here, key)
            if part is None:
                others.append(f"{path} (a link)")
            elif isinstance(part, h5py.Group) and hash(part.id) not in seen and depth < _DEEPEST:
                seen.add(hash(part.id))
                waiting.append((f"{path}/", part, depth + 1))
            elif is_dataset(part) and (
                is_numeric(part) or (may_hold_labels(path) or may_hold_names(path)) and is_text(part)
            ):
                datasets.append((path, part))
            elif is_dataset(part):
                others.append(f"{path} ({_kind(part)})")
    return sorted(datasets, key=lambda one: natural(one[0])), others


def member(group: Any, name: str) -> Any:
    """What lies there under a name, None for a link to elsewhere, which is not followed."""
    import h5py

    return group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None


def is_dataset(part: Any) -> bool:
    import h5py

    return isinstance(part, h5py.Dataset)


def is_numeric(dataset: Any) -> bool:
    return dataset.shape is not None and dataset.dtype.kind in "biuf" and dataset.dtype.metadata is None


def is_text(dataset: Any) -> bool:
    import h5py

    return dataset.shape is not None and h5py.check_string_dtype(dataset.dtype) is not None


def real_arrays(datasets: list[tuple[str, Any]], limits: Limits) -> tuple[list[tuple[str, np.ndarray]], list[str]]:
    """((name, array) of each, sentences), once all of them have been found to be as large as they say. Raises DataError
    where they are not, or reach out of the file."""
    check_values(sum(prod(part.shape) for _, part in datasets), limits)
    total, most = sum(part.nbytes for _, part in datasets), min(limits.upload, 8 * limits.values)
    if total > most:
        raise DataError(f"The matrices have {total:,} bytes together; {most:,} are the most. Keep less of them.")
    notes = [note for name, part in datasets for note in _check(part, clean(name))]
    return [(name, part[()]) for name, part in datasets], notes


def compressed(
    group: Any, kind: str, shape: Any, name: str, limits: Limits, members: tuple[str, ...] = sparse.PARTS["csr"]
) -> np.ndarray:
    """(n, d) of a sparse matrix, of which `members` are the parts as `sparse.PARTS` names those of its kind."""
    parts = [(part, member(group, part)) for part in members]
    if not all(is_dataset(part) and is_numeric(part) for _, part in parts):
        raise DataError(f"The sparse matrix {clean(name)} has not the parts {', '.join(members)} in numbers.")
    arrays, _ = real_arrays(parts, limits)
    return sparse.dense(
        name, kind, shape, dict(zip(sparse.PARTS[kind], (array for _, array in arrays), strict=True)), limits
    )


def _check(dataset: Any, name: str) -> list[str]:
    """Sentences on what was never written. Raises DataError for what is not read."""
    if dataset.is_virtual or dataset.external:
        raise DataError(f"The numbers of {name} are in another file, which is not read. Copy them into one file.")
    about = dataset.id.get_create_plist()
    filters = [about.get_filter(i)[0] for i in range(about.get_nfilters())]
    if strange := [number for number in filters if number not in _FILTERS or filters.count(number) > 1]:
        raise DataError(
            f"{name} is packed by the filter {strange[0]} of HDF5; only {', '.join(_FILTERS.values())} are read, each "
            "once. Save it with gzip."
        )
    if dataset.size and not dataset.id.get_storage_size():
        raise DataError(f"{name} has a shape, {dataset.shape}, but no number was ever written to it. Leave it out.")
    return [] if dataset.chunks is None else _check_chunks(dataset, name, filters)


def _check_chunks(dataset: Any, name: str, filters: list[int]) -> list[str]:
    size = prod(dataset.chunks) * dataset.dtype.itemsize
    if size > max(_SMALL, 2 * dataset.nbytes):
        raise DataError(f"{name} is kept in parts of {size:,} bytes, and the whole has {dataset.nbytes:,}.")
    chunks: list[Any] = []
    dataset.id.chunk_iter(chunks.append)
    for chunk in chunks:
        packed = _DEFLATE in filters and not chunk.filter_mask & (1 << filters.index(_DEFLATE))
        if not packed:
            real = chunk.size
        else:
            # HDF5 itself unpacks all there is, and compares afterwards.
            real = looked_into(dataset.id.read_direct_chunk(chunk.chunk_offset)[1], size + _CHECKSUM)[0]
        if real > size + _CHECKSUM:
            raise DataError(f"{name} is damaged: a part of it should have {size:,} bytes, and has more.")
    whole = prod(-(-side // step) for side, step in zip(dataset.shape, dataset.chunks, strict=True))
    if len(chunks) < whole:
        fill = float(dataset.fillvalue)
        return [f"Of {name}, {whole - len(chunks):,} of {whole:,} parts were never written; they are read as {fill:g}."]
    return []


def strings(dataset: Any, name: str, limits: Limits) -> np.ndarray:
    """Texts as they are in the file, some after the others: few bytes may stand for one long text many times. Raises
    DataError where all together are too long."""
    if dataset.ndim != 1 or dataset.size > limits.listing:
        raise DataError(f"{clean(name)} has the shape {dataset.shape}; texts are a list of at most {limits.listing:,}.")
    words, length = [], 0
    for i in range(0, len(dataset), _TEXTS):
        part = [w.decode("utf-8", "replace") if isinstance(w, bytes) else str(w) for w in dataset[i : i + _TEXTS].flat]
        words += part
        length += sum(map(len, part))
        if length > limits.listing:
            break
    return texts(words, name, limits)


def _kind(dataset: Any) -> str:
    if dataset.shape is None:
        return "empty"
    if is_text(dataset):
        return "text"
    return {"c": "complex numbers", "V": "records", "O": "references or lists"}.get(dataset.dtype.kind, "no numbers")
