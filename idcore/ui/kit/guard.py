"""What app.py and the pages look at before they draw.

`pages/` together with `st.navigation`: on a fresh server whose first visitor follows a link to a page, Streamlit
runs that page without app.py (its older convention for a folder of that name). This hands the visit back to app.py."""

# At once: libraries that look whether it is there would see half of it while another session imports it.
import pandas  # noqa: F401
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from idcore.errors import LayerscopeError
from idcore.ui.kit import query, state

_RAN = "app_ran"


def app_runs() -> None:
    """Called by app.py, first thing."""
    st.session_state[_RAN] = True


def through_app() -> None:
    """Called by each page, first thing: starts again through app.py when it has not run."""
    if not st.session_state.pop(_RAN, False):
        PagesManager.uses_pages_directory = False  # private; a browser test begins with a deep link
        st.rerun()


def settings_are_right() -> None:
    """Called by app.py before it draws: where the app was started with a setting that cannot be, that is the page."""
    try:
        state.store()
    except LayerscopeError as error:
        st.error(query.escaped(f"{error} Then start the app again."), icon=":material/block:")
        st.stop()
