"""What a page needs again and again is worked out once, and is what it was before."""

import io
import threading
import urllib.request
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from PIL import Image

from idcore import spec
from idcore.figures.drawing import drawing
from idcore.results import atlas
from idcore.spec import USUAL, Architecture, DataSpec, NetworkSpec, ProfileJob, Reading, Recipe, Request
from idcore.store import Store
from idcore.ui.explore import curve
from idcore.ui.kit import state, thumbnails
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.kept import Kept
from tests.tools.pages import NAMES, N


def test_what_is_kept_is_made_once_for_all_that_it_depends_on_and_the_least_used_goes():
    kept, made = Kept(2), []

    def figure(*about):
        return kept.get(lambda: made.append(about) or f"figure {len(made)}", *about)

    assert [figure("fit", 0.1), figure("fit", 0.2), figure("fit", 0.1)] == ["figure 1", "figure 2", "figure 1"]
    assert figure("spectrum", 0.1) == "figure 3"  # the fit at 0.2 has not been asked for longest, and goes
    assert [figure("fit", 0.1), figure("fit", 0.2)] == ["figure 1", "figure 4"]


def test_what_weighs_much_leaves_room_for_less():
    kept, made = Kept(10, len), []

    def text(letter, length):
        return kept.get(lambda: made.append(letter) or letter * length, letter)

    text("a", 4), text("b", 4), text("a", 4)
    assert made == ["a", "b"]
    text("c", 6), text("a", 4)  # b goes
    assert made == ["a", "b", "c"]
    assert len(text("d", 50)) == 50 and text("d", 50) is text("d", 50)  # alone, it is kept all the same
    text("a", 4)
    assert made == ["a", "b", "c", "d", "a"]


def test_what_is_not_there_yet_is_asked_for_again():
    kept, answers = Kept(2), iter([None, "there"])
    assert [kept.get(lambda: next(answers), "row") for _ in range(3)] == [None, "there", "there"]


def test_what_cannot_be_made_is_tried_again():
    kept, tries = Kept(2), []

    def make():
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not this time")
        return "made"

    with pytest.raises(ValueError, match="not this time"):
        kept.get(make, "row")
    assert kept.get(make, "row") == "made" and len(tries) == 2


def test_of_those_who_ask_at_once_one_makes_it_and_the_others_wait():
    kept, made, answers = Kept(2), [], []
    begun, end = threading.Event(), threading.Event()

    def make():
        begun.set()
        end.wait()
        made.append(1)
        return "figure"

    threads = [threading.Thread(target=lambda: answers.append(kept.get(make, "fit"))) for _ in range(4)]
    for one in threads:
        one.start()
    assert begun.wait(10)
    end.set()
    for one in threads:
        one.join()
    assert answers == ["figure"] * 4 and len(made) == 1


def test_a_figure_goes_to_the_browser_as_plotly_would_send_it_and_stays_as_it_is_for_print():
    figure = go.Figure(go.Scatter(x=np.arange(3.0), y=[1, np.nan, 3], name="ID"), {"title": "Curve"})
    drawn = drawing(figure)
    assert pio.to_json(drawn.sent.to_dict(), validate=False) == pio.to_json(figure, validate=False)
    assert drawn.sent.to_dict() is drawn.sent.to_dict() and drawn.figure.data[0].name == "ID" and drawn.keys == ()


def test_a_legend_without_room_becomes_the_names_below_the_figure():
    curves = [go.Scatter(y=[1], name=f"curve {i}", line={"color": "red"}) for i in range(12)]
    drawn = drawing(go.Figure(curves, {"showlegend": True}))
    assert [key.name for key in drawn.keys] == [f"curve {i}" for i in range(12)]
    assert drawn.sent.to_dict()["layout"]["showlegend"] is False


def test_a_request_keeps_its_text_and_is_the_same_request():
    request = Request(DataSpec(n=500), NetworkSpec(Architecture("cnn"), Recipe()))
    before, text = hash(request), spec.canonical(request)
    assert spec.canonical(request) == text == spec.canonical(spec.from_json(spec.to_json(request)))
    assert request == Request(DataSpec(n=500), NetworkSpec(Architecture("cnn"), Recipe())) and hash(request) == before
    assert spec.layer_key(request, "conv1") == spec.key("layer", spec.from_json(spec.to_json(request)), "conv1")
    assert "_canonical" not in spec.canonical(request) and "_canonical" not in repr(request)


def test_parts_that_are_equal_and_written_otherwise_have_keys_of_their_own():
    assert spec.key("x", 1) != spec.key("x", 1.0) and spec.key("x", 1) != spec.key("x", True)


def test_while_a_page_is_drawn_lists_stay_but_for_what_this_process_changes(tmp_path):
    store, other = Store(tmp_path), Store(tmp_path)
    first, second, third = (f"{i:064x}" for i in range(3))
    store.put(first, {}, {"kind": "run"})
    with store.still():
        assert store.keys("run") == [first]
        other.put(second, {}, {"kind": "run"})
        assert store.keys("run") == [first]
        store.put(third, {}, {"kind": "run"})
        assert store.keys("run") == [first, second, third]
        store.delete(third)
        assert store.keys("run") == [first, second]
        other.delete(first)
        assert store.keys("run") == [first, second]
    assert store.keys("run") == [second]


def test_another_thread_looks_for_itself_while_a_page_is_drawn(tmp_path):
    store, found = Store(tmp_path), []
    with store.still():
        assert store.keys("run") == []
        Store(tmp_path).put("0" * 64, {}, {"kind": "run"})
        thread = threading.Thread(target=lambda: found.extend(store.keys("run")))
        thread.start()
        thread.join()
        assert found == ["0" * 64] and store.keys("run") == found  # what one thread has seen, all know


def test_a_page_asks_once_and_again_where_it_has_written(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    asked = []

    def ask():
        return state.now(lambda: asked.append(1) or len(asked), "about")

    assert [ask(), ask()] == [1, 2]
    with state.still():
        assert [ask(), ask()] == [3, 3]
        with state.still():  # a part of the page
            assert ask() == 3
        state.store().put("0" * 64, {}, {"kind": "run"})
        assert [ask(), ask()] == [4, 4]
    assert ask() == 5


def test_what_is_complete_is_read_once_while_a_page_is_drawn_and_what_is_not_yet_again(fake):
    job = ProfileJob(Request(DataSpec("digits", n=N), NetworkSpec(Architecture("mlp", 8, 1))))
    elsewhere = fake.store  # written by another process, of which the page's own store hears nothing

    def look(reading=USUAL):
        return state.measured(job.request, job.layers, reading)

    fake.steps = 2
    with state.still():
        assert look().run is None
        fake.submit(job)
        assert look().missing == NAMES[2:] and not look().complete
        fake.steps = len(NAMES)
        fake.submit(job)
        assert look().complete and look() is look()
        assert look(Reading(0.4)).rows != look().rows  # each reading is one of its own
        elsewhere.delete(spec.run_key(job.request))
        assert look().complete  # as it was when the drawing began
    assert look().run is None  # and not in the next
    fake.submit(job)
    with state.still():
        assert look().complete
        state.store().delete(spec.run_key(job.request))
        assert look().run is None  # what this process takes away is gone at once


def test_the_regimes_beside_a_curve_are_those_of_the_store_at_each_drawing(fake):
    choice = Choice(DataSpec("digits", n=N), Architecture("mlp", 8, 1), "untrained")
    with state.still():
        assert curve.others(choice, USUAL) == {}
    fake.submit(ProfileJob(choice.request("trained")))
    with state.still():
        beside = curve.others(choice, USUAL)
        assert list(beside) == ["trained"] and curve.others(choice, USUAL) is beside
        assert list(curve.others(replace(choice, regime="trained"), USUAL)) == []
        assert curve.others(choice, Reading(0.4)) != beside
        assert curve.others(replace(choice, seed=1), USUAL).keys() == set()
    fake.store.delete(spec.run_key(choice.request("trained")))
    assert curve.others(choice, USUAL) == {}


def test_a_choice_keeps_its_requests_and_another_has_its_own():
    choice = Choice(DataSpec("digits", n=N), Architecture("mlp", 8, 1), "untrained")
    assert choice.request() is choice.request("untrained") and choice.request("shuffled") is choice.request("shuffled")
    other = replace(choice, seed=7, data=DataSpec("digits", n=N, noise=1))
    assert other.request().network.weights.seed == 7 and other.request().data.noise == 1
    whole = replace(other, data=DataSpec("digits", n=N, noise=1.0))
    assert whole == other
    for one in (other, whole):  # equal, and written otherwise: each has the key of what it says
        assert spec.run_key(one.request()) == spec.run_key(spec.from_json(spec.to_json(one.request())))
    assert hash(choice) == hash(replace(choice)) and choice == replace(choice)


def test_a_setting_that_is_changed_counts_from_the_next_drawing_on(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    for folder in ("one", "two"):
        monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / folder))
        with state.still():
            assert state.settings_now().data == tmp_path / folder and state.settings_now() is state.settings_now()


def test_the_pictures_of_the_sidebar_are_those_of_the_samples_as_small_as_they_are_shown(fake):
    for n, size in ((8, 20), (9, 60)):
        shades = np.repeat(np.arange(0, 8 * 30, 30, dtype=np.uint8), size * size * 3).reshape(8, size, size, 3)
        data = DataSpec("digits", n=n)
        assert thumbnails.pictures(data) == []
        atlas.save(fake.store, data, shades)
        found = thumbnails.pictures(data)
        assert len(found) == 6
        for address, shade in zip(found, shades[:, 0, 0, 0], strict=False):
            with urllib.request.urlopen(address) as answer, Image.open(io.BytesIO(answer.read())) as image:
                assert image.size == (min(size, 36),) * 2
                assert np.abs(np.asarray(image, int) - int(shade)).max() <= 2
