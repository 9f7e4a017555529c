"""How fast the pages are and what they take, in a real Chromium: `.venv/bin/python -m benchmarks.pages [--first]`.

On servers of its own with empty stores. first: the first point of a server alone. The samples of the payloads and of
the heap are made up; thumbnails are not among them.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.conftest import serving

ROUNDS, SWITCHES, LAYERS = 5, 50, 12
SETTLE = 20_000  # ms until the workers have loaded what they will need
CURVE = (
    "!document.getElementById('first-sight') && "
    "document.querySelector('.st-key-curve-chart .js-plotly-plot')?.querySelectorAll('.scatterlayer .trace').length"
)
POINTS = """least => Math.max(0, ...(document.querySelector(".st-key-curve-chart .js-plotly-plot")?.data ?? []).map(
  trace => Array.from(trace.y ?? []).filter(Number.isFinite).length)) >= least"""
"""Whether the curve has so many points."""
SERVERS = 3  # on which nobody has been yet
HUNCHBACK = (
    "document.querySelector('.st-key-hunchback [data-testid=stBidiComponentIsolated]')"
    "?.shadowRoot?.querySelector('.wide a')"
)
FIRST_PAINT = """
  const look = () => document.querySelector("#first-sight :is(.wide a, .still polyline)")
    ? requestAnimationFrame(() => requestAnimationFrame(() => { window.firstSight = performance.now(); }))
    : requestAnimationFrame(look);
  look();
"""
MAP, FIT = ".st-key-map-of-network", ".st-key-fit-chart"
WATCH = """
  window.lost = 0;
  const get = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    if (kind.startsWith("webgl") && !this.watched) {
      this.watched = true;  // a canvas that left the page gave its context back itself
      this.addEventListener("webglcontextlost", () => { window.lost += Number(this.isConnected); });
    }
    return get.call(this, kind, ...rest);
  };
"""


class Visitor:
    """Opens pages in contexts of their own, and counts what they ask of whom."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address, self.received, self.strangers = browser, address, 0, list[str]()

    @contextmanager
    def open(self, path: str = "explore", script: str = "") -> Iterator[Page]:
        context = self.browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.set_default_timeout(240_000)
        if script:
            page.add_init_script(script)
        page.on("request", self._asked)
        page.on("websocket", lambda socket: socket.on("framereceived", self._heard))
        page.goto(f"{self.address}/{path}")
        yield page
        context.close()

    def _heard(self, payload: str | bytes) -> None:
        self.received += len(payload)

    def _asked(self, request: Any) -> None:
        own = (self.address, self.address.replace("http", "ws"), "data:", "blob:")
        if not request.url.startswith(own):
            self.strangers.append(request.url)


def say(what: str, value: str, aim: str = "") -> None:
    print(f"{what:58} {value:>34} {aim and f'aim {aim}':>14}", flush=True)


def spread(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.2f} {unit} (at most {max(values):.2f})"


def settled(page: Page) -> None:
    """Wait until everything is measured, the open tab is drawn, and nothing is sent any more."""
    page.locator(f"{FIT} .js-plotly-plot, {MAP} .facts dd").first.wait_for()
    page.wait_for_timeout(2000)


def first_sight(visitor: Visitor) -> None:
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    paints, curves, again, starts, firsts, seen = [], [], [], [], [], {"empty": [], "warm": []}
    for _ in range(ROUNDS):
        with visitor.open("", FIRST_PAINT) as page:
            page.wait_for_function(HUNCHBACK, polling="raf")
            starts.append(page.evaluate("performance.now()") / 1000)
            firsts.append(page.evaluate("window.firstSight") / 1000)
        with visitor.open(script=FIRST_PAINT) as page:
            page.wait_for_function(CURVE, polling="raf")
            curves.append(page.evaluate("performance.now()") / 1000)
            seen["empty"].append(page.evaluate("window.firstSight") / 1000)
            paints.append(page.evaluate(paint) / 1000)
            settled(page)
            page.goto("about:blank")
            page.goto(f"{visitor.address}/explore")
            page.wait_for_function(CURVE, polling="raf")
            again.append(page.evaluate("performance.now()") / 1000)
            seen["warm"].append(page.evaluate("window.firstSight") / 1000)
    say("figure of the start page, nothing cached in the browser", spread(firsts, "s"), "2 s")
    say("  the page itself in its place", spread(starts, "s"))
    say("first paint of Explore, nothing cached in the browser", spread(paints, "s"), "2 s")
    say("curve from the store seen, nothing cached either", spread(seen["empty"], "s"), "2.5 s")
    say("  the page's own in its place", spread(curves, "s"))
    say("curve from the store seen, on a second visit", spread(seen["warm"], "s"), "1.5 s")
    say("  the page's own in its place", spread(again, "s"))


def first_points(browser: Browser) -> list[str]:
    """From the address to the first point and to the whole curve where nothing was measured: of who is the first on a
    server, and of who asks for something else after that; nothing cached in the browser. Returns what was asked of
    anybody but the server."""
    seconds: dict[str, list[float]] = {}
    strangers = []
    for _ in range(SERVERS):
        with serving("serve.py") as address:
            visitor = Visitor(browser, address)
            time.sleep(SETTLE / 1000)
            for who, path in (("the first visitor", "explore"), ("another request", "explore?n=700")):
                begun = time.monotonic()
                with visitor.open(path) as page:
                    for what, points in (("the first point", 1), ("the whole curve", 7)):
                        page.wait_for_function(POINTS, arg=points, polling="raf")
                        seconds.setdefault(f"{what} of {who}", []).append(time.monotonic() - begun)
            strangers += visitor.strangers
    for what, took in seconds.items():
        say(what, spread(took, "s"), "5 s" if what == "the first point of the first visitor" else "")
    return strangers


def layer_view(visitor: Visitor) -> None:
    fit = f"document.querySelector('{FIT} .js-plotly-plot').data.map(t => t.name).join()"
    seconds, kilobytes = [], []
    with visitor.open() as page:
        settled(page)
        buttons = page.locator(".st-key-layer button")
        page.evaluate("addEventListener('pointerdown', () => { window.clicked = performance.now(); }, true)")
        for name in buttons.all_inner_texts()[:-2]:
            before, received = page.evaluate(fit), visitor.received
            buttons.get_by_text(name, exact=True).click()
            page.wait_for_function(f"before => {fit} !== before", arg=before, polling="raf")
            seconds.append(page.evaluate("performance.now() - clicked") / 1000)
            page.wait_for_timeout(1500)
            kilobytes.append((visitor.received - received) / 1000)
    say("click on a layer to its fit", spread(seconds, "s"), "0.4 s")
    say("  received for the whole layer view", spread(kilobytes, "kB"), "100 kB")


def slider(visitor: Visitor) -> None:
    with visitor.open("explore?tab=map") as page:
        settled(page)
        received = visitor.received
        page.locator(f"{MAP} canvas.points").focus()
        for key in ("Home", *["ArrowRight"] * 6):
            page.keyboard.press(key)
            page.wait_for_timeout(800)
        say("received for seven steps of the map's layer", f"{visitor.received - received} bytes", "0 bytes")


def switches(visitor: Visitor) -> None:
    few = "explore?network=mlp&width=64&depth=2&regime=untrained"  # quickly measured,
    with visitor.open(f"{few}&split=all&n=2500", WATCH) as page:  # and so many that the fits are drawn by WebGL too
        settled(page)
        warned = list[str]()
        page.on("console", lambda message: warned.append(message.text) if "WebGL context" in message.text else None)
        for i in range(SWITCHES):
            page.get_by_role("link", name="Explore" if i % 2 else "Compare").click()
            drawn = f"{FIT} .js-plotly-plot" if i % 2 else ".st-key-side-by-side canvas.points"
            page.locator(drawn).first.wait_for()
            page.wait_for_timeout(500)
        lost = page.evaluate("lost") + len(warned)
        say(f"WebGL contexts lost over {SWITCHES} switches of the page", str(lost), "0")


def maps(visitor: Visitor) -> None:
    """Bytes of a map, and what 50,000 points take in the browser."""
    for n in (2_000, 10_000, 50_000):
        with visitor.open(f"?n={n}&layers={LAYERS}&bare") as page:
            page.locator(".st-key-test-map .facts dd").first.wait_for()
            page.wait_for_timeout(1000)
            sizes = page.get_by_text("payload").inner_text().split()[1:4]
            samples, positions, values = (int(size) / 1000 for size in sizes)
            say(f"map of {n:,} x {LAYERS}: positions, numbers, samples",
                f"{positions:.0f}, {values:.0f}, {samples:.0f} kB")  # fmt: skip
            if n == 50_000:
                say("  heap of the browser with it", f"{heap(page):.0f} MB", "150 MB")


def heap(page: Page) -> float:
    """MB of objects and of the buffers of arrays, after a collection of garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    return (usage["usedSize"] + usage["embedderHeapUsedSize"] + usage["backingStorageSize"]) / 1e6


def measure(browser: Browser, script: str, steps: list[Callable[[Visitor], None]]) -> list[str]:
    """Run steps on a server of their own; returns what was asked of anybody else."""
    with serving(script) as address:
        visitor = Visitor(browser, address)
        if script == "serve.py":
            with visitor.open() as page:
                settled(page)
                page.wait_for_timeout(SETTLE)
            with visitor.open() as page:  # what measured the default view could not leave it for the first answer
                settled(page)
        for step in steps:
            step(visitor)
    return visitor.strangers


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("--first", action="store_true", help="the first point of a server alone")
    first = parser.parse_args().first
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        strangers = first_points(chrome)
        if not first:
            strangers += measure(chrome, "serve.py", [first_sight, layer_view, slider, switches])
            strangers += measure(chrome, "tests/browser/map_page.py", [maps])
        say("requests to anything but the server", str(len(strangers)), "0")
        chrome.close()
