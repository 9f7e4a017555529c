"""What people hand to `profile`: images of any kind, and arguments that cannot be."""

import random

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import idcore
from idcore.errors import DataError, LayerscopeError, NetworkError, RequestError

X = torch.randn(90, 6, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(90) % 3


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 5))


@pytest.fixture(scope="module")
def expected(network):
    return idcore.profile(network, X).to_frame().id.tolist()


class Alone(Dataset):
    def __init__(self, make=lambda i: X[i]):
        self.make = make

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        if i >= len(self):
            raise IndexError
        return self.make(i)


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(X, LABELS, strict=True))


class Polars:
    """What a frame of another library offers."""

    def to_numpy(self):
        return X.numpy()

    __array__ = lambda self, dtype=None, copy=None: X.numpy()  # noqa: E731


IMAGES = {
    "array": X.numpy(),
    "Fortran": np.asfortranarray(X.numpy()),
    "turned twice": X.numpy()[::-1].copy()[::-1],
    "big-endian": X.numpy().astype(">f4"),
    "frame": pd.DataFrame(X.numpy()),
    "another frame": Polars(),
    "list of arrays": list(X.numpy()),
    "list of tensors": list(X),
    "with a gradient": X.clone().requires_grad_(),
    "sparse": X.to_sparse(),
    "data set": TensorDataset(X),
    "data set with labels": TensorDataset(X, LABELS),
    "data set of samples": Alone(),
    "data set of arrays": Alone(lambda i: (X[i].numpy(), int(LABELS[i]))),
    "data set of dicts": Alone(lambda i: {"label": LABELS[i], "pixels": X[i]}),
    "loader": DataLoader(TensorDataset(X, LABELS), batch_size=89),
    "stream": Stream(),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_images_of_any_kind_are_the_same_images(network, expected, kind):
    state = torch.get_rng_state(), random.getstate()
    frame = idcore.profile(network, IMAGES[kind], layers=["output"]).to_frame()
    assert frame.id.tolist() == pytest.approx(expected[-1:], rel=1e-6) and not any(frame.note)
    assert torch.equal(torch.get_rng_state(), state[0]) and random.getstate() == state[1]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_images_of_another_precision_are_converted_to_that_of_the_weights_and_it_is_said(network, dtype, tmp_path):
    given = X.to(dtype)
    right = idcore.profile(network, given.float(), store=tmp_path).to_frame()
    frame = idcore.profile(network, given, store=tmp_path).to_frame()
    name = str(dtype).removeprefix("torch.")
    assert frame.id.tolist() == right.id.tolist() and not any(right.note)
    assert frame.note[0].startswith(f"The images were converted from {name} to float32") and not any(frame.note[1:])
    network = network.double() if dtype == torch.float64 else network
    double = idcore.profile(network.double(), X).to_frame()
    network.float()
    assert double.note[0].startswith("The images were converted from float32 to float64")


def test_whole_numbers_are_tokens_where_the_network_takes_them_and_else_refused_with_what_to_do(network):
    tokens = torch.randint(0, 9, (60, 4))
    embedded = nn.Sequential(nn.Embedding(9, 5), nn.Flatten())
    assert idcore.profile(embedded, tokens, layers=["output"]).to_frame().units[0] == 20
    with pytest.raises(NetworkError, match=r"images are uint8 and the weights float32: convert and scale .* / 255"):
        idcore.profile(network, (X * 10).to(torch.uint8))


class Large(Dataset):
    def __len__(self):
        return 10**9

    def __getitem__(self, i):
        return torch.zeros(2**18)


REFUSED = [
    (Large(), "the memory budget of 2,097,152. Choose some"),
    (Alone(lambda i: object()), "could not be read: .* transform"),
    (Alone(lambda i: X[i, : 3 + i % 2]), "could not be read"),
    (Alone(lambda i: 1.0), r"batches of samples, \(n, ...\)"),
    (DataLoader(Alone(lambda i: X[i, : 3 + i // 45]), batch_size=45), "must have one shape"),
    (TensorDataset(X[:0]), "no samples"),
    (None, "images must be an array or tensor of real numbers, not a NoneType"),
    ("photos/", "not a str"),
    ({"a": X}, "not a dict"),
    ([X[0], X[1, :3]], "must have one shape"),
    (pd.DataFrame({"a": [1.0, 2], "b": ["x", "y"]}), "columns 'b' of a frame"),
    (X[0], r"sample axis first, \(n, ...\); they have the shape \(6,\)"),
    (X[:0], "sample axis first"),
]


@pytest.mark.parametrize(("images", "words"), REFUSED, ids=[words[:20] for _, words in REFUSED])
def test_what_holds_no_images_is_refused_at_once_in_a_sentence(network, images, words):
    with pytest.raises(LayerscopeError, match=words):
        idcore.profile(network, images, memory="2MiB")


ARGUMENTS = [
    ({"reduce": "banana"}, "reduce must be one of flatten, mean, cls, not 'banana'"),
    ({"reduce": None}, "not None"),
    ({"reduce": ["mean"]}, r"not \['mean'\]"),
    ({"layers": 5}, "layers must be .* not 5"),
    ({"layers": [1, 2]}, "by its name, not by 1"),
    ({"layers": {"0": 1}}, "layers must be"),
    ({"layers": None}, "layers must be"),
    ({"layers": []}, "at least one layer"),
    ({"layers": ["nope"]}, "no layer 'nope'"),
    ({"memory": "lots"}, "memory budget must be a number of bytes"),
    ({"memory": -1}, "memory budget"),
    ({"memory": None}, "memory budget"),
    ({"memory": 5}, "at least 1 MiB"),
    ({"memory": True}, "memory budget"),
    ({"device": "banana"}, "no device 'banana' on this machine"),
    ({"device": 7}, "device must be of the kind"),
    ({"device": "cpu:x"}, "no device 'cpu:x'"),
    ({"device": "cuda:99"}, "no device 'cuda:99'"),
    ({"store": 7}, "store must be of the kind"),
    ({"store": ""}, "not an empty name"),
    ({"labels": [1, 2]}, "label for each image; there are 2 and 90"),
    ({"labels": np.zeros((90, 2))}, r"\(90, 2\)"),
    ({"labels": 5}, "label for each image"),
    ({"labels": [[1], [2, 3]]}, "labels"),
]


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS, ids=[str(one) for one, _ in ARGUMENTS])
def test_an_argument_that_cannot_be_is_refused_at_once_in_a_sentence(network, arguments, words):
    with pytest.raises(RequestError, match=words):
        idcore.profile(network, X, **arguments)


def test_what_may_be_said_in_several_ways_may(network, expected, tmp_path):
    ways = [
        {"labels": LABELS.tolist()},
        {"labels": pd.Series(LABELS.numpy())},
        {"labels": LABELS},
        {"labels": ["a"] * 90},
        {"device": torch.device("cpu")},
        {"device": "cpu:0"},
        {"memory": 2**30},
        {"memory": np.int64(2**30)},
        {"memory": 1e9},
        {"layers": pd.Index(["input", "1", "output"])},
        {"store": tmp_path},
        {"store": str(tmp_path)},
    ]
    for way in ways:
        found = idcore.profile(network, X, **{"layers": ["output"], **way}).to_frame().id.tolist()
        assert found == (expected if "layers" in way else expected[-1:])


def test_every_other_public_function_checks_its_arguments_too(network):
    profile = idcore.profile(network, X)
    for call in (
        lambda: profile.to_frame(discard="banana"),
        lambda: profile.to_frame(discard=1.0),
        lambda: profile.to_frame(discard=float("nan")),
        lambda: profile.to_frame(variance=None),
        lambda: profile.to_frame(variance=0),
        lambda: profile.to_frame(variance=[0.9]),
        lambda: idcore.twonn(X, discard="x"),
        lambda: idcore.twonn(X, discard=True),
        lambda: idcore.twonn(X, discard=-0.1),
        lambda: idcore.neighbours(X, k="3"),
        lambda: idcore.neighbours(X, k=0),
        lambda: idcore.neighbours(X, k=2.5),
        lambda: idcore.neighbours(X, k=90),
        lambda: idcore.pca(X).pc_id("most"),
        lambda: idcore.pca(X).pc_id(0),
        lambda: idcore.Neighbours([["a"]], [["b"]]),
        lambda: idcore.Neighbours([[0, 1], [2]], [[0, 1], [2]]),
        lambda: idcore.Spectrum(["a", "b"]),
        lambda: idcore.profile("resnet18", X),
        lambda: idcore.profile(nn.ReLU, X),
        lambda: idcore.run("cnn"),
        lambda: idcore.run(idcore.Request(), layers=3),
        lambda: idcore.run(idcore.Request(), memory="x"),
        lambda: idcore.run(idcore.Request(), device="x"),
        lambda: idcore.run(idcore.Request(), store=3),
    ):
        with pytest.raises(RequestError, match=r"^[A-Za-z].{15,}\.$"):
            call()
    assert idcore.twonn(X, discard=np.float32(0.1)).id == pytest.approx(idcore.twonn(X).id)
    assert idcore.neighbours(X, k=np.int64(3)).k == 3


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_torchscript_is_refused_with_what_to_do_instead(network):
    with pytest.raises(NetworkError, match=r"TorchScript .* Hand in the module that it was made from\.$"):
        idcore.profile(torch.jit.script(network), X)


class Power(nn.Module):
    def __init__(self, power=1.0, function=torch.abs):
        super().__init__()
        torch.manual_seed(0)
        self.linear, self.power, self.function = nn.Linear(6, 40), power, function

    def forward(self, x):
        return self.function(self.linear(x)) ** self.power


def _hooked():
    network = Power()
    network.linear.register_forward_hook(lambda _, __, output: output * torch.arange(1, 41))
    return network


def _patched():
    network = Power()
    network.forward = lambda x: network.linear(x).abs().sqrt()
    return network


def _unlisted():
    network = Power()
    network.register_buffer("shift", torch.ones(40), persistent=False)
    network.forward = lambda x: network.linear(x).abs() + network.shift * x[:, :1]
    return network


@pytest.mark.parametrize(
    "other", [lambda: Power(0.05), lambda: Power(function=torch.square), _hooked, _patched, _unlisted]
)
def test_networks_that_do_not_do_the_same_have_no_record_in_common(other, tmp_path):
    def ids(network, store):
        return idcore.profile(network, X, layers="all", store=store).to_frame().id.tolist()

    first = ids(Power(), tmp_path)
    assert ids(other(), tmp_path) == ids(other(), None) != first
    again = idcore.profile(Power(), X, layers="all", store=tmp_path)
    assert [g.seconds for g in again] == [g.seconds for g in idcore.profile(Power(), X, layers="all", store=tmp_path)]


def test_a_data_set_that_fails_says_why(network):
    def failing(i):
        raise OSError("photo 7 is no picture")

    with pytest.raises(DataError, match="could not be read: photo 7 is no picture"):
        idcore.profile(network, Alone(failing))
