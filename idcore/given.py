"""What a person hands in, looked at before it becomes an array: a value that was marked as missing has no number, and
the number that lies under its mask must not be measured. Numpy only; other libraries are known by what they offer."""

from typing import Any

import numpy as np

from idcore.errors import PointsError


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
        return ~x.get_mask().cpu().numpy()
    for name in ("isna", "isnull", "is_null"):  # pandas; xarray; pyarrow
        look = getattr(x, name, None)
        if callable(look) and hasattr(x, "__len__"):
            return np.asarray(look()).astype(bool)
    return None


def _data(x: Any) -> Any:
    if isinstance(x, np.ma.MaskedArray):
        return x.data
    return x.get_data() if type(x).__name__ == "MaskedTensor" else x
