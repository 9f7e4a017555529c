"""Networks of timm and transformers by name: how far a name reaches, and what of their files is read."""

import io
import json
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import nn

from idcore import spec
from idcore.cli import main
from idcore.confined import parent
from idcore.data.form import Form
from idcore.errors import NetworkError, RequestError
from idcore.files import safetensors_file
from idcore.limits import Limits
from idcore.networks import hub
from idcore.networks.build import build
from idcore.networks.catalogue import lookup
from idcore.networks.extras import known, library
from idcore.networks.pretrained import pretrained
from idcore.spec import Architecture
from idcore.store import Store
from idcore.sweep import read as read_sweep
from tests.tools.hub import CONFIG, write

pytestmark = pytest.mark.usefixtures("unconfined")

FAR = (
    *("hf:/etc/x", "hf:../x", "hf:a/../../b", "hf:a/..", "hf:./x", "hf:~/x", "hf:x", "hf:a/b/c", "hf:", "hf:a/.b"),
    *(
        "hf:.a/b",
        "hf:a//b",
        "hf:a\\b/c",
        "hf:a/b\n",
        "hf:https://x/y",
        "hf:a--b/c",
        "hf:a/b.",
        "hf:file:///etc",
        "hf: a/b",
    ),
    *("hf:folder-", "hf:folder-../x", "hf:folder-.ssh", "hf:folder-a/b/c", "hf:folder-a\\b", "hf:folder-a\0b"),
    *("timm:hf-hub:a/b", "timm:hf_hub:a/b", "timm:local-dir:/etc", "timm:local-dir:x", "timm:../x", "timm:/etc/x"),
    *("timm:", "timm:a/b", "timm:a:b", "timm:a..b", "timm:a b", "timm:hf-hub"),
)


@pytest.mark.parametrize("name", FAR)
def test_a_name_that_reaches_too_far_is_refused_wherever_it_comes_from(name, tmp_path, capsys):
    """The vocabulary itself refuses it, in a request, an upload, a command, a sweep; the library need not be there."""
    with pytest.raises(RequestError, match="is called (hf|timm):.*, not "):
        Architecture(name)
    named = {"type": "Architecture", "name": name}
    for of in (named, {"type": "ReadJob", "what": "weights", "name": "0" * 64, "architecture": named}):
        with pytest.raises(RequestError, match="is called"):
            spec.from_json(of)
    (tmp_path / "s.toml").write_text(f"networks = [{json.dumps(name)}]")
    with pytest.raises(RequestError, match="is called"):
        read_sweep(tmp_path / "s.toml", Store(tmp_path))
    assert main(["profile", "--network", name, "--cache", str(tmp_path), "--regime", "untrained"]) == 2
    assert "is called" in capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name in FAR if not name.endswith(":")])
def test_such_a_name_is_not_looked_up_either(name, monkeypatch):
    monkeypatch.setattr("idcore.networks.catalogue.installed", lambda library: True)
    with pytest.raises(RequestError, match="is called"):
        lookup(name)


@pytest.mark.parametrize(
    "name", ["hf:google/vit-base-patch16-224", "hf:A_b/c.d-1", "hf:folder-My vit", "timm:vit_b.a1"]
)
def test_the_usual_names_are_good(name):
    assert Architecture(name).name == name


# folders under the data root; the numbers and the descriptions are the library's own


def test_a_folder_directly_below_the_data_root_is_read(root):
    folder = write(root / "mine")
    assert hub.files("folder-mine", weights=True) == folder
    with pytest.raises(NetworkError, match="no folder 'other' directly below"):
        hub.files("folder-other", weights=True)


def header(text, length=None):
    return (len(text) if length is None else length).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "cut short"),
        (header(b"{}", 2**40), "header is said to be 1,099,511,627,776 bytes long; at most 8,388,608 are read"),
        (header(b"[" * 2**22), "is not JSON"),
        (
            header(b'{"a": {"dtype": "F32", "shape": [99999999999], "data_offsets": [0, 4]}}') + bytes(4),
            "needs 399,999",
        ),
        (header(b"[" + b"[]," * 2**21 + b"[]]"), "is not a JSON object"),  # 6 MB that are 160 MB once they are read
    ],
)
def test_a_library_gets_no_numbers_whose_headers_were_not_read_before(content, sentence, root, monkeypatch):
    (write(root / "mine") / hub.ONE).write_bytes(content)
    opened = []
    monkeypatch.setattr(safetensors_file, "read", opened.append)
    monkeypatch.setattr("idcore.confined.run", parent.run)  # there it is read, here it is not
    with pytest.raises(NetworkError, match=f"model.safetensors cannot be used as weights. .*{sentence}"):
        hub.files("folder-mine", weights=True)
    assert not opened


def test_an_index_of_the_numbers_is_not_read_beyond_the_limit(root):
    with (write(root / "mine") / "model.safetensors.index.json").open("wb") as file:
        file.truncate(2**23 + 1)
    with pytest.raises(NetworkError, match="index.json is larger than 8,388,608 bytes"):
        hub.files("folder-mine", weights=True)


@pytest.mark.parametrize("link", ["the folder", "the description", "the numbers", "beside them"])
def test_a_link_out_of_the_data_root_is_refused(link, root, tmp_path):
    away = write(tmp_path / "away")
    if link == "the folder":
        (root / "mine").symlink_to(away)
    else:
        write(root / "mine")
        name = {"the description": hub.CONFIG, "the numbers": hub.ONE, "beside them": "model.py"}[link]
        (root / "mine" / name).unlink(missing_ok=True)
        (root / "mine" / name).symlink_to(away / name)
    with pytest.raises(NetworkError, match="is a link out of"):
        hub.files("folder-mine", weights=True)


REFUSED = {
    "code of its own": ({**CONFIG, "auto_map": {"AutoConfig": "evil.Config"}}, "asks for auto_map"),
    "code within": ({**CONFIG, "vision_config": {"auto_map": {"AutoModel": "evil.Model"}}}, "asks for auto_map"),
    "kernels of a hub": ({**CONFIG, "attn_implementation": "someone/kernel"}, "asks for attn_implementation"),
    "another network": ({**CONFIG, "backbone": "/etc/x", "use_pretrained_backbone": True}, "asks for backbone"),
    "a path through timm": ({"model_type": "timm_wrapper", "architecture": "local-dir:/etc"}, "call it timm:NAME"),
    "a library for its numbers": ({**CONFIG, "quantization_config": {"quant_method": "x"}}, "quantization_config"),
    "a million million numbers": ({**CONFIG, "hidden_size": 10**6}, "hidden_size = 1e.06; at most 300,000"),
    "a million layers": ({**CONFIG, "num_hidden_layers": 10**6}, "num_hidden_layers = 1e.06; at most 1,000"),
    "a thousand million classes": ({**CONFIG, "num_labels": 10**9}, "num_labels = 1e.09"),
    "a list of a million": ({**CONFIG, "depths": [1] * 10**6}, "lists 1,000,000 values under depths"),
    "deep": ('{"a":' * 100 + "1" + "}" * 100, "nested more than 20 deep"),
    "too deep for JSON": ('{"a":' * 10**5, "is not JSON"),
    "no JSON": ("<html>", "is not JSON"),
    "a list": ("[]", "describes nothing"),
    "NaN": ('{"hidden_size": NaN}', "hidden_size = nan"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_a_description_that_asks_for_too_much_is_refused_before_the_library_sees_it(row, root):
    config, sentence = REFUSED[row]
    write(root / "mine", config)
    with pytest.raises(NetworkError, match=sentence):
        hub.files("folder-mine", weights=False)
    if isinstance(config, dict):
        write(root / "mine", CONFIG, config)
        with pytest.raises(NetworkError, match=sentence):
            hub.files("folder-mine", weights=False)


def test_pickled_weights_are_not_read(root):
    write(root / "mine", weights=False)
    (root / "mine" / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch x'\ntR.")
    assert hub.files("folder-mine", weights=False)
    with pytest.raises(NetworkError, match="no weights as .safetensors; other files could hold code"):
        hub.files("folder-mine", weights=True)


def test_files_above_the_limit_are_not_read(root, monkeypatch):
    write(root / "mine")
    monkeypatch.setattr(hub, "LIMITS", Limits(weights=10))
    with pytest.raises(NetworkError, match="weights of folder-mine have .* bytes; at most 10 are read"):
        hub.files("folder-mine", weights=True)
    monkeypatch.setattr(hub, "LIMITS", Limits(listing=10))
    with pytest.raises(NetworkError, match="config.json is larger than 10 bytes"):
        hub.files("folder-mine", weights=False)


# the hub itself: a stand-in that knows what was asked of it


@pytest.fixture
def repository(monkeypatch, tmp_path):
    """A repository: size by file. Only what is asked for is fetched."""
    asked, sizes = SimpleNamespace(fetched=[]), {hub.CONFIG: 9, hub.IMAGES: 9, hub.ONE: 100, "pytorch_model.bin": 100}

    class LocalEntryNotFoundError(FileNotFoundError):
        pass

    def snapshot_download(name, *, allow_patterns, local_files_only=False, revision=None):
        if local_files_only:
            raise LocalEntryNotFoundError
        asked.fetched.append((name, tuple(allow_patterns), revision))
        return str(write(tmp_path / "snapshot"))

    def model_info(_, files_metadata):
        assert files_metadata
        files = [SimpleNamespace(rfilename=name, size=size) for name, size in sizes.items()]
        return SimpleNamespace(sha="c0ffee", siblings=files)

    module = ModuleType("huggingface_hub")
    module.__dict__.update(
        snapshot_download=snapshot_download, HfApi=lambda: SimpleNamespace(model_info=model_info),
        errors=SimpleNamespace(LocalEntryNotFoundError=LocalEntryNotFoundError),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return asked, sizes


def test_of_a_repository_descriptions_and_safetensors_alone_are_fetched(repository):
    asked, _ = repository
    hub.files("a/b", weights=False)
    hub.files("a/b", weights=True)
    assert [name for name, _, revision in asked.fetched if revision == "c0ffee"] == ["a/b", "a/b"]
    assert asked.fetched[0][1] == ("config.json", "preprocessor_config.json", *hub.TOKENS)
    assert all(one.endswith((".json", ".txt", ".safetensors")) for _, patterns, _ in asked.fetched for one in patterns)


def test_the_commit_of_a_repository_is_said_and_a_folder_under_the_data_root_has_none(tmp_path):
    sentence = hub.commit(tmp_path / "models--a--b" / "snapshots" / "c0ffee0123456789")
    assert sentence == "Its files are those of commit c0ffee012345 of the hub." and hub.commit(tmp_path / "mine") == ""


def test_what_is_too_large_is_refused_before_it_is_fetched(repository):
    asked, sizes = repository
    for size, sentence in ((10**13, "10,000,000,000,000 bytes; at most"), (None, "not said how large")):
        sizes[hub.ONE] = size
        with pytest.raises(NetworkError, match=sentence):
            hub.files("a/b", weights=True)
    del sizes[hub.ONE]
    with pytest.raises(NetworkError, match="no weights as .safetensors"):
        hub.files("a/b", weights=True)
    assert asked.fetched == []


def test_a_folder_of_the_name_in_the_working_directory_is_not_the_repository(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a" / "b", REFUSED["code of its own"][0])
    assert hub.files("a/b", weights=True) == tmp_path / "snapshot"


# the library: a stand-in with the few names that are used


class _Config(SimpleNamespace):
    @classmethod
    def from_pretrained(cls, folder, trust_remote_code, local_files_only, **changes):
        assert not trust_remote_code and local_files_only and (folder / hub.CONFIG).exists()
        return cls(**{"num_labels": 2, "num_channels": 3, "id2label": {1: "dog", 0: "cat"}, **changes})


class _Classifier(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, self.head = config, nn.Linear(config.num_channels, config.num_labels)

    def forward(self, x):
        return SimpleNamespace(logits=self.head(x.mean((2, 3))))

    @classmethod
    def from_config(cls, config, trust_remote_code, dtype=torch.float32):
        assert not trust_remote_code
        return cls(config)

    @classmethod
    def from_pretrained(cls, folder, config, output_loading_info, dtype, use_safetensors, **closed):
        assert use_safetensors and closed == {"trust_remote_code": False, "local_files_only": True}
        return cls(config), {"missing_keys": cls.missing}

    missing: set[str] = set()


@pytest.fixture
def transformers(monkeypatch, repository):
    how = {
        "size": {"height": 224, "width": 224}, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        "resample": 2,
    }  # fmt: skip
    module = ModuleType("transformers")
    module.__dict__.update(
        AutoConfig=_Config, AutoModelForImageClassification=_Classifier, __spec__=ModuleSpec("transformers", None),
        AutoImageProcessor=SimpleNamespace(from_pretrained=lambda folder, **_: SimpleNamespace(to_dict=lambda: how)),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "transformers", module)


def test_a_network_of_transformers_gives_its_logits_alone(transformers):
    network = build(Architecture("hf:someone/vit"), (3, 32, 32), 5, 0)
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 5) and network.config.image_size == 32
    network, classes, _ = pretrained(Architecture("hf:someone/vit"), "DEFAULT")
    assert classes == ("cat", "dog") and network(torch.randn(2, 3, 8, 8)).shape == (2, 2)
    entry = known(lookup("hf:someone/vit"))
    assert entry.form == Form(3, (224, 224), None, (0.5,) * 3, (0.5,) * 3) and entry.classes == 2


def test_what_transformers_cannot_fetch_is_said_in_a_sentence(transformers, monkeypatch):
    def away(*_, **__):
        raise OSError("We couldn't connect to the hub.\nCheck your connection")

    monkeypatch.setattr(sys.modules["huggingface_hub"], "snapshot_download", away)
    with pytest.raises(NetworkError, match="transformers could not make the network 'hf:nobody/nothing': We couldn't"):
        build(Architecture("hf:nobody/nothing"), (3, 32, 32), 10, 0)


def test_a_head_without_weights_is_said_and_anything_else_that_is_missing_refused(transformers, monkeypatch):
    monkeypatch.setattr(_Classifier, "missing", {"head.weight", "head.bias"})
    network, classes, note = pretrained(Architecture("hf:someone/vit"), "DEFAULT")
    assert classes == () and "no weights for its head (head.bias, head.weight)" in note
    assert network(torch.randn(2, 3, 8, 8)).isnan().all()
    monkeypatch.setattr(_Classifier, "missing", {"body.weight"})
    with pytest.raises(NetworkError, match="has no weights for 'body.weight'"):
        pretrained(Architecture("hf:someone/vit"), "DEFAULT")


def test_a_description_of_a_million_million_numbers_is_refused_before_they_are_made(transformers, monkeypatch):
    config, claimed = _Config(num_labels=10**6, num_channels=10**6), Architecture("hf:a/b")
    monkeypatch.setattr("idcore.networks.extras._hf_config", lambda *_, **__: config)
    for make in (lambda: build(claimed, (3, 8, 8), 2, 0), lambda: pretrained(claimed, "DEFAULT")):
        with pytest.raises(NetworkError, match="would have 4,000,004,000,000 bytes of weights; at most 4,294,967,296"):
            make()


# the library itself, where it is installed


@pytest.fixture
def tiny(root):
    """A vision transformer of transformers that was saved by it."""
    hugging_face = library("transformers")
    config = hugging_face.ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=16,
        num_labels=3,
    )  # fmt: skip
    network = hugging_face.ViTForImageClassification(config).eval()
    network.save_pretrained(root / "tiny")
    how = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}, "do_normalize": False}
    (root / "tiny" / hub.IMAGES).write_text(json.dumps(how))
    return network


def test_a_folder_of_transformers_gives_its_numbers(tiny, root):
    network, classes, _ = pretrained(Architecture("hf:folder-tiny"), "DEFAULT")
    x = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(network(x), tiny(x).logits) and len(classes) == 3
    assert known(lookup("hf:folder-tiny")).form == Form(3, (32, 32), None, (), ())
    assert build(Architecture("hf:folder-tiny"), (3, 32, 32), 7, 0)(x).shape == (2, 7)


@pytest.mark.filterwarnings("ignore")
def test_code_that_comes_with_a_network_is_neither_run_nor_asked_about(tiny, root, tmp_path, capsys, monkeypatch):
    """By the command line, with an input to be asked through; with the check of ours, and without."""
    config = json.loads((root / "tiny" / hub.CONFIG).read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModelForImageClassification": "evil.M"}}
    (root / "tiny" / hub.CONFIG).write_text(json.dumps(config))
    (root / "tiny" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass C: pass\nclass M: pass\n")
    answers = io.StringIO("y\ny\n")
    monkeypatch.setattr(sys, "stdin", answers)
    command = ["profile", "--network", "hf:folder-tiny", "--n", "20", "--cache", str(tmp_path / "store")]
    for blind in (False, True):
        if blind:
            monkeypatch.setattr(hub, "_check_values", lambda *_: None)
        assert main(command) == 2
        said = capsys.readouterr()
        assert not said.out and "run the custom code" not in said.err
        assert "auto_map" in said.err or "custom code" in said.err
    assert not answers.tell() and not (tmp_path / "ran").exists()
