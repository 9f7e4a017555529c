"""The page Learn in a real browser: links, keys, a projector, a phone, and the shipped network from real workers."""

import re

import pytest

from idcore.learn.texts import steps
from tests.browser.conftest import at_rest, until

pytestmark = pytest.mark.slow


def _on_step(page, number: int) -> None:
    page.get_by_role("heading", name=f"{number}. {steps()[number - 1].title}").wait_for()


def _plot(page, chart: str) -> None:
    page.locator(f".st-key-{chart}-chart .js-plotly-plot").wait_for()


def test_1_the_first_visit_may_be_a_link_to_a_step_and_the_arrow_keys_turn_the_pages(visit):
    page = visit("learn?step=2")
    _on_step(page, 2)
    _plot(page, "circles")
    page.keyboard.press("ArrowLeft")
    _on_step(page, 1)
    page.wait_for_url(lambda url: "step" not in url)
    page.keyboard.press("ArrowRight")
    _on_step(page, 2)
    page.wait_for_url(re.compile("step=2"))


def test_2_an_arrow_key_on_a_slider_moves_the_slider_and_not_the_page(visit):
    page = visit("learn?curl=0.5")
    _on_step(page, 1)
    _plot(page, "curl")
    slider = page.locator(".st-key-curl input[type=range]")
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_for_url(re.compile("curl=0.4"))
    _on_step(page, 1)
    page.get_by_role("heading", name="1. ").click()
    page.keyboard.press("ArrowRight")
    _on_step(page, 2)


def test_3_ten_digits_are_seen_in_the_shipped_network(visit):
    page = visit("learn?step=3&layer=d1")
    pictures = "document.querySelector('.st-key-chain-chart .js-plotly-plot')?.layout?.images?.length ?? 0"
    until(page, lambda: page.evaluate(pictures) == 10)
    page.get_by_text("nearest neighbour of their own class").wait_for()
    page.wait_for_url(re.compile("layer=d1"))


def test_4_a_projector_shows_the_step_alone_and_its_link_keeps_up(visit):
    page = visit("learn?step=2&hide=controls")
    _on_step(page, 2)
    _plot(page, "circles")
    assert page.get_by_role("link", name="Explore").count() == 0
    assert page.get_by_role("button", name="Copy link").count() == 0
    page.keyboard.press("ArrowLeft")
    _on_step(page, 1)
    page.wait_for_url(re.compile("step=1"))
    assert "hide=controls" in page.url


@pytest.mark.parametrize("step", [1, 2, 3, 4, 8, 12])
def test_5_a_phone_shows_the_steps_without_scrolling_sideways(visit, step):
    page = visit(f"learn?step={step}", width=390, height=844, scheme="dark")
    _on_step(page, step)
    page.locator(".js-plotly-plot, .guess svg, .st-key-quiz-4").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_6_a_clicker_turns_the_steps_on_a_projector_and_scrolls_elsewhere(visit):
    page = visit("learn?step=4&hide=controls")
    _on_step(page, 4)
    page.locator(".guess svg").wait_for()
    at_rest(page)  # until then nobody listens to the keys
    page.keyboard.press("PageDown")
    _on_step(page, 5)
    _plot(page, "gradient")
    at_rest(page)
    page.keyboard.press("PageUp")
    _on_step(page, 4)
    page = visit("learn?step=4")
    _on_step(page, 4)
    page.locator(".guess svg").wait_for()
    page.keyboard.press("PageDown")
    _on_step(page, 4)


def test_7_a_curve_is_drawn_with_the_pointer_and_the_keys_and_compared_once_it_is_revealed(visit):
    page = visit("learn?step=4")
    chart = page.locator(".guess svg")
    chart.wait_for()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.6 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.3 * box["height"], steps=8)
    page.mouse.up()
    mark = page.get_by_role("slider", name="Your ID at stage4")
    before = int(mark.get_attribute("aria-valuenow"))
    mark.press("ArrowUp")
    mark.press("ArrowUp")
    assert int(mark.get_attribute("aria-valuenow")) > before
    _on_step(page, 4)
    page.locator(".st-key-reveal label").click()
    page.get_by_text("Your guess is off by").wait_for()


def test_8_on_a_phone_the_slider_stays_in_sight_above_its_figure(visit):
    page = visit("learn?step=5", width=390, height=844)
    _plot(page, "gradient")
    page.locator(".st-key-gradient-chart").scroll_into_view_if_needed()
    figure, slider = (page.locator(one).bounding_box() for one in (".st-key-gradient-chart", ".st-key-gradients"))
    assert 0 <= slider["y"] < slider["y"] + slider["height"] <= 844 and figure["y"] < 844 - 200
