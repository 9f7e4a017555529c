"""What units detect: against scikit-learn, against counting by hand, and under what may not change it."""

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

import idcore
from idcore.errors import PointsError
from idcore.estimators import units as module
from tests.tools.manifolds import gaussian

LABELS = np.random.default_rng(1).integers(0, 4, 150)


def tied(seed: int = 0) -> np.ndarray:
    """Units of few values, as after a ReLU: half of all are zero."""
    return np.maximum(np.round(gaussian(150, 12, seed), 1), 0)


@pytest.mark.parametrize("x", [gaussian(150, 12, 0), tied(), tied().astype(np.float32), np.round(gaussian(150, 12, 3))])
def test_the_auc_is_that_of_scikit_learn(x):
    found = idcore.units(x, LABELS).auc
    expected = [[roc_auc_score(c == LABELS, x[:, u]) for c in range(4)] for u in range(12)]
    assert np.abs(found - expected).max() < 1e-15


def test_the_balanced_accuracy_is_the_best_over_all_thresholds():
    x = tied()
    found = idcore.units(x, LABELS)
    for u in range(12):
        right = found.best_class[u] == LABELS
        shares = [balanced_accuracy_score(right, x[:, u] >= t) for t in np.unique(x[:, u])]
        assert found.balanced_accuracy[u] == pytest.approx(max(shares), abs=1e-12)
        assert right[0] in (True, False) and found.auc[u].argmax() == found.best_class[u]


def test_equal_values_are_never_parted():
    x = np.array([0.0, 0, 0, 0, 1, 1])[:, None]  # two of each class at 0: plain order would part them
    found = idcore.units(x, [1, 1, 0, 0, 1, 0])
    assert found.balanced_accuracy[0] == 0.5 and found.auc[0].tolist() == [0.5, 0.5]


def test_a_perfect_detector_is_found_and_its_samples_come_first():
    x = gaussian(150, 40, 2)
    x[:, 17] = np.where(LABELS == 3, 5 + np.arange(150), -np.arange(150))
    found = idcore.units(x, np.array(["ant", "bee", "cat", "dog"])[LABELS])
    assert found.auc[17, 3] == found.auc.max() == 1 and found.balanced_accuracy[17] == 1
    assert found.classes[found.best_class[17]] == "dog"
    assert found.top[17].tolist() == np.flatnonzero(LABELS == 3)[::-1][:9].tolist()


def test_nothing_depends_on_the_scale_the_order_of_samples_or_a_monotone_map():
    x = gaussian(150, 12, 0)
    found, order = idcore.units(x, LABELS), np.random.default_rng(0).permutation(150)
    for other in (idcore.units(3 * x + 7, LABELS), idcore.units(x**3, LABELS), idcore.units(x[order], LABELS[order])):
        assert np.array_equal(found.auc, other.auc) and np.array_equal(found.best_class, other.best_class)
    turned = idcore.units(-x, LABELS)
    assert np.allclose(found.auc + turned.auc, 1, atol=1e-15)
    assert np.array_equal(order[idcore.units(x[order], LABELS[order]).top], found.top)


def test_blocks_of_units_change_nothing(monkeypatch):
    found = idcore.units(tied(), LABELS)
    monkeypatch.setattr(module, "_BLOCK", 450)
    cut = idcore.units(tied(), LABELS)
    for name in ("auc", "balanced_accuracy", "top", "selectivity", "dead"):
        assert np.allclose(getattr(found, name), getattr(cut, name), rtol=1e-14, atol=0)


def test_a_unit_of_one_value_is_dead_and_detects_nothing():
    x = gaussian(150, 3, 0)
    x[:, 1] = 2.5
    found = idcore.units(x, LABELS)
    assert found.dead.tolist() == [False, True, False]
    assert found.auc[1].tolist() == [0.5] * 4 and found.balanced_accuracy[1] == 0.5
    assert found.best_class[1] == -1 and (found.top[1] == -1).all()


def test_selectivity_is_of_the_means_of_the_classes_where_no_value_is_negative():
    x = np.array([[4.0, 1, 0], [2, 1, 0], [1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0]])
    labels = [0, 0, 1, 1, 2, 2]  # means 3, 1, 0: (3 - 0.5) / (3 + 0.5)
    found = idcore.units(x, labels).selectivity
    assert found[0] == pytest.approx(2.5 / 3.5) and found[1] == 0 and np.isnan(found[2])
    assert np.isnan(idcore.units(x - 0.1, labels).selectivity).all()


def test_anything_that_holds_numbers_is_taken_and_few_samples_leave_places_empty():
    x = tied()[:5]
    labels = torch.tensor([0, 0, 1, 1, 2])
    for given in (torch.from_numpy(x), torch.from_numpy(x).bfloat16().double(), x.tolist()):
        assert np.array_equal(idcore.units(given, labels).classes, [0, 1, 2])
    assert (idcore.units(x, labels).top[:, 5:] == -1).all()
    whole = torch.from_numpy(np.round(x * 4) / 4)
    assert np.array_equal(idcore.units(whole.bfloat16(), labels).auc, idcore.units(whole, labels).auc)


def test_a_hundred_thousand_units_are_counted_in_blocks():
    x = np.random.default_rng(0).normal(size=(30, 100_000)).astype(np.float32)
    found = idcore.units(x, np.arange(30) % 2)
    assert found.auc.shape == (100_000, 2) and found.auc[:, 1].mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("x", "labels", "said"),
    [
        (np.zeros((4, 2)), [1, 1, 1, 1], "two classes or more; there is 1"),
        (np.zeros((1, 2)), [1], "two classes or more; there is 1"),
        (np.zeros((0, 2)), [], "two classes or more; there are 0"),
        (np.zeros((4, 2)), [1, 2, 1], "one label for each of the 4 samples"),
        (np.full((4, 2), np.nan), [1, 1, 2, 2], "8 of the 8 activations are NaN or infinite"),
        (np.array([[1.0], [np.inf]]), [1, 2], "1 of the 2 activations is NaN or infinite"),
        (np.zeros(4), [1, 1, 2, 2], "their shape is (4,). Flatten"),
        (np.zeros((4, 0)), [1, 1, 2, 2], "at least one unit"),
        (np.zeros((4, 1), complex), [1, 1, 2, 2], "real numbers, not complex128"),
        (np.zeros((4, 1)), [1.0, np.nan, 2, 2], "Some labels are NaN"),
        (np.zeros((4, 1)), np.array([1, "a", 2, None], object), "several types"),
        (np.ma.masked_equal([[0.0], [1.0]], 1), [0, 1], "1 of 2 values is masked"),
        (["ab", "cd"], [0, 1], "must be an array or tensor of real numbers"),
    ],
)
def test_what_has_no_answer_is_told_in_a_sentence(x, labels, said):
    with pytest.raises(PointsError) as caught:
        idcore.units(x, labels)
    assert said in str(caught.value)


def test_a_table_that_no_memory_holds_is_refused_before_it_is_made():
    x = np.broadcast_to(np.zeros((2000, 1), np.float32), (2000, 150_000))
    with pytest.raises(PointsError, match="300,000,000 numbers; at most 134,217,728"):
        idcore.units(x, np.arange(2000))
