"""Arrays have the shapes that are written at them: each call in these tests is checked, and nothing is elsewhere."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from idcore.estimators.embedding import turned
from idcore.geometry.products import mirror


@pytest.mark.parametrize(
    "call",
    [
        lambda: turned(np.ones(4), np.ones(4)),
        lambda: turned(np.ones((4, 2), np.int64), np.ones((4, 2))),
        lambda: turned(np.ones((4, 2)), np.ones((5, 2))),
        lambda: mirror(torch.ones(3, 4)),
    ],
    ids=["axes", "type", "lengths", "square"],
)
def test_an_array_of_another_shape_or_type_is_no_argument(call):
    with pytest.raises(Exception, match="Type-check error"):
        call()


def test_whoever_measures_needs_no_library_of_types():
    program = "import sys, idcore.api, idcore.geometry.measure; print({'jaxtyping', 'beartype'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"
