"""A person's own images, representations and weights, from the file to the curve, with real workers."""

import io
import re
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from idcore.networks.build import build
from idcore.spec import Architecture

pytestmark = pytest.mark.slow

CURVE = ".st-key-curve-chart .js-plotly-plot"
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


def test_1_a_file_that_is_no_archive_is_refused_with_a_sentence(visit, files):
    page = visit("data")
    _send(page, "images", files / "page.zip")
    page.locator("[data-testid=stAlert]").get_by_text("not a zip archive").wait_for()


def test_2_a_zip_of_images_is_explored(visit, files):
    page = visit("data?regime=untrained")
    _send(page, "images", files / "pets.zip")
    page.get_by_text("120 images in 3 classes").first.wait_for()
    page.get_by_text("cats/notes.txt").first.wait_for()  # what was left out is said
    _explore(page, "images")
    page.wait_for_url(re.compile("data=upload-[0-9a-f]{64}"))
    page.locator(".st-key-regime").get_by_text("untrained").click()
    page.locator(CURVE).first.wait_for()
    other = visit(page.url.split("/")[-1])  # the link, opened by somebody else
    other.get_by_text("test samples of pets.zip").first.wait_for()
    other.locator(CURVE).first.wait_for()
    page.goto(page.url.split("explore")[0] + "data")  # a reload: a session of its own, of the same browser
    page.get_by_role("button", name="Delete").wait_for()
    stranger = visit("data")
    stranger.get_by_text("looked for under").wait_for()
    assert stranger.get_by_text("pets.zip").count() == 0
    assert stranger.get_by_role("button", name="Delete").count() == 0


def test_3_a_large_untrained_network_sees_the_uploaded_images(visit, files, network="resnet18", layers=8):
    page = visit("data")
    _send(page, "images", files / "pets.zip")
    _explore(page, "images")
    page.get_by_role("combobox", name="Architecture").fill(network)
    page.get_by_role("option", name=f"({network})").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("has to be fetched first").wait_for()
    page.locator(".st-key-regime").get_by_text("untrained").click()
    page.wait_for_url(re.compile(f"network={network}"))
    page.get_by_text("24 test samples of pets.zip").first.wait_for()
    measured = f"document.querySelector('{CURVE}')?.data[0].y.filter(id => id > 0).length == {layers}"
    page.wait_for_function(measured)


def test_4_matrices_computed_elsewhere_are_explored_without_a_network(visit, files):
    page = visit("data")
    _send(page, "representations", files / "layers.npz")
    _explore(page, "representations")
    page.get_by_role("heading", name="Representations, computed elsewhere").wait_for()
    for chart in (CURVE, ".st-key-fit-chart .js-plotly-plot"):
        page.locator(chart).wait_for()
    assert page.locator(".st-key-network").count() == 0
    assert page.evaluate(f"document.querySelector('{CURVE}').data[0].x.length") == 2
    assert "<i>late</i>" in page.locator(f"{CURVE} .xaxislayer-above").text_content()  # shown as it is written


def test_5_weights_saved_by_plain_pytorch_are_explored(visit, files):
    page = visit("data")
    _send(page, "weights", files / "mine.pt")
    page.get_by_text("The prefix 'module.' was taken off").first.wait_for()
    _explore(page, "weights")
    page.get_by_role("heading", name="Convolutional network, with your weights").wait_for()
    page.wait_for_url(re.compile("weights=file-[0-9a-f]{64}"))
    page.locator(".st-key-fit-chart .js-plotly-plot").wait_for()


def test_6_an_upload_can_be_deleted(visit, files):
    page = visit("data")
    for kind, name in (("representations", "layers.npz"), ("images", "pets.zip")):
        _send(page, kind, files / name)
        page.locator(f".st-key-explore-{kind}").wait_for()
    page.reload()
    page.locator("[class*=st-key-delete][class*=images] button").click()
    page.get_by_text("pets.zip").wait_for(state="detached")
    page.get_by_text("layers.npz").first.wait_for()  # there are two while the page is drawn anew


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_7_a_phone_shows_the_page_without_scrolling_sideways(visit, scheme):
    page = visit("data", width=390, height=844, scheme=scheme)
    page.locator("[data-testid=stDataFrame]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
