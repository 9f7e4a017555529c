"""Figures for print are what they say: of the size that was asked for, whole, light, with letters that travel; and what
stands in them is what the figure of the page holds."""

import io
import re
import struct

import numpy as np
import pytest

from idcore.errors import RequestError
from idcore.estimators.scale import ScalePoint
from idcore.estimators.spectrum import Spectrum
from idcore.figures import printed, theme
from idcore.figures.cloud import cloud_figure
from idcore.figures.compare import Curve, compare_figure
from idcore.figures.curve import id_curve
from idcore.figures.heat import heat_figure
from idcore.figures.learn import cloud_figure as solid
from idcore.figures.printed import Paper, words
from idcore.figures.scale import scale_figure
from idcore.figures.selection import class_counts
from idcore.figures.spectrum import spectrum_figure
from tests.tools.summaries import LAYERS, MADE_UP

CURVE = id_curve(MADE_UP, LAYERS, "trained")
SMALL = Paper(80, 60, 60)


def size(png: bytes) -> tuple[int, int]:
    return struct.unpack(">II", png[16:24])


def pixels(png: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_each_format_is_one_and_of_the_size_that_was_asked_for(tmp_path):
    png = printed.printed(CURVE, "png", Paper(100, 60, 254))
    assert png.startswith(b"\x89PNG") and size(png) == (1000, 600)
    svg = printed.save(CURVE, tmp_path / "curve.svg", Paper(100, 60)).read_text()
    width, height = map(float, re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups())
    assert width == pytest.approx(100 / 25.4 * 72, abs=0.01) and height == pytest.approx(60 / 25.4 * 72, abs=0.01)
    assert "<text" not in svg and "font-family" not in svg  # letters are paths
    pdf = printed.printed(CURVE, "pdf", Paper(100, 60))
    assert pdf.startswith(b"%PDF") and b"/FontFile2" in pdf  # letters are embedded
    assert svg.encode() == printed.printed(CURVE, "svg", Paper(100, 60))


def test_nothing_reaches_the_edge_and_the_ground_is_white():
    long = [Curve(f"a network with a name that is long, number {i}", "trained", LAYERS, MADE_UP) for i in range(9)]
    for figure in (compare_figure(long), CURVE):
        seen = pixels(printed.printed(figure, "png", Paper(90, 110, 80, "A title " * 12, "and a caption " * 20)))
        edge = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
        assert (edge == 255).all()
        assert (seen != 255).any(axis=(1, 2)).mean() > 0.3


def test_the_curve_stands_where_its_numbers_are():
    """The markers of the curve, by their colour: evenly spaced, and falling as its values fall."""
    seen = pixels(
        printed.printed(compare_figure([Curve("one", "trained", LAYERS, MADE_UP)]), "png", Paper(100, 80, 200))
    )
    colour = np.array([int(theme.REGIMES["trained"].colour[i : i + 2], 16) for i in (1, 3, 5)])
    rows, columns = np.nonzero((np.abs(seen.astype(int) - colour) < 4).all(axis=2))
    thick = np.bincount(columns, minlength=seen.shape[1])
    keep = rows > 60  # below the legend
    first, last = columns[keep].min(), columns[keep].max()
    ends = [rows[keep & (np.abs(columns - at) < 12)].mean() for at in (first + 12, last - 12)]
    assert ends[1] > ends[0] + 50 and thick.max() > 8  # 12 stands above 6
    assert first < seen.shape[1] / 4 and last > 3 * seen.shape[1] / 4


def test_what_is_chosen_on_the_screen_is_not_in_print():
    points = [ScalePoint(blocks=2**i, points=1000 / 2**i, id=9.0 - i, stderr=0.2, sd=None if not i else 0.3)
              for i in range(4)]  # fmt: skip
    marked, plain = (scale_figure(points, [], "trained", chosen=one) for one in (4, None))
    assert len(marked.layout.shapes) == len(plain.layout.shapes) + 1
    assert printed.printed(marked, "svg", SMALL) == printed.printed(plain, "svg", SMALL)


def test_maps_bars_and_logarithmic_axes_are_printed():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 3
    for figure in (
        cloud_figure(rng.normal(size=(200, 2)), labels, ["a", "b", "c"], ("one", "two")),
        cloud_figure(rng.normal(size=(3000, 2)), np.full(3000, -1), []),
        heat_figure([[1.0, 0.3], [0.3, 1.0]], ["a", "b"], ["a", "b"], "CKA", lambda i, j: "", chance=0.4),
        class_counts(np.array([3, 0, 5]), np.array([9, 9, 9]), ["a", "b", "c"]),
        spectrum_figure(Spectrum(np.geomspace(1, 1e-4, 40)), "trained", id=3.0),
    ):
        assert (pixels(printed.printed(figure, "png", Paper(100, 90, 60))) != 255).any()


def test_long_names_beside_a_heat_map_have_room_in_a_small_figure():
    name = "Multilayer perceptron 20 × 64, untrained, network seed 1"
    figure = heat_figure([[0.5]], ["a"], ["b"], "CKA", lambda i, j: "", beside=(name, name))
    seen = pixels(printed.printed(figure, "png", Paper(100, 60, 100)))
    assert (np.concatenate([seen[0], seen[-1]]) == 255).all() and (seen != 255).any()


def test_what_cannot_be_printed_is_refused_in_a_sentence():
    with pytest.raises(RequestError, match="scatter3d cannot be printed"):
        printed.printed(solid(np.eye(5)[:, :3], np.zeros(5)), "svg", SMALL)
    many = compare_figure([Curve("a name of a network " * 3 + str(i), "trained", LAYERS, MADE_UP) for i in range(24)])
    with pytest.raises(RequestError, match="legend has 24 entries"):
        printed.printed(many, "svg", SMALL)
    with pytest.raises(RequestError, match="not as 'curve.gif'"):
        printed.save(CURVE, "curve.gif")
    with pytest.raises(RequestError, match="no room for its title"):
        printed.printed(CURVE, "svg", Paper(60, 40, caption="a caption " * 200))


@pytest.mark.parametrize("bad, words", [({"width": 5}, "from 30 to 600 mm"), ({"dpi": 5000}, "from 50 to 1200 dpi"),
                                        ({"width": 600, "height": 600, "dpi": 1200}, "million pixels")])  # fmt: skip
def test_a_size_beyond_its_limits_is_refused(bad, words):
    with pytest.raises(RequestError, match=words):
        Paper(**bad)


@pytest.mark.parametrize(
    "form, value, said",
    [(".0%", 0.25, "25%"), ("~%", 0.001, "0.1%"), (",d", 12345, "12,345"), (",~f", 2000.5, "2,000.5"),
     (".2g", 0.012, "0.012"), ("~g", 10.0, "10"), (",~g", 10000.0, "10,000"), (None, 0.5, "0.5"), ("d", 3, "3"),
     (".2f", 1.0, "1.00"), (".1f", 2.25, "2.2")],
)  # fmt: skip
def test_numbers_are_written_as_on_the_page(form, value, said):
    assert words.number(value, form) == said


def test_words_lose_their_tags_and_keep_their_letters():
    assert words.plain("r<sub>2</sub> / r<sub>1</sub><br><b>a &lt;b&gt; $x$</b>") == "r₂ / r₁\na <b> $x$"
