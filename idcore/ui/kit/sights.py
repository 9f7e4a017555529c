"""What addresses show: kept when a page has drawn it, so that the first answer to the same address can show it before
the page is there."""

import threading
from collections import OrderedDict
from typing import Protocol
from urllib.parse import parse_qs, urlencode

import streamlit as st

MOST = 64
"""Addresses, those that were asked for or drawn last."""
_LONGEST = 2000  # characters of an address
_kept: OrderedDict[str, "Sight"] = OrderedDict()
_guard = threading.Lock()


class Sight(Protocol):
    """What a page is about, without what it is made of: that is read again, so that nothing is shown of what is gone or
    has changed."""

    def drawn(self) -> str:
        """The HTML; "" where the page would show something else by now. Called in a thread without a session."""


def remember(page: str, sight: Sight) -> None:
    """Called by a page that has drawn all of itself, in a run of the whole script. In the first one of a session the
    address alone says what is shown: the one it came in by, and what Streamlit has made of it."""
    arrived = st.session_state.get("arrived")
    if arrived is not None:
        now = urlencode({name: st.query_params.get_all(name) for name in st.query_params}, doseq=True)
        for query in {now, arrived}:
            keep(page, query, sight)


def keep(page: str, query: str, sight: Sight) -> None:
    """This is what an address shows."""
    if len(query) > _LONGEST:
        return
    slot = _slot(page, query)
    with _guard:
        _kept[slot] = sight
        _kept.move_to_end(slot)
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def known(page: str, query: str) -> Sight | None:
    """What an address showed last."""
    if len(query) > _LONGEST:
        return None
    slot = _slot(page, query)
    with _guard:
        if slot in _kept:
            _kept.move_to_end(slot)
        return _kept.get(slot)


def _slot(page: str, query: str) -> str:
    """The order of the parameters says nothing."""
    return f"{page}?{urlencode(sorted(parse_qs(query, keep_blank_values=True).items()), doseq=True)}"
