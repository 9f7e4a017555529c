"""What a person hands in becomes numbers: arrays of any library, frames, lists, sparse matrices. A value that is marked
as missing has no number, and the number that lies under its mask must not be measured. Numpy only; other libraries are
known by what they offer."""

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from idcore.errors import PointsError


def numbers(x: Any, what: str) -> Any:
    """x as an array of numbers that every library takes: native byte order, strides that are whole and not negative,
    no objects, no float wider than 64 bits; a tensor of torch as it is.

    what: what x is, for the sentence ("The points"). Raises PointsError for what is masked or missing (`unmasked`),
    ragged, or not of numbers.
    """
    x = unmasked(x, what)
    if hasattr(x, "detach"):
        return x
    try:
        array = np.asarray(x.toarray() if hasattr(x, "toarray") else x)  # a sparse matrix is no array to numpy
    except (TypeError, ValueError, RuntimeError) as error:
        lengths = sorted({len(part) for part in x if hasattr(part, "__len__")}) if isinstance(x, (list, tuple)) else []
        why = f"rows of lengths {lengths[0]} to {lengths[-1]}" if len(lengths) > 1 else " ".join(str(error).split())
        raise PointsError(f"{what} must be an array or tensor of real numbers; they are {why[:160]}.") from None
    if array.dtype.names and all(array.dtype[name].kind in "biuf" for name in array.dtype.names):
        array = np.stack([array[name] for name in array.dtype.names], axis=-1)
    if array.dtype.kind == "O" and all(isinstance(value, (Real, Decimal)) for value in array.ravel().tolist()):
        array = array.astype(np.float64)  # truth values beside numbers, in a frame
    if array.dtype.kind == "V" and array.dtype.names is None and "float" in array.dtype.name:  # a bfloat16, say
        array = array.astype(np.float32)
    if array.dtype.kind not in "biufc":
        raise PointsError(f"{what} must be an array or tensor of real numbers, not {_kind(x, array)}.")
    if array.dtype.itemsize > (16 if array.dtype.kind == "c" else 8):
        array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    usable = all(stride >= 0 and stride % array.itemsize == 0 for stride in array.strides)
    return array if usable else array.copy()


def _kind(x: Any, array: np.ndarray) -> str:
    if isinstance(x, (str, bytes, dict)) or array.ndim == 0:
        return f"a {type(x).__name__}"
    kinds = getattr(x, "dtypes", None)
    if kinds is not None and hasattr(x, "columns"):
        wrong = [name for name, kind in zip(x.columns, kinds, strict=False) if not _numeric(kind)]
        if wrong:
            named = ", ".join(map(repr, wrong[:5])) + (" and more" if len(wrong) > 5 else "")
            return f"the columns {named} of a frame: leave them out"
    return {"U": "text", "S": "text", "M": "dates", "m": "times", "V": "records"}.get(array.dtype.kind, "objects")


def _numeric(kind: Any) -> bool:
    if hasattr(kind, "is_numeric"):  # polars
        return bool(kind.is_numeric()) or str(kind) == "Boolean"
    return getattr(kind, "kind", "O") in "biuf"


def unmasked(x: Any, what: str) -> Any:
    """x as it is, or without a mask that hides nothing.

    what: what x is, for the sentence ("The points"). Missing are masked values (numpy, torch), NA (pandas) and nulls
    (xarray, pyarrow), also in a list of masked arrays. Raises PointsError where there is one.
    """
    if isinstance(x, (list, tuple)) and any(isinstance(part, np.ma.MaskedArray) for part in x):
        x = np.ma.stack(x) if len({np.shape(part) for part in x}) == 1 else x
    hidden = _missing(x)
    if hidden is None:
        return x
    count = int(hidden.sum())
    if count:
        hidden = np.atleast_1d(hidden)
        rows = int(hidden.reshape(len(hidden), -1).any(axis=1).sum())
        raise PointsError(
            f"{what}: {count:,} of {hidden.size:,} values {'is' if count == 1 else 'are'} masked or missing, "
            f"in {rows:,} of {len(hidden):,} rows. Leave these rows out, or fill in the values, first."
        )
    return _data(x)


def _missing(x: Any) -> np.ndarray | None:
    """Which values are missing, bool in the shape of x; None for what has no notion of it."""
    if isinstance(x, np.ma.MaskedArray):
        return np.ma.getmaskarray(x)
    if type(x).__name__ == "MaskedTensor":  # of torch.masked; its mask says which values are valid
        missing: np.ndarray = ~x.get_mask().cpu().numpy()
        return missing
    for name in ("isna", "isnull", "is_null"):  # pandas; xarray; pyarrow
        look = getattr(x, name, None)
        if callable(look) and hasattr(x, "__len__"):
            return np.asarray(look()).astype(bool)
    return None


def _data(x: Any) -> Any:
    if isinstance(x, np.ma.MaskedArray):
        return x.data
    return x.get_data() if type(x).__name__ == "MaskedTensor" else x
