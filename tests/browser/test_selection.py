"""What hangs on the map, as a person meets it: a selection, one sample, a picture of one's own."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import claim, until

pytestmark = pytest.mark.slow

KEY = ".st-key-map-of-network"
PAGE = "explore?data=digits&n=150&network=mlp&width=16&depth=2&regime=untrained&layer=output&tab=map"
STICKS = "getComputedStyle(document.querySelector('.st-key-curve-card').parentElement).position"


def test_a_selection_a_sample_and_a_picture_are_shown_with_their_thumbnails(visit):
    page = visit(PAGE)
    page.locator(f"{KEY} canvas.points").wait_for()
    page.locator(f"{KEY} .facts dd").first.wait_for()
    with claim("the curve goes with the page, since the map is as tall as the screen"):
        assert page.evaluate(STICKS) == "static"
    page.locator(".st-key-place-own").wait_for()  # all is measured, the thumbnails are there
    _select_all(page)
    page.get_by_text("150 of 150 samples selected").wait_for()
    page.locator(".st-key-selection-chart .js-plotly-plot").wait_for()
    pictures = page.locator(".st-key-selection-grid .picture")
    pictures.first.wait_for()
    assert pictures.count() == 40 and "data:image/webp" in pictures.first.evaluate("e => e.style.backgroundImage")

    first = page.locator(".st-key-selection-grid small").first.inner_text()  # "#" and its id
    page.locator(f"{KEY} input[type=search]").fill(first)
    page.locator(f"{KEY} input[type=search]").press("Enter")
    rows = page.locator(".st-key-sample-neighbours .row")
    rows.nth(1).wait_for()
    assert rows.nth(1).locator(".cell").count() == 8
    assert page.locator(".st-key-sample-neighbours .row.here b").inner_text() == "output"

    page.get_by_text("Where does this one lie?").click()
    page.locator(".st-key-place-files input[type=file]").set_input_files(
        [{"name": "one.png", "mimeType": "image/png", "buffer": _png()}]
    )
    page.locator(".st-key-place-neighbours .row").first.wait_for()
    page.get_by_text("nearer to their nearest than it is to its own").wait_for()
    star = page.locator(f"{KEY} .stars g")
    star.wait_for()
    assert star.count() == 1 and star.get_attribute("visibility") == "visible"

    page.locator(".st-key-place-files input[type=file]").set_input_files(
        [{"name": "no.png", "mimeType": "image/png", "buffer": b"<svg></svg>"}]
    )
    page.get_by_text("cannot be used").wait_for()

    with claim("the curve stays in sight again on another tab"):
        page.get_by_role("radio", name="Nucleation").click()
        page.locator(".st-key-tab-nucleation").wait_for()
        until(page, lambda: page.evaluate(STICKS) == "sticky")


def _select_all(page) -> None:
    page.get_by_role("button", name="Select with a box").click()
    canvas = page.locator(f"{KEY} canvas.points")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 90, steps=3)
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3, steps=4)
    page.mouse.up()


def _png() -> bytes:
    pixels = np.zeros((16, 16), np.uint8)
    pixels[2:14, 7:9] = 255
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
