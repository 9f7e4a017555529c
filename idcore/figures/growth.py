"""What a figure has more than an earlier one of the same curves: new points, and other numbers in its layout. A browser
that shows the earlier one makes the later one of it, and keeps its zoom."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

ARRAYS = ("x", "y", "error_y.array", "text", "customdata")
"""What a curve has one of for each point."""


def named(figure: go.Figure) -> go.Figure:
    """The figure, named by a digest of all that it shows, as `layout.meta`."""
    return figure.update_layout(meta=hashlib.sha256(figure.to_json().encode()).hexdigest()[:16])


def growth(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """What makes the figure `after` of `before`, None where that takes more than new points and other numbers.

    before, after: `named`, as plotly's values (`Sent.to_dict`). Of the result, `of` and `name` are their names;
    `curves` has for each curve the places of its new points in the later figure, in rising order, and the values of
    each of its `ARRAYS` there; `layout` the later numbers by their place, such as "yaxis.range". A point is known by
    its x and what is said of it.
    """
    if len(before["data"]) != len(after["data"]):
        return None
    (old, of), (new, name) = _unnamed(before), _unnamed(after)
    curves = [_curve(one, other) for one, other in zip(before["data"], after["data"], strict=True)]
    layout = _numbers(old, new, "")
    if layout is None or None in curves:
        return None
    return {"of": of, "name": name, "curves": curves, "layout": layout}


def _unnamed(figure: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """(its layout without its name, its name)."""
    layout = dict(figure["layout"])
    return layout, layout.pop("meta")


def _curve(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    if _rest(before) != _rest(after):
        return None
    there, points = set(_points(before)), _points(after)
    new = [point not in there for point in points]
    values = {name: array for name in ARRAYS if (array := _of(after, name)) is not None}
    if any(list(_of(before, name) or ()) != [one for one, is_new in zip(all, new, strict=True) if not is_new]
           for name, all in values.items()):  # fmt: skip
        return None
    return {
        "at": [i for i, is_new in enumerate(new) if is_new],
        "values": {name: [one for one, is_new in zip(all, new, strict=True) if is_new] for name, all in values.items()},
    }


def _points(curve: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What tells each point from the others."""
    return [(x, *said) for x, said in zip(curve["x"], curve["customdata"], strict=True)]


def _of(curve: Mapping[str, Any], name: str) -> Any:
    """An array of a curve by its place."""
    value: Any = curve
    for part in name.split("."):
        value = None if value is None else value.get(part)
    return value


def _rest(curve: Mapping[str, Any], inside: str = "") -> dict[str, Any]:
    """A curve without its arrays."""
    return {
        key: _rest(value, f"{inside}{key}.") if isinstance(value, Mapping) else value
        for key, value in curve.items()
        if inside + key not in ARRAYS
    }


def _numbers(before: Any, after: Any, path: str) -> dict[str, Any] | None:
    """The numbers of `after` that differ, by their place; None where something else does."""
    if before == after:
        return {}
    inside = _inside(before), _inside(after)
    if inside[0] and inside[1] and inside[0].keys() == inside[1].keys():
        numbers: dict[str, Any] = {}
        for key, value in inside[0].items():
            more = _numbers(value, inside[1][key], f"{path}.{key}".lstrip("."))
            if more is None:
                return None
            numbers |= more
        return numbers
    return {path: after} if _is_number(before) and _is_number(after) else None


def _inside(value: Any) -> dict[str, Any] | None:
    """The parts of a value by their names; of a list of numbers, which is replaced as a whole, none."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, str) and not _is_number(value):
        return {str(i): one for i, one in enumerate(value)}
    return None


def _is_number(value: Any) -> bool:
    """Whether it is a number, or a list of them."""
    if isinstance(value, list | tuple):
        return all(isinstance(one, int | float) for one in value)
    return isinstance(value, int | float)
