"""Layerscope: the shape of what a neural network knows, layer by layer. `make run` starts it."""

from pathlib import Path

import streamlit as st

from idcore.ui import belongings, guard, query, sidebar, state, work

PICTURES = Path(__file__).parent / "idcore" / "ui"

guard.app_runs()
st.set_page_config(
    page_title="Layerscope", page_icon=str(PICTURES / "icon.svg"), layout="wide", initial_sidebar_state=320
)
st.logo(str(PICTURES / "logo.svg"), size="large", icon_image=str(PICTURES / "icon.svg"))
guard.settings_are_right()

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
            help="Pretrained, trained, untrained and shuffled: the same samples through the same network.",
        ),
        st.Page(
            "pages/train.py",
            title="Train",
            icon=":material/model_training:",
            help="Watch a network learn: the dimension of every layer, epoch by epoch.",
        ),
        st.Page(
            "pages/learn.py",
            title="Learn",
            icon=":material/school:",
            help="Nine steps: what a dimension is, and how networks change it.",
        ),
        st.Page(
            "pages/data.py",
            title="Data",
            icon=":material/database:",
            help="Data sets, and what you bring along: images, representations, weights.",
        ),
        st.Page(
            "pages/paper.py",
            title="Paper",
            icon=":material/menu_book:",
            help="Each figure of Ansuini et al. 2019: published, and measured here.",
        ),
        st.Page(
            "pages/system.py",
            title="System",
            icon=":material/monitor_heart:",
            help="Jobs, workers, devices, the store, versions.",
        ),
    ],
    position="hidden" if st.query_params.get("hide") == "controls" else "top",
)
query.look()
work.show_refusal()
if page.title in ("Explore", "Compare"):
    with st.sidebar:
        st.session_state["choice"] = sidebar.choose(page.title == "Explore", state.devices())
page.run()
belongings.introduce()
