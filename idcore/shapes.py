"""Shapes and types of arrays in annotations: `Float64[np.ndarray, "n d"]`, as jaxtyping writes them.

To read, and to check: where jaxtyping was imported before, as the tests do, these are its types, and each call is
checked. Everywhere else they say nothing at run time, and neither jaxtyping nor its time to import is needed.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or "jaxtyping" not in sys.modules:
    from typing import Annotated as Bool
    from typing import Annotated as Float
    from typing import Annotated as Float32
    from typing import Annotated as Float64
    from typing import Annotated as Int
    from typing import Annotated as Int64
    from typing import Annotated as Num
    from typing import Annotated as Shaped
else:
    from jaxtyping import Bool, Float, Float32, Float64, Int, Int64, Num, Shaped

__all__ = ["Bool", "Float", "Float32", "Float64", "Int", "Int64", "Num", "Shaped"]
