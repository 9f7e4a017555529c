"""The start page in a browser: the figure, a click on one of its points, a story, an address of before."""

import re

import numpy as np
import pytest

from tests.browser.conftest import claim, fits_the_width, looks_like, until
from tests.tools import patience

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(faked):
    return faked


POINTS = ".st-key-hunchback .wide a"


def test_a_click_on_a_point_opens_its_layer_in_explore_without_a_job(visit):
    page = visit("")
    page.locator(POINTS).first.wait_for()
    assert page.locator(POINTS).count() == 21
    page.get_by_role("link", name=re.compile("^stage4, pretrained: ID")).first.click()
    page.wait_for_url(re.compile("explore.*layer=stage4"))
    page.locator(".st-key-fit-chart .js-plotly-plot").wait_for()
    page.get_by_text("ID rises from 28.2 at the input to 101 at stage4").first.wait_for()
    assert page.get_by_role("progressbar").count() == 0


APP = re.compile(r"/static/js/index\.")
SEEN = """() => {
  const boxes = (from) => ["h1", "svg"].map((name) => [...from(name)].map((one) => one.getBoundingClientRect())
    .filter((box) => box.width).map(({ x, y, width }) => [x, y, width])[0]);
  const first = document.getElementById("first-sight");
  if (first) return boxes((name) => first.querySelectorAll(name));
  const shadow = document.querySelector(".st-key-hunchback [data-testid=stBidiComponentIsolated]").shadowRoot;
  return boxes((name) => (name === "h1" ? document : shadow).querySelectorAll(name));
}"""


def test_the_figure_is_there_before_the_app_is_and_does_not_move_when_it_comes(tab, server):
    tab.set_default_timeout(1000 * patience.seconds())
    for width, height, scheme in ((1440, 900, "light"), (700, 900, "dark"), (390, 844, "dark")):
        with claim(f"it stands in a {scheme} window of {width} by {height} pixels"):
            looks_like(tab, width, height, scheme)
            _stands(tab, server, scheme)


def _stands(page, server, scheme: str) -> None:
    waiting, held = [], [True]
    # The app does not come yet. Some of it may be asked for in the moment when it may: that goes on too.
    page.route(APP, lambda route: waiting.append(route) if held else route.continue_())
    page.goto(server, wait_until="commit")
    page.locator("#first-sight svg:visible").wait_for()
    until(page, lambda: waiting)
    page.evaluate("document.fonts.ready")
    assert page.title() == "Layerscope" and page.locator("#first-sight a:visible").count() == 21
    dark = "e => getComputedStyle(e).backgroundColor != 'rgb(255, 255, 255)'"  # told by a script behind the figure
    until(page, lambda: page.locator("#first-sight").evaluate(dark) == (scheme == "dark"))
    before = page.evaluate(SEEN)
    held.clear()
    for route in waiting:
        route.continue_()
    page.locator("#first-sight").wait_for(state="detached")
    until(page, lambda: np.abs(np.subtract(page.evaluate(SEEN), before)).max() < 1.5)
    page.unroute(APP)


def test_a_story_is_one_click_away_back_leads_back_and_a_phone_has_its_own_drawing(visit):
    page = visit("")
    page.locator(POINTS).first.wait_for()
    with claim("a story is one click away, and back leads back"):
        page.locator("[data-testid=stMain]").get_by_role("link", name="Open").nth(1).click()
        page.wait_for_url(re.compile("explore.*efficientnet_lite0"))
        page.get_by_role("heading", name="EfficientNet-Lite0").wait_for()
        page.go_back()
        page.locator(POINTS).first.wait_for()
    with claim("a phone shows its own drawing"):
        looks_like(page, 390, 844, "dark")
        page.locator(".st-key-hunchback .narrow svg").wait_for()
        assert page.locator(".st-key-hunchback .wide svg:visible").count() == 0
        fits_the_width(page)


def test_an_address_of_before_there_was_this_page_opens_explore(visit):
    page = visit("?network=mlp&regime=untrained&width=16&depth=2&data=digits&n=100&layer=d1")
    page.wait_for_url(re.compile("explore.*layer=d1"))
    page.get_by_role("heading", name=re.compile("perceptron")).first.wait_for()
