"""Same samples: by one subset, numbers, names or a person's word; where they are not, how many match and what to do."""

import numpy as np
import pytest

from idcore.estimators import overlap
from idcore.estimators.cka import cka_matrix
from idcore.estimators.same import SampleSet, match, reordered
from idcore.estimators.samples import sample_neighbours
from idcore.spec import UPLOAD, DataSpec
from tests.tools.build_record import brute_geometry

FILE, OTHER = UPLOAD + "a" * 64, UPLOAD + "b" * 64


def samples(data: str, ids, names=(), numbers=(), **more) -> SampleSet:
    spec = DataSpec(data, "all", n=len(ids), **more)
    return SampleSet(spec, np.array(ids), tuple(names), tuple(numbers), data[:8])


def order(a: SampleSet, b: SampleSet, word: bool = False) -> list[int] | None:
    found = match(a, b, word).order
    return None if found is None else found.tolist()


def test_one_subset_is_the_same_and_one_data_set_is_matched_by_its_numbers():
    a, b = samples("mnist5k", [4, 2, 9]), samples("mnist5k", [9, 4, 2], seed=1)
    assert order(a, a) == [0, 1, 2] and order(a, b) == [1, 2, 0] and match(a, b).moved
    fewer = samples("mnist5k", [9, 4], seed=1)
    assert match(a, fewer).order is None and "2 of the 3 samples of mnist5k are among the 2" in match(a, fewer).how
    changed = samples("mnist5k", [4, 2, 9], noise=0.5)
    assert match(a, changed).order is None and "changed in different ways" in match(a, changed).how


def test_names_are_matched_as_they_are_or_without_folders_and_endings():
    a = samples("folder-x", [0, 1, 2], ["cat/1.png", "cat/2.png", "dog/3.png"])
    for names in (["dog/3.png", "cat/1.png", "cat/2.png"], ["3.png", "1.png", "2.png"], ["3", "x\\1.jpg", "2"]):
        assert order(a, samples(FILE, [0, 1, 2], names)) == [1, 2, 0], names
    half = match(a, samples(FILE, [0, 1, 2], ["1", "2", "9"]), word=True)
    assert half.order is None and not half.may_be_said and "2 of the 3 samples" in half.how
    doubled = samples("folder-x", [0, 1], ["cat/1.png", "dog/1.png"])
    assert order(doubled, samples(FILE, [0, 1], ["1.png", "1.png"])) is None


def test_numbers_that_a_file_gives_are_those_of_the_data_set_or_of_another_file():
    network = samples("mnist5k", [40, 7, 12])
    assert order(network, samples(FILE, [0, 1, 2], numbers=["7", "12", "40"])) == [2, 0, 1]
    assert order(samples(FILE, [0, 1, 2], names=["07", "12", "40"]), network) == [1, 2, 0]
    assert order(samples(FILE, [0, 1], numbers=["5", "6"]), samples(OTHER, [1, 0], numbers=["6", "5"])) == [1, 0]
    assert match(network, samples(FILE, [0, 1, 2], numbers=["7", "12", "41"])).order is None


def test_rows_of_two_files_are_no_numbers_until_a_person_says_that_they_are_in_one_order():
    a, b = samples(FILE, [2, 0, 1]), samples(OTHER, [0, 2, 1])
    found = match(a, b)
    assert found.order is None and found.may_be_said and "say that the rows are in the same order" in found.how
    said = match(a, b, word=True)
    assert b.ids[said.order].tolist() == a.ids.tolist() and "by your word" in said.how
    network = samples("mnist5k", [70, 10, 40])
    assert order(network, samples(FILE, [0, 1, 2]), word=True) == [2, 0, 1]  # in the order of the data set
    named = match(samples(FILE, [0, 1], ["x", "y"]), samples(OTHER, [0, 1], ["p", "q"]), word=True)
    assert named.order is not None and "names have none in common" in named.how
    counts = match(a, samples(OTHER, [0, 1]), word=True)
    assert counts.order is None and "has 3 samples" in counts.how and not counts.may_be_said


def test_a_record_in_another_order_is_that_of_the_reordered_samples():
    x = np.random.default_rng(0).normal(size=(60, 70))
    x[8] = x[3]
    turn = np.random.default_rng(1).permutation(60)
    one, other, there = brute_geometry(x), brute_geometry(x[turn]), reordered(brute_geometry(x), turn)
    a, b = (sample_neighbours(g, 9) for g in (other, there))
    assert np.array_equal(np.sort(a.indices[:, :5]), np.sort(b.indices[:, :5])) and overlap.overlap(a, b, 9) > 0.99
    assert cka_matrix([other], [there])[0][0].low == pytest.approx(1.0, abs=1e-3)
    assert cka_matrix([one], [other])[0][0].value < 0.5
