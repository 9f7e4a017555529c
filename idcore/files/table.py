"""What a reader of matrices finds in a file, before it is checked."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Table:
    """matrices: (name, (n, ...)). notes: sentences for the reader. labels: (codes (n,), words), where there are any."""

    matrices: list[tuple[str, np.ndarray]]
    notes: list[str] = field(default_factory=list)
    labels: tuple[np.ndarray, list[str]] | None = None
