"""Which axis of a layer counts the channels: one value per channel under reduce="mean", whatever the shape."""

import pytest
import torch
from torch import nn

import idcore
from idcore.activations import capture
from idcore.networks.trace import trace

X = torch.randn(7, 5, 20, generator=torch.Generator().manual_seed(0))


def read_all(network, x, names, reduce="mean"):
    """(layer, its values) of the layers of these names."""
    layers = [layer for layer in trace(network, x, reduce) if layer.name in names]
    assert len(layers) == len(names)
    captured = capture(network, x, layers, memory=2**24)
    return [(layer, torch.cat([block.clone() for block in columns], 1)) for layer, columns in captured]


def read(network, x, name, reduce="mean"):
    return read_all(network, x, [name], reduce)[0]


class Turned(nn.Module):
    """Channels moved last, by no module that says so."""

    def forward(self, x):
        return x.movedim(1, -1)


class Tokens(nn.Module):
    """Takes images of one size: its positions cannot grow."""

    def __init__(self):
        super().__init__()
        self.inner, self.act = nn.Linear(12, 12), nn.GELU()

    def forward(self, x):
        assert x.shape[1:] == (4, 12)
        return x + self.act(self.inner(x))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(20, 2, batch_first=True)

    def forward(self, x):
        return x + self.inner(x, x, x)[0]


ONE_VALUE_PER_CHANNEL = [
    (nn.Sequential(nn.Conv1d(5, 16, 3), nn.ReLU()), X, ["0", "output"], -2, 16),
    (nn.Sequential(nn.BatchNorm1d(5), nn.Tanh()), X, ["0", "output"], -2, 5),
    (nn.Sequential(nn.Conv1d(5, 8, 3), nn.GroupNorm(2, 8), nn.MaxPool1d(3)), X, ["1", "output"], -2, 8),
    (nn.Sequential(nn.Linear(20, 20), nn.LayerNorm(20)), X, ["0", "output"], -1, 20),
    (nn.Sequential(nn.Linear(20, 5), nn.GELU()), X, ["0", "output"], -1, 5),  # as many channels as tokens
    (nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU()), torch.randn(7, 1, 4, 9), ["0", "output"], -3, 6),
    (nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), Turned()), torch.randn(7, 1, 6, 6), ["output"], -1, 6),
    (nn.Sequential(nn.Conv3d(1, 6, 3, padding=1), nn.ReLU()), torch.randn(7, 1, 4, 5, 6), ["0", "output"], -4, 6),
    (nn.Sequential(nn.ConvTranspose2d(1, 6, 2, 2), nn.ReLU()), torch.randn(7, 1, 3, 8), ["output"], -3, 6),
    (Attention(), X, ["inner", "output"], -1, 20),
    (nn.LSTM(20, 6, batch_first=True, bidirectional=True), X, ["output"], -1, 12),
    (nn.TransformerEncoderLayer(20, 2, 8, batch_first=True), X, ["norm1", "output"], -1, 20),
    (Tokens(), torch.randn(7, 4, 12), ["inner", "output"], -1, 12),
]


@pytest.mark.parametrize(("network", "x", "names", "axis", "channels"), ONE_VALUE_PER_CHANNEL)
def test_the_mean_is_one_value_per_channel_wherever_the_channels_stand(network, x, names, axis, channels):
    flat = read_all(network, x, names, "flatten")
    for (layer, found), (whole, values) in zip(read_all(network, x, names), flat, strict=True):
        assert layer.shape == (channels,) and not layer.remarks
        outputs = values.view(len(x), *whole.shape)
        others = [i for i in range(1, outputs.ndim) if i != outputs.ndim + axis]
        torch.testing.assert_close(found, outputs.mean(others), atol=1e-6, rtol=1e-5)


def test_a_layer_whose_channels_cannot_be_known_is_flattened_and_says_so():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(48, 50))

        def forward(self, x):
            return (x.flatten(1) @ self.weight).view(-1, 5, 10)

    x = torch.randn(60, 48)
    frame = idcore.profile(Mixed(), x, layers=["output"], reduce="mean").to_frame()
    assert frame.units[0] == 50 and frame.id[0] > 0
    assert "(5, 10) per sample, counts the channels cannot be known: it is flattened, not averaged." in frame.note[0]
    note = trace(Mixed(), x, "cls")[-1].note
    assert "cannot be known, nor which the tokens" in note


def test_the_first_token_is_taken_along_the_axis_of_the_tokens():
    for network, first in ((nn.Conv1d(5, 8, 3), lambda y: y[:, :, 0]), (nn.Linear(20, 8), lambda y: y[:, 0])):
        _, found = read(network, X, "output", "cls")
        assert torch.allclose(found, first(network(X)).detach(), atol=1e-6)
