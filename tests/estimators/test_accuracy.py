"""Accuracies of a representation, and comparisons of estimators and of layers."""

import dataclasses

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.estimators import abide, levina_bickel, maximum_likelihood, twonn
from idcore.estimators.accuracy import knn_accuracy, linear_probe
from idcore.estimators.cka import cka_matrix
from idcore.estimators.compare import along_depth
from idcore.estimators.gride import gride_at
from idcore.estimators.table import ESTIMATORS, estimates
from idcore.estimators.twonn import twonn_of_layer
from idcore.record import Layer, unmeasured
from idcore.spec import Reading
from tests.tools.build_record import brute_geometry, scattered
from tests.tools.manifolds import cube, gaussian, rotation
from tests.tools.pairs import cka_of

HEAPS = scattered(120, 3)[0]
DEAD = unmeasured(Layer("relu", 2, 0.7, "ReLU", (2,), 2), 120, "The layer is constant.")


def heaps(distance: float, seed: int = 0) -> np.ndarray:
    return gaussian(120, 3, seed) + distance * np.eye(3)[HEAPS]


def test_heaps_far_apart_are_told_without_error_and_random_labels_by_chance():
    record = brute_geometry(heaps(50))
    for labels in (HEAPS, np.array(["cat", "dog", "owl"])[HEAPS]):
        assert knn_accuracy(record, labels).value == linear_probe(record, labels).accuracy.value == 1.0
    permuted = np.random.default_rng(0).permutation(HEAPS)
    assert knn_accuracy(record, permuted).value == pytest.approx(1 / 3, abs=0.15)
    assert linear_probe(record, permuted).accuracy.value == pytest.approx(1 / 3, abs=0.15)


def test_a_tie_goes_to_the_label_of_the_nearest():
    x = np.array([0.0, 1.0, 2.1, 3.3, 4.6, 100.0, 101.0, 102.1, 103.3])[:, None]
    labels = np.array([9, 3, 1, 1, 3, 0, 0, 0, 0])
    # of sample 0 the four nearest are 3, 1, 1, 3: a tie, and the nearest says 3
    right = knn_accuracy(brute_geometry(x, k=8), np.where(np.arange(9) == 0, 3, labels), 4).value
    wrong = knn_accuracy(brute_geometry(x, k=8), np.where(np.arange(9) == 0, 1, labels), 4).value
    assert right == pytest.approx(wrong + 1 / 9)


def test_a_copy_votes_for_its_twin():
    x = np.repeat(gaussian(30, 3), 2, axis=0)
    assert knn_accuracy(brute_geometry(x), np.repeat(np.arange(30), 2), 1).value == 1.0


def test_the_error_is_nearly_the_spread_over_independent_samples():
    found = []
    for seed in range(60):
        labels = np.random.default_rng(seed).integers(0, 2, 150)
        x = gaussian(150, 4, seed) + 1.2 * labels[:, None] * np.eye(4)[0]
        found.append(knn_accuracy(brute_geometry(x, k=20, levels=1, draws=1), labels, 10))
    spread = np.std([a.value for a in found], ddof=1)
    assert 0.65 < np.mean([a.stderr for a in found]) / spread < 1.15  # neighbours share votes: a little too small


def test_the_probe_sees_straight_borders_only_and_the_neighbours_see_round_ones():
    x = gaussian(300, 2)
    inside = (np.linalg.norm(x, axis=1) < 1.18).astype(int)
    record = brute_geometry(x, levels=1, draws=1)
    assert linear_probe(record, inside).accuracy.value < 0.65
    assert knn_accuracy(record, inside, 10).value > 0.9


def test_the_probe_says_how_much_of_the_variance_it_read():
    record = brute_geometry(gaussian(100, 20), coordinates=5)
    found = linear_probe(record, np.arange(100) % 2)
    assert found.coordinates == 5
    assert found.covered == pytest.approx(record.eigenvalues[:5].sum() / record.eigenvalues.sum()) and found.covered < 1


def test_directions_without_variance_do_not_disturb_the_probe():
    flat = np.pad(heaps(4.0), ((0, 0), (0, 4)))
    found = linear_probe(brute_geometry(flat), HEAPS)
    assert found.coordinates == 3 and found.accuracy.value > 0.9


def test_accuracies_refuse_what_they_cannot_read():
    record = brute_geometry(heaps(3))
    for accuracy in (knn_accuracy, linear_probe):
        with pytest.raises(PointsError, match="one label for each of the 120"):
            accuracy(record, HEAPS[:-1])
        with pytest.raises(PointsError, match="is constant"):
            accuracy(DEAD, HEAPS)
    with pytest.raises(PointsError, match="k must be from 1 to 64"):
        knn_accuracy(record, HEAPS, 65)
    with pytest.raises(PointsError, match="at least 5 samples each; there are 1"):
        linear_probe(record, np.zeros(120))
    with pytest.raises(PointsError, match="the smallest of 4"):
        linear_probe(record, np.arange(120) < 4)


def test_the_probe_tells_classes_apart_that_lie_apart():
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 2000)
    x = random.normal(size=(2000, 50)) + 2 * np.eye(10, 50)[labels]
    small = brute_geometry(x[:100])
    values = np.sort(np.linalg.svd(x - x.mean(axis=0), compute_uv=False))[::-1] ** 2 / 1999
    record = dataclasses.replace(
        small, n=2000, group=np.arange(2000), coordinates=x.astype(np.float32), eigenvalues=values
    )
    assert linear_probe(record, labels).accuracy.value > 0.5


def test_all_estimators_agree_on_a_sheet_and_are_the_functions_of_their_modules():
    record = brute_geometry(np.pad(cube(500, 2), ((0, 0), (0, 3))))
    found = estimates(record, Reading(0.2))
    assert tuple(e.name for e in found) == tuple(one.name for one in ESTIMATORS)
    assert all(e.id == pytest.approx(2, rel=0.15) and e.n == 500 for e in found)
    least, likely, gride, levina, adaptive = found
    assert (least.id, least.stderr) == (twonn_of_layer(record, 0.2).id, twonn_of_layer(record, 0.2).stderr)
    assert likely.id == maximum_likelihood.mle(*record.neighbours.distances[:, :2].T, 0.2).id
    assert gride.id == gride_at(record.neighbours, 8).id
    assert levina.id == levina_bickel.fit(record.neighbours, 16).id
    assert adaptive.id == abide.abide(record.neighbours, twonn_of_layer(record).id).id
    assert "neighbours" in adaptive.note
    paper = estimates(record, Reading(0.2, bars="paper"))[0]
    assert paper.id == least.id and paper.stderr == twonn.paper_bars(record.neighbours, 0.2)


def test_the_error_of_levina_bickel_is_the_spread_over_independent_samples():
    found = [estimates(brute_geometry(cube(200, 3, seed), k=16, levels=1, draws=1))[3] for seed in range(60)]
    spread = np.std([e.id for e in found], ddof=1)  # known to 9 %
    assert np.mean([e.stderr for e in found]) == pytest.approx(spread, rel=0.3)


def test_an_estimator_without_a_number_says_why_and_the_others_go_on():
    short = estimates(brute_geometry(gaussian(11, 3)))  # of 11 points 9 would be fitted
    assert short[0].id is None and "at least 10 points" in short[0].note
    assert short[3].id is not None
    assert [(e.id, e.note) for e in estimates(DEAD)] == [(None, "The layer is constant.")] * 5


def test_along_depth_a_network_that_sorts_its_samples_comes_to_its_output_and_to_the_labels():
    layers = [brute_geometry(heaps(d), f"l{i}", order=i) for i, d in enumerate((0.0, 2.0, 4.0, 8.0))]
    rows = along_depth(layers, HEAPS, 20)
    for field in ("labels", "output"):
        values = [getattr(row, field) for row in rows]
        assert values == sorted(values) and values[-1] == 1.0 and values[0] < 0.6
    assert [row.accuracy.value for row in rows] == sorted(row.accuracy.value for row in rows)
    assert rows[0].before is None and 0 < rows[1].before < 1


def test_a_layer_without_numbers_leaves_a_gap_and_the_next_one_looks_further_back():
    a, b = brute_geometry(heaps(3), "a", order=0), brute_geometry(2 * heaps(3) @ rotation(3), "b", order=3)
    first, gap, last = along_depth([a, DEAD, b], HEAPS)
    assert (gap.labels, gap.output, gap.before, gap.accuracy) == (None,) * 4
    assert last.before == first.output == 1.0


def test_samples_without_labels_have_overlaps_and_no_accuracy():
    layers = [brute_geometry(heaps(3), "a"), brute_geometry(heaps(4), "b")]
    for labels in (np.full(120, -1), np.zeros(0, int)):
        places = along_depth(layers, labels)
        assert all(p.labels is None and p.accuracy is None and p.output is not None for p in places)


def test_few_samples_lower_k_and_no_layers_give_no_places():
    assert along_depth([brute_geometry(gaussian(12, 3))], np.zeros(12, int))[0].k == 11
    assert along_depth([], np.zeros(0, int)) == ()


def test_the_cka_matrix_is_symmetric_with_ones_on_the_diagonal():
    layers = [brute_geometry(heaps(d), coordinates=2) for d in (1.0, 2.0, 9.0)]
    matrix = cka_matrix(layers)
    for i in range(3):
        assert matrix[i][i].value == matrix[i][i].low == 1.0
        for j in range(3):
            assert matrix[i][j].value == matrix[j][i].value
    assert matrix[0][2] == cka_of(layers[0], layers[2])


@pytest.mark.parametrize("seed", range(4))
def test_cka_of_a_part_of_a_flat_spectrum_lies_between_narrower_bounds_than_those_of_the_spectra_alone(seed):
    x = gaussian(150, 60, seed) * np.arange(1.0, 61.0) ** -0.7
    y = np.maximum(x @ rotation(60, seed), 0)
    a, b = brute_geometry(x, coordinates=15), brute_geometry(y, coordinates=15)
    k, other = ((z - z.mean(axis=0)) @ (z - z.mean(axis=0)).T for z in (x, y))
    exact = np.sum(k * other) / np.linalg.norm(k) / np.linalg.norm(other)
    found = cka_of(a, b)
    assert found.low <= exact <= found.high
    assert found.value == pytest.approx(exact, abs=0.02)
    u, v = (g.eigenvalues / np.linalg.norm(g.eigenvalues) for g in (a, b))
    blind = u[:15] @ v[15:30] + u[15:30] @ v[:15] + u[15:60] @ v[15:60]
    assert found.high - found.low < 0.7 * blind
