"""The start page in a browser: the figure, a click on one of its points, a story, an address of before."""

import re

import pytest

from tests.browser.conftest import until

pytestmark = pytest.mark.slow
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


def test_a_story_is_one_click_away_and_back_leads_back(visit):
    page = visit("")
    page.locator(POINTS).first.wait_for()
    page.locator("[data-testid=stMain]").get_by_role("link", name="Open").nth(1).click()
    page.wait_for_url(re.compile("explore.*efficientnet_lite0"))
    page.get_by_role("heading", name="EfficientNet-Lite0").wait_for()
    page.go_back()
    page.locator(POINTS).first.wait_for()


def test_a_phone_shows_its_own_drawing(visit):
    page = visit("", width=390, height=844, scheme="dark")
    page.locator(".st-key-hunchback .narrow svg").wait_for()
    assert page.locator(".st-key-hunchback .wide svg:visible").count() == 0
    until(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= 390)


def test_an_address_of_before_there_was_this_page_opens_explore(visit):
    page = visit("?network=mlp&regime=untrained&width=16&depth=2&data=digits&n=100&layer=d1")
    page.wait_for_url(re.compile("explore.*layer=d1"))
    page.get_by_role("heading", name=re.compile("perceptron")).first.wait_for()
