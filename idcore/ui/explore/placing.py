"""Where does this one lie? Pictures of a person's own among the samples of the page, in every layer."""

import contextlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import streamlit as st

from idcore.errors import LayerscopeError
from idcore.estimators.subset import unusual
from idcore.limits import LIMITS
from idcore.record import LayerGeometry
from idcore.results import placed
from idcore.results.placed import Placed
from idcore.spec import PlaceJob
from idcore.ui.kit import panel, passages, query, sessions, state, work
from idcore.ui.kit.endings import has_ending, refused
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.gallery import Cell, GalleryRow, gallery
from idcore.ui.kit.panel import Task
from idcore.ui.result import appearance
from idcore.ui.result.sample import class_colour, class_name, neighbour_row

ENDINGS = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "zip")
FAR = 0.99
"""A picture that is farther from its nearest sample than this share of the samples are from theirs is unusual."""
_SENT = "placed"


def place_view(measured: state.Measured, layer: str, device: str) -> None:
    """The place for a picture, and where it lies. layer: the one that is open."""
    if not measured.request.network.is_here or not measured.complete or passages.are_texts(measured.request.data):
        return
    with st.expander("Where does this one lie? Place a picture of your own among the samples",
                     icon=":material/add_photo_alternate:", key="place-own"):  # fmt: skip
        st.caption(
            "It is shown to the network as the samples are. Several files or a zip are fine, up to 20 pictures; show "
            "what the network knows, and what it does not."
        )
        most = sessions.most_upload(LIMITS.image)
        files = st.file_uploader("Pictures", accept_multiple_files=True, key="place-files",
                                 label_visibility="collapsed", max_upload_size=sessions.in_millions(most))  # fmt: skip
        if not files or any([refused(file.name, ENDINGS) for file in files]):
            return
        try:
            job = _job(measured, files)
        except LayerscopeError as error:
            st.error(query.escaped(str(error)), icon=":material/block:")
            return
        if placed.read(state.store(), job) is None and work.status(job).state in ("absent", "done"):
            work.start(job, device)
        active = _active(job)
        panel.live(_outcome, active, "placing")(measured, job, layer, device, active)


def pictures(measured: state.Measured) -> Placed | None:
    """Where the pictures lie that the place holds, None until that is known."""
    files = st.session_state.get("place-files")
    if not all(has_ending(file.name, ENDINGS) for file in files or ()):
        return None
    with contextlib.suppress(LayerscopeError):  # said where the pictures are sent
        return placed.read(state.store(), _job(measured, files)) if files and measured.complete else None
    return None


def _job(measured: state.Measured, files: Any) -> PlaceJob:
    return PlaceJob(measured.request, tuple(one.name for one in measured.layers), sent(files))


def packed(files: Sequence[tuple[str, bytes]]) -> tuple[bytes, str]:
    """(content, name) of one upload that holds these files: (name, content) of each. Several become a zip, in order."""
    if len(files) == 1:
        return files[0][1], files[0][0]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for i, (name, one) in enumerate(files):
            archive.writestr(f"{i:03d}{PurePath(name).suffix.lower()}", one)
    return content.getvalue(), "Your pictures.zip"


def sent(files: Any) -> str:
    """The digest of an upload, kept once. Raises RequestError where it is more than the session may have,
    StoreError where there is no room."""
    sent: dict[tuple[str, ...], str] = st.session_state.setdefault(_SENT, {})
    mark = tuple(file.file_id for file in files)
    if mark not in sent:
        sent[mark] = sessions.keep_upload(*packed([(file.name, file.getvalue()) for file in files]))
    return sent[mark]


def _active(job: PlaceJob) -> bool:
    return placed.read(state.store(), job) is None and work.status(job).active


def _outcome(measured: state.Measured, job: PlaceJob, layer: str, device: str, polled: bool) -> None:
    """polled: this runs again and again until the job has ended."""
    outcome = placed.read(state.store(), job)
    now = work.status(job)
    if polled and (outcome is not None or not now.active):
        st.rerun()
    if outcome is not None:
        _neighbours(measured, outcome, layer)
    else:
        panel.draw("place", Task(job, now), device=device)


def _neighbours(measured: state.Measured, outcome: Placed, layer: str) -> None:
    run = measured.run
    assert run is not None
    p = 0
    if len(outcome.shown) > 1:
        numbers = [str(i + 1) for i in range(len(outcome.shown))]
        p = int(st.segmented_control("Picture", numbers, default="1", required=True, key="place-picture")) - 1
    records = [one for name in outcome.layers if (one := state.geometry(measured.request, name)) is not None]
    guess = int(outcome.predictions[p])
    thumbnails = appearance.thumbnails(measured)
    own = Cell(len(run.labels) + p, "yours", class_colour(run, guess), f"picture {p + 1}, yours")
    said = f"the network says {class_name(run, guess)}" if guess >= 0 else "the network says none of the classes"
    rows = [GalleryRow((own,), "Your picture", said)]
    for i, record in enumerate(records):
        near = outcome.indices[i, p], outcome.distances[i, p]
        rows.append(neighbour_row(run, record, *near, guess, record.layer.name == layer, "of that class"))
    if thumbnails is not None:
        thumbnails = np.concatenate([thumbnails, outcome.shown])
    gallery(rows, thumbnails, key="place-neighbours")
    st.markdown(query.escaped(far_words(records, outcome.distances[:, p, 0])))
    for note in outcome.notes:
        st.caption(query.escaped(note))
    st.caption("On the PCA maps above, a star is your picture, projected on the principal axes of the samples.")
    how_to_read("place")


def far_words(records: Sequence[LayerGeometry], nearest: np.ndarray) -> str:
    """Whether a picture lies unusually far from all samples. nearest: (l,) distance to the nearest in each layer."""
    shares = {record.layer.name: unusual(record, float(one)) for record, one in zip(records, nearest, strict=True)}
    far = [name for name, share in shares.items() if share >= FAR]
    copies = [record.layer.name for record, one in zip(records, nearest, strict=True) if one == 0]
    told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    first = (
        f"It lies unusually far from all samples in {', '.join(far)}."
        if far
        else "In no layer does it lie unusually far from the samples."
    )
    copy = f" It is an exact copy of a sample in {', '.join(copies)}." if copies else ""
    return f"{first}{copy} Samples that are nearer to their nearest than it is to its own: {told}."
