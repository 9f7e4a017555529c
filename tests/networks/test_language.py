"""Language models: rows of sequences do not depend on what runs beside them, and are those of the library itself."""

import json

import numpy as np
import pytest
import torch

from idcore.activations import capture, trace
from idcore.data.texts import Texts, load_texts
from idcore.errors import DataError, NetworkError, RequestError
from idcore.networks import extras
from idcore.networks.build import build
from idcore.networks.language import IDS, SEEN, TAKEN, forecast, pooled
from idcore.networks.pretrained import pretrained
from idcore.networks.tokens import BLOCK, Cut, perturbed, read
from idcore.spec import Architecture, DataSpec
from tests.tools import languages
from tests.tools.languages import BLOCKS, FAMILIES, WIDTH

pytestmark = pytest.mark.usefixtures("unconfined")

NAME = "hf:folder-tiny"
LINES = (
    "the wind will bring rain from the north", "salt and bread", "x + y = 1 then the sum is 2",
    "my dear doctor , the ship was lost at sea with all of the bread on it", "rain",
    "two ships in the light of the sea",
    "the letter is in code", "north by south",
)  # fmt: skip
PROTEINS = (
    "MKTAYIAKQR",
    "MGLSDGEWQLVLNVWGKVEADIPGHGQEV",
    "ACDE",
    "MKT",
    "GSHMRYLLFGTTSS",
    "WWWW",
    "MEEPQSDPSVEPP",
    "LL",
)


def texts(lines):
    n = len(lines)
    return Texts(tuple(lines), np.zeros(n, np.int64), np.arange(n), ("all",))


def lines(family):
    return PROTEINS if family == "esm" else LINES


def opened(root, family="gpt2", reduce="last", data=None, given=None, **kinds):
    """(the network with the weights of its folder, tokens (n, 3, T), notes), by the code that loads any."""
    languages.save(root / "tiny", family, **kinds)
    entry = extras.look_up(NAME)
    tokens, notes = read(texts(given or lines(family)), data or DataSpec("sentences"), reduce, extras.vocabulary(entry))
    # As float64, in which what is left of the order of sums is far below what is asked.
    return pretrained(Architecture(NAME), "DEFAULT")[0].double(), tokens, notes


def rows(network, tokens, batch_size=None, memory=2**28):
    layers = [layer for layer in trace(network, tokens[:3], "last") if not layer.note]
    found = capture(network, tokens, layers, memory=memory, batch_size=batch_size)
    return {layer.name: torch.cat([block.clone() for block in blocks], 1) for layer, blocks in found}


def close(one, two):
    assert one.keys() == two.keys()
    for name, row in one.items():
        assert float((row - two[name]).abs().max()) <= 1e-6 * max(1.0, float(row.abs().max())), name


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_rows_are_those_of_the_library_for_each_sequence_alone_whatever_runs_beside_it(family, root):
    """The reference runs one sequence at a time, without padding, and pools its hidden states."""
    network, tokens, _ = opened(root, family)
    ours = rows(network, tokens)
    assert [*ours][: 1 + BLOCKS] == ["embeddings", *(f"block{i + 1}" for i in range(BLOCKS))]
    close(ours, rows(network, tokens, batch_size=1))
    close(ours, rows(network, tokens, batch_size=3))
    close(ours, rows(network, tokens, memory=len(tokens) * 8 * WIDTH))  # a layer a pass; the logits in slices
    back = rows(network, tokens.flip(0))
    close(ours, {name: row.flip(0) for name, row in back.items()})
    mean = rows(
        network, read(texts(lines(family)), DataSpec("sentences"), "mean", extras.vocabulary(extras.look_up(NAME)))[0]
    )
    own = languages.model(family).double()  # the same weights, the library's own way
    for i, one in enumerate(tokens):
        ids = one[IDS][one[SEEN] == 1][None]
        with torch.no_grad():
            told = own(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True, use_cache=False)
        hidden = told.hidden_states
        plain = ids[0] > 4 if family != "esm" else (ids[0] > 3) & (ids[0] < 31)
        plain |= ids[0] == 3  # an unknown word is a word
        for name, states in zip([*ours][:BLOCKS], hidden[:BLOCKS], strict=True):
            np.testing.assert_allclose(ours[name][i], states[0, -1], atol=1e-6, rtol=1e-6)
            np.testing.assert_allclose(mean[name][i], states[0, plain].mean(0), atol=1e-6, rtol=1e-6)
        last = "norm" if "norm" in ours else f"block{BLOCKS}"
        np.testing.assert_allclose(ours[last][i], hidden[-1][0, -1], atol=1e-6, rtol=1e-6)
        if "logits" in ours:
            np.testing.assert_allclose(ours["logits"][i], told.logits[0, -1], atol=1e-6, rtol=1e-6)
            np.testing.assert_allclose(mean["logits"][i], told.logits[0, plain].mean(0), atol=1e-6, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gpt2", "roberta", "esm"])
def test_the_side_on_which_a_tokenizer_would_pad_changes_nothing(family, root):
    network, tokens, _ = opened(root, family, side="left")
    again, right, _ = opened(root, family, side="right")
    assert torch.equal(tokens, right)
    close(rows(network, tokens), rows(again, right))


@pytest.mark.slow
def test_a_forecast_names_the_layers_that_are_found_with_the_weights_and_the_logits_are_no_checkpoint(root):
    network, tokens, _ = opened(root, "opt")
    layers, told = trace(network, tokens[:3], "last"), forecast(extras.bare_language(extras.look_up(NAME)))
    for one, two in zip(layers, told, strict=True):
        assert (one.name, one.units, one.depth, one.kind, one.note) == (
            two.name,
            two.units,
            two.depth,
            two.kind,
            two.note,
        )
    assert [layer.name for layer in told if not layer.checkpoint] == ["input", "logits"]
    assert not any(layer.unsteady for layer in layers)


@pytest.mark.slow
def test_initial_weights_depend_on_their_seed_alone(root):
    network, tokens, _ = opened(root, "llama")
    one, again, other = (build(Architecture(NAME), (3, 64), 0, seed).double().eval() for seed in (1, 1, 2))
    close(rows(one, tokens), rows(again, tokens))
    for different in (other, network):
        assert (rows(one, tokens)["block1"] - rows(different, tokens)["block1"]).abs().max() > 1e-3


@pytest.mark.slow
def test_what_a_text_says_is_text_and_what_is_cut_is_said(root):
    _, tokens, notes = opened(root, "bert", "cls", given=("a <s> b </s> <pad> c", "the " * 100, "rain", "x y"))
    assert (tokens[0, IDS, 1 : int(tokens[0, SEEN].sum()) - 1] > 2).all()
    assert tokens.shape == (4, 3, 64) and tokens[1, IDS, 63] == 2 and tokens[1, SEEN].sum() == 64
    assert (tokens[:, TAKEN].argmax(1) == 0).all() and (tokens[:, TAKEN].sum(1) == 1).all()
    assert any(
        "1 of 4 sequences are longer than 64 tokens, which is what folder-tiny takes, and were cut" in n for n in notes
    )
    assert any("1 of 4 sequences have one token only" in note for note in notes)


def test_a_row_is_the_mean_of_the_tokens_that_are_taken_and_of_nothing_else():
    hidden, taken = torch.randn(3, 4, 5), torch.tensor([[0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    hidden[0, 3] = torch.nan
    wanted = torch.stack([hidden[0, 1:3].mean(0), hidden[1, 0], hidden[2, 3]])
    torch.testing.assert_close(pooled(hidden, taken), wanted)


def test_an_order_of_tokens_depends_on_the_sample_alone_and_leaves_special_tokens_and_counts():
    ids = np.array([0, *range(10, 40), 2])
    one = Cut(ids, np.array([True, *[False] * 30, True]), True)
    about = type("V", (), {"plain": np.arange(50, 60)})
    for how in ("shuffled", "blocks", "random"):
        found = perturbed(one, how, 7, about).ids
        assert np.array_equal(found, perturbed(one, how, 7, about).ids)
        assert not np.array_equal(found, perturbed(one, how, 8, about).ids)
        assert found[0] == 0 and found[-1] == 2 and len(found) == 32 and not np.array_equal(found, ids)
        if how == "random":
            assert set(found[1:-1]) <= set(range(50, 60))
        else:
            assert sorted(found) == sorted(ids)
    blocks = perturbed(one, "blocks", 7, about).ids[1:-1]
    assert sum(np.diff(blocks) == 1) >= 30 - (30 // BLOCK + 1)
    assert perturbed(one, "plain", 7, about) is one


def without(name):
    return lambda folder: (folder / name).unlink()


def changed(**values):
    def change(folder):
        about = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(about | values))

    return change


def pickled(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


BAD = {
    "no tokenizer": (without("tokenizer.json"), "It has no tokenizer: none of tokenizer.json, vocab.txt, vocab.json"),
    "a damaged tokenizer": (
        lambda f: (f / "tokenizer.json").write_text("{"),
        "tokenizer.json is damaged: it is not JSON",
    ),
    "a tokenizer with code": (
        lambda f: (f / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": "evil.T"}}'),
        "tokenizer_config.json asks for auto_map: code of its own",
    ),
    "code": (changed(auto_map={"AutoModel": "evil.M"}), "asks for auto_map"),
    "pickled weights": (pickled, "no weights as .safetensors; other files could hold code"),
    "fewer layers than there are": (
        changed(n_layer=2),
        "says that it has 2 blocks, and its weights have more of them, 3",
    ),
    "more layers than there are": (changed(n_layer=5), "has no weights for 'transformer.h.3"),
    "another width": (changed(n_embd=32), "could not make the network"),
    "a vocabulary that does not fit": (
        lambda f: languages.save(f, "gpt2", size=40, tokenizer=False),
        "gives the token .*, and the model's table has 40 .*the two do not belong together",
    ),
    "an encoder and a decoder": (changed(model_type="bart", is_encoder_decoder=True), "an encoder and a decoder"),
    "a table of a million million": (changed(n_positions=10**12), "n_positions = 1e.12; at most"),
}


@pytest.mark.slow
@pytest.mark.parametrize("row", BAD)
def test_a_folder_that_cannot_be_read_is_refused_in_a_sentence(row, root):
    spoil, sentence = BAD[row]
    spoil(languages.save(root / "tiny") and root / "tiny")
    with pytest.raises(NetworkError, match=sentence):
        entry = extras.look_up(NAME)
        read(texts(LINES), DataSpec("sentences"), "last", extras.vocabulary(entry))
        pretrained(Architecture(NAME), "DEFAULT")


@pytest.mark.slow
def test_what_texts_do_not_have_is_refused_in_a_sentence(root):
    languages.save(root / "tiny", "gpt2")
    about, plain = extras.vocabulary(extras.look_up(NAME)), DataSpec("sentences")
    with pytest.raises(RequestError, match="cannot be flattened.*last, mean or cls"):
        read(texts(LINES), plain, "flatten", about)
    with pytest.raises(RequestError, match="folder-tiny has no class token"):
        read(texts(LINES), plain, "cls", about)
    with pytest.raises(DataError, match=r"The sequence 1 has no token that can be taken \('   '\)"):
        read(texts(("a", "   ")), plain, "last", about)
    tokens, _ = read(texts(("a " * 10**6, "b" * 10**6)), plain, "last", about)
    assert tokens.shape[2] == 64
    assert len(load_texts(DataSpec("sentences", n=5)).texts) == 5
