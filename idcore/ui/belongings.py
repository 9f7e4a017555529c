"""Whose things a session may see: its own uploads and what was measured from them, those that an address names, and
those that belong to nobody in particular.

Who a session is stands in a cookie of the browser, a random name that outlives a reload.
"""

import hashlib
import re
import uuid

import streamlit as st

from idcore import results
from idcore.settings import settings
from idcore.spec import UPLOAD, FromFile, Request
from idcore.ui import state

_COOKIE, _YEAR = "layerscope", 365 * 86400  # seconds
_NAME = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LINKED = "linked"


def owner() -> str:
    """Who this is, for `results.owned`."""
    return hashlib.sha256(_name().encode()).hexdigest()


def introduce() -> None:
    """Give the browser its name, where it has none yet. It draws nothing, and is called below everything."""
    if not _from_browser():
        path = f"/{st.get_option('server.baseUrlPath').strip('/')}"
        cookie = f"{_COOKIE}={_name()}; path={path}; max-age={_YEAR}; samesite=lax"
        st.html(f"<script>document.cookie = '{cookie}'</script>", unsafe_allow_javascript=True)


def keep(digest: str) -> None:
    """This session brought an upload."""
    results.save_owner(state.store(), digest, owner())


def is_mine(digest: str) -> bool:
    """Whether this session brought an upload, and so may delete it."""
    return owner() in results.owners(state.store()).get(digest, ())


def is_shared(digest: str) -> bool:
    """Whether everybody sees it in their lists: by the setting, or because it came by the command line."""
    return settings().uploads == "shared" or digest not in results.owners(state.store())


def visible(digest: str) -> bool:
    """Whether this session may see an upload in its lists. Whoever was given a link to it has its digest."""
    return is_shared(digest) or is_mine(digest) or digest in _linked()


def shown(request: Request) -> bool:
    """Whether this session may see a result in its lists: of what it was measured, it may see."""
    return all(map(visible, _uploads(request)))


def link(request: Request) -> None:
    """The address of this session names a result."""
    _linked().update(_uploads(request))


def _uploads(request: Request) -> list[str]:
    weights, data = request.network.weights, request.data.dataset
    digests = [data.removeprefix(UPLOAD)] if data.startswith(UPLOAD) else []
    return digests + ([weights.digest] if isinstance(weights, FromFile) else [])


def _name() -> str:
    return _from_browser() or str(st.session_state.setdefault("owner", uuid.uuid4().hex))


def _from_browser() -> str:
    name = str(st.context.cookies.get(_COOKIE, ""))
    return name if _NAME.fullmatch(name) else ""


def _linked() -> set[str]:
    """The digests in the address, now or before in this session."""
    linked: set[str] = st.session_state.setdefault(_LINKED, set())
    for name in ("data", "weights"):
        linked.update(_DIGEST.findall(st.query_params.get(name, "")))
    return linked
