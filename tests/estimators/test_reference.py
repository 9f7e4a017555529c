"""Every estimator, on a measured record, against a dozen lines of brute force on the activations themselves."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import gamma
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from idcore.estimators import levina_bickel, maximum_likelihood, scale, twonn
from idcore.estimators.accuracy import knn_accuracy, linear_probe
from idcore.estimators.gride import gride
from idcore.estimators.overlap import label_overlap, overlap
from idcore.estimators.samples import sample_neighbours
from idcore.estimators.spectrum import Spectrum
from idcore.estimators.summary import summarise
from idcore.geometry.measure import measure
from idcore.record import Layer, LayerGeometry
from tests.tools.manifolds import gaussian
from tests.tools.pairs import cka_of

N, D = 240, 30
LABELS = np.random.default_rng(5).integers(0, 4, N)


def _activations(seed: int) -> np.ndarray:
    """A curved cloud with an offset, in groups, (N, D)."""
    x = gaussian(N, 5, 0) @ gaussian(5, D, seed) + 3 * np.eye(4, D)[LABELS]
    return np.maximum(x, -1) + 0.05 * gaussian(N, D, seed + 1) + 100


def _record(x: np.ndarray) -> LayerGeometry:
    d = x.shape[1]
    layer = Layer("layer", 1, 0.5, "Linear", (d,), d, checkpoint=True)
    return measure([torch.from_numpy(x)], layer, memory=2**28, draws=5, coordinates=50)


@pytest.fixture(scope="module")
def cloud() -> tuple[np.ndarray, LayerGeometry]:
    x = _activations(1)
    return x, _record(x)


_KNOWN: dict[bytes, np.ndarray] = {}


def _distances(x: np.ndarray) -> np.ndarray:
    """(n, n - 1) to all the others, rising; of each cloud once."""
    if (content := x.tobytes()) not in _KNOWN:
        rows = x.tolist()
        apart = [[math.dist(p, q) for j, q in enumerate(rows) if j != i] for i, p in enumerate(rows)]
        _KNOWN[content] = np.sort(apart, axis=1)
    return _KNOWN[content]


def _twonn(x: np.ndarray, discard: float = 0.1) -> float:
    r = _distances(x)
    log_mu = np.sort(np.log(r[:, 1] / r[:, 0]))
    keep = int(len(x) * (1 - discard) + 1e-9)
    y = -np.log(1 - np.arange(1, keep + 1) / len(x))
    return float(np.linalg.lstsq(log_mu[:keep, None], y, rcond=None)[0][0])


def test_twonn_of_a_measured_layer_is_the_line_through_the_origin(cloud):
    x, record = cloud
    assert twonn.twonn_of_layer(record).id == pytest.approx(_twonn(x), rel=1e-10)
    assert twonn.twonn_of_layer(record, 0.3).id == pytest.approx(_twonn(x, 0.3), rel=1e-10)


@pytest.mark.parametrize("discard", [0.0, 0.2])
def test_maximum_likelihood_and_its_interval_are_those_of_the_censored_exponential_law(cloud, discard):
    x, record = cloud
    r = _distances(x)
    log_mu = np.sort(np.log(r[:, 1] / r[:, 0]))
    seen = N - round(discard * N)
    exposure = sum(log_mu[:seen]) + (N - seen) * log_mu[seen - 1]
    found = maximum_likelihood.mle(*record.neighbours.distances[:, :2].T, discard)
    assert found.id == pytest.approx((seen - 1) / exposure, rel=1e-10)
    low, high = gamma.ppf([0.025, 0.975], seen) / exposure
    assert (found.low, found.high) == pytest.approx((low, high), rel=2e-3)


def test_gride_of_a_measured_layer_is_the_maximum_of_its_likelihood(cloud):
    x, record = cloud
    r = _distances(x)
    grid = np.linspace(1, 30, 29_001)[:, None]
    for point in gride(record.neighbours):
        mu = r[:, 2 * point.k - 1] / r[:, point.k - 1]
        likelihood = np.zeros(len(grid))
        for m in mu:
            likelihood += ((point.k - 1) * np.log(m**grid - 1) - (2 * point.k - 1) * grid * np.log(m))[:, 0]
        best = grid[np.argmax(likelihood + (N - 1) * np.log(grid[:, 0])), 0]
        assert point.id == pytest.approx(best, abs=2e-3)


def test_levina_bickel_of_a_measured_layer_is_mackay_and_ghahramanis_average(cloud):
    x, record = cloud
    r = _distances(x)
    inverse = [np.mean([math.log(row[14] / row[j]) for j in range(14)]) for row in r]
    found = levina_bickel.fit(record.neighbours, 15)
    assert found.id == pytest.approx(1 / np.mean(inverse), rel=1e-10)
    assert found.local == pytest.approx(13 / 14 / np.array(inverse), rel=1e-9)


def test_the_density_is_the_count_over_the_volume_of_the_ball(cloud):
    x, record = cloud
    r = _distances(x)[:, 9]
    ball = math.pi**3 / 6 * r**6  # six dimensions
    by_count = np.log(10 / (N - 1) / ball)
    digamma = sum(1 / j for j in range(1, 10)) - np.euler_gamma
    found = levina_bickel.log_density(record.neighbours, 6.0, 10)
    assert found == pytest.approx(by_count + digamma - math.log(10), abs=1e-9)


def test_the_participation_ratio_is_that_of_the_covariance_matrix(cloud):
    x, record = cloud
    c = np.cov(x.T)
    assert Spectrum(record.eigenvalues).participation_ratio == pytest.approx(
        np.trace(c) ** 2 / np.trace(c @ c), rel=1e-6
    )


@pytest.mark.parametrize("variance", [0.5, 0.9, 0.99])
def test_the_pc_id_is_the_least_rank_that_rebuilds_the_variance(cloud, variance):
    x, record = cloud
    u, s, v = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    lost = [np.sum((x - x.mean(axis=0) - (u[:, :k] * s[:k]) @ v[:k]) ** 2) / np.sum(s**2) for k in range(1, D + 1)]
    assert Spectrum(record.eigenvalues).pc_id(variance) == 1 + next(k for k, v in enumerate(lost) if v <= 1 - variance)


def test_the_linearised_id_is_that_of_gaussian_samples_with_the_covariance(cloud):
    x, record = cloud
    c = np.cov(x.T)
    ids = [_twonn(np.random.default_rng(seed).multivariate_normal(np.zeros(D), c, N)) for seed in range(8)]
    row = summarise(record)
    assert row.linearised_id is not None and row.linearised_err is not None
    error = np.std(ids, ddof=1) * (1 / 8 + 1 / 5) ** 0.5
    assert abs(row.linearised_id - np.mean(ids)) < 4 * error
    assert 0.3 < row.linearised_err / np.std(ids, ddof=1) < 3


def test_block_analysis_of_a_measured_layer_is_twonn_of_each_block_by_itself(cloud):
    x, record = cloud
    points = scale.scale(record)
    assert len(points) >= 2
    for level, point in enumerate(points):
        ids = [_twonn(x[record.block_of[level] == block]) for block in range(2**level)]
        assert point.id == pytest.approx(np.mean(ids), rel=1e-9)


def test_cka_is_the_normalised_hsic_of_the_gram_matrices(cloud):
    x, record = cloud
    y = np.tanh(_activations(7) - 100)
    centre = np.eye(N) - 1 / N
    k, other = centre @ x @ x.T @ centre, centre @ y @ y.T @ centre
    hsic = np.trace(k @ other) / math.sqrt(np.trace(k @ k) * np.trace(other @ other))
    found = cka_of(record, _record(y), debiased=False)
    assert found.value == pytest.approx(hsic, abs=1e-5)
    assert found.high - found.low < 1e-5


def test_overlaps_are_counts_of_common_neighbours_and_labels(cloud):
    x, record = cloud
    y = _activations(7)
    near = [[set(np.argsort(np.linalg.norm(z - p, axis=1))[1:31]) for p in z] for z in (x, y)]
    tables = [sample_neighbours(record, 30), sample_neighbours(_record(y), 30)]
    assert overlap(*tables) == pytest.approx(np.mean([len(a & b) / 30 for a, b in zip(*near, strict=True)]))
    same = np.mean([np.mean(LABELS[list(mine)] == LABELS[i]) for i, mine in enumerate(near[0])])
    assert label_overlap(tables[0], LABELS, 30) == pytest.approx(same)


@pytest.mark.parametrize("k", [1, 15])
def test_knn_accuracy_is_that_of_scikit_learn_with_each_sample_left_out_and_ties_to_the_nearest(cloud, k):
    x, record = cloud
    random = np.random.default_rng(6)
    given = np.where(random.random(N) < 0.5, random.integers(0, 4, N), LABELS)  # hard enough that each k says another
    model = KNeighborsClassifier(k, algorithm="brute").fit(x, given)
    said, shares = model.predict(None), model.predict_proba(None)  # of each sample by the others
    near = given[model.kneighbors(None)[1]]
    tied = np.sum(shares == shares.max(1, keepdims=True), axis=1) > 1  # scikit-learn gives a tie to the lowest label
    for i in np.flatnonzero(tied):
        said[i] = next(label for label in near[i] if shares[i, label] == shares[i].max())
    assert knn_accuracy(record, given, k).value == np.mean(said == given)


def test_the_linear_probe_is_the_one_on_the_activations_when_the_coordinates_hold_everything(cloud):
    x, record = cloud
    u, _, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(LogisticRegression(max_iter=1000), u * math.sqrt(N), LABELS, cv=folds)
    found = linear_probe(record, LABELS)
    assert found.covered == pytest.approx(1) and found.coordinates == D
    assert found.accuracy.value == pytest.approx(scores.mean(), abs=0.01)
