"""SVG that the server has drawn, in the page: `figures.sketch` escapes all the text in it."""

from pathlib import Path

from idcore.ui.kit.component import component

_DRAWN = component(Path(__file__).with_suffix(".js"), '<div class="drawing"></div>')


def svg(drawn: str, key: str, narrow: str = "") -> None:
    """Show it, as wide as there is room. narrow: what a phone shows in its place."""
    if narrow:
        drawn = f'<div class="wide">{drawn}</div><div class="narrow">{narrow}</div>'
    _DRAWN(key=key, data=drawn, width="stretch", height="content")
