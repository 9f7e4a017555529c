"""Take it with you: the numbers, the figure, the code, the link."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from idcore import spec, text
from idcore.command import command_line, python_code
from idcore.estimators.summary import LayerSummary
from idcore.spec import Request
from idcore.ui.kit import words
from idcore.ui.kit.charts import FORMATS
from idcore.ui.kit.choice import Layers
from idcore.ui.kit.state import DISCARD, VARIANCE

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


def to_csv(
    rows: Mapping[Request, Sequence[LayerSummary]],
    layers: Layers = "checkpoints",
    discard: float = DISCARD,
    variance: float = VARIANCE,
) -> str:
    """One line a layer and request, the columns of `LayerSummary`; the classes by their names where some were chosen;
    last the command that makes the line again."""
    of_class = any(request.data.classes is not None for request in rows)
    lines = (
        (request.network.regime, *about, *(getattr(row, name) for name in COLUMNS), command)
        for request, found in rows.items()
        for about in [(words.class_names(request.data),) if of_class else ()]
        for command in [_command(request, layers, discard, variance)]
        for row in found
    )
    return text.to_csv(("regime", *(("class",) if of_class else ()), *COLUMNS, "command"), lines)


def to_json(rows: Mapping[Request, Sequence[LayerSummary]], layers: Layers, discard: float, variance: float) -> str:
    """The requests with their rows and the command that makes these again, and what the rows were made with."""
    results = [
        {
            "request": spec.to_json(request),
            "command": _command(request, layers, discard, variance),
            "layers": [dataclasses.asdict(row) for row in found],
        }
        for request, found in rows.items()
    ]
    settings: dict[str, Any] = {"discard": discard, "variance": variance}
    return json.dumps({**settings, "results": results}, indent=1, allow_nan=False)


def export(
    rows: Mapping[Request, Sequence[LayerSummary]], layers: Layers, discard: float, variance: float, name: str
) -> None:
    """The Export popover of a view."""
    with st.popover("Export", icon=":material/download:"):
        with st.container(horizontal=True):
            for kind, text, mime in (
                ("CSV", to_csv(rows, layers, discard, variance), "text/csv"),
                ("JSON", to_json(rows, layers, discard, variance), "application/json"),
            ):
                file = f"layerscope-{name}.{kind.lower()}"
                st.download_button(f"Numbers, {kind}", text, file, mime, on_click="ignore", icon=":material/table:")
        st.segmented_control("Figures as", FORMATS, default="svg", required=True, key="format")
        st.caption("Hover over a figure and press its camera: it is saved as you see it.")
        st.markdown("The same numbers from the command line")
        st.code(commands_of(rows, layers, discard, variance), language="bash", wrap_lines=True)
        st.markdown("and from Python")
        st.code(python_of(rows, layers, discard, variance), language="python", wrap_lines=True)


def commands_of(requests: Iterable[Request], layers: Layers, discard: float, variance: float) -> str:
    """The shell commands that print the numbers of the requests, a line each."""
    return "\n".join(_command(request, layers, discard, variance) for request in requests)


def python_of(requests: Iterable[Request], layers: Layers, discard: float, variance: float) -> str:
    """The same in Python."""
    return "\n".join(python_code(request, layers, discard=discard, variance=variance) for request in requests)


def _command(request: Request, layers: Layers, discard: float, variance: float) -> str:
    """With all digits, as a table has not."""
    return command_line(request, layers, discard=discard, variance=variance) + " --format csv"
