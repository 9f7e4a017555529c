"""Random features, trained widths, lazy and rich: exact where there is a formula, and what must be seen in each."""

import numpy as np
import pytest
import torch

from idcore.cli import main
from idcore.errors import Cancelled, RequestError
from idcore.generalise.features import least_norm, random_features
from idcore.generalise.lazy import alignment, learn_scaled, tangent_kernel
from idcore.generalise.parts import fitted
from idcore.generalise.sets import one_hot, sets
from idcore.generalise.widths import learn, step, trained
from idcore.pipeline.generalise import SHIPPED, generalise
from idcore.results import generalised
from idcore.spec import GeneraliseJob, from_json, to_json
from idcore.store import Store, gallery
from idcore.ui.generalise import seen
from idcore.ui.generalise.experiment import numbers
from idcore.watch import Watch

SMALL = GeneraliseJob("features", n=100, noise=0.2)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return sets(SMALL, Store(tmp_path_factory.mktemp("store")))


@pytest.mark.parametrize(("n", "p"), [(30, 8), (30, 30), (8, 30)])
def test_the_fit_is_that_of_least_squares_and_of_least_norm(n, p):
    random = np.random.default_rng(n + p)
    x, y = random.normal(size=(n, p)), random.normal(size=(n, 3))
    x[:, 0] = 0  # a feature that is dead
    found = least_norm(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    np.testing.assert_allclose(found, np.linalg.lstsq(x, y, rcond=1e-9)[0], atol=1e-8)


def test_the_test_error_is_highest_where_there_are_as_many_features_as_samples(drawn):
    rows = [random_features(drawn, count, seed=0) for count in (10, 40, 80, 100, 120, 200, 800)]
    assert max(rows, key=lambda row: row.test_error).size == 100
    assert max(rows, key=lambda row: row.variance).size == 100
    assert [row.train_error == 0 for row in rows] == [False] * 3 + [True] * 4 or rows[2].train_error < 0.05
    assert seen.peak(rows, lambda row: row.test_error, lambda row: row.test_error_err) is rows[3]
    assert all(row.brier == pytest.approx(row.bias2 + row.variance) for row in rows)


def test_the_sets_have_no_digit_in_common_and_the_noise_is_the_share_of_labels_that_is_permuted(drawn, tmp_path):
    clean = sets(GeneraliseJob("features", n=100), Store(tmp_path))
    assert torch.equal(clean.x, drawn.x) and len(torch.unique(drawn.x.flatten(0, 1), dim=0)) == 400
    changed = (clean.labels != drawn.labels).sum(1)
    assert (changed <= 20).all() and (changed >= 10).all()  # one in ten gets its own label back


def test_variance_is_what_the_sets_say_differently_and_bias_what_they_say_wrongly_together():
    random = torch.Generator().manual_seed(0)
    true = torch.randint(0, 10, (4000,), generator=random)
    wrong = torch.zeros(4, 10, dtype=torch.bool)
    noisy = one_hot(true) + 0.1 * torch.randn(4, 4000, 10, generator=random, dtype=torch.float64)
    found = fitted(1, noisy, true, wrong)
    assert found.variance == pytest.approx(0.1, rel=0.02) and abs(found.bias2) < 4 * found.bias2_err < 0.01
    same = fitted(1, (one_hot(true) + 0.2).expand(4, -1, -1), true, wrong)
    assert same.variance == 0 and same.bias2 == pytest.approx(0.4) and same.test_error == same.test_error_err == 0


@pytest.mark.parametrize("loss", ["squared", "cross entropy"])
def test_the_written_out_gradient_is_that_of_autograd(loss):
    random = torch.Generator().manual_seed(1)
    shapes = (2, 5, 3), (2, 1, 3), (2, 3, 10), (2, 1, 10)
    weights = [torch.randn(shape, generator=random, dtype=torch.float64).requires_grad_() for shape in shapes]
    x = torch.randn(2, 7, 5, generator=random, dtype=torch.float64)
    targets = one_hot(torch.randint(0, 10, (2, 7), generator=random))
    value, slopes = step(x, targets, weights, loss)
    for found, expected in zip(slopes, torch.autograd.grad(value.sum(), weights), strict=True):
        torch.testing.assert_close(found.detach(), expected)


def test_a_network_learns_its_labels_and_no_set_knows_of_the_others(drawn):
    weights = learn(drawn, 64, "cross entropy", seed=0, epochs=40)
    first = type(drawn)(drawn.x[:2], drawn.labels[:2], drawn.new, drawn.true)
    both = learn(first, 64, "cross entropy", seed=0, epochs=1)
    assert [tuple(one.shape[:1]) for one in both] == [(2,)] * 4
    hidden = torch.relu(torch.baddbmm(weights[1], drawn.x, weights[0]))
    assert (torch.baddbmm(weights[3], hidden, weights[2]).argmax(-1) == drawn.labels).double().mean() > 0.9


@pytest.mark.slow
def test_the_variance_of_narrow_networks_is_above_that_of_wide_ones(drawn):
    narrow, wide = (trained(drawn, width, "squared", 0, epochs=250) for width in (10, 256))
    assert narrow.variance - 4 * narrow.variance_err > wide.variance + 4 * wide.variance_err
    assert wide.train_error == 0 and narrow.test_error > wide.test_error


def test_the_tangent_kernel_is_that_of_autograd_and_alignment_knows_neither_scale_nor_offset():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)).double()
    x = torch.randn(5, 4, dtype=torch.float64)
    rows = []
    for one in x:
        slopes = [torch.autograd.grad(out, list(net.parameters()), retain_graph=True) for out in net(one)]
        rows.append(torch.stack([torch.cat([part.flatten() for part in slope]) for slope in slopes]))
    jacobian = torch.stack(rows)  # (n, outputs, weights)
    expected = torch.einsum("iow,jow->ij", jacobian, jacobian)
    found = tangent_kernel(x, torch.relu(net[0](x)).detach(), net[2].weight.detach())
    torch.testing.assert_close(found, expected)
    assert alignment(found, 3 * found + 7) == pytest.approx(1) and alignment(found, torch.eye(5).double()) < 0.9


def test_lazy_networks_move_as_one_over_alpha_and_keep_their_kernel(tmp_path):
    ten, hundred = (learn_scaled(alpha, Store(tmp_path), steps=40, n=100) for alpha in (10.0, 100.0))
    assert ten.movement / hundred.movement == pytest.approx(10, rel=0.02)
    assert hundred.alignment > 0.999 and hundred.alignment > ten.alignment and hundred.before == ten.before


def test_what_ships_shows_what_is_told_of_it():
    found = {job: generalised.read(gallery(), job) for job in SHIPPED}
    assert all(len(rows) == len(job.tried) for job, rows in found.items())
    for job, rows in found.items():
        if job.experiment == "features":
            assert max(rows, key=lambda row: row.test_error).size == job.n == 1000
            assert "the peak is one of variance, not of dimension" in seen.said(job, rows)
    by_width = {job.loss: {row.size: row for row in rows} for job, rows in found.items() if job.experiment == "widths"}
    assert all(rows[10].variance > rows[256].variance for rows in by_width.values())
    lazy = found[GeneraliseJob("lazy")]
    moved = [row.movement * row.alpha for row in lazy if row.alpha >= 10]
    assert max(moved) < 1.03 * min(moved) and lazy[-1].alpha == 100 and lazy[-1].alignment > 0.999
    assert "Rich training lowers the ID, lazy training leaves it where it was." in seen.said(
        GeneraliseJob("lazy"), lazy
    )


def test_what_ships_is_what_comes_out_here(tmp_path):
    job = SHIPPED[0]
    shipped = next(row for row in generalised.read(gallery(), job) if row.size == 100)
    here = random_features(sets(job, Store(tmp_path)), 100, job.seed)
    assert vars(here) == pytest.approx(vars(shipped), rel=1e-3)


def test_an_experiment_goes_on_where_it_was_stopped(tmp_path):
    job, store = GeneraliseJob("features", n=50, sizes=(40, 4, 50)), Store(tmp_path)
    asked = []
    with pytest.raises(Cancelled):
        generalise(job, store, watch=Watch(asked.append, lambda: len(asked) > 1))
    assert [row.size for row in generalised.read(store, job)] == [4] and not generalised.complete(store, job)
    generalise(job, store, watch=Watch(asked.append))
    assert generalised.complete(store, job) and [p.message for p in asked[-3:]] == [
        "40 random features, 2 of 3.", "50 random features, 3 of 3.", "Done.",
    ]  # fmt: skip
    whole = Store(tmp_path / "whole")
    generalise(job, whole)
    assert generalised.read(whole, job) == generalised.read(store, job)


def test_the_usual_sizes_by_name_are_the_usual_ones_and_a_job_is_read_back():
    job = GeneraliseJob("widths", loss="cross entropy", noise=0.2)
    assert generalised.key(
        GeneraliseJob("widths", noise=0.2, loss="cross entropy", sizes=job.tried)
    ) == generalised.key(job)
    other = GeneraliseJob("lazy", sizes=(100, 3, 3))
    assert from_json(to_json(other)) == other and other.tried == (3.0, 100.0)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"n": 20}, r"n must be a whole number from 50 to 1000, not 20: 4 sets of n that have none in common"),
        ({"n": 5000}, r"not 5000: .* drawn from the 4,000 training digits of mnist5k\. Choose an n within them"),
        ({"n": 100.0}, "n must be a whole number"),
        ({"noise": 1.5}, r"The label noise must be a number from 0 to 1, not 1\.5"),
        ({"noise": float("nan")}, "The label noise must be a number from 0 to 1, not nan"),
        ({"experiment": "depths"}, "The experiment must be one of features, widths, lazy, not 'depths'"),
        ({"experiment": "lazy", "noise": 0.2}, r"leave the label noise at 0, not 0\.2"),
        ({"loss": "cross entropy"}, "The loss is chosen where widths are trained; features has the squared error"),
        ({"sizes": (0,)}, "A number of random features must be a whole number from 2 to 20000, not 0"),
        ({"experiment": "widths", "sizes": (8, 4096)}, "A width must be a whole number from 1 to 1024, not 4096"),
        ({"experiment": "widths", "sizes": (8.5,)}, r"A width must be a whole number from 1 to 1024, not 8\.5"),
        ({"experiment": "lazy", "sizes": (0.0,)}, r"A scale alpha must be a number from 0\.1 to 10000, not 0"),
        ({"sizes": tuple(range(2, 80))}, "At most 40 sizes are tried at once, not 78"),
        ({"seed": -1}, "The seed must be a whole number from 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(RequestError, match=sentence):
        GeneraliseJob(**{"experiment": "features", **wrong})


def test_the_command_writes_the_columns_of_the_page(tmp_path, capsys):
    asked = ["generalise", "--n", "50", "--sizes", "5,50", "--cache", str(tmp_path)]
    assert main([*asked, "--format", "csv"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    job = GeneraliseJob("features", n=50, sizes=(5, 50))
    here = numbers(job, generalised.read(Store(tmp_path), job))
    assert header.split(",") == list(here.columns) and len(lines) == len(here.rows) == 2
    assert here.document["command"] == "python -m idcore generalise --experiment features --n 50 --sizes 5,50"
    assert main([*asked, "--noise", "2"]) == 2 and "from 0 to 1, not 2" in capsys.readouterr().err
    assert main([*asked[:-3], "5,x"]) == 2 and "'x' is none" in capsys.readouterr().err
