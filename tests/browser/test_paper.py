"""The page Paper in a real browser: the MNIST figure from shipped weights beside the published values."""

import re

import pytest

from tests.browser.conftest import until

pytestmark = pytest.mark.slow

CHART = ".st-key-paper-chart"


def _points(page, name: str) -> int:
    return page.evaluate(
        """([chart, name]) => document.querySelector(chart + ' .js-plotly-plot')?.data
             ?.find(trace => trace.name == name)?.x?.length ?? 0""",
        [CHART, name],
    )


def test_1_the_first_visit_may_be_a_link_and_mnist_is_measured_beside_the_published_values(visit):
    page = visit("paper")
    page.get_by_role("heading", name="The paper, figure by figure").wait_for()
    until(page, lambda: {_points(page, f"{name}, here") for name in ("MNIST", "MNIST*", "MNIST†")} == {7})
    page.get_by_text(re.compile("rank correlation 0.9")).first.wait_for()
    assert _points(page, "MNIST*, published") == 7
    page.get_by_text("Measured here, in").wait_for()


def test_2_a_figure_is_chosen_by_a_click_and_stands_in_the_address(visit):
    page = visit("paper")
    page.get_by_role("radio", name=re.compile("^5c")).or_(page.get_by_text("5c untrained")).first.click()
    page.get_by_role("heading", name=re.compile("^Figure 5c")).wait_for()
    page.wait_for_url(re.compile("figure=5c"))
    page.get_by_text("ImageNet, or images in a folder per class").wait_for()


@pytest.mark.parametrize("path", ["paper", "paper?figure=3b", "paper?figure=9b"])
def test_3_a_phone_shows_the_figures_without_scrolling_sideways(visit, path):
    page = visit(path, width=390, height=844, scheme="dark")
    page.locator(f"{CHART} .js-plotly-plot").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
