"""What a browser is told to fetch at once, beside the app itself: the parts of Streamlit that a page with charts will
ask for one after the other, each when the first thing of its kind arrives; what draws charts is half of all bytes."""

import functools
import re
from pathlib import Path

import streamlit as st

_CHARTS = (
    *("PlotlyChart", "Html", "Selectbox", "ButtonGroup", "Multiselect", "NumberInput", "Checkbox", "ImageList"),
    "BidiComponent",
)
"""What there is down to the first chart, by the names of the elements, as the files of Streamlit are called."""
_FONT = "MaterialSymbols-Rounded"
_IMPORTED = re.compile(r'(?:from|import)\s*"\./([\w.-]+\.js)"')
_HEAD = 10_000  # characters of a file, within which it names what it needs


@functools.cache
def links() -> str:
    """HTML for the head of a page with charts; what is not there under its name, in another version, is left out."""
    root = Path(st.__file__).parent / "static"
    known = (root / "index.html").read_text()
    wanted = [path.name for name in _CHARTS for path in sorted((root / "static/js").glob(f"{name}.*.js"))]
    modules: dict[str, None] = {}
    while wanted:
        name = wanted.pop(0)
        if name in modules or name in known or not (root / "static/js" / name).is_file():
            continue
        modules[name] = None
        wanted += _IMPORTED.findall((root / "static/js" / name).read_text()[:_HEAD])
    fonts = sorted(path.name for path in (root / "static/media").glob(f"{_FONT}.*.woff2"))
    return "".join(
        [f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in modules]
        + [f'<link rel="preload" as="font" crossorigin href="./static/media/{name}">' for name in fonts]
    )
