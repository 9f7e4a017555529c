"""What a person brings along: a file goes to the store, a worker reads it, the page says what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from idcore import results, spec
from idcore.errors import LayerscopeError
from idcore.files.endings import MATRICES, TEXTS
from idcore.limits import LIMITS
from idcore.networks import catalogue
from idcore.spec import FACTORY, UPLOAD, Architecture, ReadJob
from idcore.ui.kit import address, belongings, datasets, panel, passages, query, sessions, state, work
from idcore.ui.kit.choice import FILE, SERIES_DIGITS
from idcore.ui.kit.endings import refused
from idcore.ui.kit.panel import Task
from idcore.ui.sidebar import networks

KINDS = {
    "images": (
        "A zip with a folder of images for each class, for instance cats/1.jpg, dogs/2.png; with train and test above "
        "these folders, if you like. JPEG, PNG, WebP, BMP, GIF and TIFF are read.",
        ("zip",),
        f"Up to {LIMITS.images:,} images of {LIMITS.pixels / 1e6:.0f} million pixels in {LIMITS.classes:,} classes.",
    ),
    "texts": (
        "Sequences: a .txt with one a line (a line of more than "
        f"{LIMITS.line} words becomes windows of {LIMITS.window}), a .csv, .tsv, .parquet or .jsonl with a column of "
        "text and perhaps one called label, or proteins and DNA in FASTA. A language model is shown them.",
        tuple(ending.removeprefix(".") for ending in TEXTS),
        f"Up to {LIMITS.sequences:,} sequences, of each {LIMITS.sequence:,} characters.",
    ),
    "representations": (
        "Matrices that were computed elsewhere, one for each layer, a row for each sample: several in an .npz, "
        ".safetensors, .pt, .mat, .h5 or .h5ad, one in an .npy, .csv, .tsv or .parquet. A vector called labels colours "
        "the samples.",
        tuple(ending.removeprefix(".") for ending in MATRICES),
        f"Up to {LIMITS.matrices} matrices of {LIMITS.units:,} columns, "
        f"{LIMITS.values / 1e6:.0f} million numbers in all.",
    ),
    "weights": (
        "Your weights for one of the architectures: a state dict or a checkpoint that holds one, as .safetensors or as "
        "torch.save writes it (.pt, .pth, .pth.tar, .ckpt, .bin). No code in the file is ever run.",
        ("safetensors", "pt", "pth", "pth.tar", "tar", "ckpt", "bin"),
        f"Up to {LIMITS.weights / 2**30:.0f} GiB of tensors.",
    ),
}
"""Of each kind: what is expected, the endings, the limits."""
_KEPT, _SENT = "kept", "sent"


@dataclass(frozen=True)
class KeptUpload:
    """An upload that was read. what: its kind. address: what Explore has to be asked for. lines: its first texts."""

    digest: str
    name: str
    what: str
    summary: str
    notes: tuple[str, ...]
    address: dict[str, str]
    lines: tuple[str, ...] = ()

    @property
    def is_mine(self) -> bool:
        return belongings.is_mine(self.digest)

    @property
    def is_shared(self) -> bool:
        return belongings.is_shared(self.digest)


def kept() -> list[KeptUpload]:
    """All uploads that were read and that this session may see."""
    sees = belongings.sight()
    sets = [dataset for dataset in datasets.known().values() if dataset.name.startswith(UPLOAD)]
    uploads = [
        KeptUpload(
            dataset.name.removeprefix(UPLOAD),
            dataset.title,
            "representations" if dataset.matrices else "texts" if dataset.texts else "images",
            datasets.summary(dataset),
            dataset.notes,
            {"data": dataset.name, **datasets.opened_on(dataset)},
            passages.lines(dataset),
        )
        for dataset in sets
    ]
    files = filter(lambda one: sees(one.digest), results.weights_files(state.store()))
    uploads += [_weights(one) for one in files]
    for one in uploads:
        belongings.renew(one.digest)
    return uploads


def upload(what: str) -> None:
    """Draw the place for files of one kind (several of weights, one of others), and what came of the last ones."""
    sentence, endings, limits = KINDS[what]
    st.markdown(sentence)
    many = what == "weights"
    architecture = networks.architecture(own=False) if many else None
    most = sessions.most_upload(LIMITS.upload)
    given = st.file_uploader("Files" if many else "File", key=f"file-{what}", label_visibility="collapsed",
                             accept_multiple_files=many, max_upload_size=sessions.in_millions(most))  # fmt: skip
    size = f"{most / 2**10:g} GiB" if most >= 2**10 else f"{most} MiB"
    st.caption(f"{limits} Up to {size} in all.{' Several files: the checkpoints of one training.' if many else ''}")
    files = list(given) if isinstance(given, list) else [given] if given is not None else []
    sent: set[tuple[str, ReadJob]] = st.session_state.setdefault(_SENT, set())
    jobs: dict[ReadJob, None] = {}  # each once, though several files may hold the same
    for file in files:
        if (digest := _taken(file, endings)) is None:
            continue
        job = ReadJob(what, digest, architecture)  # type: ignore[arg-type]
        if job not in jobs and (file.file_id, job) not in sent:
            work.start(job)
        sent.add((file.file_id, job))
        jobs[job] = None
    if jobs:
        active = any(work.status(job).active for job in jobs)
        panel.live(_outcomes, active, f"outcome-{what}")(list(jobs), active)


def _taken(file: UploadedFile, endings: Sequence[str]) -> str | None:
    """The digest of a file that is in the store from now on; None where it is refused, with a sentence."""
    if refused(file.name, endings):
        return None
    kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
    if file.file_id not in kept:
        try:
            kept[file.file_id] = sessions.keep_upload(file.getvalue(), file.name)
        except LayerscopeError as error:
            st.error(query.escaped(str(error)), icon=":material/block:")
            return None
        sessions.release(file)
    return kept[file.file_id]


def _outcomes(jobs: Sequence[ReadJob], polled: bool) -> None:
    """What came of each. polled: this runs again and again until all jobs have ended."""
    stands = {job: work.status(job) for job in jobs}
    active = [Task(job, now) for job, now in stands.items() if now.active]
    if polled and not active:
        st.rerun()
    if active:
        panel.draw(jobs[0].what, *active)
    uploads = {(one.digest, one.what): one for one in kept()}
    ended = {job: now for job, now in stands.items() if not now.active}
    read = [
        uploads[key] for job, now in ended.items() if (key := (job.name, job.what)) in uploads and now.state != "failed"
    ]
    for job, now in ended.items():
        if now.state == "failed" or (job.name, job.what) not in uploads:
            text = now.message or "The file was not read."
            st.error(query.escaped(text), icon=":material/block:")
    if len(read) > 1 and not active:
        _series(read, jobs[0])
    for one in read:
        _read(one, alone=len(jobs) == 1)


def _read(one: KeptUpload, alone: bool) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap="xsmall"):
            st.markdown(f":material/check_circle: **{query.escaped(one.name)}**: {query.escaped(one.summary)}")
            for note in one.notes:
                st.caption(query.escaped(note))
        explore(one.address, f"explore-{one.what}" if alone else f"explore-{one.what}-{one.digest}", primary=alone)


def _series(read: Sequence[KeptUpload], job: ReadJob) -> None:
    """The way to all of them as one series."""
    if st.button(
        f"Compare the {len(read)} as a series", key="open-series", type="primary", icon=":material/show_chart:"
    ):
        assert job.architecture is not None
        ids = [one.digest[:SERIES_DIGITS] for one in read]
        st.session_state.pop("checkpoint", None)
        at = {"set": "series", "network": job.architecture.name, **_sizes(job.architecture), "series": ids}
        address.go("pages/compare.py", at)


def explore(at: dict[str, str], key: str, primary: bool = False) -> None:
    """A button that opens Explore with this choice."""
    if st.button("Explore it", key=key, icon=":material/show_chart:", type="primary" if primary else "secondary"):
        address.go("pages/explore.py", at)


def delete(one: KeptUpload) -> None:
    """Forget an upload of this session; the file and what was read from it, where nobody else brought the same.
    Measured layers stay until the store needs their room."""
    if not one.is_mine or not results.disown(state.store(), one.digest, belongings.owner()):
        return
    kinds = [("upload", one.digest), ("file", one.digest), ("dataset", UPLOAD + one.digest)]
    for kind, name in kinds:
        state.store().delete(spec.key(kind, name))


def _weights(one: results.OwnWeights) -> KeptUpload:
    architecture = one.architecture
    title = catalogue.lookup(architecture.name).title
    at = {"network": architecture.name, "regime": "pretrained", "weights": FILE + one.digest}
    at |= _sizes(architecture)
    if architecture.name.startswith(FACTORY):
        what = f"what was measured of {title}, a network of your own code"
        return KeptUpload(one.digest, one.name, "weights", what, one.notes, at)
    outputs = f"{one.classes:,} outputs" if one.classes else "without a head"
    return KeptUpload(one.digest, one.name, "weights", f"weights of {title}, {outputs}", one.notes, at)


def _sizes(architecture: Architecture) -> dict[str, str]:
    sizes = {"width": architecture.width, "depth": architecture.depth}
    return {name: str(size) for name, size in sizes.items() if size is not None}
