"""The statistics of a cloud against values of other programs (DADApy 0.3.4, scikit-learn, brute force) on the clouds in
tests/estimators/beyond, and against what must be so."""

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist
from sklearn.linear_model import Ridge
from sklearn.metrics import adjusted_rand_score, r2_score

import idcore
from idcore.errors import PointsError
from idcore.estimators import opinions, pairs, persistence
from idcore.estimators.density import density
from idcore.estimators.imbalance import imbalance, imbalances
from idcore.estimators.redundancy import redundancy
from idcore.estimators.second import SECOND, second_opinions
from idcore.estimators.spectrum import Spectrum
from idcore.figures.information import imbalance_figure, plane_figure
from idcore.record import Layer, Neighbours, unmeasured
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import cube, gaussian, rotation


def cloud(name):
    return np.load(Path(__file__).parent / "beyond" / f"{name}.npy").astype(np.float64)


MIX, THREE = cloud("mix3_2d"), np.repeat([0, 1, 2], [400, 350, 250])
UNION, PIECES = cloud("union_1_2_5_9"), np.repeat([1, 2, 5, 9], 400)


# Density and its peaks


@pytest.mark.parametrize(
    ("kind", "k", "first", "errors"),
    [
        ("pak", (7, 65.428, 99), (-2.984726, -3.063988, -2.726538, -3.881078), (0.202540, 0.202540, 0.202540, 0.26146)),
        (
            "kstar",
            (7, 65.428, 99),
            (-2.944222, -3.073467, -3.175548, -3.999799),
            (0.100504, 0.100504, 0.100504, 0.1291),
        ),
        ("knn", (30, 30, 30), (-3.106511, -3.063594, -2.747373, -3.902059), (0.182574,) * 4),
    ],
)
def test_densities_are_those_of_dadapy(kind, k, first, errors):
    found = density(idcore.neighbours(MIX, 100), 2.0, kind)
    assert (found.k.min(), found.k.mean(), found.k.max()) == k
    assert found.log_density[:4] == pytest.approx(first, abs=1e-5)
    assert found.error[:4] == pytest.approx(errors, abs=1e-5)


@pytest.mark.parametrize(
    ("kind", "z", "sizes", "centres", "ari", "core"),
    [
        ("pak", 1.65, [400, 350, 250], [374, 505, 876], 0.99425, 0.941),
        ("pak", 5.0, [650, 350], [374, 505], 0.61040, 0.987),
        ("knn", 1.0, [401, 350, 249], [148, 741, 859], 0.99712, 0.925),
        ("knn", 1.65, [401, 350, 249], [148, 741, 859], 0.99712, 0.925),
    ],
)
def test_peaks_of_three_gaussians_are_those_of_dadapy(kind, z, sizes, centres, ari, core):
    found = idcore.density_peaks(idcore.neighbours(MIX, 100), id=2, z=z, density=kind)
    assert found.sizes.tolist() == sizes and found.centres.tolist() == centres
    assert adjusted_rand_score(THREE, found.labels) == pytest.approx(ari, abs=1e-5)
    assert found.core.mean() == core


def test_saddles_are_those_of_dadapy_and_a_peak_that_touches_no_other_has_none():
    found = idcore.density_peaks(idcore.neighbours(MIX, 100), id=2, density="pak")
    assert found.saddles[0, 2] == found.saddles[2, 0] == pytest.approx(-5.537202, abs=1e-5)
    assert found.saddles[1, 2] == pytest.approx(-6.680324, abs=1e-5) and found.saddles[0, 1] == -np.inf
    assert found.saddle_errors[0, 2] == pytest.approx(0.296448, abs=1e-5)
    assert np.diag(found.saddles) == pytest.approx(found.log_density[found.centres])


def test_peaks_do_not_change_under_rotation_unit_and_order():
    found = idcore.density_peaks(MIX)
    turned = idcore.density_peaks(7 * MIX @ rotation(2) + 3)
    assert turned.labels.tolist() == found.labels.tolist()
    assert turned.log_density == pytest.approx(found.log_density - idcore.twonn(MIX).id * np.log(7), abs=1e-6)
    order = np.random.default_rng(0).permutation(len(MIX))
    assert adjusted_rand_score(idcore.density_peaks(MIX[order]).labels, found.labels[order]) == 1


def test_copies_of_a_sample_share_its_peak_and_change_none():
    found, doubled = idcore.density_peaks(MIX, id=2), idcore.density_peaks(np.concatenate([MIX, MIX[:30]]), id=2)
    assert doubled.labels[:1000].tolist() == found.labels.tolist() and doubled.labels[1000:].tolist() == [0] * 30
    assert doubled.centres.tolist() == found.centres.tolist()


def test_one_gaussian_has_one_peak_and_its_density_is_that_of_the_law():
    x = gaussian(2000, 2)
    found = idcore.density_peaks(x, id=2, density="pak", z=2.5)
    assert len(found.centres) == 1 and found.core.all()
    off = found.log_density - (-np.log(2 * np.pi) - (x**2).sum(axis=1) / 2)
    inner = (x**2).sum(axis=1) < 4
    assert abs(np.median(off[inner])) < 0.1


def test_of_a_record_the_peaks_are_those_of_its_points():
    found, record = idcore.density_peaks(MIX), idcore.density_peaks(brute_geometry(MIX))
    assert adjusted_rand_score(record.labels, found.labels) == 1 and set(record.centres) == set(found.centres)


# Information imbalance

A, B, C = cloud("ii_A"), cloud("ii_B").reshape(-1, 1), cloud("ii_C")


@pytest.mark.parametrize(
    ("other", "k", "forth", "back"),
    [
        (A, 1, 0.002, 0.002),
        (A, 30, 0.031, 0.031),
        (B, 1, 0.057712, 0.560268),
        (B, 5, 0.0891616, 0.5576868),
        (B, 30, 0.1825593, 0.5496893),
        (C, 1, 1.014874, 0.974846),
        (C, 10, 0.9956770, 1.0034560),
    ],
)
def test_the_information_imbalance_is_that_of_brute_force(other, k, forth, back):
    assert idcore.information_imbalance(A, other, k) == pytest.approx((forth, back), abs=2e-4)


def test_a_constant_tells_nothing_and_copies_share_their_ranks():
    forth, back = idcore.information_imbalance(gaussian(200, 3), np.zeros((200, 2)))
    assert forth == pytest.approx(1, abs=1e-9) and back == pytest.approx(1, abs=0.15)
    twice = np.repeat(gaussian(100, 3), 2, axis=0)
    assert idcore.information_imbalance(twice, twice)[0] == pytest.approx(2 / 200)
    rounded = np.round(twice @ rotation(3), 12)
    assert idcore.information_imbalance(twice, rounded)[0] == pytest.approx(2 / 200)


def test_anchors_give_the_imbalance_within_their_error():
    found, whole = imbalance(A, B, 1, anchors=300), imbalance(A, B)
    assert abs(found.b_to_a - whole.b_to_a) < 3 * found.error_b_to_a and found.anchors == 300


def test_coordinates_of_a_record_stand_for_its_points():
    a, b = brute_geometry(gaussian(300, 20), "a"), brute_geometry(gaussian(300, 20)[:, :8], "b")
    exact = idcore.information_imbalance(gaussian(300, 20), gaussian(300, 20)[:, :8])
    assert idcore.information_imbalance(a, b) == pytest.approx(exact, abs=0.01)


# Scale


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("plane_noise_20d", (10.99304, 9.41133, 7.44331, 5.44875, 3.76831, 2.73429, 2.23362, 1.97715, 1.78645)),
        ("cube5", (4.441742, 4.423321, 4.524377, 4.490298, 4.317429, 4.152731, 4.047428, 3.908715, 3.635368)),
    ],
)
def test_gride_at_all_scales_is_that_of_dadapy(name, ids):
    rows = idcore.gride(cloud(name))
    assert [row.rank for row in rows] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert [row.id for row in rows] == pytest.approx(ids, rel=1e-4)
    assert all(0 < row.stderr < 0.1 * row.id for row in rows)


@pytest.mark.parametrize(
    ("name", "most", "id", "stderr", "k", "low", "high"),
    [
        ("plane_noise_20d", 1000, 2.411991, 0.004874, 190.06, 0, 1e-9),
        ("plane_noise_20d", 64, 3.388383, 0.012123, 61.26, 0, 1e-9),
        ("cube5", 1000, 4.277096, 0.016947, 62.48, 0.05, 1),
        ("cube5", 64, 4.276698, 0.018185, 54.38, 0, 0.1),
    ],
)
def test_abide_is_that_of_dadapy_and_its_check_tells_a_cloud_that_is_not_as_the_model_has_it(
    name, most, id, stderr, k, low, high
):
    found = idcore.abide(cloud(name), most)
    assert found.id == pytest.approx(id, rel=2e-4) and found.stderr == pytest.approx(stderr, rel=2e-3)
    assert found.k.mean() == pytest.approx(k, rel=2e-3) and low <= found.p <= high
    assert ("care" in found.note) == (found.p < 0.01)


def test_abide_of_a_gaussian_is_two():
    state = np.random.RandomState(0)
    assert idcore.abide(state.normal(size=(1000, 2)), 999).id == pytest.approx(1.95, abs=0.005)


# Local dimension, and pieces of different dimension


@pytest.mark.parametrize(("k", "medians"), [(10, (0.919, 1.753, 4.018, 6.588)), (20, (0.972, 1.872, 4.055, 6.799))])
def test_medians_of_the_local_dimension_are_those_of_the_file(k, medians):
    found = idcore.local_id(UNION, k)
    assert [np.median(found[d == PIECES]) for d in (1, 2, 5, 9)] == pytest.approx(medians, rel=1e-3)


@pytest.mark.slow  # numba compiles it
def test_hidalgo_finds_four_dimensions_by_likelihood_and_nothing_without_neighbours():
    table = idcore.neighbours(UNION, 10)
    found = {k: idcore.hidalgo(table, k) for k in (1, 2, 4, 5)}
    assert max(found, key=lambda k: found[k].log_likelihood) == 4
    assert found[1].ids == pytest.approx([2.288], abs=0.01)
    assert found[1].log_likelihood == pytest.approx(-25794.15, abs=1)
    assert found[2].ids == pytest.approx([1.40, 5.52], rel=0.03)
    assert found[4].ids == pytest.approx([1.10, 1.93, 4.67, 6.88], rel=0.05)
    assert found[4].sizes == pytest.approx([389, 398, 408, 405], abs=40)
    assert adjusted_rand_score(PIECES, found[4].labels) == pytest.approx(0.72, abs=0.04)
    from idcore.estimators.hidalgo import hidalgo

    assert adjusted_rand_score(PIECES, hidalgo(table, 4, zeta=0.5).labels) < 0.1


# Persistent homology


def test_the_spanning_tree_is_that_of_scipy():
    x = gaussian(150, 3) * [5, 1, 0.2] + 40
    assert np.sort(persistence.tree(x)) == pytest.approx(np.sort(minimum_spanning_tree(cdist(x, x)).data), rel=1e-9)


@pytest.mark.parametrize(("alpha", "two", "five"), [(1.0, 1.97831, 4.24250), (0.5, 2.01424, 4.28690)])
def test_the_persistent_homology_dimension_of_the_first_rows_is_that_of_the_file(alpha, two, five):
    square = np.random.default_rng(4).random((1600, 2))
    assert float(idcore.ph_dimension(square, alpha, seed=None)) == pytest.approx(two, abs=2e-4)
    assert float(idcore.ph_dimension(cloud("cube5"), alpha, seed=None)) == pytest.approx(five, abs=2e-4)


def test_draws_of_points_move_it_by_its_error():
    found = idcore.ph_dimension(cube(400, 2))
    assert found.id == pytest.approx(2, abs=4 * found.stderr) and found.lengths.shape == (5, 3)


# Redundancy


def clones():
    random = np.random.default_rng(5)
    return np.repeat(random.normal(size=(1000, 16)), 32, axis=1) + 0.3 * random.normal(size=(1000, 512))


ORDER = np.random.default_rng(0).permutation(512)


def test_redundancy_of_clones_is_that_of_the_file():
    rows = redundancy(clones(), [16, 64, 256], order=ORDER)
    assert [row.r2 for row in rows] == pytest.approx([0.61704, 0.91147, 0.96771], abs=1e-4)
    assert [row.residual_correlation for row in rows] == pytest.approx([0.05560, 0.02966, 0.00787], abs=1e-4)
    assert not rows[0].note and "R2 is too high" in rows[2].note


def test_r2_and_residuals_are_those_of_ridge_regression():
    x, chunk = gaussian(200, 12) @ gaussian(12, 12, 1), np.array([3, 7, 1])
    fit = Ridge(1e-8).fit(x[:, chunk], x).predict(x[:, chunk])
    (row,) = redundancy(x, [3], order=np.concatenate([chunk, np.setdiff1d(np.arange(12), chunk)]))
    assert row.r2 == pytest.approx(r2_score(x, fit, multioutput="variance_weighted"), abs=1e-9)
    others = np.setdiff1d(np.arange(12), chunk)
    table = np.abs(np.tril(np.corrcoef((x - fit)[:, others].T), -1))
    assert row.residual_correlation == pytest.approx(table.sum() / 66, abs=1e-6)


def test_accuracy_of_a_chunk_is_that_of_its_part_of_the_read_out():
    x, weights, bias = gaussian(300, 8), gaussian(3, 8, 1), np.array([0.1, 0.0, -0.2])
    labels = np.argmax(x @ weights.T + bias, axis=1)
    rows = idcore.redundancy(x, [2, 4, 8], (weights, bias, labels))
    assert rows[-1].accuracy == 1 and rows[-1].r2 == pytest.approx(1)
    assert rows[0].accuracy < rows[1].accuracy < 1 and rows[0].r2 == pytest.approx(0.25, abs=0.05)
    assert idcore.redundancy(x, [2])[0].accuracy is None


# Similarity


def test_overlap_and_cka_of_points_are_those_of_their_records():
    x, y = gaussian(200, 6), gaussian(200, 6) @ gaussian(6, 9, 3)
    first, second = brute_geometry(x, "x"), brute_geometry(y, "y")
    assert idcore.overlap(x, y) == idcore.overlap(first, second) == idcore.overlap(idcore.neighbours(x, 30), y)
    for debiased in (True, False):
        assert idcore.cka(x, y, debiased) == pytest.approx(idcore.cka(first, second, debiased), abs=1e-4)
    assert idcore.cka(x, 3 * x @ rotation(6) + 1) == pytest.approx(1)
    wide = idcore.cka(gaussian(100, 2000), gaussian(100, 2000, 1))
    assert abs(wide) < 0.05 < 0.5 < idcore.cka(gaussian(100, 2000), gaussian(100, 2000, 1), debiased=False)


# Second opinions


def test_rank_me_and_the_spectral_entropy_of_equal_directions_are_their_number():
    flat = Spectrum(np.ones(7))
    assert opinions.rank_me(flat) == opinions.spectral_entropy(flat) == pytest.approx(7)
    falling = Spectrum(np.array([0.5, 0.25, 0.25]))
    assert opinions.spectral_entropy(falling) == pytest.approx(2**1.5)
    assert opinions.rank_me(Spectrum(np.array([4.0, 1.0]))) == pytest.approx(3 / 4 ** (1 / 3))


def test_local_planes_and_counts_of_pairs_tell_the_dimension_of_a_flat_piece():
    x = cube(1500, 3) @ gaussian(3, 10)
    table = idcore.neighbours(x, 64)
    planes = opinions.local_pca(x, table)
    assert planes.id == pytest.approx(3, abs=0.1) and planes.stderr < 0.02
    pairs_ = opinions.correlation_dimension(x)
    assert pairs_.id == pytest.approx(2.8, abs=0.3)
    assert opinions.local_pca(x @ rotation(10), table, most=200).id == pytest.approx(3, abs=0.1)


def test_near_pairs_keep_their_digits_far_from_the_origin():
    x = np.array([[0.0, 0.0], [1e-7, 0.0], [1.0, 0.0], [3.0, 4.0]]) + 1000
    _, block = next(pairs.blocks(pairs.centred(x)))
    unit = (x[3, 0] - x[0, 0]) / (pairs.centred(x)[3, 0] - pairs.centred(x)[0, 0])
    assert unit * np.sqrt(block[0, 1]) == pytest.approx(x[1, 0] - x[0, 0], rel=1e-9)


# What cannot be

TABLE, X = idcore.neighbours(gaussian(100, 3), 10), gaussian(100, 3)
NO_NUMBER = X.copy()
NO_NUMBER[3, 1] = np.nan
GRID = np.stack(np.meshgrid(*[np.arange(7)] * 3), axis=-1).reshape(-1, 3)
NOTHING = unmeasured(Layer("a", 0, 0.0, "ReLU", (2,), 2), 30, "The layer is constant.")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: idcore.density_peaks(X, k=100), "k must be a whole number from 1 to 99"),
        (lambda: idcore.density_peaks(X, k=2.5), "k must be a whole number"),
        (lambda: idcore.density_peaks(X, id=-1), "must be a positive number, not -1"),
        (lambda: idcore.density_peaks(X, id="two"), "must be a positive number, not 'two'"),
        (lambda: idcore.density_peaks(X, z=float("nan")), "Z must be a finite number"),
        (lambda: idcore.density_peaks(X, density="kde"), 'The density must be "knn" or "pak"'),
        (lambda: idcore.density_peaks(X[:4], id=2, density="pak", k=3), "need at least 5 neighbours"),
        (lambda: idcore.density_peaks(NO_NUMBER), "NaN or infinite"),
        (lambda: idcore.density_peaks(np.ones((50, 3))), "Only 1 of the 50 points are distinct"),
        (lambda: idcore.density_peaks(NOTHING), "The layer is constant"),
        (lambda: idcore.density_peaks(np.zeros(5)), "must be 2-D"),
        (lambda: idcore.density_peaks(Neighbours(np.zeros((20, 5), int), np.zeros((20, 5))), id=2, k=3), "distance 0"),
        (lambda: idcore.information_imbalance(X, X[:50]), "these have 100 and 50"),
        (lambda: idcore.information_imbalance(X, X, 100), "k must be a whole number from 1 to n - 1 = 99"),
        (lambda: idcore.information_imbalance(TABLE, X), "a table of nearest neighbours does not hold"),
        (lambda: idcore.information_imbalance(X, NO_NUMBER), "NaN or infinite"),
        (lambda: idcore.information_imbalance(X[:5], X[:5]), "at least 10 points; there are 5"),
        (lambda: idcore.gride(X[:5]), "Gride needs"),
        (lambda: idcore.abide(X, 3), "5 or more, not 3"),
        (lambda: idcore.abide(X[:12], 4), "5 or more, not 4"),
        (lambda: idcore.hidalgo(X, 0), "from 1 to 20, not 0"),
        (lambda: idcore.hidalgo(X, 6), "need at least 120 points"),
        (lambda: idcore.hidalgo(X, 2, seed=-1), "seed must be"),
        (lambda: idcore.local_id(X, 2), "k must be from 3"),
        (lambda: idcore.local_id(X, "20"), "k must be a whole number"),
        (lambda: idcore.ph_dimension(TABLE), "needs the points themselves"),
        (lambda: idcore.ph_dimension(X), "needs 200 distinct points; there are 100"),
        (lambda: idcore.ph_dimension(X, alpha=0), "alpha must be a positive number"),
        (lambda: idcore.ph_dimension(GRID), "more evenly than by chance"),
        (lambda: idcore.redundancy(X, [4]), "a whole number from 1 to 3"),
        (lambda: idcore.redundancy(X, []), "at least one size"),
        (lambda: idcore.redundancy(gaussian(20, 30), [11]), "needs at least 23 samples"),
        (lambda: idcore.redundancy(np.ones((20, 3)), [1]), "do not vary"),
        (lambda: idcore.redundancy(NO_NUMBER, [1]), "NaN"),
        (lambda: idcore.redundancy(TABLE, [1]), "give its activations"),
        (lambda: idcore.redundancy(X, [1], (np.ones((2, 4)), None, np.zeros(100, int))), r"must be \(classes, 3\)"),
        (lambda: idcore.redundancy(X, [1], (np.ones((2, 3)), None, np.full(100, 2))), "from 0 to 1"),
        (lambda: idcore.redundancy(X, [1], np.ones((2, 3))), r"must be \(weights, bias, labels\)"),
        (lambda: idcore.overlap(X, X[:50]), "100 and 50 points"),
        (lambda: idcore.overlap(X, X, 100), "k must be"),
        (lambda: idcore.cka(X, X[:50]), "100 and 50"),
        (lambda: idcore.cka(X, TABLE), "a table is neither"),
        (lambda: idcore.cka(X, np.ones((100, 2))), "all the same"),
        (lambda: idcore.cka(X[:3], X[:3]), "at least 4 samples"),
        (lambda: opinions.local_pca(X, TABLE, 11), "k must be from 2 to 10"),
        (lambda: opinions.correlation_dimension(X[:50]), "at least 100 points"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(call, words):
    with pytest.raises(PointsError, match=words) as caught:
        call()
    assert str(caught.value).endswith(".")


def test_lists_and_whole_numbers_are_points_too():
    rows = np.random.default_rng(0).integers(0, 10**6, (300, 3))
    assert idcore.density_peaks(rows.tolist()).labels.shape == (300,)
    assert np.array_equal(idcore.local_id(rows), idcore.local_id(rows.astype(float)), equal_nan=True)


def test_every_second_opinion_has_a_number_of_a_usual_layer_with_what_is_known_of_its_error():
    rows = second_opinions(brute_geometry(cube(400, 3) @ gaussian(3, 10)))
    assert [one.name for one, _ in rows] == [one.name for one in SECOND]
    assert all(1.5 < said.id < 4.5 and said.note for _, said in rows)
    assert all(one.bias.endswith(".") and one.formula and ("19" in one.source or "20" in one.source) for one in SECOND)


def test_where_there_is_no_second_opinion_the_reason_stands_in_its_place():
    assert all(np.isnan(said.id) and said.note == "The layer is constant." for _, said in second_opinions(NOTHING))
    few = dict((one.name, said) for one, said in second_opinions(brute_geometry(gaussian(60, 3))))
    assert np.isnan(few["persistent homology"].id) and "200 distinct points" in few["persistent homology"].note
    assert few["RankMe"].id > 2


def test_the_matrix_of_imbalances_is_made_of_the_pairs_and_its_errors_are_those_of_the_draw():
    found = imbalances([A, B, C], anchors=1000)
    assert found.values[0, 1] == pytest.approx(0.057712, abs=2e-4)
    assert found.values[1, 0] == pytest.approx(0.560268, abs=2e-4)
    assert np.diag(found.values) == pytest.approx([0.002] * 3)
    drawn = imbalances([A, B, C], anchors=200)
    assert (np.abs(drawn.values - found.values) < 4 * drawn.errors + 1e-12).all() and drawn.anchors == 200
    with pytest.raises(PointsError, match="no layers"):
        imbalances([])


def test_the_figures_of_imbalance_read_from_the_row_to_the_column_and_show_both_directions():
    found = imbalances([A, B, C], anchors=100)
    (square,) = imbalance_figure(found, ["a", "b", "c"]).data
    assert square.z[0][1] == found.values[0, 1] and square.z[1][0] == found.values[1, 0]
    (across,) = imbalance_figure(found, ["a"], ["b", "c"]).data
    assert list(across.z[0]) == found.values[0, 1:].tolist() and f"{found.values[2, 0]:.3f}" in across.customdata[0][1]
    points = plane_figure(found, ["a", "b", "c"]).data[0]
    assert (points.x[0], points.y[0]) == (found.values[0, 1], found.values[1, 0]) and len(points.x) == 3


@pytest.mark.parametrize("unit", [1e-200, 1e-20, 1e20, 1e200])
def test_the_unit_of_the_numbers_moves_no_dimension_no_likeness_and_no_redundancy(unit):
    x, other = gaussian(250, 4), gaussian(250, 5) + 1
    assert idcore.density_peaks(unit * x).labels.tolist() == idcore.density_peaks(x).labels.tolist()
    for one in (idcore.information_imbalance, idcore.cka):
        assert one(unit * x, other) == pytest.approx(one(x, other), abs=1e-9)
    assert idcore.abide(unit * x).id == pytest.approx(idcore.abide(x).id)
    assert float(idcore.ph_dimension(unit * x)) == pytest.approx(float(idcore.ph_dimension(x)))
    told, usual = (idcore.redundancy(factor * x, [2])[0] for factor in (unit, 1.0))
    assert told.r2 == pytest.approx(usual.r2, abs=1e-6)
    assert told.residual_correlation == pytest.approx(usual.residual_correlation, abs=1e-6)
