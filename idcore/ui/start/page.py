"""Start: what the tool is about, at first sight; then stories, and the way to one's own."""

import streamlit as st

from idcore.estimators import caveats
from idcore.figures import sketch
from idcore.ui.kit import address, drawn, query, state
from idcore.ui.kit.parameters import declare
from idcore.ui.start import figure
from idcore.ui.start.stories import OWN, STORIES, Story

UNITS = declare("units", "the switch of the units", default="false", options=("true", "false"))
PAPER = declare("paper", "the switch of the published curves", default="false", options=("true", "false"))
ADDRESS = {UNITS.name, PAPER.name, address.HIDE.name}
_A_ROW = 3
TITLE = "The dimension of what a network knows"
INTRODUCTION = (
    "Pass 1,000 photographs through a network and each layer turns them into a cloud of 1,000 points. Its "
    "**intrinsic dimension (ID)** is how many coordinates the cloud really needs. In a trained network it "
    "first rises steeply, then falls; in an untrained one it hardly moves before the last layers; and it is always "
    "far below the number of units."
)


def main() -> None:
    query.show_notices()
    st.title(TITLE)
    st.markdown(INTRODUCTION)
    with st.container(border=True):
        _figure()
    st.subheader("Stories")
    for begin in range(0, len(STORIES), _A_ROW):
        for column, story in zip(st.columns(_A_ROW), STORIES[begin : begin + _A_ROW], strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(story)
    st.subheader("What can I put in here?")
    for column, (title, sentence, icon, what) in zip(st.columns(len(OWN)), OWN, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"{icon} **{title}**")
            st.caption(sentence)
            st.page_link("pages/data.py", label="Bring it", icon=":material/upload:", query_params={"bring": what})
    state.jobs()  # the workers start while somebody reads


def headline() -> tuple[str, str]:
    """(what the figure is of, what it says)."""
    return "EfficientNet-Lite0, pretrained and untrained.", figure.sentence()


def _figure() -> None:
    network, said = headline()
    st.markdown(f"**{network}** {query.escaped(said)}")
    with st.container(horizontal=True):
        units = address.switch("Number of units", UNITS, help="Of each layer, on a logarithmic axis.")
        paper = address.switch("Curves of the paper", PAPER, help="Ansuini et al. 2019, figure 3: other networks, on "
                               "other images. Compare the shape, not the values.")  # fmt: skip
    wide, narrow = (figure.large(units, paper, narrow=phone) for phone in (False, True))
    drawn.svg(wide, "hunchback", narrow)
    run, _ = figure.shown()["pretrained"]
    accuracy = f"{run.sample_accuracy:.0%} of them classified correctly" if run.sample_accuracy is not None else ""
    st.caption(
        f"TwoNN at {len(run.checkpoints)} layers; N = {run.request.data.n:,} photographs, one of each class of "
        f"ImageNet, {accuracy}; the largest 10% of the ratios left out; bars are one standard error. {caveats.BOUND} "
        "Measured in advance. Click a point to open it."
    )
    for note in figure.missing():
        st.caption(query.escaped(note))
    with st.container(horizontal=True):
        st.page_link("pages/explore.py", label="Explore this network", icon=":material/show_chart:",
                     query_params=figure.address("pretrained"))  # fmt: skip
        st.page_link("pages/learn.py", label="Learn what it means, step by step", icon=":material/school:")


def _card(story: Story) -> None:
    drawn.svg(sketch.small(story.picture(), story.sees), f"story-{STORIES.index(story)}")
    st.markdown(f"**{story.title}**")
    st.caption(story.sentence)
    st.page_link(f"pages/{story.page}.py", label="Open", icon=":material/arrow_forward:", query_params=story.address())
