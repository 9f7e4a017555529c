"""A data set that has to be read before anything can be measured on it: its progress, or why it is not there."""

import streamlit as st

from idcore.data.download import megabytes
from idcore.data.places import base
from idcore.jobs import Status
from idcore.settings import settings
from idcore.spec import FOLDER, ReadJob
from idcore.ui.kit import datasets, panel, query, work
from idcore.ui.kit.panel import Task

_PHOTOGRAPHS = "imagenet_sample"


def read_first(name: str) -> None:
    """Draw how far the reading is; the page starts again when it is done."""
    known = datasets.describe(name)
    st.title(query.escaped(known.title if known else datasets.title(name)))
    job, here = datasets.job(name), datasets.present(name)
    if here and (said := datasets.changed(name)) and not (now := work.status(job)).active:
        if now.state in panel.ENDED and now.message:
            st.error(query.escaped(now.message), icon=":material/error:")
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/sync_problem: {query.escaped(said)}", width="stretch")
            st.button("Read and measure again", type="primary", key="read-again", icon=":material/refresh:",
                      on_click=work.start_all, args=([job], "auto"))  # fmt: skip
    elif here:
        _follow(name, work.started(job), job)
    else:
        fetch(name)


def beyond(name: str) -> None:
    """More than was measured of a data set whose images are not here: why it cannot be had, and the ways out."""
    known = datasets.describe(name)
    st.title(query.escaped(known.title if known else datasets.title(name)))
    st.info(
        "This was not measured before, and the images are not on this machine: only the results are. Another N, seed, "
        "network or layer needs the images.", icon=":material/photo_library:",
    )  # fmt: skip
    fetch(base(name))
    if base(name) != _PHOTOGRAPHS:
        return
    fetch("imagenette")
    with st.container(border=True):
        st.markdown("**Or photographs of yours.**")
        st.markdown(query.escaped(f"Put a folder of them into {settings().data}, with a folder for each class or none; "
                                  "it then stands in the list of data sets. Or bring a zip:"))  # fmt: skip
        st.page_link(
            "pages/data.py", label="Bring pictures", icon=":material/upload:", query_params={"bring": "images"}
        )


def fetch(name: str) -> None:
    """A data set that is not here: where its files have to be, Download, and how far that is."""
    job = datasets.job(name, download=True)
    now = work.status(job)
    if now.active:
        _follow(name, now, job)
        return
    with st.container(border=True):
        known = datasets.describe(name)
        st.markdown(f"**{query.escaped(known.title)}**" if known else "**This data set is not here yet.**")
        st.markdown(query.escaped(f"Its files are looked for {datasets.where(name)}."))
        if now.state in panel.ENDED:
            st.error(query.escaped(now.message or "The download was stopped."), icon=":material/cloud_off:")
        if not name.startswith(FOLDER):
            size = megabytes(name)
            label = f"Download, {size:,.0f} MB" if size else "Download"
            st.button(label, type="primary", icon=":material/download:", key=f"download-{name}",
                      on_click=work.start_all, args=([job], "auto"))  # fmt: skip


def _follow(name: str, now: Status, job: ReadJob) -> None:
    panel.live(_progress, now.active, "reading")(name, job, now.active)


def _progress(name: str, job: ReadJob, polled: bool) -> None:
    """polled: this runs again and again until the job has ended."""
    now = work.status(job)
    if not datasets.unread(name) or (polled and not now.active):
        st.rerun()
    panel.draw("reading", Task(job, now))
    if now.active:
        st.skeleton(height=430)
