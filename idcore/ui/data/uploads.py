"""What a person brings along: a file goes to the store, a worker reads it, the page says what came of it."""

from dataclasses import dataclass

import streamlit as st

from idcore import results, spec
from idcore.errors import LayerscopeError
from idcore.files.endings import MATRICES, TEXTS
from idcore.limits import LIMITS
from idcore.networks import catalogue
from idcore.spec import UPLOAD, Architecture, ReadJob
from idcore.ui.kit import belongings, datasets, panel, passages, query, sessions, state, work
from idcore.ui.kit.choice import FILE
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
class Kept:
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


def kept() -> list[Kept]:
    """All uploads that were read and that this session may see."""
    sees = belongings.sight()
    sets = [dataset for dataset in datasets.known().values() if dataset.name.startswith(UPLOAD)]
    found = [
        Kept(
            dataset.name.removeprefix(UPLOAD),
            dataset.title,
            "representations" if dataset.matrices else "texts" if dataset.texts else "images",
            datasets.summary(dataset),
            dataset.notes,
            {"data": dataset.name},
            passages.lines(dataset),
        )
        for dataset in sets
    ]
    files = filter(lambda one: sees(one.digest), results.weights_files(state.store()))
    found += [_weights(one) for one in files]
    for one in found:
        belongings.renew(one.digest)
    return found


def upload(what: str) -> None:
    """Draw the place for a file of one kind, and what came of the last one."""
    sentence, endings, limits = KINDS[what]
    st.markdown(sentence)
    architecture = networks.architecture() if what == "weights" else None
    most = sessions.most_upload(LIMITS.upload)
    file = st.file_uploader("File", key=f"file-{what}", label_visibility="collapsed",
                            max_upload_size=sessions.in_millions(most))  # fmt: skip
    st.caption(f"{limits} Up to {f'{most / 2**10:g} GiB' if most >= 2**10 else f'{most} MiB'} in all.")
    if file is None or refused(file.name, endings):
        return
    kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
    if file.file_id not in kept:
        try:
            kept[file.file_id] = sessions.keep_upload(file.getvalue(), file.name)
        except LayerscopeError as error:
            st.error(query.escaped(str(error)), icon=":material/block:")
            return
        sessions.release(file)
    job = ReadJob(what, kept[file.file_id], architecture)  # type: ignore[arg-type]
    sent: set[tuple[str, ReadJob]] = st.session_state.setdefault(_SENT, set())
    if (mark := (file.file_id, job)) not in sent:
        sent.add(mark)
        work.start(job)
    now = work.status(job)
    panel.live(_outcome, now.active, f"outcome-{what}")(job, now.active)


def _outcome(job: ReadJob, polled: bool) -> None:
    """polled: this runs again and again until the job has ended."""
    now = work.status(job)
    if polled and not now.active:
        st.rerun()
    if now.active:
        panel.draw(job.what, Task(job, now))
        return
    found = next((one for one in kept() if one.digest == job.name and one.what == job.what), None)
    if found is None:
        text = now.message or "The file was not read."
        st.error(query.escaped(text), icon=":material/block:")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap="xsmall"):
            st.markdown(f":material/check_circle: **{query.escaped(found.name)}**: {query.escaped(found.summary)}")
            for note in found.notes:
                st.caption(query.escaped(note))
        explore(found.address, f"explore-{job.what}", primary=True)


def explore(address: dict[str, str], key: str, primary: bool = False) -> None:
    """A button that opens Explore with this choice."""
    if st.button("Explore it", key=key, icon=":material/show_chart:", type="primary" if primary else "secondary"):
        for name in address:  # or what was chosen there before would stand against it
            st.session_state.pop(name, None)
        st.switch_page("pages/explore.py", query_params=address)


def delete(one: Kept) -> None:
    """Forget an upload of this session; the file and what was read from it, where nobody else brought the same.
    Measured layers stay until the store needs their room."""
    if not one.is_mine or not results.disown(state.store(), one.digest, belongings.owner()):
        return
    kinds = [("upload", one.digest), ("file", one.digest), ("dataset", UPLOAD + one.digest)]
    for kind, name in kinds:
        state.store().delete(spec.key(kind, name))


def _weights(one: results.OwnWeights) -> Kept:
    architecture = one.architecture
    title = catalogue.lookup(architecture.name).title
    address = {"network": architecture.name, "regime": "pretrained", "weights": FILE + one.digest}
    address |= _sizes(architecture)
    outputs = f"{one.classes:,} outputs" if one.classes else "without a head"
    return Kept(one.digest, one.name, "weights", f"weights of {title}, {outputs}", one.notes, address)


def _sizes(architecture: Architecture) -> dict[str, str]:
    sizes = {"width": architecture.width, "depth": architecture.depth}
    return {name: str(size) for name, size in sizes.items() if size is not None}
