"""Components that the browser draws: a script of ours, and the styles that lie beside it."""

from pathlib import Path
from typing import Any

import streamlit as st

_LASTING = Path(__file__).with_name("lasting.js")


def component(script: Path, html: str = "", css: str = "", before: tuple[Path, ...] = ()) -> Any:
    """The component of a script, NAME.js; its styles are those of NAME.css beside it, where there is one, unless they
    are given. html: what it finds in its place. before: scripts whose functions it uses, beside `lasting`. It is called
    `layerscope_NAME`, after its folder where that says it: each name is there once in the app."""
    styles = script.with_suffix(".css")
    css = css or (styles.read_text() if styles.exists() else "")
    name = script.parent.name if script.stem == "component" else script.stem
    more: dict[str, Any] = {key: text for key, text in (("html", html), ("css", css)) if text}
    return st.components.v2.component(f"layerscope_{name}", js=code(script, before), **more)


def code(script: Path, before: tuple[Path, ...] = ()) -> str:
    """What the browser runs of it."""
    return "".join(one.read_text() for one in (_LASTING, *before, script))
