"""Components as Streamlit calls them where a browser is slow: a call that is overtaken while its script is on its way
is made all the same, right before the one that overtook it, and ended right after that."""

from pathlib import Path

import numpy as np
import pytest

from idcore import ui
from idcore.figures.theme import class_styles
from idcore.ui.kit.component import code
from idcore.ui.result.map import blob

pytestmark = pytest.mark.slow

UI = Path(ui.__file__).parent
CALLS = """(codes) => {
  window.scripts = Object.fromEntries(Object.entries(codes).map(([name, code]) =>
    [name, import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })))]));
  window.places = [0, 1].map(() => document.body.appendChild(document.createElement("section")));
  window.sent = [];
  window.call = async (name, place, data) => (await scripts[name]).default({ data, parentElement: places[place],
    setStateValue: () => {}, setTriggerValue: (name, value) => sent.push([name, value]) });
}"""
MAP = {"name": "one", "group": "", "opens": False, "reports": False}


@pytest.fixture
def page(browser):
    context = browser.new_context()
    found = context.new_page()
    found.goto("about:blank")
    scripts = {"map": "result/map/component.js", "part": "result/map/part.js", "arrows": "result/arrows.js"}
    found.evaluate(CALLS, {name: code(UI / path) for name, path in scripts.items()})
    yield found
    context.close()


def _parts(*layers: str) -> list[list[int]]:
    labels = np.arange(8) % 2
    samples = blob.samples(labels, ["even", "odd"], class_styles(2), ids=np.arange(8))
    places = np.stack([np.arange(8.0), labels], axis=1)
    known = [blob.MapLayer(name, places, name, 0.9, 0.5, None, units=2) for name in layers]
    return [list(b"one samples\n" + samples), list(b"one maps\n" + blob.maps({"PCA": known}))]


@pytest.mark.parametrize("places", [(0, 0), (0, 1)], ids=["its data changed", "it was moved"])
def test_a_map_that_was_overtaken_while_its_script_came_shows_what_comes_later(page, places):
    page.evaluate(
        """async ([places, data, parts]) => {
          for (const place of places) window.places[place].innerHTML ||= '<div class="map"></div>';
          const ends = [];
          for (const place of places) ends.push(await call("map", place, data));
          ends[0]();
          for (const part of parts) await call("part", 0, new Uint8Array(part));
        }""",
        [list(places), MAP, _parts("output")],
    )
    view = page.locator("section").nth(places[1]).locator(".map")
    assert view.get_attribute("hidden") is None
    assert view.locator("canvas.points").count() == 1 and view.locator(".facts dd").count()


def test_a_map_shows_the_layer_that_the_page_wishes_once_it_comes(page):
    page.evaluate(
        """async ([data, wish, first, second]) => {
          places[0].innerHTML = '<div class="map"></div>';
          await call("map", 0, data);
          for (const part of first) await call("part", 0, new Uint8Array(part));
          await call("part", 1, wish);
          window.more = () => call("part", 0, new Uint8Array(second[1]));
        }""",
        [MAP, {"name": "one", "kind": "command", "layer": "epoch 2"}, _parts("epoch 1"), _parts("epoch 1", "epoch 2")],
    )
    shown = page.locator("section .map output")
    assert shown.inner_text() == "epoch 1"
    page.evaluate("more()")
    assert shown.inner_text() == "epoch 2"


def test_the_keys_of_a_page_that_was_overtaken_go_on_until_it_ends(page):
    data = {"names": ["input", "d1", "output"], "chosen": "d1"}
    ends = "window.ends = [await call('arrows', 0, data), await call('arrows', 0, data)]; ends[0]();"
    page.evaluate(f"async (data) => {{ {ends} }}", data)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("sent.length == 1")
    assert page.evaluate("sent") == [["layer", "output"]]
    page.evaluate("ends[1]()")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert page.evaluate("sent.length") == 1
