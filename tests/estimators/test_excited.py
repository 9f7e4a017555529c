"""Which units a sample excites: by its rank among all samples, whatever the scale of a unit."""

import numpy as np
from scipy.stats import rankdata

from idcore.estimators.excited import MOST
from idcore.estimators.units import NONE
from tests.tools.columns import excited
from tests.tools.manifolds import gaussian


def test_the_percentile_is_the_rank_among_the_samples_and_the_highest_come_first():
    x = np.maximum(gaussian(60, 40, 0), 0)  # many ties
    found = excited([x])
    table = (rankdata(x, axis=0) - 1) / 59
    assert np.allclose(found.percentile, np.take_along_axis(table, found.units, 1))
    assert np.allclose(found.percentile, -np.sort(-table, axis=1)[:, :MOST])
    assert np.allclose(found.values, np.take_along_axis(x, found.units, 1))
    first = found.units[x[:, 7].argmax()]
    assert 7 in first and (np.diff(found.percentile, axis=1) <= 0).all()


def test_blocks_of_columns_and_rising_maps_change_nothing():
    x = gaussian(50, 30, 1)
    found = excited([x])
    apart = excited(np.split(x, [1, 9, 20], axis=1))
    assert np.array_equal(found.units, apart.units) and np.array_equal(found.percentile, apart.percentile)
    other = excited([5 * x - 3])
    assert np.array_equal(found.units, other.units) and np.array_equal(found.percentile, other.percentile)


def test_among_equals_the_unit_that_stands_out_more_comes_first():
    x = gaussian(50, 3, 2)
    x[11] = x.max(0) + np.array([1, 50, 3])
    found = excited([x])
    assert found.units[11, :3].tolist() == [1, 2, 0] and (found.percentile[11, :3] == 1).all()


def test_units_of_one_value_excite_nothing():
    x = gaussian(20, 4, 3)
    x[:, 1] = 2.5
    found = excited([x])
    assert not (found.units == 1).any() and (found.units[:, 3:] == NONE).all()
    assert np.isnan(found.percentile[:, 3:]).all() and np.isnan(found.values[:, 3:]).all()
    assert (excited([np.ones((5, 2))]).units == NONE).all()
