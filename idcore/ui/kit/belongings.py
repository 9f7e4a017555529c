"""Whose things a session may see in its lists: its own uploads and what was measured from them, those that an address
names, and those that came by the command line, which are everybody's.

Who a session is stands in a cookie of the browser, a random name that outlives a reload.
"""

import functools
import hashlib
import json
import re
import uuid
from collections.abc import Callable

import streamlit as st

from idcore import results, spec
from idcore.settings import settings
from idcore.spec import Job, Request
from idcore.ui.kit import state

_COOKIE, _YEAR = "layerscope", 365 * 86400  # seconds
_NAME = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LINKED, _OWNER = "linked", "owner"


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
    return settings().uploads == "shared" or results.EVERYBODY in results.owners(state.store()).get(digest, ())


def sight() -> Callable[[str | Request | Job], bool]:
    """Whether this session may see a thing in its lists: an upload by its digest, or what was measured, trained or read
    of any. Whoever was given a link to an upload has its digest. For whole lists: whose things are is read once."""
    me, links = owner(), linked()
    return state.now(lambda: _sight(me, links), sight, me, links)


def _sight(me: str, linked: frozenset[str]) -> Callable[[str | Request | Job], bool]:
    owners, mine = results.owners(state.store()), {me, results.EVERYBODY}

    def sees(digest: str) -> bool:
        return digest in linked or not mine.isdisjoint(owners.get(digest, ()))

    shared = state.settings_now().uploads == "shared"
    return lambda asked: shared or all(map(sees, _uploads(asked)))


def renew(digest: str) -> None:
    """What this session brought is in use, and that it is its own with it."""
    results.renew(state.store(), digest, owner())


def link(asked: str | Request) -> None:
    """The address of this session names a result, or an upload of this digest."""
    _linked().update(_uploads(asked))


def is_personal(asked: Request) -> bool:
    """Whether it is about anything that somebody brought."""
    return bool(_uploads(asked))


def linked() -> frozenset[str]:
    """The digests of uploads that this session was given links to."""
    return frozenset(_linked())


@functools.lru_cache(maxsize=50_000)
def _uploads(asked: str | Request | Job) -> tuple[str, ...]:
    """The digests anywhere in it: of data, of weights, of what a network learned, of pictures."""
    return tuple(_DIGEST.findall(json.dumps(spec.to_json(asked))))


def _name() -> str:
    """The same for as long as the session lasts: what the browser sends is read once."""
    if _OWNER not in st.session_state:
        st.session_state[_OWNER] = _from_browser() or uuid.uuid4().hex
    return str(st.session_state[_OWNER])


def _from_browser() -> str:
    name = str(st.context.cookies.get(_COOKIE, ""))
    return name if _NAME.fullmatch(name) else ""


def _linked() -> set[str]:
    """The digests in the address, now or before in this session."""
    linked: set[str] = st.session_state.setdefault(_LINKED, set())
    linked.update(state.now(_in_address, _in_address))
    return linked


def _in_address() -> list[str]:
    return [one for name in ("data", "weights") for one in _DIGEST.findall(st.query_params.get(name, ""))]
