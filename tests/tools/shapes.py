"""From here on each call is checked against the shapes and types that are written at its arrays, by beartype. What else
is written there is not checked: that a wrong number or name is refused in words is for other tests."""

from collections.abc import Callable
from typing import Any, get_args

import jaxtyping
from beartype import beartype


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its calls checked."""
    hints = function.__annotations__
    function.__annotations__ = {name: hint for name, hint in hints.items() if _of_arrays(hint)}
    return beartype(function)


def _of_arrays(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray) or any(map(_of_arrays, get_args(hint)))


jaxtyping.install_import_hook(("idcore.record", "idcore.geometry", "idcore.estimators"), "tests.tools.shapes.checked")
