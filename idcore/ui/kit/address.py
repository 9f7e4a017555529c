"""Widgets whose value stands in the address: each is handed its parameter, which says under which name, and what it may
be.

Streamlit's own binding writes what a widget shows. Widgets that show one thing and stand in the address as another,
titles on the page and names in the link, are written here (`titled`, `titled_several`). They begin with what they show
in every run: a value that is set goes to the browser once, which does not see it where a later run overtakes it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import streamlit as st
from streamlit.runtime.state import get_session_state

from idcore.ui.kit import query
from idcore.ui.kit.labels import distinct
from idcore.ui.kit.parameters import Parameter, declare

HIDE = declare("hide", options=("controls",))
"""For a projector: no menu, no row of steps."""


def controls_hidden() -> bool:
    """Whether the address wants the page without them."""
    return st.query_params.get(HIDE.name) == "controls"


def option(label: str, parameter: Parameter, options: Sequence[str] = (), default: str | None = None,
           widget: Callable[..., Any] = st.segmented_control, **more: Any) -> Any:  # fmt: skip
    """One of the options of a parameter, or of those given."""
    options, usual = options or parameter.options, parameter.default if default is None else default
    if widget not in (st.selectbox, st.select_slider):
        more["required"] = True
    return _bound(widget, label, parameter, options, **_begun(widget, options, usual), **more)


def several(label: str, parameter: Parameter, options: Sequence[str],
            widget: Callable[..., Any] = st.multiselect, **more: Any) -> list[str]:  # fmt: skip
    """Any number of options."""
    values: list[str] = _bound(widget, label, parameter, options, **{"default": parameter.default, **more})
    return values


def switch(label: str, parameter: Parameter, **more: Any) -> bool:
    """On or off."""
    return bool(_bound(st.toggle, label, parameter, parameter.default == "true", **more))


def number(label: str, parameter: Parameter, low: float | None = None, high: float | None = None,
           default: float | None = None, widget: Callable[..., Any] = st.number_input, **more: Any) -> Any:  # fmt: skip
    """A number within the limits of a parameter, or within narrower ones. A step back in the history leads to what
    `query.look` took out; Streamlit fails on infinity where a whole number is asked for."""
    assert parameter.limits is not None
    limits = parameter.limits[0] if low is None else low, parameter.limits[1] if high is None else high
    try:
        return _bound(widget, label, parameter, *limits, parameter.default if default is None else default, **more)
    except OverflowError:
        with get_session_state().query_params() as parameters:
            parameters.remove_param(parameter.name)
        st.rerun()


def _begun(widget: Callable[..., Any], options: Sequence[str], value: str) -> dict[str, Any]:
    """What makes a widget of one choice begin with a value."""
    if widget is st.selectbox:
        return {"index": options.index(value)}
    return {"value" if widget is st.select_slider else "default": value}


def _bound(widget: Callable[..., Any], label: str, parameter: Parameter, *arguments: Any, **more: Any) -> Any:
    value = widget(label, *arguments, key=parameter.name, bind="query-params", **more)
    query.drawn(parameter)
    return value


def titled(label: str, parameter: Parameter, options: Sequence[str], shown: Callable[[str], str],
           default: str | None = None, widget: Callable[..., Any] = st.selectbox, **more: Any) -> str:  # fmt: skip
    """A searchable list of options (or another widget of one choice), each shown as `shown(option)`; the address holds
    the option itself."""
    key, usual = parameter.name, parameter.default if default is None else default
    lost = st.session_state.get(key) not in options  # a rerun may take the value of a widget that it has not drawn yet
    if (lost or _moved(key, usual)) and st.query_params.get(key, usual) in options:
        st.session_state[key] = st.query_params.get(key, usual)
    if st.session_state.get(key) not in options:
        st.session_state[key] = usual if usual in options else options[0]
    named = distinct({option: shown(option) for option in options})
    more |= _begun(widget, options, st.session_state[key])
    value: str = widget(label, options, format_func=named.__getitem__, key=key, **more)
    if value not in named:  # chosen from a list that has changed since
        st.rerun()
    _write(key, [value], usual)
    return value


def titled_several(
    label: str, parameter: Parameter, options: Sequence[str], shown: Callable[[str], str], **more: Any
) -> list[str]:
    """`titled` for any number of options. What is asked for and not there is told at the head of the page."""
    key, named = parameter.name, distinct({option: shown(option) for option in options})
    asked = st.query_params.get_all(key) if _moved(key, "") else st.session_state[key]
    asked = [value for value in dict.fromkeys(asked) if value]
    known = [value for value in asked if value in named]
    st.session_state[key] = more["default"] = known[: more.get("max_selections")]
    if len(known) < len(asked):
        query.tell_absent(parameter, [value for value in asked if value not in named])
        _write(key, known, "")
        st.rerun()  # such sentences stand above
    values = st.multiselect(label, options, format_func=named.__getitem__, key=key, **more)
    if not set(values) <= set(named):  # chosen from a list that has changed since
        st.rerun()
    _write(key, values, "")
    return values


def follow(parameter: Parameter, default: str | int) -> None:
    """Before a widget whose default depends on other widgets: it follows its default until somebody moves it."""
    key, before = parameter.name, st.session_state.get(f"{parameter.name} by default")
    if before not in (None, default) and st.session_state.get(key) == before:
        del st.session_state[key]
    st.session_state[f"{key} by default"] = default


def go(page: str, parameters: Mapping[str, str | Sequence[str]]) -> NoReturn:
    """Open a page with these parameters in its address, whatever was chosen before, on this page or on that. A widget
    of this page that stands under one of these names in the address lets go of it."""
    with get_session_state().query_params() as now:
        for name in parameters:
            st.session_state.pop(name, None)
            if (binding := now.get_binding_for_param(name)) is not None:
                now.unbind_widget(binding.widget_id)
    st.switch_page(page, query_params={k: v if isinstance(v, str) else list(v) for k, v in parameters.items()})


def _moved(key: str, default: str) -> bool:
    """Whether the address says something else than was written there: a link, or a step back in the history."""
    now = st.query_params.get_all(key) or [default]
    return key not in st.session_state or now != st.session_state.get(_written(key))


def _write(key: str, values: Sequence[str], default: str) -> None:
    values = list(values) or [""]
    if (st.query_params.get_all(key) or [default]) != values:
        if values == [default]:
            del st.query_params[key]
        else:
            st.query_params[key] = values
    st.session_state[_written(key)] = values


def _written(key: str) -> str:
    return f"{key} in the address"
