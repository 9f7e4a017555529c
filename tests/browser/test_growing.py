"""The curve of a network that is being measured: it grows in the plot that is there."""

import contextlib
import re
from itertools import zip_longest

import pytest
from playwright.sync_api import TimeoutError

from tests.browser import conftest
from tests.browser.conftest import CURVE, claim, serving, until

pytestmark = pytest.mark.slow
PAGE = "explore?regime=untrained&layer=l0&estimates=TwoNN&estimates=PC-ID&estimates=linearised"
ORDER = (0, 2, 11, 1, 3, 10, 4, 5, 6, 7, 8, 9)
"""In which the layers come: not from the first to the last, as where one budget does not hold them all."""
_SHOWN = f"""() => {{
  const plot = document.querySelector('{CURVE} .js-plotly-plot');
  return plot?._fullLayout && plot.data.map(({{ name, x, y, error_y, text, customdata }}) =>
    ({{ name, x, y, bars: error_y?.array, text, customdata }}));
}}"""
"""The curves as plotly has them."""
_POINTS = f"() => document.querySelectorAll('{CURVE} .scatterlayer .trace:first-child .points path').length"
_ALT = f"() => document.querySelector('{CURVE} [role=figure]').getAttribute('aria-label')"


@pytest.fixture(scope="module")
def server():
    with serving("tests/browser/growing.py") as address:
        yield address


def _range(page) -> list[float]:
    return page.evaluate(f"document.querySelector('{CURVE} .js-plotly-plot')._fullLayout.yaxis.range")


def _highest(page) -> float:
    return max(
        y + bar
        for curve in page.evaluate(_SHOWN)
        for y, bar in zip_longest(curve["y"], curve["bars"] or (), fillvalue=0.0)
    )


def _press(page, button: str) -> None:
    page.locator(f"{CURVE} .js-plotly-plot").hover()
    page.locator(f"{CURVE} .modebar-btn[data-title='{button}']").click()


def _zoom(page) -> None:
    """A box from the upper end of the axis to the middle."""
    _press(page, "Zoom")
    inside = page.locator(f"{CURVE} .nsewdrag").first.bounding_box()
    x, y = inside["x"] + inside["width"] / 2, inside["y"] + 60
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5, y + 100, steps=4)
    page.mouse.up()


def test_a_curve_grows_in_the_plot_that_is_there_and_ends_as_it_is_drawn_at_once(visit, server):
    def come(layers: int) -> None:
        conftest._LOGS[server].with_name("layers").write_text(" ".join(map(str, ORDER[:layers])))

    def there(page, layers: int) -> bool:
        return page.evaluate(_POINTS) == layers and len((page.evaluate(_SHOWN) or [{"x": ()}])[0]["x"]) == layers

    come(2)
    page = visit(PAGE)
    until(page, lambda: there(page, 2))
    page.evaluate(f"document.querySelector('{CURVE} .main-svg').was = 'here'")
    come(3)
    until(page, lambda: there(page, 3))
    with claim("who looks closer while the axis grows goes on doing so, and comes back to all that there is by then"):
        before = _range(page)
        _zoom(page)
        until(page, lambda: before[0] < (closer := _range(page))[0] < closer[1] < before[1])
        closer = _range(page)
        come(6)
        until(page, lambda: there(page, 6))
        assert _range(page) == closer and _highest(page) > before[1]
        _press(page, "Reset axes")
        until(page, lambda: _range(page)[0] == 0 and _range(page)[1] > _highest(page))
    with claim("points come in their places, with their bars, in all the curves"):
        grown, alt = page.evaluate(_SHOWN), page.evaluate(_ALT)
        assert page.evaluate(f"document.querySelector('{CURVE} .main-svg').was") == "here"
        assert [curve["text"] for curve in grown] == [[f"l{i}" for i in sorted(ORDER[:6])]] * 3
        assert [len(curve["bars"] or ()) for curve in grown] == [6, 0, 6]
        assert alt.startswith("Intrinsic dimension by layer: l0 ") and "l11 " in alt
    with claim("a click on a point that came so chooses its layer, which is marked"):
        point = page.locator(f"{CURVE} .scatterlayer .trace >> nth=0").locator(".points path >> nth=3")

        def chosen() -> bool:  # a click while the plot is drawn is nobody's
            point.click(force=True)
            with contextlib.suppress(TimeoutError):
                page.wait_for_url(re.compile("layer=l3"), timeout=2000)
            return "layer=l3" in page.url

        until(page, chosen)
    with claim("whoever opens the page in the middle sees the same"):
        other = visit(PAGE, beside=True)
        until(other, lambda: there(other, 6))
        assert (other.evaluate(_SHOWN), other.evaluate(_ALT)) == (grown, alt)
    with claim("what does not join what is there is replaced as a whole"):
        other.evaluate(f"document.querySelector('{CURVE} .js-plotly-plot').layout.meta = 'another'")
        come(7)
        until(other, lambda: there(other, 7))
    with claim("the end is the figure that is drawn at once"):
        come(len(ORDER))
        until(page, lambda: there(page, len(ORDER)))
        grown, alt = page.evaluate(_SHOWN), page.evaluate(_ALT)
        page.reload()
        until(page, lambda: there(page, len(ORDER)))
        assert (page.evaluate(_SHOWN), page.evaluate(_ALT)) == (grown, alt)
