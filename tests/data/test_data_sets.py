"""The data sets known by name and the folders under the data root: found, read, downloaded, or refused in words."""

import gzip
import hashlib
import struct
import tarfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.io
import torch
from PIL import Image

from idcore.data import download, folder, formats, known, places, source
from idcore.data.catalogue import DATASETS, SHIPPED, describe, folders, present, where, wnids
from idcore.data.form import Form
from idcore.data.load import load, thumbnails
from idcore.data.read import read_dataset
from idcore.errors import Cancelled, DataError
from idcore.fetch import fetch
from idcore.spec import DataSpec
from idcore.store import Store
from idcore.torchvision_seam import torchvision
from idcore.watch import Watch
from tests.tools.bad_images import COLOURS, encoded
from tests.tools.named_sets import cifar_file, smaller, write_mnist
from tests.tools.peak import grown

pytestmark = pytest.mark.usefixtures("unconfined")

OTHERS = [name for name in DATASETS if name not in SHIPPED]
RANDOM = np.random.RandomState(0)
DEBIAN = Path(known.DEBIAN)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def small(monkeypatch, tmp_path):
    return partial(smaller, monkeypatch, tmp_path)


def everything(name, root, store):
    n = read_dataset(name, store, root=root).sizes["all"]
    samples = load(DataSpec(name, "all", n=n), store=store, root=root)
    order = np.argsort(samples.ids)
    return np.round(samples.images.numpy()[order] * 255).astype(np.uint8), samples.labels[order]


def test_the_catalogue_knows_every_data_set_that_was_asked_for():
    wanted = "mnist fashion_mnist kmnist emnist cifar10 cifar100 svhn stl10 imagenette imagenet"
    assert set(wanted.split()) <= set(OTHERS)
    for name, info in DATASETS.items():
        assert info.name == name and len(set(info.classes)) >= len(info.classes) - 1 and info.source
        assert info.sizes["all"] == sum(info.sizes.get(split, 0) for split in ("train", "test")) or len(info.sizes) == 1
        for split, smallest in info.smallest.items():
            assert 0 < smallest * len(info.classes) <= info.sizes[split]
        assert describe(name) == info


def test_the_classes_are_those_of_torchvision():
    sets = torchvision.datasets
    assert DATASETS["fashion_mnist"].classes == tuple(sets.FashionMNIST.classes)
    assert DATASETS["kmnist"].classes == tuple(sets.KMNIST.classes)
    assert DATASETS["emnist"].classes == tuple(sets.EMNIST.classes_split_dict["balanced"])
    assert DATASETS["emnist_letters"].classes == tuple(sets.EMNIST.classes_split_dict["letters"][1:])
    categories = torchvision.models.ResNet18_Weights.DEFAULT.meta["categories"]
    assert list(DATASETS["imagenet"].classes) == categories and list(wnids("imagenet")) == sorted(wnids("imagenet"))
    theirs = sets.Imagenette._WNID_TO_CLASS
    assert dict(zip(wnids("imagenette"), DATASETS["imagenette"].classes, strict=True)) == {
        k: v[0] for k, v in theirs.items()
    }


def test_the_files_are_where_torchvision_puts_them():
    sets = torchvision.datasets
    for name, cifar in (("cifar10", sets.CIFAR10), ("cifar100", sets.CIFAR100)):
        assert places.PLACES[name].folders[0] == cifar.base_folder
        assert list(places.PLACES[name].files) == [file for file, _ in cifar.train_list + cifar.test_list]
    assert places.PLACES["stl10"].folders[0] == sets.STL10.base_folder
    for name, kind in (("mnist", sets.MNIST), ("fashion_mnist", sets.FashionMNIST), ("kmnist", sets.KMNIST)):
        assert {f"{file}.gz" for file in places.PLACES[name].files} == {file for file, _ in kind.resources}
        assert places.PLACES[name].folders[0] == f"{kind.__name__}/raw"


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "fashion_mnist"])
def test_a_data_set_that_is_not_there_says_where_its_files_must_lie(name, root, store):
    assert not present(name, root) and str(root) in where(name, root)
    with pytest.raises(DataError, match="must lie|put its files") as error:
        load(DataSpec(name, n=10), store=store, root=root)
    assert str(root) in str(error.value)
    with pytest.raises(DataError, match="is not here. Put its files") as error:
        read_dataset(name, store, root=root)
    assert ("or download it" in str(error.value)) == (name != "imagenet")


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("name", ["mnist", "kmnist", "fashion_mnist"])
def test_mnist_and_its_kin_are_what_torchvision_reads(name, ending, root, store, small):
    small(name, 40, 20)
    kind = {"mnist": "MNIST", "kmnist": "KMNIST", "fashion_mnist": "FashionMNIST"}[name]
    place = places.PLACES[name]
    write_mnist(root / place.folders[0], place.files, ending)
    assert present(name, root) and read_dataset(name, store, root=root).sizes["all"] == 60
    images, labels = everything(name, root, store)
    assert set(load(DataSpec(name, "test", n=20), store=store, root=root).ids) == set(range(40, 60))
    for file in place.files if ending else ():
        path = root / place.folders[0] / file
        path.write_bytes(gzip.decompress(path.with_name(file + ".gz").read_bytes()))
    theirs = [getattr(torchvision.datasets, kind)(root, train) for train in (True, False)]
    assert np.array_equal(images[:, 0], np.concatenate([t.data.numpy() for t in theirs]))
    assert np.array_equal(labels, np.concatenate([t.targets.numpy() for t in theirs]))


def test_emnist_is_what_torchvision_reads_turned_upright(root, store, small):
    for name, split, first, classes in (("emnist", "balanced", 0, 47), ("emnist_letters", "letters", 1, 26)):
        small(name, 40, 20)
        write_mnist(root / "EMNIST/raw", places.PLACES[name].files, "", first, classes)
        images, labels = everything(name, root, store)
        theirs = [torchvision.datasets.EMNIST(root, split, train=train) for train in (True, False)]
        assert np.array_equal(images[:, 0], np.concatenate([t.data.numpy() for t in theirs]).transpose(0, 2, 1))
        assert np.array_equal(labels + first, np.concatenate([t.targets.numpy() for t in theirs]))
        assert "upright" in " ".join(DATASETS[name].notes)


@pytest.mark.parametrize(("name", "key"), [("cifar10", "labels"), ("cifar100", "fine_labels")])
def test_cifar_is_what_torchvision_reads(name, key, root, store, small, monkeypatch):
    files = places.PLACES[name].files
    small(name, 20 * (len(files) - 1), 20)
    folder = root / places.PLACES[name].folders[0]
    folder.mkdir()
    for file in files:
        images = RANDOM.randint(0, 256, (20, 3072), dtype=np.uint8)
        (folder / file).write_bytes(cifar_file(images, RANDOM.randint(0, 10, 20).tolist(), key))
    images, labels = everything(name, root, store)
    kind = getattr(torchvision.datasets, name.upper())
    monkeypatch.setattr(kind, "_check_integrity", lambda self: True)
    monkeypatch.setattr(kind, "_load_meta", lambda self: None)
    theirs = [kind(root, train) for train in (True, False)]
    assert np.array_equal(images.transpose(0, 2, 3, 1), np.concatenate([t.data for t in theirs]))
    assert np.array_equal(labels, np.concatenate([t.targets for t in theirs]))


def test_a_pickle_in_the_place_of_cifar_is_not_executed(root, store, tmp_path, small):
    small("cifar100", 20, 20)
    (root / "cifar-100-python").mkdir()
    witness = tmp_path / "executed"
    for file in ("train", "test"):
        (root / "cifar-100-python" / file).write_bytes(f"cos\nsystem\n(S'touch {witness}'\ntR.".encode())
    with pytest.raises(DataError, match="cifar100 in .* are not as they should be .0 labels"):
        read_dataset("cifar100", store, root=root)
    assert not witness.exists()


def test_svhn_is_what_torchvision_reads(root, store, small, monkeypatch):
    small("svhn", 30, 20)
    for split, n in (("train", 30), ("test", 20)):
        images = RANDOM.randint(0, 256, (32, 32, 3, n), dtype=np.uint8)
        scipy.io.savemat(
            root / f"{split}_32x32.mat", {"X": images, "y": (np.arange(n) % 10 + 1)[:, None].astype(np.uint8)}
        )
    images, labels = everything("svhn", root, store)
    monkeypatch.setattr(torchvision.datasets.SVHN, "_check_integrity", lambda self: True)
    theirs = [torchvision.datasets.SVHN(root, split) for split in ("train", "test")]
    assert np.array_equal(images, np.concatenate([t.data for t in theirs]))
    assert np.array_equal(labels, np.concatenate([t.labels for t in theirs]))


def test_stl10_is_what_torchvision_reads(root, store, small, monkeypatch):
    small("stl10", 10, 20)
    (root / "stl10_binary").mkdir()
    for split, n in (("train", 10), ("test", 20)):
        (root / f"stl10_binary/{split}_X.bin").write_bytes(RANDOM.bytes(n * 3 * 96 * 96))
        (root / f"stl10_binary/{split}_y.bin").write_bytes(bytes(range(1, 11)) * (n // 10))
    images, labels = everything("stl10", root, store)
    monkeypatch.setattr(torchvision.datasets.STL10, "_check_integrity", lambda self: True)
    theirs = [torchvision.datasets.STL10(root, split) for split in ("train", "test")]
    assert np.array_equal(images, np.concatenate([t.data for t in theirs]))
    assert np.array_equal(labels, np.concatenate([t.labels for t in theirs]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "one is not an idx file"),
        (b"<!doctype html>", "is not an idx file"),
        (b"\0\0\x08\3" + struct.pack(">3I", 2**31, 2**31, 2**31), "holds 0 bytes"),
        (b"\0\0\x0d\3" + bytes(12), "is not an idx file of bytes"),
        (b"\0\0\x08\3" + struct.pack(">3I", 40, 28, 28) + bytes(5), "holds 5 bytes"),
        (b"\0\0\x08\3" + struct.pack(">3I", 3, 28, 28) + bytes(3 * 784), "labels for images of shape"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_refused_with_the_reason(content, reason, root, store, small):
    small("mnist", 40, 20)
    write_mnist(root / "MNIST/raw", places.PLACES["mnist"].files)
    (root / "MNIST/raw/train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=f"mnist in .* are not as they should be .*{reason}"):
        read_dataset("mnist", store, root=root)


def test_a_gzip_is_not_unpacked_beyond_the_limit(root, monkeypatch):
    path = root / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(bytes(2**27), 1))
    monkeypatch.setattr(formats, "_LONGEST", 2**20)

    def refused():
        with pytest.raises(ValueError, match="more than 1,048,576 bytes"):
            formats._content(root, "train-images-idx3-ubyte")

    assert grown(refused) < 2**24


def test_another_number_of_samples_than_the_data_set_has_is_refused(root, store, small):
    small("mnist", 50, 20)
    write_mnist(root / "MNIST/raw", places.PLACES["mnist"].files)
    with pytest.raises(DataError, match="60 samples instead of 70"):
        read_dataset("mnist", store, root=root)


@pytest.mark.skipif(not DEBIAN.exists(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_the_seventy_thousand_images_of_fashion_mnist_are_found_and_read(root, store):
    assert present("fashion_mnist", root)
    dataset = read_dataset("fashion_mnist", store, root=root)
    found = source.opened("fashion_mnist", store, root)
    assert (
        replace(dataset, name="fashion_mnist") == DATASETS["fashion_mnist"]
        and np.bincount(found.labels).tolist() == [7000] * 10
    )
    assert np.bincount(found.labels[found.test]).tolist() == [1000] * 10
    images = np.stack(list(found.pictures(np.arange(70_000))))
    assert images.shape == (70_000, 1, 28, 28)
    # Mean and deviation of the training images as they are published for this data set.
    counts, values = np.bincount(images[:60_000].reshape(-1)), np.arange(256) / 255
    mean = np.average(values, weights=counts)
    assert abs(mean - 0.2860) < 1e-4 and abs(np.average((values - mean) ** 2, weights=counts) ** 0.5 - 0.3530) < 1e-4
    digest = hashlib.sha256(gzip.decompress((DEBIAN / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]).hexdigest()
    assert hashlib.sha256(images[60_000:].tobytes()).hexdigest() == digest
    samples = load(DataSpec("fashion_mnist", "test", n=1000), store=store, root=root)
    assert np.bincount(samples.labels).tolist() == [100] * 10 and samples.images.shape == (1000, 1, 28, 28)
    assert grown(lambda: load(DataSpec("fashion_mnist", "train", n=2000), store=store, root=root)) < 2**26


def write_folder(folder: Path, classes: dict[str, int]) -> None:
    for name, n in classes.items():
        (folder / name).mkdir(parents=True)
        for i in range(n):
            Image.fromarray(RANDOM.randint(0, 256, (6, 9, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")


def test_a_folder_under_the_data_root_is_read_by_its_name(root, store):
    write_folder(root / "birds", {"owl": 6, "jay": 5})
    (root / "birds" / "owl" / "notes.txt").write_text("hello")
    (root / "cifar-10-batches-py").mkdir()
    assert folders(root) == ("folder-birds",) and present("folder-birds", root) and not present("folder-x", root)
    with pytest.raises(DataError, match="has not been read yet. Read it first"):
        load(DataSpec("folder-birds", n=1), store=store, root=root)
    dataset = read_dataset("folder-birds", store, root=root)
    assert dataset.classes == ("jay", "owl") and dataset.sizes == {"train": 9, "test": 2, "all": 11}
    assert dataset.shape == (3, 6, 9) and describe("folder-birds", store) == dataset
    samples = load(DataSpec("folder-birds", "all", n=11), store=store, root=root)
    theirs = torchvision.datasets.ImageFolder(root / "birds", torchvision.transforms.ToTensor())
    order = np.argsort(samples.ids)
    assert torch.equal(samples.images[torch.from_numpy(order)], torch.stack([image for image, _ in theirs]))
    assert samples.labels[order].tolist() == theirs.targets
    assert thumbnails(DataSpec("folder-birds", "all", n=2), store, 6, root).shape == (2, 6, 6, 3)


def test_train_and_test_folders_are_the_splits_of_a_folder(root, store):
    write_folder(root / "x" / "train", {"a": 3, "b": 2})
    write_folder(root / "x" / "val", {"a": 1, "b": 1})
    assert read_dataset("folder-x", store, root=root).sizes == {"train": 5, "test": 2, "all": 7}


def test_a_bad_image_in_a_folder_is_left_out_and_counted(root, store):
    write_folder(root / "x", {"a": 3})
    (root / "x/a/bad.png").write_bytes(b"hello")
    (root / "x/a/huge.png").write_bytes(encoded(COLOURS) + bytes(2**26))
    dataset = read_dataset("folder-x", store, root=root)
    told = " ".join(dataset.notes)
    assert dataset.sizes == {"all": 3} and "1 left out (not an image)" in told and "1 left out (too large)" in told


def test_an_image_that_went_away_after_it_was_read_is_a_change_of_the_folder(root, store):
    write_folder(root / "x", {"a": 1})
    read_dataset("folder-x", store, root=root)
    (root / "x/a/0.png").unlink()
    with pytest.raises(DataError, match="The folder 'x' has changed since it was read: .* Read it again"):
        load(DataSpec("folder-x", "all", n=1), store=store, root=root)


@pytest.mark.parametrize("name", ["folder-../etc", "folder-", "folder-.ssh", "folder-a/b", "folder-a\\b", "folder-\0"])
def test_only_folders_directly_below_the_data_root_are_read(name, root, store):
    with pytest.raises(DataError, match="not the name of a folder directly below the data root"):
        read_dataset(name, store, root=root)


def test_a_folder_without_images_says_what_it_looked_for(root, store):
    (root / "empty").mkdir()
    with pytest.raises(DataError, match="holds no image that can be read.*must end in .jpg"):
        read_dataset("folder-empty", store, root=root)


def test_folders_that_are_linked_in_a_ring_are_read_once(root, store):
    write_folder(root / "x", {"a": 2, "b": 2})
    (root / "x/b/ring").symlink_to(root / "x")
    assert read_dataset("folder-x", store, root=root).sizes["all"] == 4


def test_a_link_under_the_data_root_is_what_it_leads_to_and_nothing_where_it_leads_nowhere(root, store, tmp_path):
    write_folder(tmp_path / "elsewhere", {"a": 2, "b": 2})
    (root / "x").symlink_to(tmp_path / "elsewhere")
    (root / "nowhere").symlink_to(tmp_path / "missing")
    (root / "itself").symlink_to(root / "itself")
    for name, target in {
        "to-a-file": "0.png",
        "broken": "missing",
        "ring": "ring.png",
        "host": "/etc/hostname",
    }.items():
        (root / "x/a" / f"{name}.png").symlink_to(target)
    dataset = read_dataset("folder-x", store, root=root)
    assert dataset.sizes == {"all": 5} and sum("left out" in note for note in dataset.notes) == 2, dataset.notes
    assert places.folders(root) == ("folder-x",)
    for name in ("folder-nowhere", "folder-itself"):
        with pytest.raises(DataError, match="is not here"):
            read_dataset(name, store, root=root)


def test_a_link_that_leads_elsewhere_since_is_another_data_set(root, store, tmp_path):
    for name, count in (("old", 3), ("new", 4)):
        write_folder(tmp_path / name, {"a": count})
    (root / "x").symlink_to(tmp_path / "old")
    first = read_dataset("folder-x", store, root=root)
    (root / "x").unlink()
    (root / "x").symlink_to(tmp_path / "new")
    with pytest.raises(DataError, match="The folder 'x' has changed since it was read"):
        load(DataSpec(first.name, "all", n=1), store=store, root=root)
    assert read_dataset("folder-x", store, root=root).name != first.name


def test_file_names_of_any_bytes_are_found_again(root, store):
    write_folder(root / "x", {"a": 1})
    (root / "x/a/0.png").rename(root / "x/a" / b"\xff\n\xf0.png".decode("utf-8", "surrogateescape"))
    read_dataset("folder-x", store, root=root)
    assert len(load(DataSpec("folder-x", "all", n=1), store=store, root=root).images) == 1


def test_part_of_imagenet_keeps_the_labels_and_the_names_of_all_of_it(root, store):
    write_folder(root / "imagenet/val", {"n02979186": 3, "n01440764": 2, "n99999999": 1})
    dataset = read_dataset("imagenet", store, root=root)
    assert dataset.sizes == {"all": 5} and dataset.smallest == {"all": 2} and len(dataset.classes) == 1000
    told = " ".join(dataset.notes)
    assert "2 of its 1000 classes are there" in told and "1 images in folders that are no class" in told
    samples = load(DataSpec("imagenet", "all", n=5), Form(resize=8, crop=(8, 8)), store, root)
    assert Counter(dataset.classes[label] for label in samples.labels) == {"tench": 2, "cassette player": 3}


def test_imagenette_has_the_classes_of_its_ten_folders(root, store):
    for split, n in (("train", 2), ("val", 1)):
        write_folder(root / "imagenette2-160" / split, dict.fromkeys(wnids("imagenette"), n))
    dataset = read_dataset("imagenette", store, root=root)
    assert dataset.sizes == {"train": 20, "test": 10, "all": 30} and dataset.smallest == {
        "train": 2,
        "test": 1,
        "all": 3,
    }
    assert dataset.classes[2] == "cassette player" and not dataset.notes


def test_reading_a_folder_stops_when_it_is_cancelled(root, store):
    write_folder(root / "x", {"a": 1})
    with pytest.raises(Cancelled):
        read_dataset("folder-x", store, watch=Watch(cancelled=lambda: True), root=root)


def test_more_images_than_are_looked_at_are_listed_and_this_is_said(root, store, monkeypatch):
    write_folder(root / "x", {"a": 3})
    monkeypatch.setattr(folder, "LIMITS", type(folder.LIMITS)(images=2))
    dataset = read_dataset("folder-x", store, root=root)
    assert dataset.shape is None and "3 images were listed and not looked at" in " ".join(dataset.notes)


@contextmanager
def serving(folder: Path):
    """A web server over a folder; yields its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def test_a_data_set_is_downloaded_checked_and_read(root, store, small, tmp_path, monkeypatch):
    small("mnist", 40, 20)
    away = tmp_path / "away"
    write_mnist(away, places.PLACES["mnist"].files, ".gz")
    told = []
    with serving(away) as address:
        monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [address + "gone/", address])
        resources = [(path.name, md5(path)) for path in sorted(away.iterdir())]
        monkeypatch.setattr(torchvision.datasets.MNIST, "resources", resources)
        dataset = read_dataset("mnist", store, True, Watch(told.append), root=root)
    assert dataset.sizes["all"] == 60 and present("mnist", root)
    assert {one.phase for one in told} == {"downloading"} and told[0].total == (away / resources[0][0]).stat().st_size
    assert not list(root.rglob("*.part"))


def test_an_archive_is_unpacked_once_its_digest_was_checked(root, store, small, tmp_path, monkeypatch):
    small("cifar100", 20, 20)
    away = tmp_path / "away" / "cifar-100-python"
    away.mkdir(parents=True)
    for file in ("train", "test"):
        (away / file).write_bytes(cifar_file(np.zeros((20, 3072), np.uint8), [1] * 20, "fine_labels"))
    with tarfile.open(tmp_path / "away" / "cifar.tar.gz", "w:gz") as archive:
        archive.add(away, "cifar-100-python")
    with serving(tmp_path / "away") as address:
        kind = torchvision.datasets.CIFAR100
        monkeypatch.setattr(kind, "url", address + "cifar.tar.gz")
        with pytest.raises(DataError, match="its md5 is .* and should be eb9058c3.*this is another file"):
            download.download("cifar100", root)
        assert not list(root.iterdir())
        (root / "cifar-100-python.tar.gz").write_bytes((tmp_path / "away" / "cifar.tar.gz").read_bytes())
        with pytest.raises(DataError, match="this is another file"):
            download.download("cifar100", root)
        assert not present("cifar100", root)
        monkeypatch.setattr(kind, "tgz_md5", md5(tmp_path / "away" / "cifar.tar.gz"))
        download.download("cifar100", root)
    assert present("cifar100", root) and set(everything("cifar100", root, store)[1]) == {1}


class Cutting(BaseHTTPRequestHandler):
    """Gives `content` from where it is asked for, and hangs up after `most` bytes."""

    content, most, ranges = b"", 0, True
    asked: list[str | None] = []

    def do_GET(self):
        self.asked.append(self.headers["Range"])
        start = int((self.headers["Range"] or "bytes=0-")[6:-1]) if self.ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.content) - start))
        self.end_headers()
        self.wfile.write(self.content[start : start + self.most])

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_goes_on_where_the_connection_was_cut(root, monkeypatch, ranges):
    class Handler(Cutting):
        content, most, asked = bytes(range(256)) * 4096, 700_000, []

    Handler.ranges = ranges
    digest = hashlib.sha256(Handler.content).hexdigest()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(download._ADDRESSES, "imagenet_sample", lambda _: [((address,), "photos/a.JPEG", digest)])
        try:
            with pytest.raises(DataError, match="cut 348,576 bytes before the end; the next try goes on from there"):
                download.download("imagenet_sample", root)
            Handler.most = 2**20
            download.download("imagenet_sample", root)
        finally:
            server.shutdown()
            thread.join()
    assert Handler.asked == [None, "bytes=700000-"]
    assert [path.name for path in (root / "photos").iterdir()] == ["a.JPEG"]
    assert (root / "photos" / "a.JPEG").read_bytes() == Handler.content


@pytest.mark.parametrize("came", [0, 100], ids=["all of it", "more than there is"])
def test_what_is_left_of_a_download_that_was_ended_at_its_end_is_used_or_begun_again(root, monkeypatch, came):
    class Handler(Cutting):
        content, most, asked = bytes(1000), 1000, []

        def do_GET(self):
            if self.headers["Range"]:  # as a server answers that has no more bytes than are there
                self.send_error(416)
            else:
                super().do_GET()

    digest = hashlib.sha256(Handler.content).hexdigest()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/"
        target = root / "photos" / "a.JPEG"
        target.parent.mkdir()
        target.with_name("a.JPEG.part").write_bytes(Handler.content + bytes(came))
        try:
            if came:
                with pytest.raises(OSError, match="Range Not Satisfiable"):
                    fetch("Downloading", address, target, digest)
            fetch("Downloading", address, target, digest)
        finally:
            server.shutdown()
            thread.join()
    assert target.read_bytes() == Handler.content and Handler.asked == [None] * bool(came)


def test_photographs_that_are_there_and_right_are_not_fetched_again(root, tmp_path, monkeypatch):
    away = tmp_path / "away"
    away.mkdir()
    for i in range(3):
        (away / f"{i}.JPEG").write_bytes(bytes([i]) * 1000)
    digests = [hashlib.sha256((away / f"{i}.JPEG").read_bytes()).hexdigest() for i in range(3)]
    (root / "photos").mkdir()
    (root / "photos" / "0.JPEG").write_bytes((away / "0.JPEG").read_bytes())
    (root / "photos" / "1.JPEG").write_bytes(b"another")
    told = []
    with serving(away) as address:
        files = [((f"{address}{i}.JPEG",), f"photos/{i}.JPEG", digest) for i, digest in enumerate(digests)]
        monkeypatch.setitem(download._ADDRESSES, "imagenet_sample", lambda _: files)
        download.download("imagenet_sample", root, Watch(told.append))
        (away / "2.JPEG").write_bytes(b"changed there")
        (root / "photos" / "2.JPEG").unlink()
        with pytest.raises(DataError, match=f"its sha256 is .* and should be {digests[2]}: this is another file"):
            download.download("imagenet_sample", root)
    assert told[0].message == "Downloading imagenet_sample, file 2 of 3: 0.0 of 0.0 MB"
    assert sorted(path.name for path in (root / "photos").iterdir()) == ["0.JPEG", "1.JPEG"]


def test_a_full_disk_is_said_before_anything_is_written(root, tmp_path, monkeypatch):
    (tmp_path / "a.JPEG").write_bytes(bytes(1000))
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
    with serving(tmp_path) as address:
        files = [((address + "a.JPEG",), "photos/a.JPEG", "0" * 64)]
        monkeypatch.setitem(download._ADDRESSES, "imagenet_sample", lambda _: files)
        with pytest.raises(DataError, match="it has 1,000 bytes, and that much is not free on the disk of"):
            download.download("imagenet_sample", root)


def test_the_1000_photographs_have_the_classes_that_their_names_begin_with(root, store):
    names = [path.rpartition("/")[2] for _, path, _ in download.files("imagenet_sample")]
    assert len({name[:9] for name in names}) == 1000
    folder = root / "imagenet-sample-images"
    folder.mkdir()
    for name in names[:3]:
        (folder / name).write_bytes(encoded(COLOURS, "JPEG"))
    dataset = read_dataset("imagenet_sample", store, root=root)
    samples = load(DataSpec(dataset.name, "all", n=3), Form(resize=(8, 8)), store, root)
    assert sorted(dataset.classes[label] for label in samples.labels) == ["goldfish", "great white shark", "tench"]
    assert dataset.sizes == {"all": 3} and "3 of its 1000 classes are there." in dataset.notes


def test_without_a_network_it_is_said_where_to_put_the_files_and_what_else_there_is(root, store, monkeypatch):
    monkeypatch.setattr(torchvision.datasets.KMNIST, "mirrors", ["http://127.0.0.1:1/"])
    with pytest.raises(DataError, match="kmnist could not be downloaded .*refused.* or choose another") as error:
        read_dataset("kmnist", store, download=True, root=root)
    assert str(root / "KMNIST/raw") in str(error.value) and not list(root.rglob("*.part"))


def test_a_download_stops_when_it_is_cancelled_and_leaves_nothing_behind(root, store, tmp_path, monkeypatch):
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "train_32x32.mat").write_bytes(bytes(2**20))
    with serving(tmp_path / "away") as address:
        splits = {split: (address + "train_32x32.mat", f"{split}_32x32.mat", "0") for split in ("train", "test")}
        monkeypatch.setattr(torchvision.datasets.SVHN, "split_list", splits)
        with pytest.raises(Cancelled):
            read_dataset("svhn", store, True, watch=Watch(cancelled=lambda: True), root=root)
    assert not list(root.rglob("*"))


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "imagenet"])
def test_every_data_set_that_can_be_fetched_has_an_address_and_a_digest(name):
    for addresses, path, digest in download.files(name):
        assert all(a.startswith("http") for a in addresses) and len(digest) in (32, 64) and not Path(path).is_absolute()


def test_imagenet_cannot_be_fetched(root, store):
    with pytest.raises(DataError, match="imagenet cannot be downloaded from here: ask its owners"):
        read_dataset("imagenet", store, download=True, root=root)
