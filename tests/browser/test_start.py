"""The start page in a browser: the figure, a click on one of its points, a story, an address of before."""

import io
import re
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

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
    for width, height, scheme in ((1440, 900, "light"), (800, 900, "dark"), (390, 844, "dark")):
        with claim(f"it stands in a {scheme} window of {width} by {height} pixels"):
            looks_like(tab, width, height, scheme)
            _stands(tab, server, scheme)


@contextmanager
def before_the_app(page, address, first):
    """A page while its first answer is all that has come, once `first` stands there; at the end the app comes too, and
    takes the first sight away. What of it is asked for in the moment when it may come goes on as well."""
    waiting, held = [], [True]
    page.route(APP, lambda route: waiting.append(route) if held else route.continue_())
    page.goto(address, wait_until="commit")
    page.locator(f"#first-sight {first}").wait_for()
    until(page, lambda: waiting)
    page.evaluate("document.fonts.ready")
    yield
    held.clear()
    for route in waiting:
        route.continue_()
    page.locator("#first-sight").wait_for(state="detached")
    page.unroute(APP)


def is_in(page, scheme: str) -> None:
    """Wait until the first sight is dark or light, as a script behind it tells, up to the edge of the window."""

    def dark() -> bool:
        edge = page.screenshot(clip={"x": 0, "y": 0, "width": 200, "height": 200})
        return np.asarray(Image.open(io.BytesIO(edge)).convert("L")).mean() < 64

    until(page, lambda: dark() == (scheme == "dark"))


def _stands(page, server, scheme: str) -> None:
    with before_the_app(page, server, "svg:visible"):
        assert page.title() == "Layerscope" and page.locator("#first-sight a:visible").count() == 21
        is_in(page, scheme)
        before = page.evaluate(SEEN)
    until(page, lambda: np.abs(np.subtract(page.evaluate(SEEN), before)).max() < 1.5)


CURVE = """() => {
  const first = document.getElementById("first-sight"), page = document.querySelector("[data-testid=stMain]");
  const place = first ?? page, plot = first ? ".still .plot" : ".st-key-curve-chart .nsewdrag";
  const names = first ? ".still .x, .still .y" : ".st-key-curve-chart :is(.xtick, .ytick) text";
  const card = first ? ".card" : ".st-key-curve-card";
  const box = (one) => { const { x, y, width, height } = one.getBoundingClientRect(); return [x, y, width, height]; };
  return [box(place.querySelector("h1")).slice(0, 2), box(place.querySelector(card)).slice(0, 3),
    box(place.querySelector(plot)), ...[...place.querySelectorAll(names)].map((one) => box(one).slice(0, 2))].flat();
}"""
PATIENT = """const now = Date.now.bind(Date);
  Date.now = () => { Date.now = now; return now() + 1e9; };"""
"""A clock that the first sight, which asks it first, takes its beginning from: it never goes for having waited long."""
SHIPPED = "explore?data=imagenet_sample&network=efficientnet_lite0&regime=pretrained"


def known(page, server):
    """Wait until the address of the shipped curve, which the page shows, is known."""
    html = {"accept": "text/html"}
    until(page, lambda: "Loading the controls" in page.request.get(f"{server}/{SHIPPED}", headers=html).text())


@pytest.mark.parametrize("width, height, scheme", [(1440, 900, "light"), (800, 900, "light"), (340, 844, "dark")])
def test_so_is_the_curve_of_an_address_that_has_shown_it_before(visit, server, width, height, scheme):
    page = visit(SHIPPED, width, height, scheme)
    known(page, server)
    looks = claim("it looks like the page, and like nothing that can be clicked")
    with before_the_app(page, f"{server}/{SHIPPED}", ".still"), looks:
        assert "EfficientNet-Lite0, pretrained" in page.locator("#first-sight h1").inner_text()
        assert page.locator("#first-sight :is(a, button, input, [tabindex])").count() == 0
        assert page.locator("#first-sight").get_attribute("aria-busy") == "true"
        is_in(page, scheme)
        before = page.evaluate(CURVE)
    with claim("nothing moves when the page takes over, and the page is what has the focus"):
        until(page, lambda: np.abs(np.subtract(page.evaluate(CURVE), before)).max() < 3)
        page.keyboard.press("Tab")
        assert page.evaluate("document.getElementById('root').contains(document.activeElement)")


def test_the_first_sight_of_a_curve_goes_where_the_page_is_about_something_else(visit, server):
    page = visit(SHIPPED, beside=True)
    known(page, server)
    page.add_init_script(PATIENT)
    with before_the_app(page, f"{server}/{SHIPPED}", ".still"):
        # Of this draw nothing is known, and the images are not here.
        other = "location.href.replace('regime=pretrained', 'regime=untrained&seed=7')"
        page.evaluate(f"history.replaceState({{}}, '', {other})")
    page.get_by_role("heading", name=re.compile("1000 photographs")).first.wait_for()
    assert page.locator(".st-key-curve-chart").count() == 0


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
