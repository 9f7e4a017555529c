"""The sessions of this app: the name that one has in the queue, and who else looks at a job."""

import math
import time
import uuid
from collections.abc import Iterable

import streamlit as st
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from idcore import results
from idcore.settings import settings
from idcore.ui.kit import belongings, state

_LOOK = 90.0  # seconds for which a look counts: a tab in the background asks once a minute
_AT_EASE = 5  # sessions whose looks at their jobs leave the web process at ease
_ASKED = 10_000  # jobs of which it is remembered who asked for them


def mine() -> str:
    """The name of this session: random, and of no use to anybody but the queue."""
    return str(st.session_state.setdefault("session", uuid.uuid4().hex))


def look(ids: Iterable[str]) -> None:
    """This session shows these jobs, which wait or run."""
    context, now = get_script_run_ctx(), time.monotonic()
    seen = _seen()
    for id in ids:
        seen.setdefault(id, {})[mine()] = (now, context.session_id if context else "")
    for id in [id for id, looks in list(seen.items()) if all(now - when > _LOOK for when, _ in looks.values())]:
        seen.pop(id, None)


def ask(id: str) -> None:
    """This session asks for a job: it is its own for as long as its page is open."""
    context, asked = get_script_run_ctx(), _asked()
    asked.setdefault(id, {})[mine()] = context.session_id if context else ""
    while len(asked) > _ASKED:
        asked.pop(next(iter(asked)), None)


def asked_here(id: str) -> bool:
    """Whether any session of this app asked for a job."""
    return id in _asked()


def away(id: str) -> None:
    """This session does not want a job any more."""
    for known in (_seen(), _asked()):
        known.get(id, {}).pop(mine(), None)


def others(id: str) -> int:
    """How many other sessions, with their page still open, asked for a job or looked at it lately."""
    now, looks = time.monotonic(), list(_seen().get(id, {}).items())
    wanted = dict(_asked().get(id, {})) | {name: session for name, (when, session) in looks if now - when < _LOOK}
    return sum(name != mine() and _is_open(session) for name, session in wanted.items())


def crowd() -> float:
    """How much less often than alone a session should look at its jobs: once for each `_AT_EASE` that do."""
    now, looks = time.monotonic(), [look for seen in list(_seen().values()) for look in list(seen.values())]
    return max(1.0, len({session for when, session in looks if now - when < _LOOK and _is_open(session)}) / _AT_EASE)


def most_upload(most: int) -> int:
    """MiB that a file may have where Layerscope reads up to `most` bytes."""
    own = settings().session_upload
    return max(1, min(own or most, most) // 2**20)


def in_millions(size: int) -> int:
    """MiB as `st.file_uploader` is to be told: the browser counts in millions of bytes."""
    return math.ceil(size * 2**20 / 10**6)


def keep_upload(content: bytes, name: str) -> str:
    """Put a file into the store and return its digest. Raises RequestError where it is more than a session may have."""
    quota = state.jobs().quota
    quota.check_upload(mine(), len(content))
    digest = results.save_upload(state.store(), content, name)
    belongings.keep(digest)
    quota.charge(mine(), len(content))
    return digest


def release(file: UploadedFile) -> None:
    """Hold the bytes of a file no longer that is in the store: Streamlit would for as long as the page is open."""
    context = get_script_run_ctx()
    if context is not None and isinstance(held := context.uploaded_file_mgr, MemoryUploadedFileManager):
        held.add_file(context.session_id, UploadedFileRec(file.file_id, file.name, file.type, b""))


def _is_open(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def _seen() -> dict[str, dict[str, tuple[float, str]]]:
    """By id of the job and name of the session: when it looked, and what Streamlit calls it."""
    return _seen_at(str(state.store().root))


def _asked() -> dict[str, dict[str, str]]:
    """By id of the job and name of the session that asked for it: what Streamlit calls that session."""
    return _asked_at(str(state.store().root))


@st.cache_resource(show_spinner=False)
def _asked_at(root: str) -> dict[str, dict[str, str]]:
    return {}


@st.cache_resource(show_spinner=False)
def _seen_at(root: str) -> dict[str, dict[str, tuple[float, str]]]:
    return {}
