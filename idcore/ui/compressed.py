"""The scripts and styles of the page, compressed once for all visitors: Streamlit sends them as they are (9 MB)."""

import asyncio
import gzip

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KINDS = (".js", ".css", ".json", ".svg", ".wasm")
_LEVEL = 6  # of gzip: 9 takes twice the time for one per cent less
_AS_IS = {b"range", b"if-none-match", b"if-modified-since", b"accept-encoding"}  # asks for a part of it, or none


class Compressed:
    """Middleware: answers with what it has compressed, as long as the file's name says what is in it.

    Kept in memory, since such a file never changes (`immutable`): at most all that Streamlit ships, 7 MB compressed. Of
    visitors who ask at the same time for the same file one waits for the compression of the other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[str, asyncio.Task[Response | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._compressed(scope, receive) if _wanted(scope) else None
        await (answer or self.app)(scope, receive, send)

    async def _compressed(self, scope: Scope, receive: Receive) -> Response | None:
        path = scope["path"]
        if path not in self._kept:
            self._kept[path] = asyncio.ensure_future(self._compress(scope, receive))
        try:
            answer = await asyncio.shield(self._kept[path])
        except Exception:
            answer = None  # whatever it was, the app itself answers
        if answer is None:
            self._kept.pop(path, None)
        return answer

    async def _compress(self, scope: Scope, receive: Receive) -> Response | None:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        plain = [(name, value) for name, value in scope["headers"] if name.lower() not in _AS_IS]
        await self.app({**scope, "headers": plain}, receive, collect)
        headers = Headers(raw=messages[0]["headers"])
        if messages[0]["status"] != 200 or "immutable" not in headers.get("cache-control", ""):
            return None
        body = b"".join(message.get("body", b"") for message in messages[1:])
        content = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
        kept = {name: headers[name] for name in ("content-type", "cache-control") if name in headers}
        return Response(content, headers={**kept, "content-encoding": "gzip", "vary": "Accept-Encoding"})


def _wanted(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "/static/" in scope["path"]
        and scope["path"].endswith(_KINDS)
        and "gzip" in Headers(scope=scope).get("accept-encoding", "")
    )
