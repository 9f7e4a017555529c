"""What a run will cost is said before it starts, and one that cannot fit is refused with a choice that does."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from idcore import pipeline, results
from idcore.errors import RequestError
from idcore.networks.trace import trace
from idcore.pipeline import layers as layers_module
from idcore.pipeline import rates as rates_module
from idcore.pipeline import requests
from idcore.pipeline.estimate import duration, estimated, in_bytes, sentence, split
from idcore.pipeline.rates import Rates, measuring, rates
from idcore.record import Layer
from idcore.settings import parse_bytes
from idcore.spec import Architecture, DataSpec, NetworkSpec, Recipe, Request, Untrained
from idcore.store import Store
from idcore.watch import Watch

GB = 10**9
RATE = Rates(double=5e10, single=1e11, layer=0.01, pairs=1e8)
REQUEST = Request(DataSpec("digits", n=60), NetworkSpec(Architecture("mlp", width=8, depth=2), Untrained(3)))


def layer(units, name="conv"):
    return Layer(name, 1, 0.5, "Conv2d", (units,), units)


def cost(units, n=500, memory=2 * GB, **options):
    layers = [layer(d, f"l{i}") for i, d in enumerate(units)]
    until = {one.name: 0.1 * (i + 1) for i, one in enumerate(layers)} | {"output": 1.0}
    return estimated(layers, n, memory, itemsize=4, until=until, rate=RATE, **options)


def convolutions(channels=16):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, channels, 3), nn.ReLU(), nn.Conv2d(channels, 4, 3), nn.Flatten())


IMAGES = torch.from_numpy(np.random.default_rng(0).normal(size=(80, 1, 24, 24)).astype(np.float32))


def test_layers_that_fit_together_share_a_pass_and_one_that_does_not_is_cut():
    together = cost([1000, 2000, 3000])
    assert together.passes == 1 and [one.passes for one in together.layers] == [0, 0, 1]
    assert [one.bytes for one in together.layers] == [2_000_000, 4_000_000, 6_000_000]
    apart = cost([1000, 802816], memory=2**29)  # 1.6 GB of activations
    assert apart.layers[0].passes == 1 and apart.layers[1].passes >= 4
    assert "slices" in apart.layers[1].reason and "held whole" in apart.layers[0].reason
    assert apart.bytes <= apart.budget and apart.columns + apart.work == apart.budget


def test_a_pass_costs_the_forward_time_up_to_its_last_layer():
    none = cost([1000], n=500)
    later = cost([1000, 1000], n=500)
    own = measuring(layer(1000), 500, RATE)
    assert none.seconds == pytest.approx(0.1 * 500 + own)
    assert later.seconds == pytest.approx(0.2 * 500 + 2 * own)
    assert cost([1000], n=500, predicted=True).passes == 2


def test_a_layer_that_cannot_be_measured_costs_nothing():
    odd = Layer("odd", 1, 0.5, "Odd", (), 0, note="It gives no tensor.")
    found = estimated([odd], 50, GB, itemsize=4, until={"output": 1.0}, rate=RATE)
    assert found.passes == 0 and found.seconds == 0


REFUSED = [  # units, samples, budget, what the sentence says
    (
        50_000,
        20_000,
        4 * GB,
        r"20,000 x 20,000 matrices of .* budget is 4\.0 GB\. Choose N up to 8,\d00, or a budget of ",
    ),
    (4096, 20_000, GB, r"4,096 x 4,096 matrices of .* Choose N up to [45],\d00, or a budget of (1\.5|2) GiB"),
    (
        10_000,
        10_000,
        2 * GB,
        r"conv \(10,000 units\) cannot be measured on 10,000 samples.* N up to 6,\d00, or a budget of 5 GiB",
    ),
    (
        64,
        100_000,
        GB,
        r"100,000 samples: the tables of their neighbours .* 1\.0 GB\. Choose N up to [3-6]\d,000, or a budget of ",
    ),
    (3_000_000_000, 50, 2**28, r"more than 100 slices, of 6\.0 GB or less.* Choose a budget of 6 GiB"),
    (3_000_000_000, 3, 2**20, r"more than 100 slices.*budget is 1\.0 MB\. Choose a budget of \d+ MiB"),
]


@pytest.mark.parametrize(("units", "n", "memory", "words"), REFUSED)
def test_what_cannot_fit_is_refused_with_the_reason_and_the_nearest_choice(units, n, memory, words):
    with pytest.raises(RequestError, match=words):
        split([layer(units)], n, memory, 4)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=3), st.integers(3, 10**5), st.integers(2**20, 2**34))
@settings(max_examples=150, deadline=None)
def test_what_is_offered_instead_fits_and_what_is_accepted_keeps_to_the_budget(units, n, memory):
    layers = [layer(d) for d in units]
    try:
        columns, work = split(layers, n, memory, 4)
    except RequestError as error:
        budget = re.search(r"a budget of ([\d.]+ [MG]iB)", str(error))[1]
        split(layers, n, parse_bytes(budget), 4)
        if fewer := re.search(r"N up to ([\d,]+)", str(error)):
            split(layers, int(fewer[1].replace(",", "")), memory, 4)
    else:
        assert columns + work == memory and columns > 0
        assert all(d >= n or 4 * n * d <= columns for d in units)  # a narrow layer is held whole


def test_the_products_of_ten_thousand_samples_fit_into_eight_gib_and_those_of_a_hundred_thousand_narrow_ones_too():
    split([layer(150_528), layer(2048)], 10_000, 2**33, 4)
    split([layer(2048)], 100_000, 2**33, 4)


def test_the_estimate_is_one_sentence():
    found = cost([1000, 802816], memory=2**29, network="vgg16")
    assert re.fullmatch(
        r"About \d+ (s|min): \d+ forward passes of vgg16, 4[23]\d MB at peak of a budget of 537 MB\.", sentence(found)
    )
    assert "1 forward pass of" in sentence(cost([1000]))
    assert [in_bytes(b) for b in (12, 3400, 5e8, 1.94e9, 2**40)] == [
        "12 bytes",
        "3.4 kB",
        "500 MB",
        "1.9 GB",
        "1,100 GB",
    ]
    assert [duration(s) for s in (0.01, 0.3, 0.9, 12.2, 300, 9000)] == [
        "a moment",
        "half a second",
        "1 s",
        "12 s",
        "5 min",
        "2.5 h",
    ]


def test_the_machine_is_calibrated_once():
    assert rates("cpu") is rates("cpu")
    assert min(vars(rates("cpu")).values()) > 0


@pytest.mark.parametrize(
    ("passes", "count", "fastest"),  # seconds per sample of one pass after the other
    [
        ([9, 3, 1, 0.95, 0.97, 7], 5, 0.95),
        ([9, 30, 3, 1, 1, 1, 7], 6, 1),  # another process held one of them up
        ([9, 10, 11, 7], 3, 9),
    ],
)
def test_a_network_is_timed_until_it_is_no_faster(passes, count, fastest, monkeypatch):
    run = []

    def timed(_network, batch, _device):
        run.append(len(batch))
        return {"output": passes[len(run) - 1]}

    monkeypatch.setattr(rates_module, "_stamps", timed)
    monkeypatch.setattr(rates_module, "_TRIALS", 60.0)
    assert rates_module.until_layer(nn.Identity(), IMAGES, torch.device("cpu"), 48) == {"output": fastest}
    assert run == [3, 12, 48, 48, 48, 48][:count]
    run.clear()
    monkeypatch.setattr(rates_module, "_TRIALS", 0.0)
    assert rates_module.until_layer(nn.Identity(), IMAGES, torch.device("cpu"), 48) == {"output": passes[0]}
    assert run == [3], "what is slow at once is not run again"


def test_more_samples_and_wider_layers_take_longer():
    seconds = [
        measuring(layer(d), n, RATE) for n, d in ((100, 100), (1000, 100), (1000, 999), (1000, 10**5), (2000, 10**5))
    ]
    assert seconds == sorted(seconds) and seconds[-1] > 3 * seconds[-2]


def test_the_estimate_of_a_request_trains_nothing_and_names_the_network():
    request = Request(DataSpec("digits", n=60), NetworkSpec(Architecture("mlp"), Recipe("digits", seed=77)))
    found = pipeline.estimate(request, "checkpoints", 2**28, "cpu")
    assert (found.network, found.n, found.passes, found.budget) == ("mlp", 60, 1, 2**28)
    assert [one.layer for one in found.layers] == ["input", "d1", "d2", "d3", "output"]
    with pytest.raises(RequestError, match="no layer 'fc9'"):
        pipeline.estimate(request, ("fc9",), 2**28, "cpu")


def test_the_passes_that_were_announced_are_those_that_happen():
    network, seen = convolutions(), []
    network[0].register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    layers = [one for one in trace(network, IMAGES) if one.name in ("0", "1", "output")]
    for memory in (2**26, 2**22):
        promised = layers_module.cost(network, IMAGES, layers, 80, memory, torch.device("cpu"), network="net")
        found = layers_module.capture(network, IMAGES, layers, memory=promised.columns)
        seen.clear()
        for _, columns in found:
            assert sum(block.shape[1] for block in columns) > 0
        assert seen.pop(0) == 2  # this one tells how many samples a batch may have
        assert sum(seen) == promised.passes * 80
    assert promised.passes > 2


@pytest.fixture
def measured(monkeypatch):
    done = []
    monkeypatch.setattr(layers_module, "measure", lambda *_, **__: done.append(1))
    return done


def test_a_run_that_cannot_fit_is_refused_before_anything_is_trained_or_measured(tmp_path, measured, monkeypatch):
    monkeypatch.setattr(requests, "obtain", lambda *_: pytest.fail("the network was made"))
    with pytest.raises(RequestError, match=r"Choose .*a budget of \d+ MiB"):
        list(pipeline.run(REQUEST, "checkpoints", Store(tmp_path), memory=2**20, device="cpu"))
    assert results.run(Store(tmp_path), REQUEST) is None and not measured


def test_a_module_that_cannot_fit_is_refused_before_anything_is_measured(measured):
    with pytest.raises(RequestError, match=r"cannot be measured on 80 samples.* a budget of \d+ MiB"):
        list(pipeline.profile_module(convolutions(), IMAGES, memory=2**20, device="cpu"))
    assert not measured


def test_the_estimate_is_in_the_run_entry_and_the_first_message_before_the_first_layer(tmp_path):
    store, seen = Store(tmp_path), []
    layers = pipeline.run(REQUEST, "checkpoints", store, memory=2**28, device="cpu", watch=Watch(seen.append))
    next(layers)
    words = results.run(store, REQUEST).estimate
    assert re.fullmatch(r"About .*: 1 forward pass of mlp, .* at peak of a budget of 268 MB\.", words)
    messages = [progress.message for progress in seen if progress.phase == "measuring"]
    assert messages == [f"Measuring “input” (1 of 4). {words}"]
    list(layers)
    assert results.run(store, REQUEST).estimate == words
