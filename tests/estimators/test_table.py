from dataclasses import replace

import pytest

from idcore.estimators.table import ESTIMATORS
from idcore.spec import USUAL
from tests.tools.build_record import brute_geometry
from tests.tools.manifolds import cube

RECORD = brute_geometry(cube(300, 4), k=40)


CHANGES = {"discard": 0.3, "variance": 0.5, "neighbours": 32, "bars": "paper"}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: one.name)
def test_an_estimator_needs_of_a_reading_what_changes_its_estimate_and_nothing_else(estimator, field):
    changed = estimator.function(RECORD, replace(USUAL, **{field: CHANGES[field]}))
    assert (changed != estimator.function(RECORD, USUAL)) == (field in estimator.needs)


def test_each_estimator_has_a_name_of_its_own_and_says_what_it_does_by_which_formula_and_from_where():
    assert len({one.name for one in ESTIMATORS}) == len(ESTIMATORS)
    for one in ESTIMATORS:
        assert one.function(RECORD, USUAL).name == one.name and one.title
        assert one.words.endswith(".") and "d" in one.formula and any(year in one.source for year in ("19", "20"))
