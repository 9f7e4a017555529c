"""The page Learn in a real browser: keys, what is drawn by hand, a projector, a phone."""

import re

import numpy as np
import pytest

from idcore.learn import byhand
from idcore.learn.texts import steps
from tests.browser.conftest import at_rest, claim, fits_the_width, looks_like, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(faked):
    return faked


def _on_step(page, number: int) -> None:
    page.get_by_role("heading", name=f"{number}. {steps()[number - 1].title}").wait_for()


def _plot(page, chart: str) -> None:
    page.locator(f".st-key-{chart}-chart .js-plotly-plot").wait_for()


def test_1_points_by_hand_have_the_id_of_the_library_and_arrow_keys_turn_the_pages_and_leave_a_slider_its_own(
    visit,
):
    page = visit("learn?step=2&ratios=line")
    _on_step(page, 2)
    plane = page.locator(".byhand .plane-svg")
    plane.wait_for()
    with claim("points by hand have the ID that the library gives of the same points"):
        plane.click(position={"x": 31, "y": 47})
        page.get_by_text("N = 21").wait_for()
        plane.press("Enter")  # the middle of the plane
        page.get_by_text("N = 22").wait_for()
        points = byhand.scattered(byhand.FIRST, 2).tolist()
        at = plane.evaluate("""one => [...one.querySelectorAll('circle:not(.ring)')].map(
            (c) => [Number(c.getAttribute('cx')), Number(c.getAttribute('cy'))])""")
        shown = np.round(np.array(at) * byhand.SIDE / 340).astype(int)
        assert shown[: byhand.FIRST].tolist() == points and shown[-1].tolist() == [500, 500]
        fit = byhand.estimate(shown)
        drawn = [float(x) for x in page.locator(".byhand [data-x]").evaluate_all("all => all.map((o) => o.dataset.x)")]
        np.testing.assert_allclose(sorted(drawn[: fit.n]), fit.log_mu, atol=1e-9)
        until(page, lambda: page.get_by_text(f"ID {fit.id:.2f} ± {fit.stderr:.2f}").count() == 1)
        cube = byhand.estimate(byhand.scattered(22, byhand.SPACE))
        assert page.get_by_text(f"ID {cube.id:.2f} ± {cube.stderr:.2f}").count() == 1
        np.testing.assert_allclose(sorted(drawn[fit.n :]), cube.log_mu, atol=1e-9)
    with claim("an arrow key turns the page"):
        page.get_by_role("heading", name="2. ").click()
        at_rest(page)  # until then nobody may listen to the keys
        page.keyboard.press("ArrowLeft")
        _on_step(page, 1)
        page.wait_for_url(lambda url: "step" not in url)
        _plot(page, "curl")
    with claim("an arrow key on a slider moves the slider and not the page"):
        slider = page.locator(".st-key-curl input[type=range]")
        slider.focus()
        slider.press("ArrowRight")
        page.wait_for_url(re.compile("curl=0"))
        _on_step(page, 1)
    with claim("an arrow key on nothing turns the page again"):
        page.get_by_role("heading", name="1. ").click()
        at_rest(page)
        page.keyboard.press("ArrowRight")
        _on_step(page, 2)
        page.wait_for_url(re.compile("step=2"))


PICTURES = "document.querySelector('.st-key-chain-chart .js-plotly-plot')?.layout?.images?.length ?? 0"
SHOWN = ".js-plotly-plot, .guess svg, .byhand svg, .st-key-quiz-4"


def test_2_all_steps_are_gone_through_with_what_one_moves_and_what_moves_in_sight_together(visit):
    page, windows = visit("learn?step=1"), [(1440, 900, "light"), (390, 844, "dark")]
    for number in range(1, len(steps()) + 1):
        for width, height, scheme in windows:
            with claim(f"step {number} is seen whole in a {scheme} window of {width} by {height} pixels"):
                looks_like(page, width, height, scheme)
                _on_step(page, number)
                page.locator(SHOWN).first.wait_for()
                fits_the_width(page)
                if number < len(steps()):
                    until(page, lambda size=(width, height): _in_sight(page, *size))
        windows.reverse()  # the next step begins in the window that is there
        if number == 3:
            with claim("ten digits are seen"):
                until(page, lambda: page.evaluate(PICTURES) == 10)
        if number < len(steps()):
            page.locator(".st-key-next button").first.evaluate("one => one.click()")


def _in_sight(page, width: int, height: int) -> bool:
    """Whether all that is to be touched is in sight, below the head of the page, and a third of the screen is left for
    the figure below it."""
    if width < 640:  # where one has to scroll to the figure
        page.locator(".st-key-figures").evaluate("one => one.scrollIntoView({ block: 'start' })")
    else:  # where a step begins
        page.locator("[data-testid=stMain]").evaluate("one => one.scrollTo(0, 0)")
    head, touch, figure = (
        page.locator(one).bounding_box() for one in ("[data-testid=stHeader]", ".st-key-touch", ".st-key-figures")
    )
    if touch is None or figure is None:
        return False
    top, below = (0 if head is None else head["y"] + head["height"]), touch["y"] + touch["height"]
    return top - 8 < touch["y"] and below < 2 * height / 3 and below < figure["y"] + figure["height"] + 8


def test_3_a_curve_is_drawn_by_hand_a_projector_shows_the_step_alone_and_a_clicker_turns_it_there(visit):
    page = visit("learn?step=4")
    _on_step(page, 4)
    chart = page.locator(".guess svg")
    chart.wait_for()
    with claim("a curve is drawn with the pointer and the keys, and compared once it is revealed"):
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
    with claim("a clicker scrolls where there is no projector"):
        at_rest(page)
        page.keyboard.press("PageDown")
        at_rest(page)
        _on_step(page, 4)

    page = visit("learn?step=4&hide=controls")
    _on_step(page, 4)
    page.locator(".guess svg").wait_for()
    with claim("a projector shows the step alone"):
        assert page.get_by_role("link", name="Explore").count() == 0
        assert page.get_by_role("button", name="Copy link").count() == 0
    with claim("a clicker turns it"):
        at_rest(page)
        page.keyboard.press("PageDown")
        _on_step(page, 5)
        _plot(page, "gradient")
        at_rest(page)
        page.keyboard.press("PageUp")
        _on_step(page, 4)
    with claim("the link of a projector keeps up with the arrow keys"):
        at_rest(page)
        page.keyboard.press("ArrowLeft")
        _on_step(page, 3)
        page.wait_for_url(re.compile("step=3"))
        assert "hide=controls" in page.url
