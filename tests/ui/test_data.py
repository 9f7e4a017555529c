"""The pages with networks, data and files of any kind; the workers are those of `pages.FakeJobs`."""

import base64
import io
import json
import tomllib

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from idcore import results, spec
from idcore.data import places
from idcore.estimators.protocol import mean_and_spread
from idcore.estimators.summary import summarise
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.limits import LIMITS
from idcore.record import Dataset
from idcore.results import atlas
from idcore.spec import (
    ELSEWHERE,
    Architecture,
    DataSpec,
    FromFile,
    NetworkSpec,
    Pretrained,
    ProfileJob,
    ReadJob,
    Recipe,
    Request,
    Untrained,
)
from idcore.store import Store
from idcore.ui.kit import datasets, query, words
from tests import ROOT
from tests.tools.folders import keep_folder
from tests.tools.pages import NAMES, figures_of, open_app, text_of

DIGEST = "ab" * 32
NASTY = "<b>cats</b> ![x](http://x.y/z)"


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No data sets and no pretrained weights but those of the test."""
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setitem(places.PLACES, "fashion_mnist", places.PLACES["kmnist"])


def _images(name: str, title: str = "pets.zip", **more) -> Dataset:
    values = {
        "classes": (NASTY, "dogs"),
        "shape": (3, 40, 48),
        "sizes": {"train": 160, "test": 40, "all": 200},
        "smallest": {"train": 80, "test": 20, "all": 100},
        "source": "a test",
        **more,
    }
    return Dataset(name=name, title=title, **values)


def _keep(store: Store, dataset: Dataset) -> None:
    results.save_dataset(store, dataset, {"labels": np.zeros(3, np.int64)})
    results.save_owner(store, dataset.name.removeprefix("upload-"), results.EVERYBODY)


def _keep_weights(store: Store, architecture: Architecture, name: str = "mine.pt") -> None:
    meta = {"kind": "file", "digest": DIGEST, "name": name, "classes": 10, "notes": []}
    meta["architecture"] = spec.to_json(architecture)
    store.put(spec.key("file", DIGEST), {"w": np.zeros(1)}, meta)
    results.save_owner(store, DIGEST, results.EVERYBODY)


def _matrices() -> Dataset:
    return _images(
        f"upload-{DIGEST}",
        "neurons.npz",
        shape=None,
        sizes={"all": 300},
        smallest={"all": 10},
        matrices=(("early", 40), ("late", 5)),
    )


def _button(at: AppTest, label: str):
    return next(button for button in at.button if button.label == label)


def test_a_folder_is_read_by_a_worker_before_it_is_measured_and_the_page_goes_on_by_itself(fake, tmp_path):
    (tmp_path / "data" / "pets").mkdir(parents=True)
    at = open_app(data="folder-pets", regime="untrained")
    assert fake.submitted == [ReadJob("dataset", "folder-pets")] and at.progress[0].text == "Reading."
    read = keep_folder(fake.store, _images("folder-pets", "pets"), np.zeros(3, np.int64))
    at.run()
    assert fake.submitted[-1].request.data.dataset == read and figures_of(at)
    assert at.number_input(key="n").value == 40


def test_a_data_set_that_is_not_here_says_where_it_is_looked_for_and_offers_to_fetch_it(fake, tmp_path):
    at = open_app(data="cifar10")
    assert fake.submitted == [] and str(tmp_path / "data") in text_of(at)
    job = ReadJob("dataset", "cifar10", download=True)
    assert at.button(key="download-cifar10").label == "Download, 170 MB"
    at.button(key="download-cifar10").click().run()
    assert fake.submitted == [job]
    fake.states[job_key(job)] = Status("failed", message="CIFAR-10 could not be fetched: there is no network.")
    at.run()
    assert "there is no network" in text_of(at) and at.button(key="download-cifar10")


def test_data_sets_that_are_here_come_first_and_the_others_say_that_they_are_not(fake, tmp_path):
    (tmp_path / "data" / "pets").mkdir(parents=True)
    _keep(fake.store, _images(f"upload-{DIGEST}"))
    options = open_app().selectbox(key="data").options
    assert options[:6] == [words for words in datasets.titles().values()][:6]
    assert options[2].startswith("Sentences, 3200 made by grammars")
    assert options[3] == "1000 photographs, one of each class of ImageNet (results only)"
    assert options[4].startswith("pets.zip (upload abab") and options[5] == "pets (folder)"
    assert all(option.endswith("(not here yet)") for option in options[6:])


def test_the_address_names_a_data_set_and_a_network_by_name_while_the_page_shows_titles(fake):
    at = open_app()
    at.selectbox(key="network").set_value("resnet18").run()
    at.selectbox(key="data").set_value("digits").run()
    assert at.query_params["network"] == "resnet18" and at.query_params["data"] == "digits"
    assert "ResNet-18 (resnet18)" in at.selectbox(key="network").options
    at.selectbox(key="data").set_value("mnist5k").run()
    assert "data" not in at.query_params


def test_pretrained_weights_that_are_not_here_are_offered_and_not_fetched_unasked(fake):
    at = open_app(network="resnet50")
    assert fake.submitted == [] and "98 MB" in text_of(at) and "download.pytorch.org" in text_of(at)
    assert at.selectbox(key="weights").options == ["IMAGENET1K_V2", "IMAGENET1K_V1"]
    at.selectbox(key="weights").set_value("IMAGENET1K_V1").run()
    at.button(key="fetch").click().run()
    assert fake.submitted[0].request.network == NetworkSpec(Architecture("resnet50"), Pretrained("IMAGENET1K_V1"))
    assert "pretrained (IMAGENET1K_V1)" in text_of(at)


def test_the_usual_reduction_of_a_family_is_chosen_until_somebody_chooses_another(fake):
    at = open_app(network="vit_b_16", regime="untrained")
    assert fake.submitted[0].request.reduce == "cls"
    at.selectbox(key="network").set_value("resnet18").run()
    assert fake.submitted[-1].request.reduce == "flatten" and "cls" not in at.segmented_control(key="reduce").options
    assert (
        open_app(network="vit_b_16", regime="untrained", reduce="mean") and fake.submitted[-1].request.reduce == "mean"
    )


def test_size_normalisation_and_perturbations_are_part_of_the_request_and_are_said(fake):
    address = {"network": "resnet18", "regime": "untrained", "size": "64", "normalise": "none"}
    at = open_app(**address, noise="0.5", pixels="permuted", **{"lambda": "20"})
    request = fake.submitted[0].request
    assert (request.size, request.normalise) == (64, "none")
    assert (request.data.gradient, request.data.noise, request.data.pixels) == (20.0, 0.5, "permuted")
    for part in ("64×64", "not normalised", "λ = 20", "σ = 0.5", "one random order", "Shown as 3×64×64"):
        assert part in text_of(at), part


def test_a_network_learns_from_a_gradient_that_grows_where_the_address_says_so(fake):
    at = open_app(warmup="30", **{"lambda": "200"})
    assert "λ grown from 1 to 200 over 30 epochs" in text_of(at)
    at.button(key="train").click().run()
    assert fake.submitted[0].request.network.weights == Recipe(gradient=200.0, warmup=30, epochs=130)
    at.segmented_control(key="regime").set_value("untrained").run()
    assert "warmup" not in {one.key for one in at.number_input}


def test_a_network_that_learns_does_so_at_the_chosen_size(fake):
    at = open_app(network="mlp", size="14")
    at.button(key="train").click().run()
    assert fake.submitted[0].request.network.weights == Recipe(size=14)
    assert fake.submitted[0].request.size is None


def test_what_a_network_cannot_be_shown_is_said_beside_the_control(fake):
    at = open_app(network="inception_v3", regime="untrained", size="20")
    assert "Inception V3 takes images of at least 75x75" in text_of(at)


@pytest.mark.parametrize(("name", "value"), [("regime", "pretrained"), ("weights", "mine"), ("reduce", "cls")])
def test_what_the_address_asks_for_and_this_network_has_not_is_said(fake, name, value):
    _keep_weights(fake.store, Architecture("mlp"))
    network = {"weights": "resnet50"}.get(name, "cnn")
    assert "In the address" in text_of(open_app(network=network, **{name: value}))


def test_data_without_a_split_to_train_on_leaves_out_what_has_to_be_trained(fake):
    _keep(fake.store, _images(f"upload-{DIGEST}", sizes={"all": 200}, smallest={"all": 100}))
    at = open_app(data=f"upload-{DIGEST}")
    assert at.segmented_control(key="regime").options == ["untrained"]
    assert fake.submitted[0].request.network == NetworkSpec(weights=Untrained())
    assert fake.submitted[0].request.data.split == "all"


def test_own_weights_make_a_network_pretrained(fake):
    _keep_weights(fake.store, Architecture("cnn"), NASTY)
    at = open_app(regime="pretrained")
    assert fake.submitted[0].request.network == NetworkSpec(Architecture("cnn"), FromFile(DIGEST))
    assert "with your weights" in text_of(at)
    assert NASTY in [text.value.removeprefix("Weights from ") for text in at.text]


def test_representations_need_no_network_and_have_no_accuracy(fake):
    _keep(fake.store, _matrices())
    at = open_app(data=f"upload-{DIGEST}")
    request = fake.submitted[0].request
    assert request == Request(request.data, ELSEWHERE) and request.data.split == "all"
    assert "Representations, computed elsewhere" in text_of(at) and "neurons.npz" in text_of(at)
    assert not [box for box in at.selectbox if box.key == "network"]
    assert len(figures_of(at)) == 5
    at = open_app("compare", data=f"upload-{DIGEST}")
    assert "computed elsewhere have no network" in text_of(at)


def test_each_class_is_measured_by_itself_and_the_mean_and_deviation_over_classes_are_drawn(fake):
    at = open_app(protocol="per-class", classes=["3", "8"], n="60", regime="untrained")
    assert [job.request.data.classes for job in fake.submitted] == [(3,), (8,)]
    assert all(job.request.data.n == 60 for job in fake.submitted)
    figure = json.loads(figures_of(at)[0])
    rows = {
        job.request.data.classes[0]: [summarise(results.layer(fake.store, job.request, name)) for name in NAMES]
        for job in fake.submitted
    }
    spread = mean_and_spread(rows)
    assert [trace["name"] for trace in figure["data"]] == ["Mean ID of 2 classes"]
    assert figure["data"][0]["error_y"]["array"] == pytest.approx([one.deviation for one in spread])
    at.toggle(key="each").set_value(True).run()
    assert [trace["name"] for trace in json.loads(figures_of(at)[0])["data"]][1:] == ["3", "8"]
    at.selectbox(key="class").set_value("8").run()
    assert at.query_params["class"] == "8" and len(figures_of(at)) == 5


def test_one_button_cancels_all_classes(fake):
    fake.steps = 1
    at = open_app(protocol="per-class", classes=["3", "8"], n="60", regime="untrained")
    assert len(at.progress) == 1 and "0 of 2 classes" in at.progress[0].text
    at.button(key="cancel-profile").click().run()
    assert {state.state for state in fake.states.values()} == {"cancelled"}


def test_more_classes_than_anybody_reads_are_not_measured_one_by_one(fake):
    many = _images(f"upload-{DIGEST}", classes=tuple(map(str, range(60))), smallest={"all": 30}, sizes={"all": 1800})
    _keep(fake.store, many)
    at = open_app(data=f"upload-{DIGEST}", protocol="per-class")
    assert fake.submitted == [] and "Choose up to 50 classes" in text_of(at)


def test_layers_are_picked_from_a_list_with_their_shapes_once_they_are_known(fake):
    at = open_app(n="60")
    at.segmented_control(key="layers").set_value("picked").run()
    assert "d1 · Linear 8, D = 8" in at.multiselect(key="pick").options
    at.multiselect(key="pick").set_value(["conv1", "d1"]).run()
    assert fake.submitted[-1].request.data.n == 60 and at.query_params["pick"] == ["conv1", "d1"]
    assert at.segmented_control(key="layer").options == ["conv1", "d1"]
    again = open_app(n="60", layers="picked", pick=["conv1", "d1"])
    assert again.segmented_control(key="layer").options == ["conv1", "d1"]


def test_picked_layers_wait_for_the_network_to_be_read(fake):
    at = open_app(n="70", regime="untrained", layers="picked", pick=["d1"])
    assert fake.submitted[0].layers == "checkpoints" and "once the network has been read" in text_of(at)
    at.run()
    assert at.segmented_control(key="layer").options == ["d1"]


def test_the_published_curve_is_one_switch_away_where_there_is_one(fake):
    at = open_app()
    assert not any("Ansuini" in trace["name"] for trace in json.loads(figures_of(at)[0])["data"])
    at.toggle(key="published").set_value(True).run()
    trace = json.loads(figures_of(at)[0])["data"][-1]
    assert trace["name"] == "Ansuini et al. 2019" and trace["line"]["dash"] == "longdash"
    assert not [toggle for toggle in open_app(network="mlp", regime="untrained").toggle if toggle.key == "published"]


def test_a_measurement_that_waits_is_dropped_when_its_session_asks_for_another(fake, monkeypatch):
    monkeypatch.setattr(fake, "_measure", lambda job: fake.states.update({job_key(job): Status("queued")}))
    other = ProfileJob(Request())
    fake.states[job_key(other)] = Status("queued")  # of another session
    at = open_app(regime="untrained")
    first = fake.submitted[0]
    at.number_input(key="seed").set_value(5).run()
    assert fake.states[job_key(first)].state == "cancelled"
    assert fake.states[job_key(fake.submitted[-1])].state == fake.states[job_key(other)].state == "queued"


def test_the_names_of_classes_are_text_in_figures(fake):
    _keep(fake.store, _images(f"upload-{DIGEST}"))
    at = open_app(data=f"upload-{DIGEST}", protocol="per-class", each="true", regime="untrained", n="20")
    assert json.loads(figures_of(at)[0])["data"][1]["name"].startswith("&lt;b&gt;cats&lt;/b&gt;")


@pytest.mark.parametrize("text", [NASTY, "# head", "$x$ `y` *z*", ":red[r]", "a | b ~~c~~", "\\"])
def test_a_strangers_words_are_escaped_in_markdown(text):
    escaped = query.escaped(text)
    assert escaped.replace("\\", "") == text.replace("\\", "")
    for mark in "*_[]<>$~#`|!:":
        assert all(escaped[i - 1] == "\\" for i, c in enumerate(escaped) if c == mark)


def test_the_page_lists_what_is_here_and_what_is_not(fake):
    table = open_app("data").dataframe[0].value
    assert list(table["Here"][:4]) == ["yes", "yes", "yes", "no"]
    assert "CIFAR-10, 60,000 photographs in 10 classes, 32x32" in set(table["Data set"])


def _measured(at):
    """The pictures by data set."""
    table = at.dataframe[0].value
    return dict(zip(table["Data set"], table["Measured"], strict=True))


def test_a_data_set_shows_six_of_its_samples_once_some_were_measured(fake):
    digits = "Optical digits, 1797 handwritten digits, 8x8"
    assert not _measured(open_app("data"))[digits]
    shades = np.arange(8, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    atlas.save(fake.store, DataSpec("digits", n=8, noise=0.5), 255 - shades)
    atlas.save(fake.store, DataSpec("digits", n=8), shades)  # the plain ones are shown
    address = _measured(open_app("data"))[digits]
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition("base64,")[2]))))
    np.testing.assert_array_equal(picture[0, ::4, 0], np.arange(6))


def test_an_uploaded_file_goes_to_the_store_and_a_worker_reads_it(fake):
    at = open_app("data")
    at.file_uploader(key="file-images").upload("pets.zip", b"PK..", "application/zip").run()
    job = fake.submitted[-1]
    content, name = results.upload(fake.store, job.name)
    assert job.what == "images" and bytes(content) == b"PK.." and name == "pets.zip"
    assert at.progress[0].text == "Reading."
    _keep(fake.store, _images(f"upload-{job.name}", notes=("2 were left out.",)))
    fake.states[job_key(job)] = Status("done")
    at.run()
    assert "200 images in 2 classes" in text_of(at) and "2 were left out." in text_of(at)
    assert at.button(key="explore-images").label == "Explore it"  # the browser test presses it


def test_a_file_as_large_as_the_page_says_is_taken_by_the_browser_which_counts_in_millions_of_bytes(fake):
    at = open_app("data")
    assert "Up to 2 GiB in all" in text_of(at)
    assert at.file_uploader(key="file-images").proto.max_upload_size_mb * 10**6 >= 2 * 2**30


def test_an_upload_is_held_no_longer_than_until_it_is_in_the_store_also_for_another_architecture(fake):
    at = open_app("data", bring="weights")
    at.file_uploader(key="file-weights").upload("mine.pt", b"..", "application/octet-stream").run()
    at.selectbox(key="network").set_value("resnet18").run()
    first, second = fake.submitted[-2:]
    assert first.name == second.name and second.architecture == Architecture("resnet18")
    assert bytes(results.upload(fake.store, second.name)[0]) == b".."


def test_a_refused_file_shows_its_sentence_and_nothing_is_lost(fake):
    _keep(fake.store, _images(f"upload-{DIGEST}", "before.zip"))
    fake.failure = f"The file {NASTY!r} is not a zip archive."
    at = open_app("data")
    at.file_uploader(key="file-images").upload("x.zip", b"<html>", "application/zip").run()
    assert NASTY in text_of(at) and "is not a zip archive" in at.error[0].value and r"\!\[x\]" in at.error[0].value
    assert "before.zip" in [text.value for text in at.text]


def test_weights_are_read_for_the_architecture_that_was_chosen(fake):
    at = open_app("data", bring="weights")
    at.selectbox(key="network").set_value("resnet18").run()
    at.file_uploader(key="file-weights").upload("mine.pt", b"..", "application/octet-stream").run()
    job = fake.submitted[-1]
    assert (job.what, job.architecture) == ("weights", Architecture("resnet18"))


@pytest.mark.parametrize("name", ["model_best.pth.tar", "last.ckpt", "pytorch_model.bin", "A.SafeTensors", "w.pth"])
def test_checkpoints_of_every_usual_name_are_taken(fake, name):
    at = open_app("data", bring="weights")
    at.file_uploader(key="file-weights").upload(name, b"..", "application/octet-stream").run()
    assert fake.submitted[-1].what == "weights" and not at.error


@pytest.mark.parametrize(("what", "name"), [("weights", "thesis.docx"), ("images", "cats.rar"), ("weights", "pt")])
def test_a_file_of_another_kind_is_refused_in_a_sentence_that_names_the_kinds(fake, what, name):
    at = open_app("data", bring=what)
    at.file_uploader(key=f"file-{what}").upload(name, b"..", "application/octet-stream").run()
    text = at.error[0].value.replace("\\", "")
    assert text.startswith(f"{name} is not taken: its name must end in .")
    assert not any(isinstance(job, ReadJob) for job in fake.submitted)


def test_the_server_takes_files_up_to_the_limit():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] * 2**20 == LIMITS.upload


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (ELSEWHERE, "computed elsewhere"),
        (NetworkSpec(Architecture("resnet18"), Pretrained()), "pretrained"),
        (NetworkSpec(Architecture("cnn"), FromFile(DIGEST)), "with your weights"),
        (NetworkSpec(Architecture("cnn"), Untrained()), "untrained"),
        (NetworkSpec(Architecture("cnn"), Recipe(shuffled=0.5)), "trained on 50% shuffled labels"),
    ],
)
def test_every_regime_has_its_words(network, said):
    assert words.regime_words(network) == said


def test_training_a_large_network_promises_no_time():
    assert "hours or days" in words.training_words(NetworkSpec(Architecture("resnet18")))


@pytest.mark.parametrize(
    ("dataset", "opened"),
    [
        ({"shape": (3, 300, 400)},
         {"network": "efficientnet_lite0", "regime": "pretrained", "split": "all", "n": "200"}),
        ({"shape": None, "sizes": {"test": 9}}, {"network": "efficientnet_lite0", "regime": "pretrained"}),
        ({"shape": None, "sizes": {"all": 5000}},
         {"network": "efficientnet_lite0", "regime": "pretrained", "split": "all", "n": "1000"}),
        ({"shape": (3, 32, 32)}, {}),
        ({"shape": (1, 300, 400)}, {}),
        ({"shape": None, "matrices": (("V1", 80),)}, {}),
        ({"shape": None, "texts": True}, {}),
    ],
)  # fmt: skip
def test_photographs_open_on_a_network_made_for_photographs_at_all_of_them(dataset, opened):
    assert datasets.opened_on(_images("folder-pets", **dataset)) == opened
