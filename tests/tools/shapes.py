"""From here on calls are checked against the shapes and types that are written at their arrays, by beartype: each call
of a kind that was not there before, since another one with arrays of the same shapes and types says no more. What else
is written there is not checked: that a wrong number or name is refused in words is for other tests. Functions at which
no array is written are left as they are, and what checks a function is made when it is first called: to wrap all of
them, and to check each call, took most of the time of a small measurement."""

import ast
import functools
from collections.abc import Callable
from dataclasses import is_dataclass
from inspect import isclass
from typing import Any, get_args

import jaxtyping
from jaxtyping import _import_hook as hook

from idcore import shapes


def arrays_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, the arrays of its calls checked."""
    from beartype import beartype

    hints = function.__annotations__
    function.__annotations__ = {name: hint for name, hint in hints.items() if _of_arrays(hint)}
    return beartype(function)


def _of_arrays(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray) or any(map(_of_arrays, get_args(hint)))


every_call = jaxtyping.jaxtyped


def each_kind(function: Any = None, **how: Any) -> Any:
    """In place of `jaxtyped`, which the hook writes at functions and classes: of calls of one kind the first is
    checked."""
    if function is None:
        return functools.partial(each_kind, **how)
    if isclass(function):
        if is_dataclass(function):
            function.__init__ = each_kind(function.__init__, **how)
        return function
    seen: set[Any] = set()
    checked = functools.cache(lambda: every_call(function, **how))

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        if (kind := (kind_of(args), kind_of(named))) in seen:
            return function(*args, **named)
        result = checked()(*args, **named)
        seen.add(kind)
        return result

    return call


def kind_of(value: Any) -> Any:
    """What is the same for two arguments that are checked with the same end: of arrays the type and the shape."""
    if value is None or isinstance(value, (int, float, str)):
        return value
    if (shape := getattr(value, "shape", None)) is not None:
        return type(value), getattr(value, "dtype", None), tuple(shape)
    if isinstance(value, (tuple, list)):
        return type(value), *map(kind_of, value)
    if isinstance(value, dict):
        return dict, *value, *map(kind_of, value.values())
    return (type(value), *map(kind_of, vars(value).values())) if is_dataclass(value) else type(value)


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
jaxtyping.jaxtyped = each_kind
# What is compiled is kept under the name of the function that checks: another way to wrap needs another name.
jaxtyping.install_import_hook(("idcore.record", "idcore.geometry", "idcore.estimators"), f"{__name__}.arrays_alone")
