"""The address: each of its parameters is declared once, and each that is declared has its widget."""

import ast
import re
from importlib import import_module
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest

import idcore.ui.app  # noqa: F401  (imports every page)
from idcore.ui.kit.parameters import DECLARED, Parameter, complaints, declare
from tests import ROOT
from tests.tools.pages import open_app, text_of

UI = {path: path.read_text() for path in sorted((ROOT / "idcore" / "ui").rglob("*.py"))}
WITHOUT_WIDGET = {"hide", "colour", "poll", "join", "epoch"}
"""Written into a link by hand; by the map and the player of Train, which draw themselves; by the address of a poll."""


def _module(path) -> ModuleType:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return import_module(".".join(part for part in parts if part != "__init__"))


def _handed_on(path, text: str) -> set[str]:
    """Names of the parameters that a module hands to a widget, or to a function that draws one."""
    found = set()
    for call in [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]:
        if ast.unparse(call.func).startswith("query."):
            continue
        for argument in map(ast.unparse, call.args):
            match = re.fullmatch(r"((\w+\.)?[A-Z_0-9]+)(\[\w+\])?", argument)
            if match and match[1].split(".")[0] in vars(_module(path)):  # what is imported in a function is no widget
                value = eval(match[1], dict(vars(_module(path))))
                values = (
                    value.values() if isinstance(value, dict) and value is not DECLARED else [value]
                )  # of a table, all are taken to be handed on
                found |= {one.name for one in values if isinstance(one, Parameter)}
    return found


def test_every_parameter_that_is_declared_has_a_widget_and_only_those_have():
    bound = set().union(*(_handed_on(path, text) for path, text in UI.items()))
    assert bound == set(DECLARED) - WITHOUT_WIDGET


def test_widgets_are_bound_to_the_address_through_what_is_declared_alone():
    binding = {path.name for path, text in UI.items() if re.search(r"\bbind\b *=|query-params", text)}
    made = {path.name for path, text in UI.items() if re.search(r"\bParameter\(", text)}
    assert (binding, made) == ({"address.py"}, {"parameters.py"})
    named = {name for text in UI.values() for name in re.findall(r"query_params(?:\.get(?:_all)?\(|\[)\"(\w+)", text)}
    assert named <= set(DECLARED)


def test_a_parameter_is_declared_once():
    with pytest.raises(ValueError, match="seed of the address is declared twice"):
        declare("seed")


def test_what_is_none_of_the_options_gives_a_sentence_and_what_nobody_declared_gives_none():
    assert complaints({"unheard-of": ["x"], "seed": ["7"], "curl": ["0.5"]}) == {}
    told = complaints({"reveal": ["maybe"], "seed": ["7.5"], "curl": ["nan"], "estimates": ["TwoNN", "magic"]})
    assert told["reveal"].endswith("must be one of true, false, not “maybe”")
    assert "the data seed must be a whole number from 0 to" in told["seed"]
    assert "the curl must be a number from 0 to 1, not “nan”" in told["curl"]
    assert "must be among TwoNN" in told["estimates"] and "not “magic”" in told["estimates"]


def test_a_link_to_an_upload_that_is_not_here_says_whose_file_is_missing_and_how_to_bring_it(fake):
    said = text_of(open_app(data="upload-" + 32 * "0a"))
    assert "a file that somebody uploaded (upload 0a0a0a)" in said and "bring it on the page Data" in said
    assert "must be one of" not in said


def test_a_bad_address_is_answered_with_a_sentence_for_each_part(fake):
    said = text_of(open_app(n="abc", network="<script>alert(1)</script>", layer="nowhere"))
    assert "In the address, N must be a whole number" in said and "the layer must be one of input" in said
    assert "the network must be one of" in said


def _titles():
    import streamlit as st

    from idcore.ui.kit import address, query
    from idcore.ui.kit.parameters import DECLARED

    query.look()
    address.titled("Reference", DECLARED["reference"], ["a", "b", "c"], str.upper)
    address.titled("Tab", DECLARED["tab"], ["a", "b", "c"], str.upper, "b", st.segmented_control)
    address.titled("Step", DECLARED["checkpoint"], ["a", "b", "c"], str.upper, "c", st.select_slider)
    address.titled_several("Results", DECLARED["results"], ["a", "b", "c"], str.upper)


def test_a_widget_begins_with_what_it_shows_for_a_browser_to_which_a_value_that_was_set_did_not_come():
    at = AppTest.from_function(_titles)
    at.query_params |= {"reference": "c", "results": ["b", "c"]}
    for _ in range(2):
        at.run()
        assert not at.exception, at.exception
        (reference,), (results,), (step,) = at.selectbox, at.multiselect, at.select_slider
        assert (reference.proto.default, list(results.proto.default), list(step.proto.default)) == (2, [1, 2], [2])
        assert list(at.button_group[0].proto.default) == [1]
