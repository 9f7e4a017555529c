"""Tables on a page. Streamlit offers each of them as CSV, written by the browser as it stands."""

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from idcore import text


def draw(rows: Iterable[Mapping[str, Any]], **options: Any) -> Any:
    """Draw rows as wide as the page. Text is that of `text.to_csv`, so that no spreadsheet takes it for a formula.
    options: of `st.dataframe`; returns what it returns."""
    safe = [{name: text.cell(value) for name, value in row.items()} for row in rows]
    return st.dataframe(safe, hide_index=True, width="stretch", **options)
