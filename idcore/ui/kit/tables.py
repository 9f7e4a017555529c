"""Tables on a page. Streamlit offers each of them as CSV, written by the browser as it stands."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow
import streamlit as st

from idcore import text
from idcore.ui.kit import on_show
from idcore.ui.kit.kept import Kept

_made = Kept(200)
"""Tables of some lines each."""


def draw(rows: Iterable[Mapping[str, Any]], name: str = "", **options: Any) -> Any:
    """Draw rows as wide as the page. Text is that of `text.to_csv`, so that no spreadsheet takes it for a formula.
    name: what Export calls it; a table without one is not offered there. options: of `st.dataframe`; returns what it
    returns."""
    rows = list(rows)
    if name:
        on_show.offer(name, rows)
    safe = [{name: text.cell(value) for name, value in row.items()} for row in rows]
    return st.dataframe(safe, hide_index=True, width="stretch", **options)


def plain(rows: Iterable[Mapping[str, str]]) -> None:
    """Draw rows of texts as a table without controls, its cells in Markdown. As Arrow, which is what is sent: by way of
    pandas it takes twenty times as long. One of the same texts is made once for all sessions."""
    said = tuple(tuple(row.items()) for row in rows)
    made = _made.get(lambda: pyarrow.Table.from_pylist([dict(row) for row in said]), said)
    st.table(made, border="horizontal", hide_index=True)
