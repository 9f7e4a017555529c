"""SVG that the server has drawn, in the page: `figures.sketch` escapes all the text in it."""

import streamlit as st

_DRAWN = st.components.v2.component(
    "drawn",
    html='<div class="drawing"></div>',
    css="""
.narrow { display: none; }
@media (max-width: 640px) { .wide { display: none; } .narrow { display: block; } }
a { cursor: pointer; }
a:focus-visible { outline: 2px solid var(--st-primary-color); border-radius: 4px; }
""",
    js="""
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".drawing");
  if (place.drawn !== data) { place.innerHTML = data; place.drawn = data; }
}
""",
)


def svg(drawn: str, key: str, narrow: str = "") -> None:
    """Show it, as wide as there is room. narrow: what a phone shows in its place."""
    if narrow:
        drawn = f'<div class="wide">{drawn}</div><div class="narrow">{narrow}</div>'
    _DRAWN(key=key, data=drawn, width="stretch", height="content")
