"""From here on each call is checked against the shapes and types that are written at its arrays, by beartype. What else
is written there is not checked: that a wrong number or name is refused in words is for other tests. Functions at which
no array is written are left as they are: to wrap them too took three quarters of the time of a small measurement."""

import ast
from collections.abc import Callable
from typing import Any, get_args

import jaxtyping
from beartype import beartype
from jaxtyping import _import_hook as hook

from idcore import shapes


def arrays_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, the arrays of its calls checked."""
    hints = function.__annotations__
    function.__annotations__ = {name: hint for name, hint in hints.items() if _of_arrays(hint)}
    return beartype(function)


def _of_arrays(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray) or any(map(_of_arrays, get_args(hint)))


class Wrapping(hook.JaxtypingTransformer):
    """Wraps the functions and dataclasses at which an array is written."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        given = ast.walk(node.args)
        hints = [one.annotation for one in given if isinstance(one, ast.arg)] + [node.returns]
        return super().visit_FunctionDef(node) if _written(hints) else self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        hints = [one.annotation for one in node.body if isinstance(one, ast.AnnAssign)]
        return super().visit_ClassDef(node) if _written(hints) else self.generic_visit(node)


def _written(hints: list[ast.expr | None]) -> bool:
    names = {one.id for hint in hints if hint for one in ast.walk(hint) if isinstance(one, ast.Name)}
    return not names.isdisjoint(shapes.__all__)


hook.JaxtypingTransformer = Wrapping
# What is compiled is kept under the name of the function that checks: another way to wrap needs another name.
jaxtyping.install_import_hook(("idcore.record", "idcore.geometry", "idcore.estimators"), f"{__name__}.arrays_alone")
