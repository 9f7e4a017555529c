"""Layers and their activations, of any torch.nn.Module, under a byte budget."""

from functools import cache

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

import idcore
from idcore.activations import capture, trace
from idcore.errors import Cancelled, NetworkError, RequestError
from idcore.networks.hooks import batches
from idcore.results import chosen
from idcore.torchvision_seam import torchvision
from idcore.watch import Watch

PLENTY = 2**28


def small(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(27, 4)
    )


IMAGES = torch.randn(23, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def captured(network, images, names=None, memory=PLENTY, reduce="flatten", **options):
    layers = trace(network, images, reduce)
    chosen = [layer for layer in layers if names is None or layer.name in names]
    found = capture(network, images, chosen, memory=memory, **options)
    return {layer.name: torch.cat([block.clone() for block in columns], 1) for layer, columns in found}


class Twice(nn.Module):
    """One ReLU called twice, a sum that no module makes, and the output in a dict within a tuple."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.relu = nn.Linear(6, 6), nn.Linear(6, 6), nn.ReLU()

    def forward(self, x):
        y = self.relu(self.a(x))
        return len(x), {"hidden": self.relu(self.b(y)) + y}


class Block(nn.Module):
    """A residual block that adds in place, after its last module."""

    def __init__(self, inplace):
        super().__init__()
        self.linear, self.norm, self.relu = nn.Linear(6, 6), nn.BatchNorm1d(6), nn.ReLU(inplace=True)
        self.inplace = inplace

    def forward(self, x):
        y = self.norm(self.linear(x))
        y += x
        return y if self.inplace else self.relu(y)


def test_layers_come_in_call_order_with_their_shapes_and_the_input_first():
    layers = trace(small(), IMAGES)
    assert [layer.name for layer in layers] == ["input", "0", "1", "2", "3", "4", "output"]
    assert [layer.order for layer in layers] == list(range(7))
    assert [layer.shape for layer in layers[:4]] == [(1, 8, 8), (3, 6, 6), (3, 6, 6), (3, 3, 3)]
    assert layers[-1].kind == "Linear" and [layer.depth for layer in layers] == [0, 0.5, 0.5, 0.5, 0.5, 0.5, 1]


def test_activations_are_those_of_the_layer_even_when_a_later_one_works_in_place():
    network = small().eval()
    found = captured(network, IMAGES)
    with torch.no_grad():
        conv = nn.functional.conv2d(IMAGES, network[0].weight, network[0].bias)
    assert torch.allclose(found["0"], conv.flatten(1), atol=1e-6) and (found["0"] < 0).any()
    assert torch.equal(found["1"], found["0"].relu())
    assert torch.equal(found["input"], IMAGES.flatten(1))
    assert torch.equal(found["output"], network(IMAGES).detach()) or torch.allclose(found["output"], network(IMAGES))


def test_a_first_layer_that_works_in_place_changes_neither_the_input_nor_the_persons_images():
    network, images = nn.Sequential(nn.ReLU(inplace=True), nn.Flatten()), IMAGES.clone()
    found = captured(network, images)
    assert torch.equal(images, IMAGES) and torch.equal(found["input"], IMAGES.flatten(1))


def test_a_module_called_twice_gives_two_layers_and_a_nested_output_its_first_floating_tensor():
    network, x = Twice(), torch.randn(9, 6)
    layers = trace(network, x)
    assert [layer.name for layer in layers] == ["input", "a", "relu", "b", "relu#2", "output"]
    found = captured(network, x, {"relu", "relu#2", "output"})
    assert torch.allclose(found["output"], found["relu"] + found["relu#2"])


def test_a_container_that_gives_a_tensor_of_its_own_is_a_layer_and_one_that_hands_on_is_not():
    network = nn.Sequential(nn.Linear(6, 6), nn.Sequential(nn.Linear(6, 6), nn.ReLU()), Block(True), Block(False))
    names = [layer.name for layer in trace(network, torch.randn(4, 6))]
    assert names == ["input", "0", "1.0", "1.1", "2.linear", "2.norm", "2", "3.linear", "3.norm", "output"]
    found = captured(network.eval(), torch.randn(4, 6))
    assert not torch.equal(found["2.norm"], found["2"])


def test_a_container_that_hands_on_is_chosen_by_its_own_name_too():
    network = nn.Sequential()
    network.body, network.head = nn.Sequential(nn.Linear(6, 6), nn.ReLU()), nn.Sequential(nn.Linear(6, 4), nn.Tanh())
    layers = trace(network, torch.randn(4, 6))
    assert [layer.name for layer in layers] == ["input", "body.0", "body.1", "head.0", "output"]
    assert [layer.also for layer in layers] == [(), (), ("body",), (), ("head", "head.1")]
    named = {name: [layer.name for layer in chosen(layers, [name])] for name in ("body", "head", "head.1", "output")}
    assert named == {"body": ["body.1"], "head": ["output"], "head.1": ["output"], "output": ["output"]}
    assert chosen(layers, ["head", "output", "body"]) == (layers[2], layers[4])  # once, in call order
    measured = idcore.profile(network, torch.randn(40, 6), layers=["head", "body.0"])
    assert [one.layer.name for one in measured] == ["body.0", "output"]


def test_a_wrong_name_is_told_the_nearest_ones():
    layers = trace(nn.Sequential(*(nn.Sequential(nn.Linear(6, 6), nn.ReLU()) for _ in range(20))), torch.randn(4, 6))
    with pytest.raises(RequestError, match=r"no layer '17\.2'; it has .*17\.1.* and 29 more; these are the nearest"):
        chosen(layers, ["17.2"])
    with pytest.raises(RequestError, match=r"no layer '1\.O'; it has input, 0.0, 0.1, 1.0.* Did you mean 1\.[01]\?"):
        chosen(layers[:5], ["1.O"])
    with pytest.raises(RequestError, match=r"no layer 'q'; it has input, 0.0, 0.1\. Choose one of its layers"):
        chosen(layers[:3], ["q"])


class Odd(nn.Module):
    """Layers whose samples stand on another axis, or nowhere; two of them are as long as the batches of a trace."""

    def __init__(self):
        super().__init__()
        self.turned, self.count, self.classes = nn.Identity(), nn.Identity(), nn.Embedding(3, 4)
        self.pairs, self.sum, self.whole = nn.Identity(), nn.Identity(), nn.Linear(4, 2)
        self.steps = nn.LSTM(4, 5)  # time first: (3, n, 5)

    def forward(self, x):
        self.turned(x.T)
        self.count(torch.arange(len(x)))
        self.classes(torch.arange(3))
        self.pairs(x @ x.T)
        self.sum(x.mean(0))
        self.steps(torch.stack([x, 2 * x, 3 * x]))
        return self.whole(x)


def test_the_axis_of_the_samples_is_the_one_that_changes_with_the_batch():
    x = torch.randn(9, 4)
    network = Odd().eval()
    found = captured(network, x)
    assert torch.equal(found["turned"], x)
    with torch.no_grad():
        steps = network.steps(torch.stack([x, 2 * x, 3 * x]))[0]
    assert torch.allclose(found["steps"].view(9, 3, 5), steps.movedim(1, 0), atol=1e-6)


def test_a_layer_without_an_axis_of_samples_is_a_note_and_the_others_are_measured():
    layers = {layer.name: layer for layer in trace(Odd(), torch.randn(9, 4))}
    notes = {name: layer.note for name, layer in layers.items() if layer.note}
    assert notes == {
        "count": "It gives no tensor of floating-point numbers.",
        "classes": "Its output has the shape (3, 4) for 3 samples and for 2: no axis counts the samples.",
        "pairs": "Its output has the shape (3, 3) for 3 samples and (2, 2) for 2: no axis counts the samples.",
        "sum": "Its output has the shape (4,) for 3 samples and for 2: no axis counts the samples.",
    }
    found = capture(Odd(), torch.randn(9, 4), list(layers.values()), memory=PLENTY)
    assert [layer.name for layer, _ in found] == ["input", "turned", "steps", "output"]


@cache
def at_once():
    return captured(small(), IMAGES)


@given(memory=st.integers(23 * 4 * 40, 23 * 4 * 400), batch_size=st.one_of(st.none(), st.integers(2, 30)))
@example(memory=23 * 4 * 10, batch_size=None)
@example(memory=23 * 4 * 400, batch_size=1)
@settings(max_examples=8, deadline=None)
def test_neither_the_budget_nor_the_batch_size_changes_the_activations(memory, batch_size):
    expected, found = at_once(), captured(small(), IMAGES, memory=memory, batch_size=batch_size)
    assert expected.keys() == found.keys()
    assert all(torch.allclose(expected[name], found[name], atol=1e-6) for name in expected)


def test_no_more_bytes_are_held_than_the_budget_allows():
    network, memory = small(), 23 * 4 * 50
    layers = trace(network, IMAGES)
    for layer, columns in capture(network, IMAGES, layers, memory=memory):
        blocks = [tuple(block.shape) for block in columns]
        assert sum(width for _, width in blocks) == layer.units
        if layer.name != "input":  # a view of the person's images
            assert all(n * width * 4 <= memory for n, width in blocks)


def test_a_layer_larger_than_the_budget_can_be_read_again():
    _, columns = next(capture(small(), IMAGES, trace(small(), IMAGES)[1:2], memory=23 * 4 * 20))
    first, second = list(columns), list(columns)
    assert columns.passes == len(first) == 6
    assert all(map(torch.equal, first, second))


def test_layers_that_fit_together_come_from_one_forward_pass_that_ends_at_the_last_of_them():
    calls = []
    network = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 5))
    for i, module in enumerate(network):
        module.register_forward_pre_hook(lambda *_, i=i: calls.append(i))
    layers = trace(network, torch.randn(8, 5))
    calls.clear()
    list(capture(network, torch.randn(8, 5), layers[1:3], memory=PLENTY, batch_size=8))
    assert calls == [0, 1]


def test_the_input_alone_takes_no_forward_pass():
    network, calls = small(), []
    layers = trace(network, IMAGES)
    network.register_forward_pre_hook(lambda *_: calls.append(1))
    ((_, columns),) = capture(network, IMAGES, layers[:1], memory=PLENTY)
    assert torch.equal(next(iter(columns)), IMAGES.flatten(1)) and calls == []


def test_a_batch_is_as_large_as_the_widest_output_allows_whichever_layers_are_asked_for(monkeypatch):
    network, sizes = small(), []
    layers = trace(network, IMAGES)
    network.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    assert max(layer.units for layer in layers) == 108
    for room, size in ((4 * 108 * 7 + 1, 7), (4 * 108 * 100, 11)):
        monkeypatch.setattr("idcore.activations._CPU_BATCH", (room, 11))
        for asked in (layers, layers[-1:]):
            sizes.clear()
            list(capture(network, IMAGES, asked, memory=PLENTY))
            assert sizes == [2, *(stop - start for start, stop in batches(23, size))]


def test_the_memory_of_a_layer_is_free_when_the_next_is_asked_for():
    found = capture(small(), IMAGES, trace(small(), IMAGES)[1:3], memory=PLENTY)
    _, first = next(found)
    assert next(iter(first)).shape == (23, 108)
    next(found)
    with pytest.raises(KeyError):
        next(iter(first))


def test_modes_hooks_and_gradients_are_as_before_also_between_the_layers():
    network = small().train()
    network[4].eval()
    before = [module.training for module in network.modules()]
    for _ in capture(network, IMAGES, trace(network, IMAGES), memory=23 * 4 * 30):
        assert [module.training for module in network.modules()] == before
        assert not any(module._forward_hooks for module in network.modules())
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    network(IMAGES).sum().backward()


def test_dropout_and_batch_norm_are_as_in_use_not_as_in_training():
    network = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Dropout(0.9)).train()
    found = captured(network, IMAGES)
    assert torch.allclose(found["output"], IMAGES.flatten(1), atol=1e-4)
    assert int(network[0].num_batches_tracked) == 0


def test_nan_and_infinity_pass_through():
    images = IMAGES.clone()
    images[3, 0, 0, 0], images[4, 0, 0, 0] = float("nan"), float("inf")
    found = captured(small(), images)
    assert found["0"][3].isnan().any() and found["input"][4].isinf().any() and not found["0"][5].isnan().any()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_activations_keep_the_type_of_their_layer(dtype):
    found = captured(small().to(dtype), IMAGES.to(dtype))
    assert {tensor.dtype for tensor in found.values()} == {dtype}


def test_memory_formats_do_not_change_the_order_of_the_columns():
    network = small().eval()
    expected = captured(network, IMAGES)
    for memory in (PLENTY, 23 * 4 * 30):
        found = captured(network.to(memory_format=torch.channels_last), IMAGES, memory=memory)
        assert torch.allclose(found["0"], expected["0"], atol=1e-6)


def test_samples_that_the_network_does_not_take_are_refused_with_both_shapes():
    with pytest.raises(NetworkError, match=r"3 samples of shape \(2, 8, 8\): .*channels.*first axis must count"):
        trace(small(), torch.randn(5, 2, 8, 8))
    layers = trace(small(), IMAGES)
    with pytest.raises(NetworkError, match=r"2 samples of shape \(1, 9, 3\): .*too small"):
        list(capture(small(), torch.randn(5, 1, 9, 3), layers, memory=PLENTY))
    for refused in (lambda: trace(small(), IMAGES[:0]), lambda: list(capture(small(), IMAGES[:0], layers, memory=1))):
        with pytest.raises(NetworkError, match="no samples"):
            refused()


def test_a_network_that_fails_is_left_as_it_was():
    network = small().train()
    with pytest.raises(NetworkError):
        trace(network, torch.randn(5, 2, 8, 8))
    assert network.training and not any(module._forward_hooks for module in network.modules())


def test_a_layer_that_is_another_for_other_samples_has_no_columns_and_the_others_have_theirs():
    class Moody(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(2, 2), nn.Linear(2, 2), nn.Identity()

        def forward(self, x):
            self.c(x if x[0, 0] > 0 else x[:, :1])
            return self.b(self.a(x) if x[0, 0] > 0 else x)

    x = torch.ones(8, 2)
    x[4:] = -1
    for names in (["a", "c", "output"], ["a"], ["c"]):
        layers = [layer for layer in trace(Moody(), x) if layer.name in names]
        captured = capture(Moody(), x, layers, memory=PLENTY, batch_size=4)
        found = {layer.name: columns for layer, columns in captured}
        said = {"a": "a was not called, although", "c": "c gave 1 units per sample, but 2 before"}
        for name, words in said.items():
            if name in names:
                with pytest.raises(NetworkError, match=rf"The layer {words}.* \(samples from 4 on\)"):
                    list(found[name])
    x = torch.rand(200, 2) + 0.1
    x[128:] *= -1  # from the second batch on
    notes = idcore.profile(Moody(), x, layers="all").to_frame().set_index("layer").note
    assert "was not called" in notes["a"] and "was not called" not in notes["output"]


def test_a_budget_below_one_column_is_refused_with_both_numbers():
    with pytest.raises(NetworkError, match="budget of 50 bytes .* 23 samples, 92 bytes"):
        list(capture(small(), IMAGES, trace(small(), IMAGES), memory=50))


def test_a_cancelled_capture_stops_within_a_batch():
    batches = []

    def cancelled():
        batches.append(1)
        return len(batches) > 3

    layers = trace(small(), IMAGES)[1:]
    with pytest.raises(Cancelled):
        list(capture(small(), IMAGES, layers, memory=PLENTY, batch_size=2, watch=Watch(cancelled=cancelled)))
    assert len(batches) == 4


def test_mean_takes_one_value_per_channel_or_the_mean_token_and_cls_the_first_token():
    x = torch.randn(7, 5, 6)
    tokens = nn.Sequential(nn.Linear(6, 3), nn.Identity())

    def output(reduce):
        layer, columns = next(capture(tokens, x, trace(tokens, x, reduce)[-1:], memory=PLENTY))
        assert layer.shape == (3,)
        return next(iter(columns))

    expected = tokens(x).detach()
    assert torch.allclose(output("mean"), expected.mean(1), atol=1e-6) and torch.equal(output("cls"), expected[:, 0])
    mean = captured(small(), IMAGES, {"0"}, reduce="mean")["0"]
    assert torch.allclose(mean, captured(small(), IMAGES, {"0"})["0"].view(23, 3, -1).mean(2), atol=1e-6)
    assert "has no tokens" in trace(small(), IMAGES, "cls")[1].note


def test_an_inference_tensor_can_be_traced():
    with torch.inference_mode():
        assert trace(small(), IMAGES.clone())[-1].name == "output"


def test_names_that_clash_with_input_and_output_are_numbered():
    network = nn.ModuleDict({"input": nn.Linear(3, 3), "output": nn.ReLU()})
    network.forward = lambda x: network["input"](network["output"](x)) + 1
    assert [layer.name for layer in trace(network, torch.randn(4, 3))] == ["input", "output", "input#2", "output#2"]
    found = captured(network, torch.ones(4, 3))
    assert torch.allclose(found["output#2"], found["input#2"] + 1)


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda: torchvision.models.resnet18(weights=None), 32),
        (lambda: torchvision.models.VisionTransformer(16, 8, 3, 2, 12, 24, num_classes=5), 16),
        (lambda: torchvision.models.mobilenet_v3_small(weights=None), 32),
    ],
    ids=["resnet", "transformer", "mobilenet"],
)
def test_every_layer_of_known_networks_is_captured_and_the_last_is_their_output(make, size):
    torch.manual_seed(0)
    network, images = make().eval(), torch.randn(5, 3, size, size)
    layers = trace(network, images)
    found = captured(network, images, memory=2**23)
    assert list(found) == [layer.name for layer in layers if not layer.note] and not any(layer.note for layer in layers)
    assert all(found[layer.name].shape == (5, layer.units) for layer in layers)
    with torch.no_grad():
        assert torch.allclose(found["output"], network(images), atol=1e-4)


def test_the_fast_path_of_transformer_layers_is_not_in_the_way():
    torch.manual_seed(0)
    network = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval()
    x = torch.randn(6, 4, 8)
    names = {layer.name for layer in trace(network, x)}
    assert {"layers.0", "layers.0.self_attn", "layers.1.linear1", "output"} <= names
    found = captured(network, x)
    with torch.no_grad():
        assert torch.allclose(found["output"].view(6, 4, 8), network(x), atol=1e-5)
