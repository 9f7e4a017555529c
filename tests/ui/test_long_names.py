"""Layers of any name: thousands of characters, marks of HTML and of plotly, line breaks."""

import pytest

import idcore.ui.kit.state
from idcore.store import Store
from tests.tools import pages

LONG = "block." + "a<b>%{x}\n" * 400


@pytest.mark.parametrize("page", ["explore", "compare"])
def test_layers_of_very_long_names_are_told_apart_and_fill_no_page(tmp_path, monkeypatch, page):
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    monkeypatch.setattr(pages, "NAMES", ("input", LONG + "1", LONG + "2", "output"))
    jobs = pages.FakeJobs(Store(tmp_path))
    monkeypatch.setattr(idcore.ui.kit.state, "get_jobs", lambda: jobs)
    at = pages.open_app(page if page != "explore" else "", layer=LONG + "1")
    shown = pages.figures_of(at)
    assert shown and not any(LONG[:300] in figure or "<b>%{x}" in figure for figure in shown)
    assert max(len(element.value) for element in (*at.markdown, *at.caption, *at.title)) < 2000
    ticks = [figure for figure in shown if "%{x}\\n1" in figure.replace("% {", "%{")]
    assert ticks and all("\\n2" in figure for figure in ticks)  # the end tells them apart
