"""Components as Streamlit calls them where a browser is slow: a call that is overtaken while its script is on its way
is made all the same, right before the one that overtook it or right after it, and ended at once."""

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
  window.places = [0, 1, 2, 3, 4].map(() => document.body.appendChild(document.createElement("section")));
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
          for (const i of [0, 1]) await call("part", 2 + i, new Uint8Array(parts[i]));
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
          for (const i of [0, 1]) await call("part", 1 + i, new Uint8Array(first[i]));
          await call("part", 3, wish);
          window.more = () => call("part", 2, new Uint8Array(second[1]));
        }""",
        [MAP, {"name": "one", "kind": "command", "layer": "epoch 2"}, _parts("epoch 1"), _parts("epoch 1", "epoch 2")],
    )
    shown = page.locator("section .map output")
    assert shown.inner_text() == "epoch 1"
    page.evaluate("more()")
    assert shown.inner_text() == "epoch 2"


def test_what_is_drawn_is_what_the_newest_call_says_whichever_was_made_last(page):
    page.evaluate(
        """async ([data, parts, old]) => {
          places[0].innerHTML = '<div class="map"></div>';
          await call("map", 0, data);
          for (const i of [0, 1]) await call("part", 1 + i, new Uint8Array(parts[i]));
          (await call("part", 2, new Uint8Array(old[1])))();
        }""",
        [MAP, _parts("newer"), _parts("older")],
    )
    assert page.locator("section .map output").inner_text() == "newer"
    assert page.locator("section .map").get_attribute("hidden") is None


def test_a_part_holds_as_long_as_one_place_has_it(page):
    page.evaluate(
        """async ([data, [samples, maps]]) => {
          places[2].innerHTML = '<div class="map"></div>';
          await call("map", 2, data);
          const put = (place, part) => call("part", place, new Uint8Array(part));
          await put(0, samples);
          await put(1, samples);
          await put(1, maps); // what was here has moved on
          window.second = await put(3, samples);
          const first = await put(0, samples); // drawn again where the page had it before, and taken away there
          places[0].remove();
          first();
        }""",
        [MAP, _parts("output")],
    )
    page.wait_for_timeout(100)
    assert page.locator("section .map").get_attribute("hidden") is None
    page.evaluate("places[3].remove(); second()")
    page.locator("section .map[hidden]").wait_for(state="attached")


def test_the_keys_of_a_page_that_was_overtaken_go_on_until_it_ends(page):
    data = {"names": ["input", "d1", "output"], "chosen": "d1"}
    ends = "window.ends = [await call('arrows', 0, data), await call('arrows', 0, data)]; ends[0]();"
    page.evaluate(f"async (data) => {{ {ends} }}", data)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("sent.length == 1")
    assert page.evaluate("sent") == [["layer", "output"]]
    page.evaluate("places[0].remove(); ends[1]()")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert page.evaluate("sent.length") == 1
