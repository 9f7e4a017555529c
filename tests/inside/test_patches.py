"""What excites the first filters: each patch gives back the output that it was found by, however the filter sees."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from idcore.errors import Cancelled, NetworkError
from idcore.inside import patches as module
from idcore.inside.patches import first, patches
from idcore.watch import Watch

CPU = torch.device("cpu")
X = torch.rand(25, 2, 13, 12, generator=torch.Generator().manual_seed(0))


def convolution(**options) -> nn.Conv2d:
    torch.manual_seed(1)
    return nn.Conv2d(2, 4, 3, **options)


@pytest.mark.parametrize(
    "options",
    [{}, {"stride": (2, 3)}, {"padding": (2, 1)}, {"dilation": (1, 2), "stride": 2, "padding": 3},
     {"padding": "same", "dilation": 3}, {"padding": 2, "padding_mode": "reflect"},
     {"padding": 1, "padding_mode": "circular", "bias": False}],
)  # fmt: skip
def test_the_patches_are_the_windows_of_the_largest_outputs_and_give_them_back(options):
    one = convolution(**options)
    network = nn.Sequential(one, nn.ReLU(inplace=True))
    found = patches(network, first(network, (2, 13, 12)), X, CPU, 256)
    with torch.no_grad():
        expected = one(X).amax((2, 3)).T.sort(1, descending=True)
    assert torch.equal(found.samples, expected.indices[:, :9]) and torch.allclose(found.values, expected.values[:, :9])
    bare = nn.Conv2d(2, 4, 3, dilation=one.dilation)
    bare.weight, bare.bias = one.weight, one.bias or nn.Parameter(torch.zeros(4)) if one.bias is None else one.bias
    for f in range(4):
        with torch.no_grad():
            again = bare(found.patches[f])[:, f]
        assert again.shape[1:] == (1, 1) and torch.allclose(again.flatten(), found.values[f], atol=1e-5)
    if not options:  # without padding each is a part of its own image
        windows = X[int(found.samples[2, 0])].unfold(1, 3, 1).unfold(2, 3, 1)
        assert any(torch.equal(windows[:, i, j], found.patches[2, 0]) for i in range(11) for j in range(10))


def test_a_planted_pattern_is_what_its_filter_finds():
    one = nn.Conv2d(1, 1, 3, bias=False)
    pattern = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])
    one.weight.data[0, 0] = pattern - 0.5
    x = torch.zeros(12, 1, 9, 9)
    x[7, 0, 2:5, 4:7] = pattern
    found = patches(one, first(one, (1, 9, 9)), x, CPU, 256)
    assert found.samples[0, 0] == 7 and torch.equal(found.patches[0, 0, 0], pattern)


def test_padding_by_a_layer_of_its_own_is_a_part_of_the_patch_and_other_changes_have_none():
    torch.manual_seed(0)
    padded = nn.Sequential(nn.ZeroPad2d((0, 3, 1, 2)), convolution(stride=2))
    found = patches(padded, first(padded, (2, 13, 12)), X, CPU, 2)
    with torch.no_grad():
        assert torch.allclose(found.values, padded(X).amax((2, 3)).T[:2].sort(1, descending=True).values[:, :9])

    class Halved(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = convolution()

        def forward(self, x):
            return self.conv(x / 2)

    network = Halved()
    with pytest.raises(NetworkError, match="changes the images before its first layer"):
        patches(network, first(network, (2, 13, 12)), X, CPU, 256)


class Same(nn.Conv2d):
    """Pads within, as some libraries do, and its numbers do not say so."""

    def forward(self, x):
        return super().forward(F.pad(x, (1, 1, 1, 1)))


def test_a_patch_that_does_not_give_back_its_output_is_never_shown():
    torch.manual_seed(0)
    one = Same(2, 3, 3)
    with pytest.raises(NetworkError, match="in another way than its numbers say"):
        patches(one, first(one, (2, 13, 12)), X, CPU, 256)


def test_a_linear_map_sees_the_whole_image():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(312, 5))
    found = patches(network, first(network, (2, 13, 12)), X[:6], CPU, 256)
    with torch.no_grad():
        expected = network(X[:6]).T.sort(1, descending=True)
    assert found.patches is None and torch.equal(found.samples, expected.indices) and found.samples.shape == (5, 6)
    assert first(nn.Flatten(), (2, 13, 12)) is None and first(nn.Linear(3, 2), (2, 13, 12)) is None


def test_few_are_kept_where_they_are_large_and_what_has_none_is_told(monkeypatch):
    one = convolution()
    monkeypatch.setattr(module, "KEPT", 4 * 18 * 2)
    assert patches(one, first(one, (2, 13, 12)), X, CPU, 256).samples.shape == (4, 2)
    monkeypatch.setattr(module, "KEPT", 71)
    with pytest.raises(NetworkError, match="would be 72 numbers; at most 71"):
        patches(one, first(one, (2, 13, 12)), X, CPU, 256)
    monkeypatch.undo()
    with pytest.raises(Cancelled):
        patches(one, first(one, (2, 13, 12)), X, CPU, 256, Watch(cancelled=lambda: True))
    one.weight.data[0] = torch.nan
    with pytest.raises(NetworkError, match="NaN or infinite"):
        patches(one, first(one, (2, 13, 12)), X, CPU, 256)
