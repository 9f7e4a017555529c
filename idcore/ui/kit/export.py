"""Take it with you: the numbers, the figure, the code, the link."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from idcore import spec
from idcore.command import command_line, python_code
from idcore.estimators.summary import LayerSummary
from idcore.exports import EXPORTS, Numbers
from idcore.identity import COLUMNS as IDENTITY
from idcore.identity import identity
from idcore.spec import USUAL, Reading, Request
from idcore.ui.kit import words
from idcore.ui.kit.charts import FORMATS
from idcore.ui.kit.choice import Layers

COLUMNS = tuple(field.name for field in dataclasses.fields(LayerSummary))

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
) -> Numbers:
    """What is on show: one row a layer and request with what it is about, the columns of `LayerSummary`, the classes
    by their names where some were chosen, last the command that makes the row again; as a document the requests with
    their rows and the command, and what the rows were made with. more: columns of their own, at the end."""
    more = more or {}
    of_class = any(request.data.classes is not None for request in rows)
    commands = {request: _command(request, layers, reading) for request in rows}
    lines = [
        (request.network.regime, *about, *(getattr(row, name) for name in COLUMNS), commands[request], *rest)
        for request, found in rows.items()
        for about in [(words.class_names(request.data),) if of_class else ()]
        for own in [more.get(request, {}).values()]
        for rest in [[*(value for name, value in identity(request, reading).items() if name != "regime"), *own]]
        for row in found
    ]
    results = [
        {
            **more.get(request, {}),
            "request": spec.to_json(request),
            "command": commands[request],
            "layers": [dataclasses.asdict(row) for row in found],
        }
        for request, found in rows.items()
    ]
    rest = [name for name in IDENTITY if name != "regime"]
    columns = ("regime", *(("class",) if of_class else ()), *COLUMNS, "command", *rest, *next(iter(more.values()), ()))
    return Numbers(columns, lines, {**reading.of_rows, "results": results})


def files(found: Numbers, name: str) -> None:
    """The first part of an Export popover: the numbers in each format, the format of the figures."""
    with st.container(horizontal=True):
        for one in EXPORTS:
            st.download_button(f"Numbers, {one.name}", one.function(found), f"layerscope-{name}.{one.suffix}", one.mime,
                               on_click="ignore", icon=":material/table:")  # fmt: skip
    figures()


def figures() -> None:
    """The format of the figures."""
    st.segmented_control("Figures as", FORMATS, default="svg", required=True, key="format")
    st.caption("Hover over a figure and press its camera: it is saved as you see it.")


def export(
    rows: Mapping[Request, Sequence[LayerSummary]],
    layers: Layers,
    reading: Reading,
    name: str,
    more: Mapping[Request, Mapping[str, Any]] | None = None,
) -> None:
    """The Export popover of requests. more: see `numbers`."""
    with st.popover("Export", icon=":material/download:"):
        files(numbers(rows, layers, reading, more), name)
        st.markdown("The same numbers from the command line")
        st.code(commands_of(rows, layers, reading), language="bash", wrap_lines=True)
        st.markdown("and from Python")
        st.code(python_of(rows, layers, reading), language="python", wrap_lines=True)


def commands_of(requests: Iterable[Request], layers: Layers, reading: Reading) -> str:
    """The shell commands that print the numbers of the requests, a line each."""
    return "\n".join(_command(request, layers, reading) for request in requests)


def python_of(requests: Iterable[Request], layers: Layers, reading: Reading) -> str:
    """The same in Python."""
    return "\n".join(python_code(request, layers, reading) for request in requests)


def _command(request: Request, layers: Layers, reading: Reading) -> str:
    """With all digits, as a table has not."""
    return command_line(request, layers, reading) + " --format csv"
