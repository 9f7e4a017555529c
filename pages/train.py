"""Train: watch a network learn."""

import streamlit as st

from idcore.ui import guard, query
from idcore.ui.training import controls, page

guard.through_app()
query.show_notices()
with st.sidebar:
    plan = controls.choose()
page.show(plan)
