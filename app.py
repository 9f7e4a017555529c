"""Layerscope: the shape of what a neural network knows, layer by layer. `make run` starts it."""

from pathlib import Path

import streamlit as st

from idcore.ui import guard, query, sidebar, state

PICTURES = Path(__file__).parent / "idcore" / "ui"

guard.app_runs()
st.set_page_config(
    page_title="Layerscope", page_icon=str(PICTURES / "icon.svg"), layout="wide", initial_sidebar_state=320
)
st.logo(str(PICTURES / "logo.svg"), size="large", icon_image=str(PICTURES / "icon.svg"))

page = st.navigation(
    [
        st.Page(
            "pages/explore.py",
            title="Explore",
            icon=":material/show_chart:",
            default=True,
            help="Measure one network: its intrinsic dimension layer by layer, and what lies behind each point.",
        ),
        st.Page(
            "pages/compare.py",
            title="Compare",
            icon=":material/stacked_line_chart:",
            help="Trained, untrained and shuffled: the same samples through three networks.",
        ),
    ],
    position="top",
)
query.look()
with st.sidebar:
    st.session_state["choice"] = sidebar.choose(page.title == "Explore", state.devices())
page.run()
