"""A poll beside the questions of the steps: who teaches opens it, phones answer it (`idcore.learn.poll` keeps it)."""

from urllib.parse import urlsplit

import streamlit as st

from idcore.errors import RequestError
from idcore.learn.poll import DrawnCurve, Polls, Question
from idcore.learn.texts import Step
from idcore.settings import settings
from idcore.ui.kit import belongings, query
from idcore.ui.kit.parameters import declare, short
from idcore.ui.learn.drawing import drawing

POLL = declare("poll", "the code of the poll that one leads", "")
JOIN = declare("join", "the code of the poll that one answers", "")
LEADING, ANSWERING = 1.5, 2.0
"""Seconds from one look at the poll to the next."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OFF = "Polls are off on this server. Who runs it switches them on with LAYERSCOPE_POLL=1."
_FULL = "full"


@st.cache_resource(show_spinner=False)
def polls() -> Polls:
    """Those of this process."""
    return Polls()


def button() -> None:
    """Opens a poll, and ends it; nothing where polls are off."""
    if settings().poll:
        words = "End the poll" if _asked(POLL.name) else "Poll"
        st.button(words, key="poll-button", icon=":material/how_to_vote:", type="tertiary", on_click=_turn,
                  help="Phones answer the question of each step. Answers stay in the memory of this server until the "
                  "poll ends.")  # fmt: skip


def leading(number: int, step: Step) -> str:
    """The code of the poll that this page leads, "" for none; the class sees the question of this step from now on."""
    code = _asked(POLL.name)
    if sentence := st.session_state.pop(_FULL, ""):
        st.info(query.escaped(sentence))
    if not code:
        return ""
    if not settings().poll:
        st.info(_OFF)
        return ""
    if not is_led():
        st.info(f"There is no poll {short(code)}, or another browser leads it.")
        return ""
    polls().ask(code, Question(number, step.question, step.choices))
    return code


def also_draw(wanted: DrawnCurve) -> list[tuple[float, ...]]:
    """The class may draw this as well where this page leads a poll; returns what it has drawn."""
    code = _asked(POLL.name)
    now = polls().question(code) if is_led() else None
    if now is None:
        return []
    polls().ask(code, Question(now.step, now.text, now.choices, wanted))
    return polls().curves(code, wanted.about)


def is_led() -> bool:
    """Whether this page leads a poll."""
    code = _asked(POLL.name)
    return bool(code) and settings().poll and polls().leads(code, belongings.owner())


def board(code: str, number: int, step: Step) -> None:
    """Where to answer, and what was answered so far, again and again."""
    st.fragment(_board, run_every=LEADING, key="poll-board")(code, number, step)


def _board(code: str, number: int, step: Step) -> None:
    counts = polls().chosen(code, number)
    n = sum(counts)
    with st.container(border=True, key="poll-sheet"):
        st.markdown(f"**{query.escaped(where(st.context.url or '', code))}**")
        for choice, count in zip(step.choices, counts, strict=True):
            st.progress(count / n if n else 0.0, text=query.escaped(f"{choice}: {count}"))
        said = f"{n} answered, one answer a browser; the code is {code}."
        if (urlsplit(st.context.url or "").hostname or "") in _LOOPBACK:
            said += " This address is of this machine alone: open the page by the one that phones can reach."
        st.caption(said)


def where(url: str, code: str) -> str:
    """The address for the phones."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path.rstrip('/') or '/learn'}?{JOIN.name}={code}"


def joined() -> str:
    """The code of the poll that this page answers, "" for none."""
    return _asked(JOIN.name)


def phone(code: str) -> None:
    """The page of one who answers."""
    if not settings().poll:
        st.info(_OFF)
        return
    st.fragment(_phone, run_every=ANSWERING, key="poll-phone")(code)


def _phone(code: str) -> None:
    now = polls().question(code)
    if now is None:
        st.info(f"There is no poll {short(code)}, or it has ended. Its address stands beside the question.")
        return
    st.subheader(f"{now.step}. {now.text}")
    chosen = st.pills("Your answer", now.choices, key=f"answer-{now.step}", label_visibility="collapsed")
    if chosen is not None:
        kept = polls().choose(code, now.step, belongings.owner(), now.choices.index(chosen))
        st.markdown(":material/check: Sent. You can change it." if kept else "No more answers are taken here.")
    if now.drawing is not None:
        _curve(code, now.drawing)
    st.caption("Nobody sees who answered what. The next question comes by itself.")


def _curve(code: str, wanted: DrawnCurve) -> None:
    st.markdown(f"Draw the curve you expect of {query.escaped(wanted.about)}.")
    alt = f"A chart to draw the ID of {wanted.about} by layer on."
    drawn = drawing(wanted.names, wanted.first, wanted.top, [], wanted.about, alt)
    if drawn is not None and polls().draw(code, wanted.about, belongings.owner(), drawn):
        st.markdown(":material/check: Sent. You can change it.")


def _turn() -> None:
    if code := _asked(POLL.name):
        polls().close(code, belongings.owner())
        del st.query_params[POLL.name]
        return
    try:
        st.query_params[POLL.name] = polls().open(belongings.owner())
    except RequestError as error:
        st.session_state[_FULL] = str(error)


def _asked(name: str) -> str:
    return str(st.query_params.get(name, "")).strip().upper()
