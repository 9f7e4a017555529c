"""What a browser shows of the start page, and of the curve of Explore, before it has loaded what draws pages: drawn by
the server into the first answer, in the same place, and taken away when the page itself stands below it."""

import asyncio
import functools
import gzip
import re
from html import escape
from importlib.resources import files

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idcore.errors import LayerscopeError
from idcore.ui import preloads

_TITLE = (b"<title>Streamlit</title>", b"<title>Layerscope</title>")
_ROOT = b'<div id="root"></div>'
_HEAD = b"</head>"
_LEVEL = 6  # of gzip
_CHARTS = ("/explore", "/compare", "/train", "/paper", "/generalise")
"""Pages that begin with a chart."""


class FirstSight:
    """Middleware: every page has its own title from the first moment on, the start page its figure too, and Explore its
    curve, where the address has shown one before. prefix: of the app's address, "" for none. The address of the start
    page may mean another page where it has parameters: it gets the title alone."""

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        self.app = app
        self._start = {f"/{prefix}".rstrip("/") + "/", f"/{prefix}"}
        self._explore = f"/{prefix}".rstrip("/") + "/explore"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if scope["type"] != "http" or scope["method"] != "GET" or "text/html" not in asked.get("accept", ""):
            return await self.app(scope, receive, send)
        first = await asyncio.to_thread(self._first, scope["path"], scope["query_string"].decode("latin-1"))
        soon = await asyncio.to_thread(preloads.links) if scope["path"].rstrip("/").endswith(_CHARTS) else ""
        start: Message = {}
        body = b""

        async def changed(message: Message) -> None:
            """Only a page is held until it is whole: a browser asks for a download of gigabytes in the same words."""
            nonlocal body, start
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if message["status"] == 200 and kind.startswith("text/html"):
                    start = message
                    return
            if not start:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = body.replace(*_TITLE).replace(_ROOT, first.encode() + _ROOT)
            body = body.replace(_HEAD, soon.encode() + _HEAD, 1)
            headers = MutableHeaders(raw=start["headers"])
            if "gzip" in asked.get("accept-encoding", ""):
                body = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
                headers["content-encoding"] = "gzip"
            headers.add_vary_header("Accept-Encoding")
            headers["content-length"] = str(len(body))
            for name in ("etag", "last-modified"):  # of the file that was changed
                del headers[name]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        # What comes compressed cannot be changed.
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app({**scope, "headers": plain}, receive, changed)

    def _first(self, path: str, query: str) -> str:
        if path in self._start:
            return "" if query else drawn()
        if path.rstrip("/") == self._explore:
            return curve(query)
        return ""


@functools.cache
def drawn() -> str:
    """The HTML of the start page."""
    from idcore.ui.start import figure, page  # what a page keeps needs a server that runs

    network, said = page.headline()
    wide, narrow = (figure.large(False, False, narrow=phone) for phone in (False, True))
    return _framed(
        "start",
        f"<h1>{escape(page.TITLE)}</h1><p>{_bold(page.INTRODUCTION)}</p>"
        f'<div class="card"><p><b>{escape(network)}</b> {escape(said)}</p>'
        f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div></div>',
    )


def curve(query: str) -> str:
    """The HTML of what an address of Explore has shown before, "" for nothing."""
    from idcore.ui.kit import sights

    sight = sights.known("explore", query)
    if sight is None:
        return ""
    try:
        picture = sight.drawn()
    except LayerscopeError:  # the page says it
        return ""
    return _framed("explore", picture, "beside") if picture else ""


def _framed(page: str, content: str, kind: str = "") -> str:
    """It with its styles, and the script that takes it away. page: which, as the script knows it."""
    return (
        f'<div id="first-sight" class="{kind}" data-page="{page}" aria-busy="true"><style>{_styles()}</style>{content}'
        f"<script>{_read('first_sight.js')}</script></div>"
    )


@functools.cache
def _styles() -> str:
    options = {
        "ground": "backgroundColor",
        "ink": "textColor",
        "line": "borderColor",
        "side": "sidebar.backgroundColor",
    }
    colours = "".join(
        f"--{name}-{part}: {st.get_option(f'theme.{name}.{option}')};"
        for name in ("light", "dark")
        for part, option in options.items()
    )
    return f"#first-sight {{ {colours} }}{_read('first_sight.css')}"


@functools.cache
def _read(name: str) -> str:
    return (files("idcore.ui") / name).read_text()


def _bold(markdown: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(markdown))
