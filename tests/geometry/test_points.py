import numpy as np
import pytest
import torch

from idcore.geometry import points
from tests.tools.clouds import manifold


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_few_rows_of_many_columns_tell_the_rounding_of_all(monkeypatch, offset):
    x = torch.as_tensor(manifold(500, 3000, dimension=6).astype(np.float32)) + offset
    monkeypatch.setattr(points, "ROWS", (len(x), len(x)))
    all_rows = points.rounding_of(x)
    monkeypatch.undo()
    monkeypatch.setattr(points, "VALUES", 0)
    assert points.rounding_of(x) == pytest.approx(all_rows, rel=0.1)
    x[1] = 1e30  # a row that is not looked at does not change the unit of those that are
    assert np.isfinite(points.rounding_of(x))
