"""The numbers that ship on how estimators disagree: those of the estimators as they are."""

import pytest

from benchmarks.disagree import SIZES, rows
from idcore.estimators import known
from idcore.estimators.second import SECOND
from idcore.estimators.table import ESTIMATORS
from idcore.figures.known import known_figure


def test_what_ships_is_what_the_estimators_tell():
    size, shipped = known.nearest(600)
    assert size == 500
    for one, row in zip(shipped[:2], rows(500, 2), strict=True):
        assert (one.cloud, one.d) == (row["cloud"], row["d"])
        assert list(one.ids) == list(row["ids"]) == [e.name for e in (*ESTIMATORS, *SECOND)]
        for name, told in one.ids.items():
            for value, now in zip(told, row["ids"][name], strict=True):
                assert value == (now if now is None else pytest.approx(now, rel=1e-3)), (one.cloud, name)


def test_the_clouds_next_to_n_are_shown_over_their_dimension():
    assert [known.nearest(n)[0] for n in (3, 1001, 4000, 10**6)] == [500, 2000, 2000, 10_000]
    assert set(SIZES) == {500, 2000, 10_000}
    clouds = known.nearest(2000)[1]
    figure = known_figure(clouds)
    twonn = next(trace for trace in figure.data if trace.name == "TwoNN")
    assert list(twonn.y) == pytest.approx([one.ids["TwoNN"][0] / one.d for one in clouds])
