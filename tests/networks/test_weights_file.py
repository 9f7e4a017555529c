"""A person's own weights: what is read, what is refused, which network they fit."""

import argparse
import pickle
import time
import tracemalloc
import zipfile
from collections import OrderedDict
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import save as save_safetensors
from torch import nn

from idcore import results, spec
from idcore.errors import DataError, NetworkError, RequestError
from idcore.networks import fit, weights
from idcore.networks.build import build
from idcore.networks.weights import keep_file, obtain
from idcore.networks.weights_file import read
from idcore.spec import Architecture, FromFile, NetworkSpec, Recipe, Untrained
from idcore.store import Store
from idcore.watch import Watch
from tests import ROOT
from tests.tools.bad_weights import BAD, COMMAND, Evil, rezipped, saved, with_pickle
from tests.tools.training import train

pytestmark = pytest.mark.usefixtures("unconfined")

CNN, RESNET = Architecture("cnn"), Architecture("resnet18")


@pytest.fixture(scope="module")
def resnet():
    return build(RESNET, (3, 64, 64), 7, 0)


def shapes(name, classes=7):
    """State dict of a network without memory: every number is the same one."""
    usual = fit.shapes(Architecture(name), fit.usual_shape(Architecture(name), {}), classes)
    return {key: np.broadcast_to(np.float32(0), shape) for key, shape in usual.items()}


def deflated(state):
    return rezipped(saved(state), zipfile.ZIP_DEFLATED)


def same(arrays, state):
    assert list(arrays) == list(state)
    return all(torch.equal(torch.tensor(arrays[name]), tensor) for name, tensor in state.items())


# what is refused


@pytest.mark.parametrize("row", BAD)
def test_a_bad_file_is_refused_with_a_sentence_and_little_memory_and_nothing_is_run(row, tmp_path, monkeypatch):
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    make, sentence = BAD[row]
    content = make()
    if len(content) < 2**18:  # to trace a large pickle takes ten times as long as to read it
        tracemalloc.start()
    try:
        with pytest.raises(NetworkError, match=sentence) as refused:
            read(content, "mine.pt")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(refused.value).startswith("The file 'mine.pt' cannot be used as weights. ") and "\n" not in str(refused)
    assert peak < 20 * 2**20
    assert not (tmp_path / "mark").exists()


def test_the_documented_table_has_a_row_for_each_bad_file():
    text = (ROOT / "docs" / "bad-inputs.md").read_text()
    assert [row for row in BAD if f"| {row} |" not in text] == []


def test_the_pickles_of_the_table_would_run_their_command_if_anyone_ran_them(tmp_path, monkeypatch):
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    pickle.loads(pickle.dumps(Evil()))
    assert "MARK" in COMMAND and (tmp_path / "mark").exists()


@pytest.mark.parametrize("make", [saved, partial(saved, legacy=True), save_safetensors, deflated])
def test_a_damaged_file_is_read_or_refused_but_never_anything_else(make):
    content, random = make({"a": torch.ones(3, 2), "b": torch.arange(4)}), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        for place in random.integers(0, len(content), random.integers(1, 4)):
            damaged[place] = random.choice([0, 1, 46, 127, 128, 255, damaged[place] ^ 1])
        damaged = bytes(damaged[: random.integers(1, len(content))] if random.random() < 0.1 else damaged)
        try:
            read(damaged, "mine.pt")
        except NetworkError:
            refused += 1
    assert refused > 30


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202egpj.pt", "x" * 10_000, "a\nb"])
def test_names_from_outside_are_cut_and_shown_with_their_control_characters_escaped(name):
    for content in (b"", saved({name: torch.tensor([np.nan])})):
        with pytest.raises(NetworkError) as refused:
            read(content, name)
        assert len(str(refused.value)) < 400 and "\u202e" not in str(refused.value) and "\n" not in str(refused.value)


def test_tensors_larger_together_than_the_limit_are_refused_before_they_are_made(monkeypatch):
    small = replace(weights.LIMITS, weights=10**6)
    monkeypatch.setattr("idcore.networks.weights_file.LIMITS", small)
    shared = torch.zeros(200_000)  # 0.8 MB in the file, ten times as much once each has its own
    with pytest.raises(NetworkError, match="8,000,000 bytes; at most 1,000,000"):
        read(saved({f"w{i}": shared for i in range(10)}), "mine.pt")
    monkeypatch.setattr("idcore.files.zip_records.LIMITS", replace(small, weights=1000))
    with pytest.raises(NetworkError, match="records have .* at most 1,000"):
        read(saved({"w": shared}), "mine.pt")


def test_a_pickle_that_mentions_one_long_list_everywhere_is_refused_in_linear_time():
    def cost(times):
        """Seconds of this process's own work."""
        pairs = b"K\x00](" + b"](K\x01K\x01e" * times + b"eq\x01"
        name = b"K\x01ccollections\nOrderedDict\nq\x02"
        entries = b"".join(b"J%bh\x02h\x01\x85R" % i.to_bytes(4, "little") for i in range(2, times))
        file, begun = with_pickle(b"\x80\x02}(" + pairs + name + entries + b"u."), time.process_time()
        with pytest.raises(NetworkError, match="no state dict"):
            read(file, "mine.pt")
        return time.process_time() - begun

    many, few = (min(cost(times) for _ in range(3)) for times in (20_000, 1000))
    assert many < 100 * few  # 20 times; 400 times, if the dicts were made


# what is read


@pytest.mark.parametrize("legacy", [False, True])
def test_a_state_dict_of_plain_pytorch_is_read_number_for_number(resnet, legacy):
    arrays, notes = read(saved(resnet.state_dict(), legacy), "mine.pt")
    assert same(arrays, resnet.state_dict()) and notes == ()
    assert arrays["bn1.num_batches_tracked"].dtype == np.int64 and arrays["bn1.num_batches_tracked"].shape == ()


def test_a_safetensors_file_is_read_number_for_number(resnet):
    arrays, notes = read(memoryview(save_safetensors(resnet.state_dict())), "mine.safetensors")
    assert same({name: arrays[name] for name in resnet.state_dict()}, resnet.state_dict()) and notes == ()


@pytest.mark.parametrize("legacy", [False, True])
def test_views_transposed_shared_and_parameters_are_read_as_pytorch_reads_them(legacy):
    base = torch.arange(60.0)
    state = {
        "view": base[10:22].view(3, 4),
        "transposed": base.view(6, 10).t(),
        "stepped": base[5:50:3],
        "shared": base,
        "parameter": nn.Parameter(base[:4].clone()),
        "number": torch.tensor(3),
        "empty": torch.zeros(0, 3),
        "flags": torch.tensor([True, False]),
    }
    assert same(read(saved(state, legacy), "mine.pt")[0], state)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("save", [saved, save_safetensors])
def test_other_floating_types_become_float32_and_that_is_said(dtype, save):
    tensor = torch.randn(50, generator=torch.Generator().manual_seed(0)).to(dtype)
    arrays, (note,) = read(save({"a": tensor}), "mine")
    assert arrays["a"].dtype == np.float32 and torch.equal(torch.tensor(arrays["a"]), tensor.float())
    assert str(dtype).removeprefix("torch.") in note and "float32" in note


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16])
def test_whole_numbers_keep_their_type(dtype):
    state = {"a": torch.arange(5).to(dtype)}
    for content in (saved(state), save_safetensors(state)):
        assert read(content, "mine")[0]["a"].dtype == np.dtype(str(dtype).removeprefix("torch."))


@pytest.mark.parametrize("key", ["state_dict", "model", "model_state_dict", "anything"])
def test_a_state_dict_within_a_training_checkpoint_is_found_and_what_lies_beside_it_named(key):
    network = nn.Linear(3, 2)
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    extras = {"epoch": 3, "optimizer": optimiser.state_dict(), "args": argparse.Namespace(lr=0.1), "acc": np.float64(1)}
    for content in (saved({**extras, key: network.state_dict()}), saved({**extras, key: network.state_dict()}, True)):
        arrays, notes = read(content, "mine.pt")
        assert same(arrays, network.state_dict())
        assert f"'{key}'" in notes[0] and "'optimizer'" in notes[1]


def test_the_weights_are_taken_before_their_moving_average_and_the_nearer_before_the_deeper():
    tensor, other = torch.ones(2), torch.zeros(2)
    arrays, _ = read(saved({"model_ema": {"a": other}, "model": {"a": tensor}}), "mine.pt")
    assert arrays["a"].tolist() == [1, 1]
    arrays, notes = read(saved({"state": {"best": {"a": tensor}, "n": 3}}), "mine.pt")
    assert arrays["a"].tolist() == [1, 1] and "state.best" in notes[0]


def test_prefixes_of_wrappers_are_taken_off_and_that_is_said():
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2))
    state = {f"module._orig_mod.model.{name}": tensor for name, tensor in network.state_dict().items()}
    arrays, notes = read(saved({**state, "n_averaged": torch.tensor(4)}), "mine.pt")
    assert same(arrays, network.state_dict())
    assert [note.split("'")[1] for note in notes] == ["module.", "module.", "_orig_mod.", "model."]
    assert "'n_averaged'" in notes[1]


def test_a_prefix_that_belongs_to_the_network_stays():
    state = {"model.0.weight": torch.zeros(2, 2), "model.0.bias": torch.zeros(2)}
    arrays, notes = read(saved(state), "mine.pt", expected=dict.fromkeys(state))
    assert list(arrays) == list(state) and notes == ()


def test_texts_and_numbers_among_the_tensors_are_left_out_and_named():
    arrays, notes = read(saved({"a": torch.ones(2), "author": "me", "lr": 0.1}), "mine.pt")
    assert list(arrays) == ["a"] and "'author', 'lr'" in notes[0]


def test_an_archive_that_was_deflated_a_little_is_read():
    tensor = torch.randn(1000)
    arrays, _ = read(deflated({"a": tensor}), "mine.pt")
    assert torch.equal(torch.tensor(arrays["a"]), tensor)


# which network they fit


@pytest.mark.parametrize("name", ["resnet18", "vgg11_bn", "vit_b_16", "densenet121", "swin_t", "squeezenet1_1", "cnn"])
def test_the_number_of_classes_is_read_from_the_last_weight(name):
    arrays = shapes(name, 7)
    found, classes, notes, _ = fit.fit(arrays, Architecture(name), fit.usual_shape(Architecture(name), arrays))
    assert classes == 7 and list(found) == list(arrays) and notes == ()


def test_a_file_of_another_network_is_refused_and_its_network_named():
    with pytest.raises(
        NetworkError, match="not fit resnet18: 96 tensors .* not its own .*layer1.2.*looks like resnet34"
    ):
        fit.fit(shapes("resnet34"), RESNET, (3, 224, 224))
    with pytest.raises(NetworkError, match="do not fit cnn: .*missing.*looks like vgg11"):
        fit.fit(shapes("vgg11"), CNN, (1, 28, 28))
    with pytest.raises(NetworkError, match="do not fit resnet18: .*looks like cnn"):
        fit.fit(shapes("cnn"), RESNET, (3, 224, 224))


def test_a_file_of_no_known_network_is_refused_without_a_guess():
    with pytest.raises(NetworkError, match="122 of its 122 tensors missing .* 1 tensor of .* Choose the network"):
        fit.fit({"w": np.zeros((3, 3))}, RESNET, (3, 224, 224))


def test_a_tensor_of_another_shape_is_named_with_both_shapes():
    arrays = {**shapes("resnet18"), "conv1.weight": np.zeros((64, 1, 7, 7))}
    with pytest.raises(NetworkError, match="'conv1.weight' is 64x1x7x7 and should be 64x3x7x7"):
        fit.fit(arrays, RESNET, (3, 224, 224))
    with pytest.raises(NetworkError, match="'fc.weight' is 7x512 and should be 5x512"):
        fit.fit({**shapes("resnet18"), "fc.bias": np.zeros(5)}, RESNET, (3, 224, 224))


def test_what_older_files_lack_or_have_more_is_said():
    arrays = {name: array for name, array in shapes("resnet18").items() if "num_batches" not in name}
    assert "20 counters" in fit.fit(arrays, RESNET, (3, 224, 224))[2][0]
    heads = {**shapes("googlenet"), "aux1.fc2.weight": np.zeros((7, 1024))}
    assert "auxiliary heads" in fit.fit(heads, Architecture("googlenet"), (3, 224, 224))[2][0]


def test_a_vision_transformer_of_larger_images_says_their_size():
    arrays = {**shapes("vit_b_16"), "encoder.pos_embedding": np.broadcast_to(np.float32(0), (1, 577, 768))}
    assert fit.usual_shape(Architecture("vit_b_16"), arrays) == (3, 384, 384)
    assert fit.fit(arrays, Architecture("vit_b_16"), (3, 384, 384))[1] == 7


# kept, and found again


def kept(store, module, architecture, name="mine.pt", content=None):
    digest = results.save_upload(store, content or saved(module.state_dict()), name)
    return digest, keep_file(digest, architecture, store)


def test_a_network_with_weights_from_a_file_gives_the_numbers_of_the_network_it_was_saved_from(tmp_path, resnet):
    store = Store(tmp_path)
    digest, facts = kept(store, resnet, RESNET)
    assert (facts.classes, facts.notes) == (7, ())
    store.delete(spec.key("upload", digest))
    found = obtain(NetworkSpec(RESNET, FromFile(digest)), store, images=(3, 64, 64))
    x = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(found.module(x), resnet.eval()(x))
    assert found.classes == 7 and found.train_accuracy is None and "'mine.pt'" in found.note
    assert not found.module.training


def test_the_entry_of_a_file_says_what_a_page_needs(tmp_path):
    store, architecture = Store(tmp_path), Architecture("mlp", width=8, depth=2)
    module = build(architecture, (1, 8, 8), 10, 0)
    digest, _ = kept(store, module, architecture, content=saved({"model": nn.DataParallel(module).state_dict()}))
    ((_, meta),) = store.entries("file")
    assert (meta["digest"], meta["name"], meta["classes"]) == (digest, "mine.pt", 10)
    assert spec.from_json(meta["architecture"]) == architecture and len(meta["notes"]) == 2
    assert obtain(NetworkSpec(architecture, FromFile(digest)), store, dataset="digits").classes == 10


def test_a_file_is_read_again_for_another_network_and_refused_where_it_does_not_fit(tmp_path):
    store = Store(tmp_path)
    digest, _ = kept(store, build(CNN, (1, 28, 28), 10, 0), CNN)
    with pytest.raises(NetworkError, match="do not fit mlp"):
        obtain(NetworkSpec(Architecture("mlp"), FromFile(digest)), store)
    store.delete(spec.key("file", digest))
    assert obtain(NetworkSpec(CNN, FromFile(digest)), store).classes == 10
    for kind in ("file", "upload"):
        store.delete(spec.key(kind, digest))
    with pytest.raises(RequestError, match="Upload the file again"):
        obtain(NetworkSpec(CNN, FromFile(digest)), store)


def test_weights_for_other_images_than_the_network_is_shown_are_refused(tmp_path):
    store, architecture = Store(tmp_path), Architecture("mlp")
    digest, _ = kept(store, build(architecture, (1, 28, 28), 10, 0), architecture)
    with pytest.raises(NetworkError, match="'fc1.weight' is 256x784 and should be 256x64"):
        obtain(NetworkSpec(architecture, FromFile(digest)), store, dataset="digits")


# training of any network


def test_a_network_of_torchvision_is_trained_on_small_grey_images(tmp_path, monkeypatch):
    few = replace(weights.source.dataset("digits"), sizes={"train": 64, "test": 32, "all": 96})
    monkeypatch.setattr(weights.source, "dataset", lambda *_: few)
    network = NetworkSpec(Architecture("shufflenet_v2_x0_5"), Recipe("digits", epochs=1, size=32))
    seen = []
    found = obtain(network, Store(tmp_path), Watch(seen.append))
    assert found.classes == 10 and len(found.class_names) == 10 and 0 <= found.test_accuracy <= 1
    assert "64 images" in seen[0].message and "3x32x32" in seen[0].message and "MB" in seen[0].message


def test_a_last_batch_of_one_sample_does_not_stop_batch_normalisation():
    samples = weights.load(spec.DataSpec("digits", "train", n=65))
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10))
    assert len(train(module, Recipe("digits", epochs=1), samples, samples)) == 1


def test_training_that_does_not_fit_into_memory_is_refused_with_its_size():
    network = NetworkSpec(RESNET, Recipe("imagenet"))
    with pytest.raises(DataError, match="100,000 images .* 3x224x224 each, takes .* GB of memory; at most 4.3 GB"):
        weights.make(network)


def test_an_untrained_network_has_chance_accuracies_only_where_its_outputs_are_the_classes():
    data, form = spec.DataSpec("digits"), weights.Form()
    first, second = weights.chance(build(Architecture("mlp"), (1, 8, 8), 10, 0), data, form)
    assert 0 <= first <= 0.4 and 0 <= second <= 0.4
    assert weights.chance(build(Architecture("mlp"), (1, 8, 8), 1000, 0), data, form) is None


def test_an_untrained_network_says_how_many_outputs_it_has(tmp_path):
    assert obtain(NetworkSpec(CNN, Untrained()), Store(tmp_path)).classes == 10


def test_an_ordered_dict_of_pairs_as_python_2_wrote_it_is_read():
    class Old:
        def __reduce__(self):
            return OrderedDict, ([["a", torch.ones(2)]],)

    assert read(saved(Old()), "mine.pt")[0]["a"].tolist() == [1, 1]
