"""Take it with you: the numbers, the figure, the code, the link."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from idcore import numbers as table
from idcore import spec
from idcore.estimators.summary import LayerSummary
from idcore.exports import EXPORTS, Numbers
from idcore.identity import caption
from idcore.numbers import COLUMNS as COLUMNS
from idcore.numbers import commands_of, python_of
from idcore.spec import USUAL, Reading, Request
from idcore.ui.kit import on_show, print_figure, state, words
from idcore.ui.kit.charts import FORMATS
from idcore.ui.kit.choice import Layers
from idcore.ui.kit.kept import Kept
from idcore.version import VERSION

_kept = Kept(200)
INSIDE, _WANTED = "export-inside", "whether Export was opened"
_COPY = st.components.v2.component(
    "copy_link",
    html='<button type="button" aria-live="polite">Copy link</button>',
    css="""
button { font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: transparent;
  cursor: pointer; white-space: nowrap;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.35rem 0.75rem;
  min-height: 2.5rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-link-color); }
""",
    js="""
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  button.onclick = async () => {
    const link = window.location.href;
    try { await navigator.clipboard.writeText(link); button.textContent = "Link copied"; }
    catch { window.prompt("The link to this view:", link); }
    setTimeout(() => { button.textContent = "Copy link"; }, 1600);
  };
}
""",
)


def copy_link() -> None:
    """A button that copies the address: it holds the whole state of the page."""
    _COPY(key="copy-link", width="content")


def numbers(
    rows: Mapping[Request, Sequence[LayerSummary]],
    layers: Layers = "checkpoints",
    reading: Reading = USUAL,
    more: Mapping[Request, Mapping[str, Any]] | None = None,
) -> Callable[[], Numbers]:
    """What makes `idcore.numbers.numbers` of what is on show. Classes have the names that they have now: when it is
    called nobody knows any more which uploads this session may see by name. more: columns of their own, at the end."""
    named = {request.data: words.class_names(request.data) for request in rows}
    return partial(table.numbers, rows, layers, reading, named.__getitem__, more)


def menu(draw: Callable[[], None], container: DeltaGenerator | None = None) -> None:
    """The Export popover. What is in it is drawn once somebody has opened it, and from then on with the page: most
    views are left without that, and it is a tenth of what they would cost the server. draw: draws it, of what there is
    at that moment. container: where it stands, if not here: Streamlit copies, with all that they stand in, the
    containers that are open around a part of the page."""
    popover = (container or st).popover("Export", icon=":material/download:", key="export", on_change=_opened)
    with popover:
        _inside(draw)


def _opened() -> None:
    st.rerun([INSIDE])


@st.fragment(key=INSIDE)
def _inside(draw: Callable[[], None]) -> None:
    if st.session_state["export"]:
        st.session_state[_WANTED] = True
    if st.session_state.get(_WANTED):
        draw()


def files(make: Callable[[], Numbers], name: str, below: str = "", about: Mapping[str, Any] | None = None) -> None:
    """The first part of an Export popover: the numbers in each format, those of each table and figure on show, the
    figures. make: makes the numbers, when a file is wanted. below: as of `figures`. about: what all of it is about."""
    with st.container(horizontal=True):
        for one in EXPORTS:
            file = f"layerscope-{name}.{one.suffix}"
            st.download_button(f"Numbers, {one.name}", partial(_file, one.function, make), file, one.mime,
                               on_click="ignore", icon=":material/table:")  # fmt: skip
    on_show.form(about or {"version": VERSION})
    figures(below)


def _file(written: Callable[[Numbers], str | bytes], make: Callable[[], Numbers]) -> str | bytes:
    return written(make())


def on_show_alone() -> None:
    """The Export popover of a page whose tables are all that there is to take."""
    menu(lambda: on_show.form({"version": VERSION}))


def figures(below: str = "") -> None:
    """The figures of the page, for print, and the format of the cameras. below: a caption for them."""
    print_figure.form(below)
    st.segmented_control("Camera", FORMATS, default="svg", required=True, key="format")
    st.caption("The camera of a figure saves it as you see it, in this format.")


def export(
    rows: Mapping[Request, Sequence[LayerSummary]],
    layers: Layers,
    reading: Reading,
    name: str,
    more: Mapping[Request, Mapping[str, Any]] | None = None,
) -> None:
    """What is in the Export popover of requests. more: see `numbers`."""
    commands, python, below = _kept.get(lambda: _written(rows, layers, reading), _about(rows), layers, reading)
    files(numbers(rows, layers, reading, more), name, below, on_show.about(rows, reading))
    if any(rows.values()):
        _whole(rows, layers, reading, name)
    st.markdown("The same numbers from the command line")
    st.code(commands, language="bash", wrap_lines=True)
    st.markdown("and from Python")
    st.code(python, language="python", wrap_lines=True)


def _about(rows: Mapping[Request, Sequence[LayerSummary]]) -> tuple[tuple[Request, tuple[LayerSummary, ...]], ...]:
    return tuple((request, tuple(measured)) for request, measured in rows.items())


def _written(rows: Mapping[Request, Sequence[LayerSummary]], layers: Layers, reading: Reading) -> tuple[str, str, str]:
    """(the commands, the Python, the caption of a figure)."""
    below = caption(rows, reading) if rows else ""
    return commands_of(rows, layers, reading), python_of(rows, layers, reading), below


def _whole(rows: Mapping[Request, Sequence[LayerSummary]], layers: Layers, reading: Reading, name: str) -> None:
    """The button of the zip. It is made when it is pressed, from what the store holds then."""

    def make() -> bytes:
        from idcore.figures.of_result import result
        from idcore.parcel import parcel

        results = [result(state.store(), request, reading, layers) for request, measured in rows.items() if measured]
        return parcel(results, layers, words.class_names)

    key = spec.run_key(next(iter(rows)))[:6]
    st.download_button("All of it, zip", make, f"layerscope-{name}-{key}.zip", "application/zip", on_click="ignore",
                       icon=":material/folder_zip:", key="parcel")  # fmt: skip
    st.caption("Request, numbers, figures, versions, and the commands that make it again.")
