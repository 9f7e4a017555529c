"""A person's own images, representations, weights and checkpoints, from the file to the curve, with a real worker; and
what an upload costs the web process."""

import io
import re
import threading
import zipfile

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from idcore.networks.build import build
from idcore.networks.weights import learn
from idcore.spec import Architecture, NetworkSpec, Recipe
from tests.browser.conftest import CURVE, claim, fits_the_width, looks_like, until

pytestmark = pytest.mark.slow

CURVE_PLOT = f"{CURVE} .js-plotly-plot"
NASTY = "owls <b>x</b>"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A zip of images, an npz of matrices, weights as plain PyTorch saves them, and a page called zip."""
    folder, random = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    with zipfile.ZipFile(folder / "pets.zip", "w") as archive:
        for shade, name in ((60, "cats"), (120, "dogs"), (180, NASTY)):
            for i in range(40):
                content = io.BytesIO()
                pixels = np.clip(random.normal(shade, 40, (28, 28, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(content, "PNG")
                archive.writestr(f"{name}/{i}.png", content.getvalue())
        archive.writestr("cats/notes.txt", "no image")
    x = random.normal(size=(300, 3))
    matrices = {"early": x @ random.normal(size=(3, 40)), "<i>late</i>": np.tanh(x @ random.normal(size=(3, 60)))}
    np.savez(folder / "layers.npz", labels=(x[:, 0] > 0).astype(int), **matrices)
    weights = build(Architecture("cnn"), (1, 28, 28), 10, 3).state_dict()
    torch.save({"state_dict": {f"module.{name}": value for name, value in weights.items()}}, folder / "mine.pt")
    (folder / "page.zip").write_text("<html>not a zip</html>")
    return folder


def _send(page, kind: str, file) -> None:
    page.locator(".st-key-bring").get_by_text(kind, exact=True).click()
    page.locator(f".st-key-file-{kind} input[type=file]").set_input_files(file)


def _explore(page, kind: str) -> None:
    page.locator(f".st-key-explore-{kind} button").click()
    page.locator("[data-testid=stSidebar]").get_by_text("Data set").wait_for()


def test_1_a_zip_of_images_is_explored_by_a_small_and_a_large_network_belongs_to_who_brought_it_and_is_deleted(
    visit, files, network="resnet18", layers=8
):
    page = visit("data?regime=untrained", width=390, height=844)
    with claim("a phone shows the page without scrolling sideways"):
        for scheme in ("light", "dark"):
            looks_like(page, 390, 844, scheme)
            page.locator("[data-testid=stDataFrame]").wait_for()
            fits_the_width(page)
    looks_like(page, 1440, 900, "light")
    with claim("a file that is no archive is refused with a sentence"):
        _send(page, "images", files / "page.zip")
        page.locator("[data-testid=stAlert]").get_by_text("not a zip archive").wait_for()
    with claim("a zip of images is read, and what was left out is said"):
        _send(page, "images", files / "pets.zip")
        page.get_by_text("120 images in 3 classes").first.wait_for()
        page.get_by_text("cats/notes.txt").first.wait_for()
    with claim("it is explored"):
        _explore(page, "images")
        page.wait_for_url(re.compile("data=upload-[0-9a-f]{64}"))
        page.locator(".st-key-regime").get_by_text("untrained").click()
        page.locator(CURVE_PLOT).first.wait_for()
    with claim("somebody else who has the link sees it, and nobody else"):
        other = visit(page.url.split("/")[-1], stranger=True)
        other.get_by_text("test samples of pets.zip").first.wait_for()
        other.locator(CURVE_PLOT).first.wait_for()
        other.goto(page.url.split("explore")[0] + "data")
        other.get_by_text("looked for under").wait_for()
        assert other.get_by_text("pets.zip").count() == 0
        assert other.get_by_role("button", name="Delete").count() == 0
        other.close()
    with claim("a large untrained network sees the images"):
        page.get_by_role("combobox", name="Architecture").fill(network)
        page.get_by_role("option", name=f"({network})").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(f"network={network}"))
        page.get_by_text("24 test samples of pets.zip").first.wait_for()
        measured = f"document.querySelector('{CURVE_PLOT}')?.data[0].y.filter(id => id > 0).length == {layers}"
        until(page, lambda: page.evaluate(measured))
    with claim("who brought it can delete it, also after a reload"):
        page.get_by_role("link", name="Data", exact=True).click()
        _send(page, "representations", files / "layers.npz")
        page.locator(".st-key-explore-representations").wait_for()
        page.reload()
        page.locator("[class*=st-key-delete][class*=images] button").click()
        page.get_by_text("pets.zip").wait_for(state="detached")
        page.get_by_text("layers.npz").first.wait_for()  # there are two while the page is drawn anew


def test_2_matrices_computed_elsewhere_are_explored_without_a_network(visit, files):
    page = visit("data")
    _send(page, "representations", files / "layers.npz")
    _explore(page, "representations")
    page.get_by_role("heading", name="Representations, computed elsewhere").wait_for()
    for chart in (CURVE_PLOT, ".st-key-fit-chart .js-plotly-plot"):
        until(page, lambda chart=chart: page.locator(chart).count() == 1)  # while it is drawn anew there are two
    assert page.locator(".st-key-network").count() == 0
    assert page.evaluate(f"document.querySelector('{CURVE_PLOT}').data[0].x.length") == 2
    assert "<i>late</i>" in page.locator(f"{CURVE_PLOT} .xaxislayer-above").text_content()  # shown as it is written


def test_3_weights_saved_by_plain_pytorch_are_explored(visit, files):
    page = visit("data")
    _send(page, "weights", files / "mine.pt")
    page.get_by_text("The prefix 'module.' was taken off").first.wait_for()
    _explore(page, "weights")
    page.get_by_role("heading", name="Convolutional network, with your weights").wait_for()
    page.wait_for_url(re.compile("weights=file-[0-9a-f]{64}"))
    page.locator(".st-key-fit-chart .js-plotly-plot").wait_for()


STEPS = 4


def test_4_the_checkpoints_of_a_training_are_a_surface_in_five_clicks(visit, tmp_path):
    small = NetworkSpec(Architecture("mlp", 16, 1), Recipe("digits", epochs=STEPS - 1))
    for learner in learn(small):
        torch.save(learner.module.state_dict(), tmp_path / f"ckpt_{len(learner.history)}.pt")
    files = sorted(tmp_path.glob("*.pt"))
    assert len(files) == STEPS
    page = visit("data?bring=weights&network=mlp&width=16&depth=1")
    (tmp_path / "ckpt_9.pt").write_bytes(b"no weights")
    page.locator("input[type=file]").first.set_input_files([*files, tmp_path / "ckpt_9.pt"])
    page.get_by_text(re.compile("ckpt_9.pt.*cannot be used as weights")).wait_for()
    page.get_by_role("button", name=f"Compare the {STEPS} as a series").click()
    page.get_by_role("heading", name=f"Series: {STEPS} checkpoints").wait_for()
    assert page.evaluate("location.search").count("series=") == STEPS
    page.goto(f"{page.url}&data=digits&n=200")  # what they are for; a link leads here
    rows = """() => document.querySelector('.st-key-surface-chart .js-plotly-plot')?.data[0].hovertext.map(r => r[1])"""
    until(page, lambda: len(found := page.evaluate(rows) or []) == STEPS and all("ID" in row for row in found))
    found = page.evaluate(rows)
    assert [f"ckpt_{i}.pt" in row for i, row in enumerate(found)] == [True] * STEPS
    lines = """() => (document.querySelector('.st-key-compare-chart .js-plotly-plot')?.data || []).map(
      (one) => [one.name || '', one.x?.length ?? 0])"""
    until(page, lambda: [n for _, n in page.evaluate(lines)] == [3] * STEPS)
    assert page.evaluate(lines)[-1][0] == f"ckpt_{STEPS - 1}.pt"


SIZE = 200 * 2**20


def _web(server):
    """The process that serves an address."""
    port = server.rsplit(":", 1)[1]
    return next(one for one in psutil.Process().children() if port in one.cmdline())


def test_5_an_upload_is_held_twice_at_most_while_it_comes_and_not_once_it_is_in_the_store(visit, server, tmp_path):
    with open(tmp_path / "large.npz", "wb") as file:
        for _ in range(10):
            file.write(np.random.bytes(SIZE // 10))  # no archive: the worker refuses it at once
    web, ended, most = _web(server), threading.Event(), [0]
    page = visit("data?bring=representations")
    page.locator("input[type=file]").wait_for(state="attached")
    page.get_by_text("Choose a row to explore or to fetch it.").wait_for()

    def watch():
        while not ended.wait(0.02):
            most.append(web.memory_info().rss)

    before, watcher = web.memory_info().rss, threading.Thread(target=watch)
    watcher.start()
    try:
        page.locator("input[type=file]").set_input_files(tmp_path / "large.npz")
        page.get_by_text("large.npz is").or_(page.locator("[data-testid=stAlert]")).last.wait_for()
    finally:
        ended.set()
        watcher.join()
    assert SIZE < max(most) - before < 2.3 * SIZE
    assert web.memory_info().rss - before < 0.4 * SIZE
