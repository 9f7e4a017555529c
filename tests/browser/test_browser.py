"""The dashboard as a person meets it: a fresh server, real workers, a real browser."""

import re

import pytest

from tests.browser.conftest import CURVE, claim, fits_the_width, looks_like, until
from tests.tools import patience

pytestmark = pytest.mark.slow

FIT = ".st-key-fit-chart"
N = 300  # samples: the measurement is one of seconds


def _points(page, chart: str, trace: int = 0) -> int:
    return page.evaluate(
        "([chart, trace]) => document.querySelector(chart + ' .js-plotly-plot')?.data?.[trace]?.x?.length ?? 0",
        [chart, trace],
    )


def _wait_for_points(page, chart: str, n: int) -> None:
    until(page, lambda: _points(page, chart) >= n)


def _fit_line(page) -> str:
    page.locator(f"{FIT} .js-plotly-plot .legendtext").first.wait_for()
    return page.evaluate(f"document.querySelector('{FIT} .js-plotly-plot').data.map(t => t.name).join()")


def test_1_a_link_to_compare_measures_three_regimes_and_a_phone_shows_it_without_scrolling_sideways(visit):
    page = visit(f"compare?n={N}")
    page.get_by_role("heading", name=re.compile("trained, untrained, shuffled")).wait_for()
    page.locator("[data-testid=stSidebar]").get_by_text("Architecture").wait_for()
    _wait_for_points(page, ".st-key-compare-chart", 7)
    page.wait_for_function(  # a curve that comes later would be drawn on Explore too, in the midst of the next test
        "document.querySelector('.st-key-compare-chart .js-plotly-plot').data.every(t => t.x.length == 7)"
    )
    names = page.evaluate("document.querySelector('.st-key-compare-chart .js-plotly-plot').data.map(t => t.name)")
    assert names == ["trained", "untrained", "shuffled"]
    looks_like(page, 390, 844, "dark")
    fits_the_width(page)


def test_2_a_click_on_the_default_curve_opens_a_layer_the_keys_walk_on_and_the_link_shows_the_same(visit):
    page = visit(f"explore?n={N}")
    _wait_for_points(page, CURVE, 7)
    page.locator(FIT).wait_for()
    before = _fit_line(page)
    page.locator(f"{CURVE} .js-plotly-plot .scatterlayer .trace").first.wait_for()
    page.evaluate(f"document.querySelector('{CURVE} .main-svg').was = 'here'")
    with claim("a click on a point opens its layer"):
        _click_point(page, 1)
        page.wait_for_url(re.compile("layer=conv1"))
        _wait_for_another_fit(page, before)
    with claim("another layer moves the mark and leaves the curve as it is"):
        until(page, lambda: _off_the_mark(page, 1) < 1)
        assert page.evaluate(f"document.querySelector('{CURVE} .main-svg').was") == "here"

    with claim("every number follows the slider"):
        slider = page.locator(".st-key-discard input[type=range]")
        slider.focus()
        for _ in range(5):
            slider.press("ArrowRight")
        page.wait_for_url(re.compile("discard=0.15"))
        page.wait_for_function(f"document.querySelector('{FIT} .js-plotly-plot').data[0].name == 'fitted (255)'")
        moved = _fit_line(page)
        metric = moved.split("ID = ")[1].split(",")[0]
        page.locator("[data-testid=stMetricValue]").get_by_text(metric, exact=True).wait_for()
    link = page.url.split("/")[-1]

    with claim("an arrow key goes to the layer before when nothing has the focus"):
        slider.evaluate("one => one.blur()")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url(re.compile("layer=input"))
        page.locator(".st-key-layer button", has_text="input").and_(page.locator("[aria-checked=true]")).wait_for()
    with claim("of arrow keys that are held or pressed quickly the last counts"):
        page.locator(".st-key-layer button", has_text="pool1").click()
        page.wait_for_url(re.compile("layer=pool1"))
        before = _fit_line(page)
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile("layer=output"))
        _wait_for_another_fit(page, before)
    with claim("arrow keys in a number and on a slider are theirs"):
        page.locator(".st-key-n input").click()
        page.keyboard.press("ArrowLeft")
        slider.focus()
        slider.press("ArrowRight")
        page.wait_for_url(re.compile("discard=0.16"))
        page.wait_for_timeout(400)
        assert "layer=output" in page.url

    with claim("the link shows the same to whoever opens it"):
        page = visit(link)
        page.locator(FIT).wait_for()
        assert _fit_line(page) == moved
        page.locator("[data-testid=stMetricValue]").get_by_text(metric, exact=True).wait_for()


def _wait_for_another_fit(page, before: str) -> None:
    page.wait_for_function(
        f"old => document.querySelector('{FIT} .js-plotly-plot').data.map(t => t.name).join() != old", arg=before
    )


def _off_the_mark(page, index: int) -> float:
    """Pixels from the middle of the band to a point of the curve."""
    return page.evaluate(
        """([chart, index]) => {
          const plot = document.querySelector(chart + ' .js-plotly-plot'), axis = plot._fullLayout.xaxis;
          const band = plot.querySelector('.svg-container').firstElementChild.getBoundingClientRect();
          const place = plot.getBoundingClientRect().x + axis._offset + axis.c2p(plot.data[0].x[index]);
          return Math.abs(band.x + band.width / 2 - place);
        }""",
        [CURVE, index],
    )


def test_2b_curve_tabs_and_the_head_of_a_tab_are_in_sight_and_can_be_read_also_on_a_projector_and_a_phone(visit):
    for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(19, 20, 24)")):
        page = visit(f"explore?n={N}&tab=depth", scheme=scheme)
        _wait_for_points(page, CURVE, 7)
        head, chart = page.get_by_role("heading", name="Along depth"), page.locator(f"{CURVE} .js-plotly-plot")
        head.wait_for()
        with claim(f"the curve and the head of the tab are in sight in a {scheme} window"):
            assert head.bounding_box()["y"] + 30 < 900 and chart.bounding_box()["y"] > 0
        with claim(f"the axes can be read in a {scheme} window"):
            until(page, lambda page=page, ground=ground: _readable(*page.evaluate(COLOURS, CURVE), ground))
    with claim("the curve stays in sight where one scrolls"):
        page.locator("[data-testid=stMain]").evaluate("e => e.scrollTo(0, 600)")
        page.wait_for_timeout(300)
        assert chart.bounding_box()["y"] > 0
    with claim("a phone shows it without scrolling sideways"):
        looks_like(page, 390, 844, "dark")
        fits_the_width(page)

    with claim("for a projector there is neither menu nor sidebar"):
        page = visit(f"explore?n={N}&hide=controls&layer=conv1&tab=depth")
        _wait_for_points(page, CURVE, 7)
        assert page.locator("[data-testid=stSidebar]:visible").count() == 0
        assert page.get_by_role("link", name="Compare").count() == 0


COLOURS = """curve => {
  const text = document.querySelector(curve + ' .xtick text'), page = document.querySelector('[data-testid=stApp]');
  return text ? [getComputedStyle(text).fill, getComputedStyle(page).backgroundColor] : ['', ''];
}"""


def _readable(ink: str, paper: str, ground: str) -> bool:
    return paper == ground and _contrast(ink, paper) >= 4.5


def _contrast(colour: str, other: str) -> float:
    def luminance(text: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"[0-9]+", text)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _click_point(page, index: int) -> None:
    """Click a point of the first trace of the curve, where it is on the screen."""
    box = page.evaluate(
        """([chart, index]) => {
          const plot = document.querySelector(chart + ' .js-plotly-plot'), area = plot.getBoundingClientRect();
          const {xaxis, yaxis} = plot._fullLayout, {x, y} = plot.data[0];
          return [area.x + xaxis._offset + xaxis.c2p(x[index]), area.y + yaxis._offset + yaxis.c2p(y[index])];
        }""",
        [CURVE, index],
    )
    page.mouse.move(*box)
    page.mouse.click(*box)


def test_3_a_network_learns_in_view_while_the_page_answers_and_can_be_stopped(visit):
    page = visit("explore?network=mlp&depth=4&width=512&regime=shuffled")
    page.get_by_text("has to be trained first").wait_for()
    page.get_by_role("button", name="Train and measure").click()
    page.locator(".st-key-training-profile-chart .js-plotly-plot:visible").first.wait_for()
    page.locator(".st-key-axis button").last.click()
    page.wait_for_url(re.compile("axis=log"))
    page.locator(".st-key-cancel-profile button").click()
    page.locator(".st-key-again-profile button").wait_for()


def test_4_umap_comes_from_a_worker_with_its_quality_beside_it(visit):
    page = visit("explore?n=200&layer=d1&map=UMAP")
    page.get_by_text("PCA until the UMAP of d1 is ready.").wait_for()
    page.get_by_text("UMAP (15 neighbours").wait_for(
        timeout=1000 * patience.seconds(60)
    )  # numba may have to compile it first
    page.locator(".st-key-map-of-network canvas.points").wait_for()
    page.locator(".st-key-map-of-network").get_by_text("Trustworthiness").wait_for()


def test_7_what_no_widget_can_use_leaves_the_address_and_the_rest_is_followed(visit):
    page = visit("explore?n=inf&seed=3&classes=3&classes=77&regime=untrained")
    page.get_by_text("In the address, N must be a whole number").wait_for()
    page.get_by_text("100 test samples of class 3 of mnist5k, all there are").wait_for()
    page.wait_for_url(re.compile(r"\?(?!.*(inf|77)).*seed=3.*classes=3"))
    behind = "navigation.currentEntry.index - navigation.entries().findIndex(one => one.url.includes('n=inf'))"
    for _ in range(page.evaluate(behind)):  # back through what was taken out, which Streamlit keeps in the history
        page.go_back()
        page.wait_for_timeout(1000)
    page.get_by_text("100 test samples of class 3 of mnist5k, all there are").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
