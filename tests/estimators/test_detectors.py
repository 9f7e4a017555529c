"""The detector curve: chance where there is nothing, and no gain from having many units to choose from."""

import numpy as np
import pytest

from idcore.errors import PointsError
from idcore.estimators.detectors import detector
from tests.tools.manifolds import gaussian

OF = np.random.default_rng(1).integers(0, 4, 400)


def test_noise_is_at_chance_however_many_units_there_are():
    for d in (5, 2000):
        found = detector([gaussian(400, d, 0)], OF)
        assert found.value == pytest.approx(0.5, abs=0.06) and found.null == pytest.approx(0.5, abs=0.03)
        assert (found.n, found.classes) == (200, 4) and found.null_sd < 0.05


def test_a_planted_detector_of_each_class_is_found_among_many_units():
    x = gaussian(400, 300, 2)
    for c in range(4):
        x[:, 60 * c] += 8 * (c == OF)
    found = detector([x], OF)
    assert found.value > 0.999 and found.null < 0.6 and found.stderr < 1e-3


def test_blocks_of_columns_and_monotone_maps_change_nothing():
    x = gaussian(400, 30, 3) + np.eye(4)[OF] @ gaussian(4, 30, 4)
    found = detector([x], OF)
    assert detector(np.split(x, [7, 8], axis=1), OF) == found == detector([np.exp(x)], OF)
    assert 0.6 < found.value < 1


def test_classes_of_one_sample_are_left_out_and_too_few_refused():
    of = np.concatenate([OF, [4]])
    assert detector([gaussian(401, 3, 0)], of).classes == 4
    with pytest.raises(PointsError, match="two classes need two samples or more; 1 has"):
        detector([gaussian(3, 2, 0)], np.array([0, 0, 1]))
