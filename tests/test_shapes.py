"""Arrays have the shapes that are written at them: calls in these tests are checked, and none is elsewhere."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from idcore.estimators.embedding import turned
from idcore.geometry.products import mirror
from tests import ROOT


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


def test_a_call_of_another_kind_is_checked_however_many_were_right():
    for n in (4, 4, 5):
        turned(np.ones((n, 2)), np.ones((n, 2)))
    for wrong in (np.ones((5, 2)), np.ones((4, 2), np.int64), np.ones(4)):
        with pytest.raises(Exception, match="Type-check error"):
            turned(np.ones((4, 2)), wrong)


def test_whoever_measures_needs_no_library_of_types():
    program = "import sys, idcore.estimators.table; print({'jaxtyping', 'beartype'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"
    named = [path for path in (ROOT / "idcore").rglob("*.py") if re.search("jaxtyping|beartype", path.read_text())]
    assert named == [ROOT / "idcore" / "shapes.py"]
