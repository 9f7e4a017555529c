"""The page Compare in a real browser: a set in one click, the last hidden layer, across networks, results by link.
With it Export, which is there on most pages."""

import contextlib
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import TimeoutError

from tests.browser.conftest import at_rest, claim, fits_the_width, looks_like, until
from tests.tools import patience

pytestmark = pytest.mark.slow

CHART = ".st-key-compare-chart"
WIDTHS = "compare?set=widths&network=mlp&depth=1&data=digits&n=60"


def _traces(page, chart: str) -> list[list]:
    """[name, number of points] of each trace."""
    return page.evaluate(
        """chart => (document.querySelector(chart + ' .js-plotly-plot')?.data || []).map(
             t => [t.name || '', t.x?.length ?? 0])""",
        chart,
    )


@pytest.fixture(scope="module")
def server(faked):
    return faked


def test_1_a_set_is_measured_in_one_click_its_outcome_is_told_and_probes_and_a_reference_are_a_click_more(visit):
    page = visit(WIDTHS + "&across=accuracy")
    with claim("one click measures the set"):
        page.locator(".st-key-train button").click()
        until(page, lambda: [n for _, n in _traces(page, CHART)] == [4] * 6)
        assert [name for name, _ in _traces(page, CHART)] == [f"width {w}" for w in (16, 32, 64, 128, 256, 512)]
    with claim("its outcome is told"):
        page.get_by_text(re.compile(r"Over N = 6 networks .* Pearson r = ")).wait_for()
        until(page, lambda: ["least squares", 2] in _traces(page, ".st-key-generalisation-chart"))
        assert page.locator("[data-testid=stProgress]").count() == 0
    with claim("probes are fitted at a click"):
        until(page, lambda: len(_traces(page, ".st-key-accuracy-chart")) == 6)
        page.get_by_role("button", name="Fit linear probes").click()
        until(page, lambda: len(_traces(page, ".st-key-accuracy-chart")) == 12)
    with claim("a reference is subtracted and stands in the address"):
        option = page.get_by_role("option", name="minus width 16", exact=True)

        def opened() -> bool:  # a page that is drawn anew closes what is open
            page.keyboard.press("Escape")
            page.locator(".st-key-reference input").click()
            with contextlib.suppress(TimeoutError):
                option.wait_for(timeout=1000)
            return option.count() > 0

        until(page, opened)
        option.click()
        page.wait_for_url(re.compile("reference="))
        title = f"document.querySelector('{CHART} .js-plotly-plot')?.layout.yaxis.title.text"
        until(page, lambda: page.evaluate(title) == "TwoNN ID minus that of width 16")


def test_2_maps_stand_side_by_side_and_what_is_done_in_one_happens_in_the_other_without_the_server(visit):
    page = visit(WIDTHS)
    maps = page.locator(".st-key-side-by-side [class*='st-key-beside-']:has(canvas.points)")
    maps.nth(1).locator(".facts dd").first.wait_for()
    assert maps.count() == 2  # the narrowest and the widest
    at_rest(page)

    canvas = maps.nth(0).locator("canvas.points")
    with claim("a layer is shown in both"):
        canvas.focus()
        page.keyboard.press("Home")
        assert [maps.nth(i).locator("output").inner_text() for i in (0, 1)] == ["input", "input"]
        page.keyboard.press("End")
        assert [maps.nth(i).locator("output").inner_text() for i in (0, 1)] == ["output", "output"]
    with claim("what is selected in one is selected in the other"):
        search = maps.nth(1).locator("input[type=search]")
        search.fill("3")
        search.press("Enter")  # the class of the threes
        selected = [maps.nth(i).get_by_text("selected").inner_text() for i in (0, 1)]
        assert selected[0] == selected[1] and selected[0].endswith("of 60 selected · clear")

    canvas.scroll_into_view_if_needed()
    box, tips = canvas.bounding_box(), maps.locator(".tip b + div")
    across = np.linspace(0.1, 0.9, 60)  # line by line over the map, to the first point
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for y in (0.5, 0.4, 0.6) for x in across]

    def hovered() -> tuple[float, float] | None:
        for place in places:
            page.mouse.move(*place)
            page.wait_for_timeout(30)
            if tips.nth(0).is_visible():
                return place

    with claim("the sample below the pointer is shown in both"):
        place = patience.until(hovered)
        tips.nth(1).wait_for()
        assert tips.nth(0).inner_text() == tips.nth(1).inner_text()
        page.mouse.click(*place)
        page.mouse.move(2, 2)
        until(page, lambda: maps.locator("circle.pinned[visibility=visible]").count() == 2)
    assert page.evaluate("window.sent") == 0

    for scheme in ("light", "dark"):
        with claim(f"a {scheme} phone shows one below the other without scrolling sideways"):
            looks_like(page, 390, 844, scheme)
            page.locator(".st-key-generalisation-chart .js-plotly-plot").wait_for()
            until(page, lambda: _below(*(maps.nth(i).locator("canvas.points").bounding_box() for i in (0, 1))))
            fits_the_width(page)


def _below(first, second) -> bool:
    return second["y"] > first["y"] + first["height"]


def test_3_a_phone_shows_the_choice_of_results_without_scrolling_sideways(visit):
    page = visit(WIDTHS.replace("set=widths", "set=results"), width=390, height=844)
    page.get_by_role("heading", name=re.compile("Compare")).first.wait_for()
    for scheme in ("light", "dark"):
        looks_like(page, 390, 844, scheme)
        fits_the_width(page)


def test_export_is_drawn_when_it_is_opened_says_what_the_sliders_say_and_keeps_what_was_typed(visit):
    page = visit("explore?data=digits&n=80&network=mlp&width=16&depth=2&regime=untrained")
    page.locator(".st-key-fit-chart .js-plotly-plot").wait_for()
    assert page.get_by_text("Numbers, CSV").count() == 0
    slider = page.locator(".st-key-discard").get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    page.get_by_text("largest 11% of μ discarded").first.wait_for()
    _open(page)
    page.locator("code", has_text="--discard 0.11").wait_for()
    with page.expect_download() as saved:
        page.get_by_text("Numbers, CSV").first.click()
    head, *lines = Path(saved.value.path()).read_text().splitlines()
    assert head.startswith("regime,layer,") and lines and all("--discard 0.11" in line for line in lines)
    page.locator(".st-key-print-title input").fill("Figure 1")
    page.locator(".st-key-print-title input").press("Enter")
    page.keyboard.press("Escape")
    page.locator(".st-key-print-title input").wait_for(state="hidden")
    _open(page)
    assert page.locator(".st-key-print-title input").input_value() == "Figure 1"


def _open(page) -> None:
    page.get_by_role("button", name="Export").click()
    page.locator(".st-key-print-title input").wait_for()
