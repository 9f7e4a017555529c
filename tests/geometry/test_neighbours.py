"""The neighbour table equals that of a float64 brute force."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from idcore.errors import PointsError
from idcore.geometry import held, pairs, rounded, spectrum
from idcore.geometry import neighbours as module
from idcore.geometry.neighbours import among, distinct_neighbours, neighbours
from idcore.geometry.products import add_gram, column_means, from_all, from_gram, from_points, mirror, without
from idcore.geometry.table import tables
from idcore.geometry.threads import measuring
from tests.tools.clouds import CLOUDS, brute_force, manifold, nearest, squares, with_exact_duplicates
from tests.tools.gpu import like_a_gpu

RNG = np.random.default_rng


@pytest.fixture(params=["whole rows", "tiles", "like a GPU", "tiles of a GPU"])
def way(request, monkeypatch):
    """How candidates are found: in the products of whole rows, tile by tile as of many points, or as a GPU does."""
    monkeypatch.setattr(held, "MOST", held.MOST if request.param == "whole rows" else 0)
    if "GPU" in request.param:
        like_a_gpu(monkeypatch, tiles=request.param == "tiles of a GPU")


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("k", [2, 64])
def test_every_neighbour_equals_that_of_a_float64_brute_force(way, name, k):
    x = CLOUDS[name]
    k = min(k, len(x) - 1)
    indices, distances = nearest(name, k)
    found = neighbours(x, k)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12, atol=0)
    np.testing.assert_array_equal(found.distances == 0, distances == 0)
    np.testing.assert_array_equal(found.indices, indices)


@pytest.mark.parametrize("name", CLOUDS)
def test_bfloat16_products_lead_to_the_same_neighbours(way, name, monkeypatch):
    monkeypatch.setattr(module, "precisions", lambda k, m, device: (torch.float32, torch.float64))
    monkeypatch.setattr(module, "_coarse_enough", lambda *given: True)
    k = min(2, len(CLOUDS[name]) - 1)
    indices, distances = nearest(name, k)
    found = neighbours(CLOUDS[name], k)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12, atol=0)
    np.testing.assert_array_equal(found.indices, indices)


def test_bfloat16_products_of_many_points_find_what_brute_force_finds(way, monkeypatch):
    monkeypatch.setattr(module, "precisions", lambda k, m, device: (torch.float32, torch.float64))
    monkeypatch.setattr(module, "_coarse_enough", lambda *given: True)
    x = manifold(2600, 60, dimension=8).astype(np.float32)
    indices, distances = brute_force(x, 4)
    found = neighbours(x, 4)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12)


def test_bfloat16_is_tried_where_it_leaves_few_candidates(monkeypatch):
    monkeypatch.setattr(module, "COARSE", (2, 0))
    monkeypatch.setattr(module, "PROBED", 0)
    monkeypatch.setattr(rounded, "quick", lambda device: True)
    tried = []
    made = rounded.from_rows
    monkeypatch.setattr(rounded, "from_rows", lambda x, *given: tried.append(len(x)) or made(x, *given))
    for x, times in ((manifold(1500, 700, dimension=5), 2), (RNG(0).standard_normal((1500, 700)), 1)):
        tried.clear()
        neighbours(x.astype(np.float32), 2)
        assert len(tried) == times  # once of a sample, and of all points only of the manifold


@pytest.mark.parametrize("cloud, enough", [("manifold", True), ("no manifold", False)])
def test_bfloat16_is_tried_at_once_of_few_products_and_given_up_where_it_leaves_many_candidates(
    cloud, enough, monkeypatch
):
    monkeypatch.setattr(module, "COARSE", (2, 0))
    monkeypatch.setattr(rounded, "quick", lambda device: True)
    made, tried = module.tables, []

    def told(products, *given, **limits):
        found = made(products, *given, **limits)
        tried.append((limits["most"] < math.inf, found is not None))
        return found

    monkeypatch.setattr(module, "tables", told)
    x = manifold(1100, 600, dimension=5) if cloud == "manifold" else RNG(0).standard_normal((1100, 1000))
    x = x.astype(np.float32)
    indices, distances = brute_force(x, 2)
    found = neighbours(x, 2)
    assert tried == ([(True, True)] if enough else [(True, False), (False, True)])
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12)


def test_a_torch_that_does_not_say_whether_it_is_quick_at_bfloat16_is_taken_not_to_be(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    assert not rounded.quick(torch.device("cpu"))


def bfloat16_products(x, way):
    """(all products of x as float64, their bound)."""
    m = len(x)
    if way == "rows":
        products, bound = rounded.from_rows(x, torch.arange(m), column_means(x, 1.0), 1.0, 2**30)
    else:
        products, bound = rounded.from_columns(x, torch.arange(m), 1.0)
    return products((0, m), (0, m)).double(), bound


def assert_within(exact, value, bound):
    """That the intervals hold the exact squared distances; returns how wide they are."""
    m = len(exact)
    low, high = bound.interval(value, slice(0, m), torch.arange(m).expand(m, m))
    off = ~torch.eye(m, dtype=torch.bool)
    assert (low <= exact)[off].all() and (exact <= high)[off].all()
    return (high - low)[off]


@pytest.mark.parametrize("way", ["rows", "columns"])
@pytest.mark.parametrize("name", ["standard", "manifold", "float16", "offset 1e6, float64", "near-duplicates"])
def test_the_intervals_of_bfloat16_products_hold_the_squared_distances(name, way):
    value, bound = bfloat16_products(torch.as_tensor(CLOUDS[name]), way)
    exact = squares(name)
    assert assert_within(exact, value, bound).median() < 0.1 * exact.median()  # not so wide that they say nothing
    m = len(exact)
    low, high = bound.interval(value, slice(0, m), torch.arange(m).expand(m, m))
    limit = bound.limit(value[:, 1:3], slice(0, m), torch.arange(1, 3).expand(m, 2))
    assert (2 * limit[:, None] >= high[:, 1:3]).all()
    reach = low <= high[:, 1:3].amax(1, keepdim=True)  # may be nearer than the further of the two
    assert (value.bfloat16() <= limit[:, None].bfloat16())[reach].all()


@pytest.mark.parametrize("way", ["rows", "columns"])
def test_the_intervals_hold_where_float32_sums_are_rounded_by_more_than_the_distances_are(way):
    half = 128 + RNG(0).integers(0, 2, (40, 1720)) * (np.arange(1720) < 100)
    x = torch.from_numpy(np.concatenate([half, -half]).astype(np.float32))  # numbers that bfloat16 holds, of mean 0
    assert_within((x.double()[:, None] - x.double()).square().sum(2), *bfloat16_products(x, way))


@pytest.mark.parametrize("way", ["rows", "columns"])
def test_the_intervals_hold_where_rounding_moves_two_points_apart_by_all_that_it_can(way):
    step = 2.0**-7  # of bfloat16 between 1 and 2
    down, up = 1 + step / 2 - 2.0**-20, 1 + 3 * step / 2 + 2.0**-20
    x = torch.tensor([down, up, -down, -up])[:, None].expand(-1, 8).contiguous()  # of mean 0
    assert x[0].bfloat16()[0] == 1 and x[1].bfloat16()[0] == 1 + 2 * step
    assert_within((x.double()[:, None] - x.double()).square().sum(2), *bfloat16_products(x, way))


@pytest.mark.parametrize("name", ["standard", "manifold", "float16", "offset 1e6, float64", "near-duplicates"])
@pytest.mark.parametrize("scale", [1.0, 2.0**-40])
def test_products_of_chosen_pairs_are_within_their_bound(name, scale):
    x = torch.as_tensor(CLOUDS[name])
    m = len(x)
    a, b = torch.triu_indices(m, m, 1)[:, :: max(1, m // 6)]
    keys = a * m + b
    with measuring():
        g, bound = pairs.products(x, keys, scale)
    exact = squares(name)[a, b] * scale**2
    off = (bound.q[a] + bound.q[b] - 2 * g - exact).abs()
    assert (off <= bound.error[a] + bound.error[b] + bound.tau).all()
    assert (bound.error < 1e-11 * bound.q).all()


@pytest.mark.parametrize("few", [0, math.inf])
def test_products_of_pairs_change_no_neighbour_and_leave_ties_to_differences(few, monkeypatch):
    monkeypatch.setattr(pairs, "FEW", few)
    monkeypatch.setattr(module, "precisions", lambda k, m, device: (torch.float32, torch.float64))
    lattice = RNG(1).integers(0, 4, (900, 6)) + RNG(2).integers(0, 2, 6) / 3
    for x in (manifold(1200, 40, dimension=6).astype(np.float32), np.unique(lattice, axis=0)):
        indices, distances = brute_force(x, 3)
        found = neighbours(x, 3)
        np.testing.assert_array_equal(found.indices, indices)
        np.testing.assert_allclose(found.distances, distances, rtol=1e-12)


@pytest.mark.parametrize("k", [3, 30])
def test_neighbours_of_many_points_are_what_brute_force_finds(way, k):
    x = manifold(2600, 24).astype(np.float32)
    indices, distances = brute_force(x, k)
    found = neighbours(x, k)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12)


def test_the_table_does_not_depend_on_the_number_of_threads_nor_changes_it(way):
    before = torch.get_num_threads()
    tables = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            tables.append([neighbours(manifold(n, d), 5) for n, d in ((2500, 20), (200, 3000))])
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    for other in tables[1:]:
        for a, b in zip(tables[0], other, strict=True):
            np.testing.assert_array_equal(a.indices, b.indices)
            np.testing.assert_allclose(a.distances, b.distances, rtol=1e-13)


def test_float32_products_stay_float32_when_the_caller_allows_less():
    x = manifold(700, 900).astype(np.float32)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        found = neighbours(x, 2)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    np.testing.assert_array_equal(found.indices, brute_force(x, 2)[0])


@pytest.mark.parametrize(
    "name", ["standard", "manifold", "float16", "offset 1e6, float64", "near-duplicates", "softmax"]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("make", [from_points, from_all], ids=["each time", "once"])
def test_the_error_of_squared_distances_from_products_lies_within_its_bound(name, dtype, make):
    x = torch.as_tensor(CLOUDS[name])
    m = len(x)
    products, bound = make(x, torch.arange(m), dtype, 1.0, 2**30)
    g = products((0, m), (0, m)).double()
    size = bound.q[:, None] + bound.q
    error = (size - 2 * g - squares(name)).abs().fill_diagonal_(0)
    allowed = bound.error[:, None] + bound.error + bound.tau
    assert (error <= allowed).all()
    assert error.max() > 1e-4 * allowed.max()  # the bound is not so wide that it says nothing


@pytest.mark.parametrize("memory", [0, 2**30])
def test_products_that_are_kept_are_those_that_are_made_each_time(three_threads, memory):
    x, rows = torch.as_tensor(RNG(3).standard_normal((130, 1700))), torch.arange(0, 130, 2)
    with measuring():
        kept, bound = from_all(x, rows, torch.float64, 1.0, memory)
        made, other = from_points(x, rows, torch.float64, 1.0, 2**30)
        for a, b in (((0, 65), (0, 65)), ((0, 7), (3, 65)), ((40, 65), (0, 40))):
            torch.testing.assert_close(kept(a, b), made(a, b), rtol=0, atol=1e-10)
    torch.testing.assert_close(bound.q, other.q)


@pytest.mark.parametrize("name", ["standard, wide", "offset 1e6, float64", "near-duplicates, wide", "one column"])
def test_products_that_the_spectrum_has_centred_lie_within_their_bound(name):
    x = torch.as_tensor(CLOUDS[name])
    m, d = x.shape
    gram = torch.zeros((m, m), dtype=torch.float64)
    add_gram(gram, x, torch.float64, 1.0, 2**30)
    before = mirror(gram).clone()
    spectrum.from_gram(gram, d, 1.0, 2)
    assert not torch.equal(gram, before)
    products, bound = from_gram(gram, torch.arange(m), torch.float64, d)
    error = (bound.q[:, None] + bound.q - 2 * products((0, m), (0, m)) - squares(name)).abs().fill_diagonal_(0)
    assert (error <= bound.error[:, None] + bound.error + bound.tau).all()


@pytest.mark.parametrize("name", ["standard", "manifold"])
def test_the_bound_holds_what_is_left_out_of_the_products(name):
    x = torch.as_tensor(CLOUDS[name])
    m, d = x.shape
    products, bound = from_points(x[:, : d // 2], torch.arange(m), torch.float64, 1.0, 2**30)
    bound = without(bound, x[:, d // 2 :].double().square().sum(1))
    error = (bound.q[:, None] + bound.q - 2 * products((0, m), (0, m)) - squares(name)).abs().fill_diagonal_(0)
    assert (error <= bound.error[:, None] + bound.error + bound.tau).all()


@pytest.mark.parametrize(("head", "tries"), [(1, 2), (150, 1), (300, 1)])
def test_neighbours_sought_by_the_first_columns_are_those_by_all(way, monkeypatch, head, tries):
    x = torch.as_tensor(RNG(0).standard_normal((600, 300)) * np.arange(1, 301) ** -1.0)
    seen = []
    monkeypatch.setattr(module, "tables", lambda *given, **named: seen.append(tables(*given, **named)) or seen[-1])
    indices, distances = brute_force(x.numpy(), 2)
    found = among(x, torch.arange(600), 2, head=head).tables[0]
    np.testing.assert_array_equal(found.index, indices)
    np.testing.assert_allclose(found.distance, distances, rtol=1e-12)
    assert len(seen) == tries  # one column says too little, and all are taken then


@pytest.mark.parametrize("d", [64, 3000])
def test_the_certificate_proves_nearly_all_rows_of_standard_data_from_float32_products(d):
    x = torch.as_tensor(manifold(2000 if d == 64 else 600, d, dimension=10).astype(np.float32))
    found = among(x, torch.arange(len(x)), 2)
    assert found.brute_rows <= len(x) // 100
    assert len(x) <= found.refined_pairs < 4 * len(x)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d", "sought"), [(1500, 20, 4), (1500, 20, 700), (1100, 1300, 1050), (40, 3, 40)])
def test_the_neighbours_of_some_points_are_theirs_in_the_table_of_all(monkeypatch, n, d, sought, precision):
    monkeypatch.setattr(
        module, "precisions", lambda k, m, device: (torch.float32, torch.float64)[precision == torch.float64 :]
    )
    monkeypatch.setattr(module, "_coarse_enough", lambda *given: precision == torch.bfloat16)
    x = torch.as_tensor(manifold(n, d, dimension=min(d, 6)).astype(np.float32))
    some, all_of_them = among(x, torch.arange(n), 3, sought=sought).tables[0], among(x, torch.arange(n), 3).tables[0]
    np.testing.assert_array_equal(some.index, all_of_them.index[:sought])
    np.testing.assert_allclose(some.distance, all_of_them.distance[:sought], rtol=1e-12)


def test_rows_that_the_certificate_cannot_prove_are_counted(way):
    corners = np.vstack([np.eye(20), -np.eye(20)])  # each has 38 neighbours at the same distance
    table = among(torch.as_tensor(corners), torch.arange(40), 3)
    assert table.brute_rows == 40
    np.testing.assert_array_equal(table.tables[0].index, brute_force(corners, 3)[0])


def test_merging_copies_gives_the_table_of_the_distinct_points(way):
    x = with_exact_duplicates(400, 30)
    table, copies = distinct_neighbours(x, 4)
    _, first = np.unique(x + 0.0, axis=0, return_index=True)
    distinct = x[np.sort(first)]
    assert copies == 400 - len(distinct)
    np.testing.assert_array_equal(table.indices, brute_force(distinct, 4)[0])


clouds = st.tuples(st.integers(3, 40), st.integers(1, 30), st.integers(0, 10**6), st.sampled_from(["f4", "f8", "grid"]))


def cloud(n, d, seed, kind):
    x = RNG(seed).standard_normal((n, d))
    return np.round(x) if kind == "grid" else x.astype(kind)


@settings(max_examples=40, deadline=None)
@given(clouds)
def test_small_clouds_equal_brute_force(shape):
    x = cloud(*shape)
    found, (indices, distances) = neighbours(x, len(x) - 1), brute_force(x, len(x) - 1)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12, atol=0)
    np.testing.assert_array_equal(found.indices, indices)


@settings(max_examples=25, deadline=None)
@given(clouds, st.integers(-60, 60), st.randoms(use_true_random=False))
def test_permuting_signing_and_scaling_the_columns_by_a_power_of_two_scales_the_distances(shape, power, random):
    x = cloud(*shape)
    columns = list(range(x.shape[1]))
    random.shuffle(columns)
    turned = x[:, columns] * np.array([random.choice([-1, 1]) for _ in columns], x.dtype) * 2.0**power
    np.testing.assert_allclose(neighbours(turned, 2).distances, neighbours(x, 2).distances * 2.0**power, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(clouds, st.integers(0, 10**6))
def test_permuting_the_points_permutes_the_table(shape, seed):
    x = cloud(*shape)
    order = RNG(seed).permutation(len(x))
    np.testing.assert_allclose(neighbours(x[order], 2).distances, neighbours(x, 2).distances[order], rtol=1e-12)


@pytest.mark.parametrize(
    "x, k, said",
    [
        (np.zeros(3), 1, "2-D"),
        (np.zeros((3, 2), complex), 1, "real numbers"),
        (np.array([["a", "b"]], object), 1, "real numbers"),
        (np.array([[0.0, 1.0], [np.nan, np.inf], [1.0, 1.0]]), 1, "2 of the 6 values"),
        (np.zeros((1, 4)), 1, "at least 2 points"),
        (np.zeros((4, 0)), 1, "no columns"),
        (np.eye(4), 0, "from 1 to n - 1 = 3, not 0"),
        (np.eye(4), 4, "from 1 to n - 1 = 3, not 4"),
        (np.eye(4), 1.5, "not 1.5"),
        (np.array([[1e305], [-1e305], [0.0]]), 1, "overflow"),
    ],
)
def test_points_that_cannot_be_measured_are_refused_with_a_sentence(x, k, said):
    with pytest.raises(PointsError, match=said):
        neighbours(x, k)


def test_too_few_distinct_points_are_refused_with_their_number():
    with pytest.raises(PointsError, match="Only 2 of the 6 points are distinct"):
        distinct_neighbours(np.repeat(np.eye(2), 3, axis=0), 2)


def test_distances_are_exact_within_an_autocast_too():
    x = torch.randn(4000, 20, generator=torch.Generator().manual_seed(0)) + 5
    expected = neighbours(x, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = neighbours(x, 8)
        assert torch.is_autocast_enabled("cpu")
    assert np.array_equal(found.indices, expected.indices) and np.array_equal(found.distances, expected.distances)


@pytest.mark.parametrize("row", [0, 7])
def test_a_point_far_from_all_others_leaves_their_neighbours_provable(row):
    x = RNG(0).standard_normal((600, 300)).astype(np.float32)
    x[row] *= 1e8
    found = among(torch.as_tensor(x), torch.arange(600), 2)
    np.testing.assert_array_equal(found.tables[0].index, brute_force(x, 2)[0])
    assert found.brute_rows <= 6
