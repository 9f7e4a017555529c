"""The page Train in a real browser: two trainings live, one slider for curves and maps, pause and reload."""

import re

import pytest

from tests.browser.conftest import at_rest, claim, fits_the_width, until

pytestmark = pytest.mark.slow

SMALL = "train?network=mlp&width=16&depth=2&data=digits&n=100&batch=8"
CHART = ".st-key-epochs-chart"


def _metric(page, number: int = 0) -> str:
    return page.locator("[data-testid=stMetricValue]").nth(number).inner_text()


def _said(page) -> str:
    return page.locator(f"{CHART} .annotation-text").first.text_content()


def test_1_two_trainings_start_with_one_click_and_a_slider_moves_curves_and_maps_without_the_server(visit):
    page = visit(SMALL + "&upto=5")
    page.get_by_role("heading", name="Watch it learn").wait_for()
    with claim("one click starts two trainings"):
        page.get_by_role("button", name=re.compile("True and shuffled")).click()
        page.get_by_text("ended after epoch 5").nth(1).wait_for()
        page.wait_for_url(re.compile("labels=both"))
        frames = f"document.querySelector('{CHART} .js-plotly-plot')?._transitionData?._frames?.map(f => f.name)"
        until(page, lambda: page.evaluate(frames) == ["0", "1", "2", "3", "5"])
        until(page, lambda: "Epoch 5" in _said(page) and "shuffled labels: train" in _said(page))

    with claim("each chart has one cursor, however often it was drawn while they learned"):
        until(page, lambda: page.locator(".st-key-accuracy-chart .epoch-cursor").count() == 1)
        at_rest(page)
        for chart in ("accuracy", "loss", "hidden", "heat-trained", "heat-shuffled"):
            assert page.locator(f".st-key-{chart}-chart .epoch-cursor").count() == 1

    with claim("the slider moves curves and both maps and asks nothing of the server"):
        for regime in ("trained", "shuffled"):
            page.locator(f".st-key-map-{regime} output").get_by_text("epoch 5").wait_for()
        at_rest(page)
        rail = page.locator(f"{CHART} .slider-rail-touch-rect")
        rail.scroll_into_view_if_needed()
        box = rail.bounding_box()
        page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
        until(page, lambda: "Epoch 0" in _said(page))
        for regime in ("trained", "shuffled"):
            page.locator(f".st-key-map-{regime} output").get_by_text("epoch 0").wait_for()
        assert page.evaluate("window.sent") == 0
        for chart in ("accuracy", "loss", "hidden"):  # the cursor stands at the left end of the epochs
            assert page.locator(f".st-key-{chart}-chart .epoch-cursor").evaluate("e => e.offsetLeft < 120")
        for regime in ("trained", "shuffled"):
            assert page.locator(f".st-key-heat-{regime}-chart .epoch-cursor").evaluate("e => e.offsetTop < 60")

    for path in (SMALL + "&upto=5&labels=both", "train"):
        with claim(f"a phone shows {path} without scrolling sideways"):
            page = visit(path, width=390, height=844, scheme="dark")
            page.get_by_role("heading", name=re.compile("learning")).wait_for()
            at_rest(page)
            fits_the_width(page)


def test_2_a_training_can_be_paused_and_goes_on_after_a_reload(visit):
    page = visit(SMALL + "&upto=5000&rate=0.000001")
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("button", name="Pause").wait_for()
    until(page, lambda: _metric(page).isdecimal() and int(_metric(page)) >= 3)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").wait_for()
    page.reload()
    page.get_by_role("button", name="Resume").wait_for()
    epoch = int(_metric(page))
    assert epoch >= 3
    page.get_by_role("button", name="Resume").click()
    until(page, lambda: _metric(page).isdecimal() and int(_metric(page)) > epoch + 1)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Start training").wait_for()
