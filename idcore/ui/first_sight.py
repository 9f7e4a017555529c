"""What a browser shows of the start page before it has loaded what draws pages: drawn by the server into the first
answer, in the same place, and taken away when the page itself stands below it."""

import asyncio
import functools
import re
from html import escape
from importlib.resources import files

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idcore.ui import preloads

_TITLE = (b"<title>Streamlit</title>", b"<title>Layerscope</title>")
_ROOT = b'<div id="root"></div>'
_HEAD = b"</head>"
_CHARTS = ("/explore", "/compare", "/train", "/paper", "/generalise")
"""Pages that begin with a chart."""


class FirstSight:
    """Middleware: every page has its own title from the first moment on, the start page its figure too. prefix: of the
    app's address, "" for none. An address with parameters may mean another page: it gets the title alone."""

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        self.app = app
        self._start = {f"/{prefix}".rstrip("/") + "/", f"/{prefix}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or b"text/html" not in _accept(scope):
            return await self.app(scope, receive, send)
        first = await asyncio.to_thread(drawn) if scope["path"] in self._start and not scope["query_string"] else ""
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
            headers["content-length"] = str(len(body))
            for name in ("etag", "last-modified"):  # of the file that was changed
                del headers[name]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, changed)


def _accept(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"accept"), b"")


@functools.cache
def drawn() -> str:
    """The HTML."""
    from idcore.ui.start import figure, page  # what a page keeps needs a server that runs

    here = files("idcore.ui")
    themes = {
        f"--{name}-{part}": st.get_option(f"theme.{name}.{option}")
        for name in ("light", "dark")
        for part, option in (("ground", "backgroundColor"), ("ink", "textColor"), ("line", "borderColor"))
    }
    colours = "".join(f"{name}: {value};" for name, value in themes.items())
    network, said = page.headline()
    wide, narrow = (figure.large(False, False, narrow=phone) for phone in (False, True))
    return (
        f'<div id="first-sight"><style>#first-sight {{ {colours} }}{(here / "first_sight.css").read_text()}</style>'
        f"<h1>{escape(page.TITLE)}</h1><p>{_bold(page.INTRODUCTION)}</p>"
        f'<div class="card"><p><b>{escape(network)}</b> {escape(said)}</p>'
        f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div></div>'
        f"<script>{(here / 'first_sight.js').read_text()}</script></div>"
    )


def _bold(markdown: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(markdown))
