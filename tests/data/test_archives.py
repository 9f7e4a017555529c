"""Uploaded archives of images: what is read of them, and how hostile ones are refused."""

import os
import threading

import numpy as np
import pytest

from idcore import results
from idcore.data.form import Form
from idcore.data.load import load, thumbnails
from idcore.data.read import read_dataset, read_images, read_pictures
from idcore.data.source import select, stored_pictures
from idcore.errors import Cancelled, DataError, RequestError
from idcore.files import archive
from idcore.limits import LIMITS
from idcore.spec import DataSpec
from idcore.store import Store
from idcore.watch import Watch
from tests.tools.bad_archives import REFUSED, SIDE, folders, link, picture, zipped
from tests.tools.bad_images import COLOURS, encoded, floats, rotated
from tests.tools.peak import grown

pytestmark = pytest.mark.usefixtures("unconfined")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def read(store):
    """Uploads files and reads them."""

    def read(files, name="mine.zip"):
        content = files if isinstance(files, bytes) else zipped(files)
        return read_images(results.save_upload(store, content, name), store)

    return read


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_archive_is_refused_by_a_sentence_within_bounded_memory(name, store):
    make, sentence = REFUSED[name]
    content = make()
    digest = results.save_upload(store, content, "bad.zip")

    def refused():
        with pytest.raises(DataError, match=sentence):
            read_images(digest, store)

    assert grown(refused) < 2**27 + 4 * len(content)
    assert not results.datasets(store)


def test_a_folder_is_a_class_and_its_images_are_what_was_uploaded(read, store):
    dataset = read(folders("dog", "cat"))
    assert dataset.classes == ("cat", "dog") and dataset.labelled and dataset.shape == (3, SIDE, SIDE)
    assert dataset.sizes == {"all": 6} and dataset.smallest == {"all": 3} and dataset.title == "mine.zip"
    samples = load(DataSpec(dataset.name, "all", n=6), store=store)
    by_class = {"dog": range(3), "cat": range(100, 103)}
    for image, label in zip(samples.images, samples.labels, strict=True):
        known = [read_pictures(picture(value), "x")[0].pixels for value in by_class[dataset.classes[label]]]
        assert any(np.array_equal(np.round(image.numpy() * 255), one) for one in known)


def test_the_description_of_an_upload_is_found_in_the_store(read, store):
    dataset = read(folders("a", "b"))
    found, arrays = results.dataset(store, dataset.name)
    assert found == dataset and set(arrays) == {"labels", "test", "members", "names", "name-ends"}


def test_folders_around_everything_do_not_matter(read):
    plain, wrapped = read(folders("a", "b")), read(folders("a", "b", within="archive/images/"))
    assert plain.classes == wrapped.classes and plain.sizes == wrapped.sizes


def test_train_and_test_folders_are_the_splits(read, store):
    files = folders("a", "b", each=4, within="set/train/") | folders("a", "b", each=2, within="set/val/")
    dataset = read(files)
    assert dataset.sizes == {"train": 8, "test": 4, "all": 12} and dataset.smallest == {"train": 4, "test": 2, "all": 6}
    assert dataset.classes == ("a", "b")
    train, test = (
        set(load(DataSpec(dataset.name, split, n=n), store=store).ids) for split, n in (("train", 8), ("test", 4))
    )
    assert not train & test


def test_without_such_folders_one_in_five_of_each_class_is_the_test_set_and_this_is_said(read, store):
    dataset = read(folders("a", "b", each=11))
    assert dataset.sizes == {"train": 18, "test": 4, "all": 22} and "one in five" in " ".join(dataset.notes)
    assert np.bincount(load(DataSpec(dataset.name, "test", n=4), store=store).labels).tolist() == [2, 2]


def test_a_class_of_few_images_leaves_no_test_set_and_asking_for_it_is_answered(read, store):
    dataset = read(folders("a", "b", each=4))
    with pytest.raises(DataError, match="has no test split. Choose all"):
        load(DataSpec(dataset.name, "test", n=1), store=store)


def test_one_class_is_enough(read):
    dataset = read(folders("only"))
    assert dataset.classes == ("only",) and dataset.labelled and dataset.sizes == {"all": 3}


def test_images_in_no_folder_are_one_set_without_classes(read, store):
    dataset = read({f"{i}.png": picture(i) for i in range(9)})
    assert not dataset.labelled and len(dataset.classes) == 1 and dataset.sizes == {"all": 9}
    assert "without classes" in " ".join(dataset.notes)
    assert set(load(DataSpec(dataset.name, "all", n=9), store=store).labels) == {0}


def test_images_beside_the_folders_of_classes_are_left_out_and_counted(read):
    dataset = read({**folders("a", "b"), "cover.png": picture(7)})
    assert dataset.sizes["all"] == 6 and "1 images that lie beside the folders" in " ".join(dataset.notes)


def test_files_of_operating_systems_are_passed_over(read):
    dataset = read({**folders("a", "b"), "__MACOSX/a/._0.png": b"x", "a/.DS_Store": b"x", "a/Thumbs.db": b"x"})
    assert dataset.sizes["all"] == 6 and dataset.classes == ("a", "b")
    assert "3 hidden or system files and folders were passed over: __MACOSX, .DS_Store, Thumbs.db." in dataset.notes


HIDDEN = (
    *("a/.ipynb_checkpoints/0-checkpoint.png", ".Trash-1000/files/0.png", "@eaDir/a/SYNOPHOTO.jpg", "__MACOSX/a/0.png"),
    *("a/Thumbs.db", "a/.0.png", "$RECYCLE.BIN/x.png", "a/System Volume Information/0.png", ".git/a.png"),
)


def test_a_zip_and_a_folder_pass_over_the_same_hidden_files_and_say_so(read, store, tmp_path):
    files = {**folders("a", "b"), **{path: picture(50 + i) for i, path in enumerate(HIDDEN)}}
    for path, content in files.items():
        (tmp_path / "data" / "x" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "x" / path).write_bytes(content)
    zipped, folder = read(files), read_dataset("folder-x", store, root=tmp_path / "data")
    for dataset in (zipped, folder):
        assert dataset.classes == ("a", "b") and dataset.sizes == {"all": 6}
        assert "9 hidden or system files and folders were passed over" in " ".join(dataset.notes)


def test_a_leading_dot_of_a_path_hides_nothing(read):
    assert read({f"./{path}": content for path, content in folders("a", "b").items()}).sizes == {"all": 6}


def test_bad_files_among_good_ones_are_left_out_and_counted_with_the_reason(read, store):
    good = folders("a", "b")
    bad = [
        ("a/text.png", b"hello"),
        ("a/broken.png", picture()[:50]),
        ("b/nan.tif", floats(float("nan"))),
        ("inner.zip", b"PK"),
        ("../up.png", picture()),
        ("a/0.png", picture(9)),
        link("a/link.png", b"/etc/passwd"),
    ]
    dataset = read(zipped([*good.items(), *bad]))
    told = " ".join(dataset.notes)
    assert dataset.sizes == {"all": 6}
    for kind in ("not an image", "damaged", "not finite", "archives inside", "point outside", "duplicates", "links"):
        assert f"({kind}" in told or kind in told, kind
    assert load(DataSpec(dataset.name, "all", n=6), store=store).images.shape == (6, 3, SIDE, SIDE)


def test_of_two_entries_of_one_name_the_first_is_taken(read, store):
    dataset = read(zipped([("a/1.png", picture(1)), ("a/1.png", picture(2))]))
    (image,) = load(DataSpec(dataset.name, "all", n=1), store=store).images
    assert np.array_equal(np.round(image.numpy() * 255), read_pictures(picture(1), "x")[0].pixels)


def test_what_was_converted_is_counted(read):
    dataset = read({"a/1.jpg": rotated(6), "a/2.jpg": rotated(3), "a/3.png": encoded(COLOURS)})
    assert dataset.shape is None and "2 images: turned upright, as the camera noted." in dataset.notes


def test_images_of_different_sizes_and_channels_are_made_equal_by_the_form(read, store):
    dataset = read({"a/1.png": encoded(COLOURS), "a/2.png": encoded(COLOURS[:9, :9, 0]), "a/3.png": picture()})
    samples = load(DataSpec(dataset.name, "all", n=3), Form(resize=8, crop=(8, 8)), store)
    assert samples.images.shape == (3, 3, 8, 8) and "different sizes" in " ".join(samples.notes)
    with pytest.raises(DataError, match="have different sizes .* Choose a size"):
        load(DataSpec(dataset.name, "all", n=3), store=store)


HOSTILE = {
    "HTML": "<img src=x onerror=alert(1)>",
    "Markdown": "**bold** [link](javascript:alert(1)) $x^2$",
    "emoji": "🦊🦊",
    "right to left": "\u202eevil\u202c כלב",
    "line breaks": "one\ntwo\r\x1b[31m",
    "10 kB": "x" * 10_000,
    "nothing left": "\u202e\u202e",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_class_is_kept_as_one_short_line_of_text(name, read):
    files = {f"{folder}/1.png": picture() for folder in (HOSTILE[name].replace("/", "_"), "other")}
    dataset = read(files, HOSTILE[name])
    assert len(dataset.classes) == 2
    for text in (*dataset.classes, dataset.title):
        assert 0 < len(text) <= LIMITS.name and text.isprintable() and "\u202e" not in text


def test_two_classes_whose_names_are_the_same_once_they_are_cut_stay_two(read):
    dataset = read({f"{'x' * 100}{i}/1.png": picture(i) for i in range(3)})
    assert len(set(dataset.classes)) == 3 and max(map(len, dataset.classes)) <= LIMITS.name


def test_nothing_is_written_but_to_the_store(read, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    read({**folders("a"), "../../escaped.png": picture(), "/tmp/absolute.png": picture()})
    assert not os.listdir(tmp_path / "here") and sorted(os.listdir(tmp_path)) == ["here", "store"]


def test_more_images_than_are_read_are_refused(read, monkeypatch):
    import idcore.data.read

    monkeypatch.setattr(idcore.data.read, "LIMITS", type(LIMITS)(images=5))
    with pytest.raises(DataError, match="more than 5 images"):
        read(folders("a", "b"))


def test_reading_says_how_far_it_is_and_stops_at_once_when_it_is_cancelled(store):
    digest = results.save_upload(store, zipped(folders("a", "b", each=20)), "x.zip")
    told, stop = [], threading.Event()
    read_images(digest, store, Watch(told.append, stop.is_set))
    assert told and told[0].phase == "reading" and told[0].total == 40
    stop.set()
    with pytest.raises(Cancelled):
        read_images(digest, store, Watch(told.append, stop.is_set))


def test_an_upload_that_is_gone_is_asked_for_again(read, store):
    dataset = read(folders("a"))
    with pytest.raises(RequestError, match="Upload the file again"):
        read_images("0" * 64, store)
    with pytest.raises(DataError, match="no longer in the store. Upload the file again"):
        load(DataSpec("upload-" + "0" * 64, "all", n=1), store=store)
    for key in store.keys("upload"):
        store.delete(key)
    with pytest.raises(RequestError, match="Upload the file again"):
        load(DataSpec(dataset.name, "all", n=1), store=store)


def test_only_the_chosen_images_are_unpacked(read, store, monkeypatch):
    dataset = read(folders("a", "b", each=10))
    positions, original = [], archive.read
    monkeypatch.setattr(
        archive, "read", lambda images, position: positions.append(int(position)) or original(images, position)
    )
    ids = select(DataSpec(dataset.name, "all", n=5), store)
    assert len(list(stored_pictures(dataset.name, tuple(ids.tolist()), "", store))) == 5
    assert len(positions) == 5


def test_thumbnails_of_an_upload(read, store):
    dataset = read({"a/1.png": encoded(COLOURS), "a/2.png": encoded(COLOURS[..., 0])})
    small = thumbnails(DataSpec(dataset.name, "all", n=2), store, 8)
    grey = small[np.ptp(small.astype(int), axis=3).max((1, 2)) == 0]
    assert small.shape == (2, 8, 8, 3) and len(grey) == 1


def test_the_images_of_a_zip_can_be_asked_about_one_by_one():
    pictures = read_pictures(zipped({"b.png": encoded(COLOURS), "a.png": encoded(COLOURS[..., 0])}), "two.zip")
    assert [one.pixels.shape for one in pictures] == [(3, 12, 16), (1, 12, 16)]
    with pytest.raises(DataError, match="many.zip holds 101 images; 1 to 100 are read"):
        read_pictures(zipped({f"{i}.png": b"" for i in range(101)}), "many.zip")
    with pytest.raises(DataError, match="holds 0 images.*points? outside"):
        read_pictures(zipped({"../x.png": b""}), "up.zip")
