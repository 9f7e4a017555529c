"""The app: what stands around every page, and which pages there are."""

import copy
import functools
import gc
from importlib import import_module
from pathlib import Path

import streamlit as st
from streamlit import runtime

from idcore.ui import sidebar
from idcore.ui.kit import address, belongings, guard, query, shown, state, turns, work
from idcore.ui.kit.parameters import DECLARED
from idcore.ui.start import page as start

_HERE = Path(__file__).parent
_WITHOUT = "<style>[data-testid=stSidebar], [data-testid=stExpandSidebarButton] { display: none; }</style>"
"""For a projector: the choice of what is measured is made, in the address."""
_PAGES = (
    ("start", "home", "What it is about, at first sight, and the way to your own."),
    (
        "explore",
        "show_chart",
        "Measure one network: its intrinsic dimension layer by layer, and what lies behind each point.",
    ),
    (
        "compare",
        "stacked_line_chart",
        "Pretrained, trained, untrained and shuffled: the same samples through the same network.",
    ),
    ("train", "model_training", "Watch a network learn: the dimension of every layer, epoch by epoch."),
    ("learn", "school", "Twelve steps: what a dimension is, why it rises in a network and why it falls."),
    (
        "generalise",
        "stacked_bar_chart",
        "Why networks with more weights than samples do well on new ones: double descent, lazy and rich training.",
    ),
    ("data", "database", "Data sets, and what you bring along: images, representations, weights."),
    ("paper", "menu_book", "Each figure of Ansuini et al. 2019: published, and measured here."),
    ("system", "monitor_heart", "Jobs, workers, devices, the store, versions."),
)
"""Of each page: its name, its icon, what it is for. The first is the one that an address without a name means."""
for name, *_ in _PAGES:  # each declares what it takes from the address, which is looked at before any is drawn
    import_module(f"idcore.ui.{name}.page")


def run() -> None:
    """Draw the page that the address names. Called by the script that Streamlit runs, beside which `pages/` lies."""
    if runtime.exists():
        settle()
    with turns.turn():
        _draw()


@functools.cache
def settle() -> None:
    """What was imported stays: the collector of unreachable objects looks at it no more. Else it goes through all of it
    once in thirty views, which takes as long as two of them. Before there are sessions: theirs are to be collected."""
    gc.collect()
    gc.freeze()


def _draw() -> None:
    guard.app_runs()
    st.set_page_config(
        page_title="Layerscope", page_icon=str(_HERE / "icon.svg"), layout="wide", initial_sidebar_state=320
    )
    st.logo(str(_HERE / "logo.svg"), size="large", icon_image=str(_HERE / "icon.svg"))
    st.html(_HERE / "app.css")
    if address.controls_hidden():
        st.html(_WITHOUT)
    guard.settings_are_right()
    with state.still():
        _draw_page()


@functools.cache
def _pages() -> tuple[st.Page, ...]:
    """To make them takes a look at each file and at all the folders above it."""
    return tuple(
        st.Page(f"pages/{name}.py", title=name.title(), icon=f":material/{icon}:", help=help, default=i == 0)
        for i, (name, icon, help) in enumerate(_PAGES)
    )


def _draw_page() -> None:
    pages = list(map(copy.copy, _pages()))  # each session marks its own as those that it may run
    page = st.navigation(pages, position="hidden" if address.controls_hidden() else "top")
    if page.title == "Start" and set(st.query_params) & DECLARED.keys() - start.ADDRESS:
        st.switch_page("pages/explore.py", query_params=st.query_params.to_dict())  # a link from before there was Start
    query.look()
    shown.begin(page.title)
    work.show_refusal()
    if page.title in ("Explore", "Compare"):
        with st.sidebar:
            st.session_state["choice"] = sidebar.choose(page.title == "Explore", state.devices())
    page.run()
    belongings.introduce()
