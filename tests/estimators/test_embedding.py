import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.estimators.embedding import Embedding, umap_maps
from idcore.estimators.maps import pca_maps, quality
from idcore.estimators.quality import map_quality
from idcore.record import Layer, LayerGeometry, unmeasured
from tests.tools.build_record import brute_geometry, brute_neighbours
from tests.tools.manifolds import cube, gaussian, rotation, swiss_roll


def geometry(x: np.ndarray, **options: int) -> LayerGeometry:
    return brute_geometry(x, levels=1, draws=1, **options)


CONSTANT = unmeasured(Layer("dead", 2, 0.5, "ReLU", (3,), 3), 200, "All 200 points are the same.")


def by_the_book(x: np.ndarray, y: np.ndarray, k: int) -> float:
    """Venna and Kaski 2001: 1 - 2 / (n k (2n - 3k - 1)) * sum of (rank in x - k) over the intruders in y."""
    n = len(x)
    rank, near = brute_neighbours(x, n - 1).indices, brute_neighbours(y, k).indices
    excess = sum(max(int(np.flatnonzero(rank[i] == j)[0]) + 1 - k, 0) for i in range(n) for j in near[i])
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * excess


@pytest.mark.parametrize("k", [5, 20, 99])
def test_trustworthiness_is_the_formula_where_the_coordinates_hold_everything(k):
    x, y = gaussian(100, 6), gaussian(100, 2, 1)
    trust, overlap = map_quality(y, brute_neighbours(x, k), x, 10)
    assert trust == pytest.approx(by_the_book(x, y, min(10, k)), abs=1e-12)
    common = [
        len(set(a) & set(b))
        for a, b in zip(brute_neighbours(x, min(10, k)).indices, brute_neighbours(y, min(10, k)).indices, strict=True)
    ]
    assert overlap == pytest.approx(np.mean(common) / min(10, k))


def test_a_map_that_is_the_layer_itself_is_fully_trustworthy():
    x = cube(90, 2)
    assert map_quality(x @ rotation(2), brute_neighbours(x, 20), x) == (1.0, 1.0)


def test_the_pca_map_is_the_leading_coordinates_and_turning_it_changes_no_distance():
    first, second = geometry(gaussian(120, 5)), geometry(gaussian(120, 5) @ rotation(5, 3) * 4)
    (plain,), (before, turned) = pca_maps([second]), pca_maps([first, second])
    assert plain == pytest.approx(second.coordinates[:, :2], abs=1e-5)
    gaps = [np.linalg.norm(m[:, None] - m[None], axis=2) for m in (plain, turned)]
    assert gaps[0] == pytest.approx(gaps[1], abs=1e-4)
    assert turned / 4 == pytest.approx(before, abs=1e-4)  # the same cloud, four times as large
    assert plain.dtype == np.float32 and 0.5 < quality(second, plain)[0] < 1


def test_a_layer_with_one_unit_has_a_flat_pca_map_and_a_constant_one_none():
    flat, none = pca_maps([geometry(cube(40, 1)), CONSTANT])
    assert (flat[:, 1] == 0).all() and none.shape == (0, 2) and quality(CONSTANT, none) == (None, None)
    assert pca_maps([geometry(gaussian(40, 5))], dims=3)[0].shape == (40, 3)
    with pytest.raises(PointsError, match="the same samples; they have 39 and 40"):
        pca_maps([geometry(gaussian(39, 5)), geometry(gaussian(40, 5))])


def layers() -> list[LayerGeometry]:
    x = swiss_roll(200)
    return [geometry(x), geometry(np.tanh(x / 10)), geometry(np.maximum(x @ gaussian(3, 8), 0))]


@pytest.mark.slow  # numba compiles it for a minute
def test_umap_keeps_neighbours_and_the_same_seed_gives_the_same_maps():
    records = layers()
    first, again = list(umap_maps(records, seed=3)), list(umap_maps(records, seed=3))
    for a, b in zip(first, again, strict=True):
        assert a.positions.shape == (200, 2) and a.positions.dtype == np.float32 and np.isfinite(a.positions).all()
        assert np.array_equal(a.positions, b.positions)
        assert a.trustworthiness > 0.9 and a.overlap > 0.3 and a.note == "" and a.method == "umap"
        json.dumps(a.parameters, allow_nan=False)
    other = next(umap_maps(records[:1], seed=4))
    assert not np.array_equal(other.positions, first[0].positions)


def moved(maps: list[Embedding]) -> float:
    """Mean step of a point between consecutive maps, relative to the size of the cloud."""
    steps = [
        np.linalg.norm(b - a, axis=1).mean() / a.std(axis=0).mean() for a, b in pairwise(m.positions for m in maps)
    ]
    return float(np.mean(steps))


def test_chained_maps_move_less_than_independent_ones():
    x = gaussian(200, 10)
    records = [geometry(x @ np.diag(np.linspace(1, slope, 10))) for slope in (1.0, 1.3, 1.6)]
    chained, independent = list(umap_maps(records)), list(umap_maps(records, chained=False))
    assert moved(chained) < 0.85 * moved(independent)
    assert (chained[1].parameters["n_epochs"], independent[1].parameters["n_epochs"]) == (100, 500)


def test_copies_of_a_sample_stand_on_one_spot():
    x = gaussian(100, 4)
    positions = next(umap_maps([geometry(np.concatenate([x, x[:30]]))])).positions
    assert positions.shape == (130, 2)
    assert np.array_equal(positions[100:], positions[:30])
    assert len(np.unique(positions, axis=0)) == 100


def test_a_constant_layer_has_no_map_and_the_chain_goes_on_from_the_last_one():
    record = layers()[0]
    first, none, last = umap_maps([record, CONSTANT, record])
    assert none.positions.shape == (0, 2) and none.note == CONSTANT.note
    assert none.trustworthiness is none.overlap is None
    assert moved([first, last]) < 0.5


def test_fewer_distinct_points_than_a_neighbourhood_lower_it_and_the_note_says_so():
    few = next(umap_maps([geometry(np.repeat(gaussian(9, 3), 4, axis=0))]))
    assert "8 points, not 15" in few.note and few.parameters["neighbours"] == 8
    assert few.positions.shape == (36, 2) and np.isfinite(few.positions).all()
    fewer = next(umap_maps([geometry(np.repeat(gaussian(4, 3), 4, axis=0))]))
    assert "Only 4 distinct points" in fewer.note and fewer.positions.shape == (0, 2)


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_the_unit_of_length_makes_no_difference_to_umap(scale):
    x = gaussian(60, 3)
    plain, scaled = (next(umap_maps([geometry(s * x)])) for s in (1.0, scale))
    assert np.isfinite(scaled.positions).all()
    assert scaled.trustworthiness == pytest.approx(plain.trustworthiness, abs=0.05)


def test_a_layer_with_one_unit_has_a_map():
    assert np.isfinite(next(umap_maps([geometry(cube(60, 1))])).positions).all()


def test_parameters_out_of_range_and_other_samples_are_refused():
    record = geometry(gaussian(60, 3), k=10)
    with pytest.raises(PointsError, match="min_dist"):
        next(umap_maps([record], min_dist=2.0))
    for neighbours in (1, 12):
        with pytest.raises(PointsError, match=f"2 to 11 points, not {neighbours}"):
            next(umap_maps([record], neighbours=neighbours))
    with pytest.raises(PointsError, match="same samples; they have 60 and 61"):
        list(umap_maps([record, geometry(gaussian(61, 3))], neighbours=8))


def test_coordinates_that_are_not_finite_give_a_reason_and_no_map():
    record = geometry(gaussian(60, 3))
    broken = dataclasses.replace(record, coordinates=np.full_like(record.coordinates, np.nan))
    nothing = next(umap_maps([broken]))
    assert nothing.positions.shape == (0, 2) and "no finite" in nothing.note
