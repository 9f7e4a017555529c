"""A network that is measured is lent: afterwards it is as it was; and what it draws at random is one draw."""

import random
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

import idcore
from idcore.activations import capture
from idcore.networks.trace import trace

X = torch.randn(150, 2, generator=torch.Generator().manual_seed(0))


class Gain(nn.Module):
    """Two coordinates and a gain that is drawn at every call: three dimensions."""

    def __init__(self, draw):
        super().__init__()
        self.first, self.wide, self.draw = nn.Linear(2, 20), nn.Linear(20, 4000), draw
        self.generator, self.numpy, self.python = torch.Generator(), np.random.default_rng(), random.Random()

    def forward(self, x):
        y = torch.tanh(self.wide(self.first(x)))
        return y * (1 + self.draw(self, len(y)))


def _numbers(generator):
    return lambda module, n: torch.tensor([[generator(module)] for _ in range(n)], dtype=torch.float32)


DRAWS = {
    "torch": lambda module, n: torch.rand(n, 1),
    "dropout": lambda module, n: nn.functional.dropout(torch.ones(n, 1), 0.5),
    "numpy": _numbers(lambda _: np.random.rand()),
    "python": _numbers(lambda _: random.random()),
    "a generator of its own": lambda module, n: torch.rand(n, 1, generator=module.generator),
    "numpy's generator": _numbers(lambda module: module.numpy.random()),
    "a Random": _numbers(lambda module: module.python.random()),
}


def _states():
    return torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()


@pytest.mark.parametrize("how", DRAWS)
def test_a_network_that_draws_at_random_has_one_draw_whatever_the_budget_and_the_layers_and_says_so(how):
    torch.manual_seed(0)
    network, before = Gain(DRAWS[how]), _states()
    rows = [
        idcore.profile(network, X, layers=layers, memory=memory).to_frame().set_index("layer").loc["output"]
        for layers, memory in ((["output"], "1GiB"), (["output"], "5MiB"), (["first", "output"], "1GiB"))
    ]
    assert _states() == before
    assert [row.id for row in rows] == pytest.approx([rows[0].id] * 3, rel=1e-9)
    assert all("draws random numbers, in eval mode too" in row.note for row in rows)
    notes = {layer.name: layer.remarks for layer in trace(network, X)}
    assert not notes["first"] and not notes["wide"] and notes["output"]


def test_a_network_that_never_gives_the_same_again_has_no_number_but_a_reason():
    calls = iter(range(1, 10**6))

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.steady = nn.Linear(2, 5)

        def forward(self, x):
            return self.steady(x) * next(calls)

    frame = idcore.profile(Counting(), X, layers="all").to_frame().set_index("layer")
    assert "nothing measured of it can be repeated" in frame.note["output"] and not frame.id["output"] > 0
    assert frame.id["steady"] > 0 and not frame.note["steady"]


def test_a_row_that_depends_on_its_batch_is_measured_in_batches_of_one_size_and_says_so():
    network = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8, track_running_stats=False), nn.Linear(8, 2000))
    ids = [
        idcore.profile(network, X, layers=layers, memory=memory).to_frame().set_index("layer").loc["output"]
        for layers, memory in ((["output"], "1GiB"), ("all", "5MiB"))
    ]
    assert ids[0].id == pytest.approx(ids[1].id, rel=1e-6)  # float32 products of other widths
    assert all("depends on the other samples of its batch" in row.note for row in ids)


def test_an_encoder_that_takes_time_first_is_seen_to_attend_from_sample_to_sample():
    torch.manual_seed(0)
    x = torch.randn(9, 3, 6)
    for batch_first in (False, True):
        layers = trace(nn.TransformerEncoderLayer(6, 2, 8, batch_first=batch_first), x)
        assert bool(layers[-1].remarks) is not batch_first


def test_a_usual_network_says_nothing_of_the_kind():
    network = nn.Sequential(nn.Linear(2, 8), nn.Dropout(), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    assert not any(layer.remarks or layer.unsteady for layer in trace(network, X))


class Restless(nn.Module):
    """What forward code may do to its module: count, keep, cache, update a buffer, switch a mode of another."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
        self.register_buffer("seen", torch.zeros(()))
        self.calls, self.cache, self.kept, self.frozen = 0, {}, [], nn.Dropout()
        self.frozen.eval()

    def train(self, mode=True):
        super().train(mode)
        if not mode:
            with torch.no_grad():
                self.last.weight.mul_(2)  # as the merging of an adapter
                self.first.requires_grad_(False)
        return self

    def forward(self, x):
        self.calls += 1
        self.seen += len(x)
        self.table = torch.arange(8.0) * self.first.weight.sum()
        self.cache[len(x)] = self.table
        self.kept.append(x)
        return self.last(self.norm(self.frozen(self.first(x))) * self.table)


def _state(network):
    return {
        "tensors": {name: tensor.clone() for name, tensor in network.state_dict().items()},
        "identity": [id(tensor) for tensor in (*network.parameters(), *network.buffers())],
        "grads": [None if p.grad is None else p.grad.clone() for p in network.parameters()],
        "flags": [p.requires_grad for p in network.parameters()],
        "modes": [module.training for module in network.modules()],
        "hooks": [len(module._forward_hooks) for module in network.modules()],
        "names": [sorted(vars(module)) for module in network.modules()],
        "plain": (network.calls, dict(network.cache), list(network.kept)),
    }


def _in_full(network):
    idcore.profile(network, X, layers="all").to_frame()


def _begun(network):
    list(islice(idcore.profile(network, X, layers="all"), 2))


def _failed(network):
    with pytest.raises(idcore.LayerscopeError):
        idcore.profile(network, torch.randn(20, 3)).to_frame()


def _aborted(network):
    def stop(*_):
        raise KeyboardInterrupt

    handle = network.norm.register_forward_hook(stop)
    with pytest.raises(KeyboardInterrupt):
        idcore.profile(network, X).to_frame()
    handle.remove()


@pytest.mark.parametrize("use", [_in_full, _begun, _failed, _aborted])
def test_a_network_is_as_it_was_after_a_profile(use):
    torch.manual_seed(0)
    network = Restless().train()
    network.frozen.eval()
    network.first.register_forward_hook(lambda *_: None)
    network(X[:9]).sum().backward()
    before = _state(network)
    use(network)
    after = _state(network)
    torch.testing.assert_close(after.pop("tensors"), before.pop("tensors"), rtol=0, atol=0)
    torch.testing.assert_close(after.pop("grads"), before.pop("grads"), rtol=0, atol=0)
    assert {k: v for k, v in after.items() if k != "plain"} == {k: v for k, v in before.items() if k != "plain"}
    assert after["plain"][0] == before["plain"][0] and list(after["plain"][1]) == list(before["plain"][1])
    assert len(after["plain"][2]) == len(before["plain"][2])
    network(X[:9]).sum().backward()


def test_a_loss_from_before_a_profile_goes_backward_after_it():
    network = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    loss = network(X).sum()
    idcore.profile(network, X, layers="all").to_frame()
    loss.backward()


def test_a_table_that_forward_makes_once_can_be_trained_with_afterwards():
    class Lazy(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.table = nn.Linear(2, 4), {}

        def forward(self, x):
            if "positions" not in self.table:
                self.table["positions"] = torch.arange(4.0) + 1
            return self.linear(x) * self.table["positions"]

    network = Lazy()
    idcore.profile(network, X).to_frame()
    network(X).sum().backward()
    assert network.linear.weight.grad is not None


def test_no_batch_is_a_single_sample():
    seen = []

    class Squeezes(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 6)

        def forward(self, x):
            seen.append(len(x))
            return self.linear(x[:, :, None, None].squeeze())

    for n in (129, 257, 3, 1):
        profile = idcore.profile(Squeezes(), torch.randn(n, 2), layers="all").to_frame()
        assert profile.n.tolist() == [n, n] and profile.units.tolist() == [2, 6]
    assert min(seen) > 1


class Remembers(nn.Module):
    """Adds what it kept of the call before: a recurrent state, a running count."""

    def __init__(self, buffer):
        super().__init__()
        self.first, self.wide, self.last = nn.Linear(2, 20), nn.Linear(20, 4000), None
        self.register_buffer("count", torch.zeros(1) if buffer else None)

    def forward(self, x):
        y = torch.tanh(self.first(x))
        if self.count is not None:
            self.count += 1
            return self.wide(y + self.count)
        before, self.last = self.last, y.mean(0)
        return self.wide(y if before is None else y + before)


@pytest.mark.parametrize("buffer", [True, False])
def test_what_a_network_keeps_of_a_batch_does_not_change_the_next_one(buffer):
    network = Remembers(buffer)
    layer = next(layer for layer in trace(network, X) if layer.name == "output")
    few, all_at_once = (
        torch.cat(
            [
                block.clone()
                for _, columns in capture(network, X, [layer], memory=2**24, batch_size=size)
                for block in columns
            ]
        )
        for size in (10, 150)
    )
    torch.testing.assert_close(few, all_at_once)
