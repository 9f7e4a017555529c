"""Checkpoints of a training in a real browser, with a real worker: from the files to the surface."""

import re

import pytest
import torch

from idcore.networks.weights import learn
from idcore.spec import Architecture, NetworkSpec, Recipe
from tests.browser.conftest import until

pytestmark = pytest.mark.slow

STEPS = 4


def test_the_checkpoints_of_a_training_are_a_surface_in_five_clicks(visit, tmp_path):
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
