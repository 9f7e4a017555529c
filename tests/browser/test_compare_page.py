"""The page Compare in a real browser: a set in one click, the last hidden layer, across networks, results by link."""

import re
import time

import pytest

CHART = ".st-key-compare-chart"


def _traces(page, chart: str) -> list[list]:
    """[name, number of points] of each trace."""
    return page.evaluate(
        """chart => (document.querySelector(chart + ' .js-plotly-plot')?.data || []).map(
             t => [t.name || '', t.x?.length ?? 0])""",
        chart,
    )


def _wait(page, done, seconds: float = 240) -> None:
    start = time.monotonic()
    while not done():
        assert time.monotonic() - start < seconds
        page.wait_for_timeout(300)


def test_1_a_set_is_measured_in_one_click_and_its_outcome_is_told(visit):
    page = visit("compare?set=widths&network=mlp&depth=1&data=digits&n=200")
    page.locator(".st-key-train button").click()
    _wait(page, lambda: [n for _, n in _traces(page, CHART)] == [3] * 6)
    assert [name for name, _ in _traces(page, CHART)] == [f"width {w}" for w in (16, 32, 64, 128, 256, 512)]
    page.get_by_text(re.compile(r"Over N = 6 networks .* Pearson r = ")).wait_for()
    assert ["least squares", 2] in _traces(page, ".st-key-generalisation-chart")
    assert page.locator("[data-testid=stProgress]").count() == 0


def test_2_probes_are_fitted_at_a_click_and_a_reference_stands_in_the_address(visit):
    page = visit("compare?set=widths&network=mlp&depth=1&data=digits&n=200&across=accuracy")
    _wait(page, lambda: len(_traces(page, ".st-key-accuracy-chart")) == 6)
    page.get_by_role("button", name="Fit linear probes").click()
    _wait(page, lambda: len(_traces(page, ".st-key-accuracy-chart")) == 12)
    option = page.get_by_role("option", name="minus width 16", exact=True)

    def opened() -> bool:  # the page starts again when the probes are there, which closes what is open
        page.keyboard.press("Escape")
        page.locator(".st-key-reference input").click()
        page.wait_for_timeout(1500)
        return option.count() > 0

    _wait(page, opened)
    option.click()
    page.wait_for_url(re.compile("reference="))
    page.get_by_text("TwoNN ID minus that of width 16").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["widths", "results"])
def test_3_a_phone_shows_it_without_scrolling_sideways(visit, scheme, name):
    page = visit(f"compare?set={name}&network=mlp&depth=1&data=digits&n=200", width=390, height=844, scheme=scheme)
    page.get_by_role("heading", name=re.compile("Widths|Compare")).first.wait_for()
    if name == "widths":
        page.locator(".st-key-generalisation-chart .js-plotly-plot").wait_for()  # drawn before anything is measured
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
