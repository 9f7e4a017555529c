"""The map component in a real browser, on a page of its own with made-up samples (map_page.py): a square lattice whose
columns are four classes, turned by a quarter from layer to layer."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from idcore.figures.theme import CLASS_COLOURS
from tests.browser.conftest import claim, fits_the_width, looks_like, serving, until
from tests.tools import patience

pytestmark = pytest.mark.slow

N, SIDE = 400, 20
KEY = ".st-key-test-map"
WATCH = """
  window.contexts = [];
  const get = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    if (kind === "webgl2" && window.noWebGL) return null;
    const found = get.call(this, kind, ...rest);
    if (kind === "webgl2" && !window.contexts.includes(found)) window.contexts.push(found);
    return found;
  };
"""
HELD = """() => {
  const now = performance.now.bind(performance), frame = window.requestAnimationFrame.bind(window);
  window.held = now();
  performance.now = () => window.held ?? now();
  window.requestAnimationFrame = (draw) => frame((time) => draw(window.held ?? time));
}"""
"""Time stands still for the page and goes on as `window.held` is moved, until that is null."""


@pytest.fixture(scope="module")
def server():
    with serving("tests/browser/map_page.py") as address:
        yield address


@pytest.fixture(scope="module")
def kept(browser, server):
    """The page that most tests look at, one after the other; and what went wrong on it."""
    context, faults = browser.new_context(viewport={"width": 1440, "height": 900}), []
    page = context.new_page()
    page.set_default_timeout(1000 * patience.seconds())
    _watched(page, faults)
    page.add_init_script(WATCH)
    page.goto(f"{server}/explore")
    yield page, faults
    context.close()


def _watched(page, faults: list[str], webgl: bool = True) -> None:
    page.on("pageerror", lambda error: faults.append(str(error)))
    if webgl:
        page.on("console", lambda message: faults.append(message.text) if "without WebGL" in message.text else None)


@pytest.fixture
def map_page(visit, kept):
    """A page with a new map, of which nothing was asked yet; waits until the points stand there. motion: whether they
    pass from layer to layer, or stand there at once."""
    faults = kept[1]
    faults.clear()

    def open_map(query: str = "", webgl: bool = True, motion: bool = False, **how):
        if query:
            page = visit("_stcore/health", stranger=True, **how)
            _watched(page, faults, webgl)
            page.add_init_script(WATCH + ("" if webgl else "window.noWebGL = true;"))
            page.goto(page.url.replace("_stcore/health", "explore") + query)
        else:
            page = kept[0]
            looks_like(page, **{"width": 1440, "height": 900, "scheme": "light", **how})
            page.mouse.move(2, 2)
            _toggle(page, False)
            page.evaluate("contexts.length = 0")
            _toggle(page, True)
        page.emulate_media(reduced_motion="no-preference" if motion else "reduce")
        page.locator(f"{KEY} canvas.points").wait_for()
        page.locator(f"{KEY} .facts dd").first.wait_for()
        _drawn(page)
        return page

    yield open_map
    assert faults == []


def _toggle(page, shown: bool) -> None:
    """Take the map from the page, or put it there."""
    page.locator("[data-testid=stCheckbox]").first.click()
    page.locator(f"{KEY} canvas.points").wait_for(state="visible" if shown else "detached")


def _picture(page) -> np.ndarray:
    """The stage as it is on the screen, (h, w, 3) int."""
    page.mouse.move(2, 2)
    shot = page.locator(f"{KEY} .stage").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def _share(picture: np.ndarray, colour: str) -> float:
    """Share of the picture that is nearly of a #rrggbb colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return float(np.mean(np.abs(picture - wanted).max(axis=2) < 45))


def _spread(picture: np.ndarray, colour: str) -> tuple[float, float]:
    """Standard deviation of a colour's pixels, across and down, in px."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    down, across = np.nonzero(np.abs(picture - wanted).max(axis=2) < 45)
    return float(across.std()), float(down.std())


def _place(page, i: int, layer: int = 0, zoom: float = 1) -> tuple[float, float]:
    """Where sample i must be on the screen, from what the format promises: the outermost at 0.47 of the side."""
    box = page.locator(f"{KEY} canvas.points").bounding_box()
    place = np.array([i % SIDE, i // SIDE]) - (SIDE - 1) / 2
    for _ in range(layer):
        place = np.array([-place[1], place[0]])
    unit = 0.47 * min(box["width"], box["height"]) * zoom / ((SIDE - 1) / 2)
    return box["x"] + box["width"] / 2 + place[0] * unit, box["y"] + box["height"] / 2 - place[1] * unit


def _hover(page, i: int, **where) -> None:
    card = page.locator(f"{KEY} .tip").get_by_text(f"sample {1000 + i}", exact=True)

    def shown() -> bool:  # on a busy machine the layout may still move
        page.mouse.move(*_place(page, i, **where))
        _drawn(page)
        return card.is_visible()

    until(page, shown)


def _key(page, key: str) -> None:
    page.locator(f"{KEY} canvas.points").focus()
    page.keyboard.press(key)
    _drawn(page)


def _drawn(page) -> None:
    """Wait until all has been drawn that was asked for before."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_points_are_drawn_in_the_colours_of_their_classes(map_page):
    page = map_page()
    picture = _picture(page)
    assert all(0.002 < _share(picture, colour) < 0.1 for colour in CLASS_COLOURS[:4])
    assert page.evaluate("contexts.length") == 1


def test_a_step_turns_the_lattice_and_passes_between_the_two_layers_on_its_way(map_page):
    page = map_page(motion=True)
    across, down = _spread(_picture(page), CLASS_COLOURS[0])
    assert across < down / 3
    page.evaluate(HELD)  # a picture of a busy machine may take longer than the step
    _key(page, "ArrowRight")
    seen = []
    for _ in range(9):  # of 90 ms: a step takes 600
        _drawn(page)
        seen.append(_spread(_picture(page), CLASS_COLOURS[0]))
        page.evaluate("window.held += 90")
    page.evaluate("window.held = null")
    assert seen[0][0] < seen[0][1] / 3 and seen[-1][1] < seen[-1][0] / 3
    assert any(across * 1.1 < one[0] < seen[-1][0] * 0.9 for one in seen)
    page.locator(f"{KEY} output").get_by_text("layer1").wait_for()
    page.get_by_text("Shared with layer0").first.wait_for()


def test_the_name_of_a_class_stands_at_the_median_of_its_points(map_page):
    page = map_page()
    names = page.locator(f"{KEY} .names text")
    assert names.count() == 4
    middle = _place(page, SIDE * (SIDE // 2) + 2)  # the first class has the columns 0 to 4
    box = names.first.bounding_box()
    assert abs(box["x"] + box["width"] / 2 - middle[0]) < 15 and abs(box["y"] + box["height"] / 2 - middle[1]) < 15
    page.locator(f"{KEY} .legend button").nth(1).click()
    assert names.all_text_contents() == ["one"]  # shown alone


def test_less_motion_is_no_morph(map_page):
    page = map_page()
    page.evaluate(HELD)
    _key(page, "ArrowRight")
    across, down = _spread(_picture(page), CLASS_COLOURS[0])
    page.evaluate("window.held = null")
    assert down < across / 3


def test_hover_shows_the_sample_under_the_pointer_and_its_own_picture(map_page):
    page = map_page()
    for i in (0, 57, 210, 399):
        _hover(page, i)
        thumb = page.locator(f"{KEY} .tip canvas")
        wanted = [i % 8 * 36, i // 8 % 8 * 36, i // 64 % 8 * 36]

        def seen(thumb=thumb, wanted=wanted) -> bool:  # WebP keeps colours roughly
            colour = thumb.evaluate("c => [...c.getContext('2d').getImageData(42, 42, 1, 1).data]")
            return colour[3] == 255 and np.abs(np.array(colour[:3]) - wanted).max() < 30

        until(page, seen)


def test_hover_and_layer_steps_cost_no_byte(map_page):
    page = map_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("""() => { window.sent = 0; const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (data) { window.sent += 1; return send.call(this, data); }; }""")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Home"):
        _key(page, key)
    _hover(page, 33)
    tile = page.get_by_role("group", name="Layers").get_by_role("button", name="layer2")
    assert "D = 4,096" in tile.inner_text()
    tile.click()
    page.locator(f"{KEY} .strip [aria-pressed=true]", has_text="layer2").wait_for()
    assert page.locator(f"{KEY} output").inner_text() == "layer2"
    assert tile.locator("canvas").evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(x => x > 0)"
    )
    assert page.evaluate("window.sent") == 0 and asked == []


def test_a_box_selects_the_samples_inside_it(map_page):
    page = map_page()
    page.get_by_role("button", name="Select with a box").click()
    (left, bottom), (right, top) = _place(page, 0), _place(page, 2 * SIDE + 3)
    page.mouse.move(left - 5, bottom + 5)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2, steps=3)
    page.mouse.move(right + 5, top - 5, steps=3)
    page.mouse.up()
    page.get_by_text("places 0 1 2 3 20 21 22 23 40 41 42 43").wait_for()
    page.get_by_text("layer layer0, sample None, 12 selected").wait_for()
    faint = _share(_picture(page), CLASS_COLOURS[3])
    assert faint < 0.002  # the rest steps back
    page.get_by_role("button", name="12 of 400 selected").click()
    page.get_by_text("layer layer0, sample None, 0 selected").wait_for()


def test_a_lasso_selects_what_it_encloses_and_shift_adds(map_page):
    page = map_page()
    page.get_by_role("button", name="Select with a lasso").click()
    for modifier, i in ((None, 5 * SIDE + 5), ("Shift", 12 * SIDE + 12)):
        x, y = _place(page, i)
        if modifier:
            page.keyboard.down(modifier)
        page.mouse.move(x + 9, y)
        page.mouse.down()
        for angle in np.linspace(0, 2 * np.pi, 12):
            page.mouse.move(x + 9 * np.cos(angle), y + 9 * np.sin(angle))
        page.mouse.up()
    page.keyboard.up("Shift")
    page.get_by_text("places 105 252", exact=True).wait_for()


def test_the_legend_shows_one_class_alone_and_again_all(map_page):
    page = map_page()
    chip = page.locator(f"{KEY} .legend button", has_text="two")
    chip.click()
    picture = _picture(page)
    assert _share(picture, CLASS_COLOURS[2]) > 0.002
    assert all(_share(picture, CLASS_COLOURS[c]) == 0 for c in (0, 1))
    page.mouse.move(*_place(page, 0))
    _drawn(page)
    assert not page.locator(f"{KEY} .tip").is_visible()  # what is hidden is not found either
    chip.click()
    assert _share(_picture(page), CLASS_COLOURS[0]) > 0.002


def test_class_names_are_text_and_nothing_else(map_page):
    page = map_page()
    page.locator(f"{KEY} .legend").get_by_text("<b>zero</b>", exact=True).wait_for()
    assert page.locator(f"{KEY} .legend b").count() == 0
    _hover(page, 0)
    assert page.locator(f"{KEY} .tip b").inner_text() == "<b>zero</b>"


def test_zoom_and_place_are_kept_from_layer_to_layer(map_page):
    page = map_page()
    box = page.locator(f"{KEY} canvas.points").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -462)  # exp(0.693) = 2
    zoom = float(np.exp(462 * 0.0015))
    _hover(page, 9 * SIDE + 8, zoom=zoom)
    _key(page, "ArrowRight")
    _hover(page, 9 * SIDE + 8, layer=1, zoom=zoom)


def test_search_finds_a_sample_by_number_and_a_class_by_name(map_page):
    page = map_page()
    find = page.get_by_role("searchbox")
    find.fill("#1057")
    find.press("Enter")
    page.get_by_text("layer layer0, sample 57, 0 selected").wait_for()
    ring = page.locator(f"{KEY} circle.pinned")
    box, (x, y) = page.locator(f"{KEY} canvas.points").bounding_box(), _place(page, 57)
    assert abs(float(ring.get_attribute("cx")) + box["x"] - x) < 1
    assert abs(float(ring.get_attribute("cy")) + box["y"] - y) < 1
    find.fill("thre")
    find.press("Enter")
    page.get_by_text("layer layer0, sample 57, 100 selected").wait_for()
    find.fill("nobody")
    page.get_by_text("No class is called nobody.").wait_for()


def test_a_number_colours_by_a_scale_with_its_unit(map_page):
    page = map_page()
    page.locator(f"{KEY} select").last.select_option("local ID")
    page.get_by_text("A number, in units.").wait_for()
    picture = _picture(page)
    assert _share(picture, "#482475") > 0.001
    _hover(page, 200)
    page.locator(f"{KEY} .tip").get_by_text(re.compile(r"local ID: 0\.(49|50)")).wait_for()


def test_right_and_wrong_are_counted_from_the_predictions(map_page):
    page = map_page()
    page.locator(f"{KEY} select").last.select_option("right or wrong")
    chip = page.locator(f"{KEY} .legend button", has_text="wrong")
    chip.wait_for()
    labels = np.arange(N) % SIDE * 4 // SIDE
    assert chip.get_attribute("title").startswith(f"{np.sum((np.arange(N) % 10 == 0) & (labels != 3))} samples")


def test_space_plays_to_the_last_layer_and_the_page_learns_of_it_when_asked(map_page):
    page = map_page()
    _key(page, "Space")
    page.locator(f"{KEY} output").get_by_text("layer2").wait_for()
    page.get_by_role("button", name="Open this layer").click()
    page.get_by_text("opened layer2").wait_for()


def test_two_views_of_a_group_share_layer_hover_and_selection_and_a_drag_turns_a_map_in_space(map_page):
    page = map_page("?twice&deep", height=1700)
    other = page.locator(".st-key-other-map")
    _key(page, "ArrowRight")
    other.locator("output").get_by_text("layer1").wait_for()
    _hover(page, 130, layer=1)
    other.locator(".tip").get_by_text("sample 1130", exact=True).wait_for()
    page.locator(f"{KEY} input[type=search]").fill("one")
    page.locator(f"{KEY} input[type=search]").press("Enter")
    other.get_by_text("100 of 400 selected").wait_for()
    page.locator(f"{KEY} select").last.select_option("right or wrong")
    chip = other.locator(".legend button", has_text="wrong")
    chip.click()
    page.locator(f"{KEY} .legend button[aria-pressed=true]", has_text="wrong").wait_for()
    page.mouse.click(*_place(page, 130, layer=1))
    other.locator("circle.pinned[visibility=visible]").wait_for()

    with claim("a drag turns a map in space"):
        page.locator(f"{KEY} select").first.select_option("PCA 3-D")
        _drawn(page)
        before, box = _picture(page), page.locator(f"{KEY} canvas.points").bounding_box()
        page.mouse.move(box["x"] + 300, box["y"] + 200)
        page.mouse.down()
        page.mouse.move(box["x"] + 400, box["y"] + 220, steps=4)
        page.mouse.up()
        until(page, lambda: np.mean(np.abs(_picture(page) - before) > 60) > 0.005)


def test_a_context_is_released_whenever_the_map_leaves_the_page(map_page):
    page = map_page()
    for _ in range(3):
        _toggle(page, False)
        _toggle(page, True)
    until(page, lambda: page.evaluate("contexts.map(gl => gl.isContextLost())") == [True, True, True, False])
    _drawn(page)
    assert _share(_picture(page), CLASS_COLOURS[0]) > 0.002


def test_a_lost_context_comes_back_with_its_points(map_page):
    page = map_page()
    page.evaluate("window.loser = contexts[0].getExtension('WEBGL_lose_context'); loser.loseContext()")
    until(page, lambda: page.evaluate("contexts[0].isContextLost()"))
    until(page, lambda: _share(_picture(page), CLASS_COLOURS[0]) == 0)
    page.evaluate("loser.restoreContext()")
    until(page, lambda: _share(_picture(page), CLASS_COLOURS[0]) > 0.002)


def test_without_webgl_two_thousand_points_are_drawn_and_that_is_said(map_page):
    page = map_page("?n=2500&layers=2", webgl=False)
    page.get_by_text("This browser offers no WebGL: 2,000 of 2,500 points are drawn.").wait_for()
    assert _share(_picture(page), CLASS_COLOURS[0]) > 0.002


def test_on_a_phone_two_fingers_zoom_and_nothing_overflows(map_page):
    page = map_page(width=390, height=844, scheme="dark")
    fits_the_width(page)
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    before = _spread(_picture(page), CLASS_COLOURS[1])[1]
    box = page.locator(f"{KEY} canvas.points").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, apart in (("Start", 36), ("Move", 30), ("Move", 25), ("Move", 20), ("End", 0)):
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}] if apart else []
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    touch.detach()
    until(page, lambda: _spread(_picture(page), CLASS_COLOURS[1])[1] < before / 1.2)


def test_everything_has_a_name_for_who_cannot_see_it(map_page):
    page = map_page()
    label = page.locator(f"{KEY} canvas.points").get_attribute("aria-label")
    assert re.match("UMAP map of 400 samples in layer layer0, coloured by class", label)
    slider = page.get_by_role("slider", name="Layer")
    assert slider.get_attribute("aria-valuetext") == "layer0, 1 of 3"
    slider.focus()
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "layer1, 2 of 3"
