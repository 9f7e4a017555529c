"""The start page, and Explore on the results that come with the package."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from idcore.figures.sketch import Dot, Line, sketch, small
from idcore.figures.theme import REGIMES
from idcore.spec import ReadJob
from idcore.ui.kit import datasets
from idcore.ui.kit.parameters import complaints
from idcore.ui.start import figure
from idcore.ui.start.stories import OWN, STORIES
from tests.tools.pages import open_app, text_of

SHIPPED = {"data": "imagenet_sample", "network": "efficientnet_lite0", "regime": "pretrained"}


def _html(at):
    return "".join(element.proto.json for element in at.get("bidi_component"))


def test_the_hump_of_the_pretrained_network_and_the_flat_line_of_the_untrained_one_are_there_at_once(fake):
    pretrained, untrained = ([row.id for row in rows if row.id] for _, rows in figure.shown().values())
    assert len(pretrained) == 11 and len(untrained) == 10
    assert figure.missing()[0].startswith("Untrained, output: no ID. 991 of 1,000 ratios are ties")
    assert max(pretrained) > 2.5 * pretrained[0] and max(pretrained) > 3 * pretrained[-1]
    assert max(untrained) < 1.7 * untrained[0]
    at = open_app("start")
    assert fake.submitted == [] and "ID rises from" in text_of(at) and "then falls to" in text_of(at)
    assert _html(at).count("<a href=") == 2 * 21


def test_each_point_leads_to_its_layer_and_says_its_numbers(fake):
    drawn = figure.large(units=False, paper=False)
    links = [urlsplit(link.replace("&amp;", "&")) for link in re.findall(r'href="([^"]+)"', drawn)]
    layers = [parse_qs(link.query)["layer"][0] for link in links[:11]]
    assert layers == ["input", "stem", *(f"stage{i}" for i in range(1, 8)), "pool", "output"]
    assert all(link.path == "explore" and not complaints(parse_qs(link.query)) for link in links)
    assert len(re.findall(r"<title>\w+, pretrained: ID [\w ]*[\d.]+ ± [\d.]+ \(TwoNN", drawn)) == 11


def test_units_and_the_published_curves_are_there_by_choice(fake):
    at = open_app("start")
    assert "units</text>" not in _html(at) and "published</text>" not in _html(at)
    at.toggle(key="units").set_value(True)
    at.toggle(key="paper").set_value(True).run()
    assert "units</text>" in _html(at) and _html(at).count("published</text>") == 6


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_every_story_has_a_picture_and_leads_to_a_page_that_can_use_its_address(fake, story):
    assert small(story.picture(), story.sees).startswith("<svg")
    address = story.address()
    assert not complaints({name: [value] if isinstance(value, str) else value for name, value in address.items()})
    open_app(story.page, **address)


def test_what_one_has_is_one_click_away(fake):
    for *_, what in OWN:
        at = open_app("data", bring=what)
        assert at.segmented_control(key="bring").value == what


def test_an_address_from_before_there_was_this_page_opens_explore(fake):
    assert "Convolutional network" in text_of(open_app("", network="cnn"))


def test_explore_shows_what_ships_without_a_job_and_without_the_photographs(fake):
    at = open_app(**SHIPPED, layer="stage2")
    assert fake.submitted == [] and "EfficientNet-Lite0" in text_of(at)
    assert at.number_input(key="n").value == 1000


def test_what_a_shipped_result_cannot_do_is_said_with_the_ways_out(fake):
    at = open_app(**SHIPPED, n="500")
    assert fake.submitted == [] and "the images are not on this machine: only the results are" in text_of(at)
    labels = {button.key: button.label for button in at.button if button.key and button.key.startswith("download")}
    assert labels == {"download-imagenet_sample": "Download, 110 MB", "download-imagenette": "Download, 94 MB"}
    at.button(key="download-imagenet_sample").click().run()
    assert fake.submitted == [ReadJob("dataset", "imagenet_sample", download=True)]
    assert datasets.remembered("imagenet_sample") and not datasets.remembered("imagenette")


def test_the_photographs_once_they_lie_there_are_read_and_not_said_to_have_changed(fake, root):
    (root / "imagenet-sample-images").mkdir()
    at = open_app(**SHIPPED)
    assert "has changed" not in text_of(at) and fake.submitted == [ReadJob("dataset", "imagenet_sample")]


def test_a_sketch_says_what_it_shows_and_lets_no_markup_in():
    lines = [Line("<b>", REGIMES["trained"], [Dot(0, 1, 0.1, "<i>", "explore?a=1&b=2"), Dot(1, 2)])]
    for drawn in (sketch(lines, 'a "b"'), small(lines, 'a "b"')):
        assert 'aria-label="a &quot;b&quot;"' in drawn and "<b>" not in drawn and "<i>" not in drawn
    assert 'href="explore?a=1&amp;b=2"' in sketch(lines, "")


def test_labels_at_the_ends_of_lines_do_not_lie_on_one_another():
    lines = [Line(str(i), REGIMES["trained"], [Dot(0, 1), Dot(1, 5 + i / 100)]) for i in range(5)]
    heights = sorted(float(y) for y in re.findall(r'y="([\d.]+)"[^>]*font-weight="600"', sketch(lines, "")))
    heights = heights[1:]  # without the title of the axis
    assert len(heights) == 5 and all(b - a >= 15.9 for a, b in zip(heights, heights[1:], strict=False))
