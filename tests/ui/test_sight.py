"""The first answer of Explore shows the curve that its address has shown before, as the page would show it now."""

import re
from dataclasses import replace

import pytest

from idcore import results, spec
from idcore.data import versions
from idcore.record import Dataset
from idcore.spec import FOLDER, UPLOAD, DataSpec, NetworkSpec, ProfileJob, Recipe
from idcore.ui import first_sight
from idcore.ui.kit import datasets, sights
from tests.tools.pages import NAMES, figures_of, open_app, text_of

ASKED = {"n": "60", "network": "mlp", "regime": "untrained"}
QUERY = "n=60&network=mlp&regime=untrained"


@pytest.fixture(autouse=True)
def nothing_known(fake):
    sights._kept.clear()


def points(html):
    return re.findall(r'<svg x="([\d.]+%)" y="([\d.]+%)">', html)


def test_it_shows_what_the_page_shows(fake):
    assert first_sight.curve(QUERY) == ""
    said = text_of(open_app(**ASKED))
    html = first_sight.curve(QUERY)
    (title,) = re.findall("<h1>(.*)</h1>", html)
    assert title in said and all(caption in said for caption in re.findall('class="caption">(.*?)</p>', html))
    (sentence,) = re.findall('class="said"><b>(.*?)</b>', html)
    assert sentence and sentence in said
    assert all(f">{name}</span>" in html for name in NAMES)
    assert 'aria-busy="true"' in html and "Loading the controls" in html and "<a " not in html
    assert len(html) < 40_000


def test_the_order_of_the_parameters_says_nothing_and_their_values_do(fake):
    open_app(**ASKED)
    assert first_sight.curve("regime=untrained&network=mlp&n=60") == first_sight.curve(QUERY) != ""
    for other in (
        "",
        "n=61&network=mlp&regime=untrained",
        f"{QUERY}&embed=true",
        f"{QUERY}&n=60",
        f"{QUERY}&scale=log",
    ):
        assert first_sight.curve(other) == ""


def test_nothing_is_kept_of_what_is_chosen_on_the_page_which_the_address_may_not_say_yet(fake):
    at = open_app(**ASKED)
    before = first_sight.curve(QUERY)
    at.number_input(key="n").set_value(40).run()
    assert "40 test samples" in text_of(at)
    assert first_sight.curve(QUERY) == before and len(sights._kept) == 1


def test_what_is_no_longer_in_the_store_is_not_shown(fake):
    open_app(**ASKED)
    assert first_sight.curve(QUERY)
    (request,) = {job.request for job in fake.submitted}
    fake.store.delete(spec.run_key(request))
    assert first_sight.curve(QUERY) == ""


def test_what_has_come_into_the_store_since_is_shown(fake):
    open_app(**ASKED)
    before = first_sight.curve(QUERY)
    fake.submit(replace(fake.submitted[-1], request=_trained(fake.submitted[-1].request)))
    after = first_sight.curve(QUERY)
    assert "Thin" not in before and after.count("<polyline") == before.count("<polyline") + 1


def _trained(request):
    weights = Recipe(dataset=request.data.dataset)
    return replace(request, network=NetworkSpec(request.network.architecture, weights), size=None)


def test_a_measurement_that_is_not_complete_is_not_shown(fake):
    fake.steps = 2
    open_app(**ASKED)
    assert not sights._kept


@pytest.mark.parametrize("more", [{"hide": "controls"}, {"seed": "many"}, {"protocol": "per-class"}])
def test_nor_is_a_page_that_says_more_or_less(fake, more):
    open_app(**ASKED, **more)
    assert not sights._kept


def test_nor_anything_that_somebody_brought(fake):
    name = UPLOAD + "5" * 64
    brought = Dataset(name, "pets", ("cat", "dog"), (1, 28, 28), {"all": 60}, "a file", {"all": 30})
    results.save_dataset(fake.store, brought, {})
    results.save_owner(fake.store, "5" * 64, results.EVERYBODY)
    at = open_app(data=name, network="mlp", regime="untrained")
    assert "60 samples of pets" in text_of(at) and figures_of(at) and not sights._kept


def test_a_folder_that_has_changed_since_it_was_drawn_is_not_shown(fake, root):
    (root / "birds").mkdir()
    (root / "birds" / "a.png").write_bytes(b"one")
    known = f"{FOLDER}birds@0123456789ab"
    results.save_dataset(
        fake.store, Dataset(known, "birds", ("a",), (3, 8, 8), {"all": 60}, "a folder", {"all": 60}), {}
    )
    versions.keep(f"{FOLDER}birds", known, versions.stamp(f"{FOLDER}birds", root / "birds"), fake.store)
    assert datasets.holds(f"{FOLDER}birds", known) and datasets.holds(known, known)
    open_app(**ASKED)
    sight = sights.known("explore", QUERY)
    of_birds = replace(sight, data=f"{FOLDER}birds", choice=replace(sight.choice, data=DataSpec(known, n=60)))
    fake.submit(ProfileJob(of_birds.choice.request()))
    assert of_birds.drawn()
    (root / "birds" / "b.png").write_bytes(b"two")
    assert not datasets.holds(f"{FOLDER}birds", known) and not datasets.holds(known, known)
    assert of_birds.drawn() == ""


def test_so_many_addresses_are_kept_those_that_were_asked_for_last():
    class Seen:
        def drawn(self):
            return "seen"

    for i in range(sights.MOST + 10):
        sights.keep("explore", f"n={i}", Seen())
        assert sights.known("explore", "n=0")
    assert len(sights._kept) == sights.MOST
    assert sights.known("explore", "n=1") is None and sights.known("explore", f"n={sights.MOST}")
    sights.keep("explore", "n=" + "9" * 5000, Seen())
    assert sights.known("explore", "n=" + "9" * 5000) is None


def test_a_strangers_words_are_words(fake):
    open_app(**ASKED)
    sight = sights.known("explore", QUERY)
    html = replace(sight, title=r"\<b\>bold\</b\>, untrained", samples='"><script>', caption="<i>").drawn()
    assert "&lt;b&gt;bold&lt;/b&gt;, untrained" in html and "&quot;&gt;&lt;script&gt;" in html and "&lt;i&gt;" in html
    assert "<script" not in html
