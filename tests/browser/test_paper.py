"""The page Paper in a real browser: the MNIST figure from shipped weights beside the published values."""

import re

import pytest

from tests.browser.conftest import claim, fits_the_width, looks_like, until

pytestmark = pytest.mark.slow

CHART = ".st-key-paper-chart"


def _points(page, name: str) -> int:
    return page.evaluate(
        """([chart, name]) => document.querySelector(chart + ' .js-plotly-plot')?.data
             ?.find(trace => trace.name == name)?.x?.length ?? 0""",
        [CHART, name],
    )


def test_mnist_is_measured_beside_the_published_values_and_a_figure_is_chosen_by_a_click_also_on_a_phone(visit):
    page = visit("paper")
    page.get_by_role("heading", name="The paper, figure by figure").wait_for()
    with claim("MNIST is measured beside the published values"):
        until(page, lambda: {_points(page, f"{name}, here") for name in ("MNIST", "MNIST*", "MNIST†")} == {7})
        page.get_by_text(re.compile("rank correlation 0.9")).first.wait_for()
        assert _points(page, "MNIST*, published") == 7
        page.get_by_text("Measured here, in").wait_for()
    with claim("a phone shows the figure of MNIST without scrolling sideways"):
        looks_like(page, 390, 844, "dark")
        fits_the_width(page)
    with claim("a figure is chosen by a click and stands in the address"):
        looks_like(page, 1440, 900, "light")
        page.get_by_role("radio", name=re.compile("^5c")).or_(page.get_by_text("5c untrained")).first.click()
        page.get_by_role("heading", name=re.compile("^Figure 5c")).wait_for()
        page.wait_for_url(re.compile("figure=5c"))
        page.get_by_text("ImageNet, or images in a folder per class").wait_for()
    with claim("a phone shows figure 3b without scrolling sideways"):
        page = visit("paper?figure=3b", width=390, height=844, scheme="dark")
        _stands_on_a_phone(page, "3b")
    with claim("a phone shows figure 9b without scrolling sideways"):
        page.get_by_role("radio", name=re.compile("^9b")).or_(page.get_by_text("9b first iterations")).first.click()
        _stands_on_a_phone(page, "9b")


def _stands_on_a_phone(page, number: str) -> None:
    page.get_by_role("heading", name=re.compile(f"^Figure {number}")).wait_for()
    page.locator(f"{CHART} .js-plotly-plot").first.wait_for()
    fits_the_width(page)
