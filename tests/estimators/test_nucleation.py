"""Peaks by layer, their agreement with the classes, and how they hang together."""

import json

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from idcore.data.catalogue import DATASETS
from idcore.data.coarser import coarser
from idcore.errors import PointsError
from idcore.estimators.nucleation import adjusted_rand, composition, dendrogram, nucleation, peaks_of_layer
from idcore.figures.nucleation import dendrogram_figure, nucleation_figure
from idcore.record import Layer, unmeasured
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import gaussian

HEAPS = np.repeat([0, 1, 2], 150)
APART = gaussian(450, 3) + np.array([[0, 0, 0], [7, 0, 0], [80, 0, 0]])[HEAPS]


@pytest.mark.parametrize("parts", [(1, 1), (3, 4), (20, 2), (300, 300)])
def test_the_adjusted_rand_index_is_that_of_scikit_learn(parts):
    random = np.random.default_rng(0)
    a, b = (random.integers(0, p, 300) for p in parts)
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)
    assert adjusted_rand(a, a * 7 - 3) == 1


def test_partitions_of_other_samples_are_refused():
    with pytest.raises(PointsError, match="3 and 2"):
        adjusted_rand(np.zeros(3, int), np.zeros(2, int))


def test_a_layer_that_parts_the_classes_has_as_many_peaks_and_one_that_mixes_them_has_one():
    mixed, parted = brute_geometry(gaussian(450, 3), "mixed"), brute_geometry(APART, "parted")
    none = unmeasured(Layer("none", 0, 0.0, "ReLU", (2,), 2), 450, "The layer is constant.")
    rows = nucleation([none, mixed, parted], HEAPS, None, 30, 2.5)
    assert [row.peaks for row in rows] == [None, 1, 3] and rows[0].note == "The layer is constant."
    assert rows[1].ari == 0 and rows[2].ari == pytest.approx(1, abs=0.02)
    assert rows[2].dimension == pytest.approx(3, abs=0.6) and 0.5 < rows[2].core <= 1
    unlabelled = nucleation([parted], np.full(450, -1), 3.0, 30, 2.5)[0]
    assert unlabelled.ari is None and unlabelled.dimension == 3
    assert "k must be" in nucleation([parted], HEAPS, None, 100, 2.5)[0].note


def test_peaks_are_made_of_their_classes_and_hang_together_by_their_saddles():
    found = peaks_of_layer(brute_geometry(APART), 3.0, 30, 2.5)
    counts = composition(HEAPS, found, 3)
    assert counts.sum() == 450 and sorted(counts.max(axis=1)) == pytest.approx([150, 150, 150], abs=3)
    order, joins = dendrogram(found.saddles)
    by_class = [int(np.argmax(counts[peak])) for peak in order]
    assert sorted(order) == [0, 1, 2] and by_class.index(2) != 1  # the far heap is joined last
    assert joins[0].height > joins[1].height == -np.inf


def test_single_linkage_takes_the_highest_saddle_first():
    saddles = np.array([[0, -5, -9, -np.inf], [-5, 0, -4, -7], [-9, -4, 0, -np.inf], [-np.inf, -7, -np.inf, 0]], float)
    order, joins = dendrogram(saddles)
    assert [join.height for join in joins] == [-4, -5, -7]
    assert (joins[0].left, joins[0].right) == (1, 2) and set(order) == {0, 1, 2, 3}
    assert dendrogram(np.zeros((1, 1))) == ((0,), ())


def test_the_figures_show_every_layer_and_every_class():
    layers = [Layer(name, i, i / 2, "Linear", (3,), 3) for i, name in enumerate(("mixed", "parted"))]
    records = [brute_geometry(gaussian(450, 3), "mixed"), brute_geometry(APART, "parted")]
    rows = nucleation(records, HEAPS, None, 30, 2.5)
    figure = json.loads(nucleation_figure(rows, layers, "trained", 3).to_json())
    assert [trace["name"].split(" ")[0] for trace in figure["data"]] == ["peaks", "ARI"]
    assert figure["layout"]["yaxis"]["rangemode"] == "tozero"
    found = peaks_of_layer(records[1], 3.0, 30, 2.5)
    drawn = json.loads(dendrogram_figure(found, composition(HEAPS, found, 3), ("a", "b", "<i>c")).to_json())
    assert [trace.get("name") for trace in drawn["data"]][2:] == ["a", "b", "&lt;i&gt;c"]
    bare = dendrogram_figure(found, np.zeros((3, 0), np.int64), ())
    assert len(bare.data) == 2


def test_coarser_classes_have_an_agreement_of_their_own_where_the_data_set_has_them():
    layers = [brute_geometry(APART, "parted", levels=1, draws=1)]
    fine = np.arange(450) % 2 + 2 * HEAPS  # two classes to a heap
    (row,) = nucleation(layers, fine, None, 30, 2.5, (0, 0, 1, 1, 2, 2))
    assert row.coarse == pytest.approx(1, abs=0.02) and row.ari < 0.8
    assert nucleation(layers, fine, None, 30, 2.5)[0].coarse is None
    names = [trace.name for trace in nucleation_figure([row], [layers[0].layer], "trained", 6).data]
    assert names == ["peaks", "ARI with the coarser classes (right axis)", "ARI with the classes (right axis)"]


def test_the_hundred_classes_of_cifar_fall_into_twenty_of_five():
    found = coarser("cifar100", DATASETS["cifar100"].classes)
    assert np.bincount(found).tolist() == [5] * 20
    assert coarser("mnist5k", "0123456789") == () == coarser("cifar100", ("apple", "else"))
