"""The page Compare in a real browser: a set in one click, the last hidden layer, across networks, results by link."""

import itertools
import re

import pytest
import torch

from idcore.networks.weights import learn
from idcore.spec import Architecture, NetworkSpec, Recipe
from tests.browser.conftest import at_rest, until
from tests.tools import patience

pytestmark = pytest.mark.slow

CHART = ".st-key-compare-chart"
WIDTHS = "compare?set=widths&network=mlp&depth=1&data=digits&n=200"


def _traces(page, chart: str) -> list[list]:
    """[name, number of points] of each trace."""
    return page.evaluate(
        """chart => (document.querySelector(chart + ' .js-plotly-plot')?.data || []).map(
             t => [t.name || '', t.x?.length ?? 0])""",
        chart,
    )


def test_1_a_set_is_measured_in_one_click_and_its_outcome_is_told(visit):
    page = visit(WIDTHS)
    page.locator(".st-key-train button").click()
    until(page, lambda: [n for _, n in _traces(page, CHART)] == [3] * 6)
    assert [name for name, _ in _traces(page, CHART)] == [f"width {w}" for w in (16, 32, 64, 128, 256, 512)]
    page.get_by_text(re.compile(r"Over N = 6 networks .* Pearson r = ")).wait_for()
    assert ["least squares", 2] in _traces(page, ".st-key-generalisation-chart")
    assert page.locator("[data-testid=stProgress]").count() == 0


def test_2_probes_are_fitted_at_a_click_and_a_reference_stands_in_the_address(visit):
    page = visit(WIDTHS + "&across=accuracy")
    until(page, lambda: len(_traces(page, ".st-key-accuracy-chart")) == 6)
    page.get_by_role("button", name="Fit linear probes").click()
    until(page, lambda: len(_traces(page, ".st-key-accuracy-chart")) == 12)
    option, tries = page.get_by_role("option", name="minus width 16", exact=True), itertools.count(1)

    def opened() -> bool:  # the page starts again when the probes are there, which closes what is open
        page.keyboard.press("Escape")
        page.locator(".st-key-reference input").click()
        page.wait_for_timeout(1000 * next(tries))
        return option.count() > 0

    until(page, opened)
    option.click()
    page.wait_for_url(re.compile("reference="))
    title = f"document.querySelector('{CHART} .js-plotly-plot')?.layout.yaxis.title.text"
    until(page, lambda: page.evaluate(title) == "TwoNN ID minus that of width 16")


def test_3_maps_stand_side_by_side_and_what_is_done_in_one_happens_in_the_other_without_the_server(visit):
    page = visit(WIDTHS)
    maps = page.locator(".st-key-side-by-side [class*='st-key-beside-']:has(canvas.points)")
    maps.nth(1).locator(".facts dd").first.wait_for()
    assert maps.count() == 2  # the narrowest and the widest
    at_rest(page)

    canvas = maps.nth(0).locator("canvas.points")
    canvas.focus()
    page.keyboard.press("Home")
    assert [maps.nth(i).locator("output").inner_text() for i in (0, 1)] == ["input", "input"]
    page.keyboard.press("End")
    assert [maps.nth(i).locator("output").inner_text() for i in (0, 1)] == ["output", "output"]

    search = maps.nth(1).locator("input[type=search]")
    search.fill("3")
    search.press("Enter")  # the class of the threes
    selected = [maps.nth(i).get_by_text("selected").inner_text() for i in (0, 1)]
    assert selected[0] == selected[1] and selected[0].endswith("of 200 selected · clear")

    canvas.scroll_into_view_if_needed()
    box, tips = canvas.bounding_box(), maps.locator(".tip b + div")
    places = [box["x"] + x for x in range(20, int(box["width"]), 6)]  # across the map, to the first point

    def hovered() -> int | None:
        for x in places:
            page.mouse.move(x, box["y"] + box["height"] / 2)
            page.wait_for_timeout(30)
            if tips.nth(0).is_visible():
                return x

    x = patience.until(hovered)
    tips.nth(1).wait_for()
    assert tips.nth(0).inner_text() == tips.nth(1).inner_text()
    page.mouse.click(x, box["y"] + box["height"] / 2)
    page.mouse.move(2, 2)
    until(page, lambda: maps.locator("circle.pinned[visibility=visible]").count() == 2)
    assert page.evaluate("window.sent") == 0


def test_4_eight_checkpoints_of_a_training_are_a_surface_in_five_clicks(visit, tmp_path):
    small = NetworkSpec(Architecture("mlp", 16, 1), Recipe("digits", epochs=7))
    for learner in learn(small):
        torch.save(learner.module.state_dict(), tmp_path / f"ckpt_{len(learner.history)}.pt")
    files = sorted(tmp_path.glob("*.pt"))
    assert len(files) == 8
    page = visit("data?bring=weights&network=mlp&width=16&depth=1")
    (tmp_path / "ckpt_9.pt").write_bytes(b"no weights")
    page.locator("input[type=file]").first.set_input_files([*files, tmp_path / "ckpt_9.pt"])
    page.get_by_text(re.compile("ckpt_9.pt.*cannot be used as weights")).wait_for()
    page.get_by_role("button", name="Compare the 8 as a series").click()
    page.get_by_role("heading", name="Series: 8 checkpoints").wait_for()
    assert page.evaluate("location.search").count("series=") == 8
    page.goto(f"{page.url}&data=digits&n=200")  # what they are for; a link leads here
    rows = """() => document.querySelector('.st-key-surface-chart .js-plotly-plot')?.data[0].hovertext.map(r => r[1])"""
    until(page, lambda: len(found := page.evaluate(rows) or []) == 8 and all("ID" in row for row in found))
    found = page.evaluate(rows)
    assert [f"ckpt_{i}.pt" in row for i, row in enumerate(found)] == [True] * 8
    until(page, lambda: [n for _, n in _traces(page, CHART)] == [3] * 8)
    assert _traces(page, CHART)[-1][0] == "ckpt_7.pt"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["widths", "results"])
def test_5_a_phone_shows_it_without_scrolling_sideways(visit, scheme, name):
    page = visit(WIDTHS.replace("set=widths", f"set={name}"), width=390, height=844, scheme=scheme)
    page.get_by_role("heading", name=re.compile("Widths|Compare")).first.wait_for()
    if name == "widths":
        page.locator(".st-key-generalisation-chart .js-plotly-plot").wait_for()  # drawn before anything is measured
        maps = page.locator(".st-key-side-by-side canvas.points")
        maps.nth(1).wait_for()
        first, second = maps.nth(0).bounding_box(), maps.nth(1).bounding_box()
        assert second["y"] > first["y"] + first["height"]  # one below the other
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
