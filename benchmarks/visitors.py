"""A visitor of a running Layerscope without a browser: Streamlit's own messages over its websocket, answered as a
browser answers them (parts of a page that ask to be run again are run again), and what the page shows by now."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, RunIdentity
from websockets.asyncio.client import ClientConnection, connect

_READER = "reader"
FINISHED = ("FINISHED_SUCCESSFULLY", "FINISHED_FRAGMENT_RUN_SUCCESSFULLY")


class Visitor:
    """One session. elements: what is on the page, by its place. errors: exceptions that it showed, and runs that were
    not finished. runs: of the script, parts included, that ended. received: bytes."""

    def __init__(self, address: str, page: str = "", query: str = "") -> None:
        """address: of the app, such as http://127.0.0.1:8501. page: as in its addresses, "" for the first."""
        self._address = address.replace("http", "ws", 1).rstrip("/") + "/_stcore/stream"
        self._page, self._query, self._hash = page, query, ""
        self._socket: ClientConnection
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.elements: dict[tuple[int, ...], Any] = {}
        self._of: dict[tuple[int, ...], tuple[str, str]] = {}  # part of the page, and run, of each element
        self._now = RunIdentity()
        self.errors: list[str] = []
        self.runs = self.received = 0

    async def __aenter__(self) -> "Visitor":
        self._socket = await connect(
            self._address, subprotocols=["streamlit"], max_size=None, open_timeout=120, ping_timeout=None
        )
        self._tasks[_READER] = asyncio.create_task(self._read())
        await self._run()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._socket.close()

    async def open(self, page: str, query: str = "") -> None:
        """Go to another page of the app, in the same session."""
        self._page, self._query, self._hash = page, query, ""
        await self._run()

    async def click(self, label: str) -> bool:
        """Press the first button of this label; False where there is none."""
        buttons = [element.button for element in self.elements.values() if _kind(element) == "button"]
        chosen = next((button for button in buttons if button.label == label), None)
        if chosen is not None:
            await self._run(press=chosen.id)
        return chosen is not None

    def kinds(self) -> list[str]:
        """The kinds of the elements on the page: heading, plotly_chart, progress, ..."""
        return [_kind(element) for element in self.elements.values()]

    def texts(self) -> list[str]:
        """What its headings and texts say."""
        return [
            getattr(getattr(element, kind), "body", "")
            for element in self.elements.values()
            if (kind := _kind(element)) in ("heading", "markdown", "text", "alert")
        ]

    async def until(self, true: Callable[["Visitor"], bool], seconds: float) -> float:
        """Wait until `true` is true of the visitor; returns the seconds that took. Raises TimeoutError."""
        begun = time.monotonic()
        while not true(self):
            if self._tasks[_READER].done():
                raise ConnectionError(f"The connection ended: {self._tasks['reader']}")
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"After {seconds} s: {self.texts()} {self.kinds()}")
            await asyncio.sleep(0.05)
        return time.monotonic() - begun

    async def _run(self, fragment: str = "", press: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name, state.fragment_id = self._query, self._page, fragment
        state.page_script_hash = self._hash
        state.is_auto_rerun = bool(fragment) and not press
        if press:
            state.widget_states.widgets.add(id=press, trigger_value=True)
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        async for data in self._socket:
            assert isinstance(data, bytes)
            self.received += len(data)
            message = ForwardMsg()
            message.ParseFromString(data)
            self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element, path = message.delta.new_element, tuple(message.metadata.delta_path)
            self.elements[path], self._of[path] = element, (message.delta.fragment_id, self._now.script_run_id)
            if _kind(element) == "exception":
                self.errors.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "script_finished":
            ended = ForwardMsg.ScriptFinishedStatus.Name(message.script_finished)
            self.runs += ended in FINISHED
            if ended in FINISHED:
                self._forget()
            if ended == "FINISHED_WITH_COMPILE_ERROR":
                self.errors.append(ended)
        elif kind == "new_session":
            self._now = message.metadata.run
            if not self._now.fragment_ids:
                self._stop(list(self._tasks))
        elif kind == "navigation":
            self._hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            fragment = message.auto_rerun.fragment_id
            if fragment not in self._tasks:
                self._tasks[fragment] = asyncio.create_task(self._repeat(fragment, message.auto_rerun.interval))
        elif kind == "stop_auto_rerun":
            self._stop(message.stop_auto_rerun.fragment_ids)

    def _forget(self) -> None:
        """What a run that ended well has not drawn again is on the page no more."""
        for path, (part, drawn) in list(self._of.items()):
            if drawn != self._now.script_run_id and (not self._now.fragment_ids or part in self._now.fragment_ids):
                del self.elements[path], self._of[path]

    def _stop(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if fragment != _READER and (task := self._tasks.pop(fragment, None)) is not None:
                task.cancel()

    async def _repeat(self, fragment: str, seconds: float) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(seconds)
                await self._run(fragment)


def _kind(element: Any) -> str:
    return str(element.WhichOneof("type"))
