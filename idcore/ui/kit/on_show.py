"""The numbers of what is on show: each table and each figure of a page as CSV and JSON, with what they are about."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from idcore.exports import EXPORTS, Export, Numbers
from idcore.figures.values import values
from idcore.identity import identity
from idcore.spec import USUAL, Reading, Request
from idcore.ui.kit import print_figure, shown

Rows = Sequence[Mapping[str, Any]]
About = Mapping[str, Any]


def offer(name: str, rows: Rows) -> None:
    """A table that is on show."""
    shown.offer("table", name, rows)


def about(requests: Iterable[Request], reading: Reading = USUAL) -> dict[str, Any]:
    """What all of a page is about: a value for each column of `identity`, and n; of several requests those that differ
    stand one behind the other, in their order."""
    every = [{**identity(request, reading), "n": request.data.n} for request in requests]
    columns = {name: list(dict.fromkeys(one[name] for one in every)) for name in (every[0] if every else ())}
    return {name: seen[0] if len(seen) == 1 else "; ".join(map(str, seen)) for name, seen in columns.items()}


def numbers(rows: Rows, known: About) -> Numbers:
    """A table of the rows, behind them the columns of what they are about; a column that the rows have is theirs."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    more = {name: value for name, value in known.items() if name not in columns}
    lines = [[*(row.get(name) for name in columns), *more.values()] for row in rows]
    names = [*columns, *more]
    return Numbers(
        names, lines, {"about": dict(known), "rows": [dict(zip(names, line, strict=True)) for line in lines]}
    )


def _all() -> dict[str, Callable[[], Rows]]:
    """Of each table and each figure its rows, made when they are wanted."""
    tables = shown.offered("table")
    makers: dict[str, Callable[[], Rows]] = {f"Table: {name}": partial(list, rows) for name, rows in tables.items()}
    for title, make in print_figure.offered().values():
        makers[f"Figure: {title}"] = partial(_drawn, make)
    return makers


def _drawn(make: Callable[[], Any]) -> Rows:
    return values(make())


def _file(export: Export, rows: Callable[[], Rows], known: About) -> str:
    return export.function(numbers(rows(), known))


@st.fragment
def form(known: About) -> None:
    """Which table or figure; its numbers in each format. known: what they are about."""
    offered = _all()
    if not offered:
        st.button("Numbers of a table or figure", icon=":material/table:", key="on-show-list",
                  help="Lists the tables and figures on show.")  # fmt: skip
        return
    name = st.selectbox("Numbers of a table or figure", list(offered), key="on-show")
    file = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())[:60].strip("-")
    with st.container(horizontal=True):
        for one in EXPORTS:
            st.download_button(f"Its numbers, {one.name}", partial(_file, one, offered[name], known),
                               f"layerscope-{file}.{one.suffix}", one.mime, on_click="ignore",
                               icon=":material/table:", key=f"on-show-{one.suffix}")  # fmt: skip
