"""What is shown of a sample: its thumbnail, or what it says; and the job that makes what is missing of it."""

import numpy as np
import streamlit as st

from idcore.results import atlas
from idcore.spec import ProfileJob
from idcore.ui.kit import panel, passages, state, work
from idcore.ui.kit.kept import Kept
from idcore.ui.kit.panel import Task
from idcore.ui.result.map import blob

_thumbnails, _images = Kept(4), Kept(4)


def thumbnails(measured: state.Measured) -> np.ndarray | None:
    """(n, s, s, 3) uint8, a thumbnail of each sample; None where there are none."""
    store, data = state.store(), measured.request.data
    pictures = _thumbnails.get(lambda: atlas.read(store, data), store.root, atlas.key(data))
    if pictures is None or measured.run is None or len(pictures) != len(measured.run.labels):
        return None
    return pictures


def images(measured: state.Measured) -> bytes | None:
    """The thumbnails as a part of the map."""
    pictures, store = thumbnails(measured), state.store()
    if pictures is None:
        return None
    return _images.get(lambda: blob.images(pictures), store.root, atlas.key(measured.request.data))


def texts(measured: state.Measured) -> tuple[str, ...] | None:
    """What each sample says; None where they are images, or nothing of them is kept."""
    said = passages.texts(measured.request.data)
    return said if said and measured.run is not None and len(said) == len(measured.run.labels) else None


def _job(measured: state.Measured) -> ProfileJob:
    """What is measured is left as it is; the thumbnails that are missing are made."""
    return ProfileJob(measured.request, tuple(one.name for one in measured.layers))


def missing(measured: state.Measured) -> bool:
    """Whether all is measured, and nothing can be shown of the samples although there could."""
    unseen = thumbnails(measured) is None and texts(measured) is None
    return measured.complete and measured.request.network.is_here and unseen


def being_made(measured: state.Measured) -> bool:
    """Whether a worker makes what is missing."""
    return missing(measured) and work.status(_job(measured)).active


def offer(measured: state.Measured) -> None:
    """Offer to make what is missing: earlier versions kept none, and the store may have needed their room."""
    job = _job(measured)
    now = work.status(job)
    panel.draw("thumbnails", Task(job, now))
    if now.state in ("absent", "done"):
        with st.container(horizontal=True, vertical_alignment="center"):
            what = "texts" if passages.are_texts(measured.request.data) else "thumbnails"
            st.caption(f"The store has no {what} of these samples.", width="content")
            st.button("Make them", key="thumbnails", icon=":material/image:", on_click=work.start_all,
                      args=([job], "auto"))  # fmt: skip
