"""Texts as data: the corpus that comes along, uploads, folders, and how they are drawn."""

import re
from collections import Counter

import numpy as np
import pytest

from idcore import pipeline, results, spec
from idcore.data import corpus, source
from idcore.data.catalogue import DATASETS
from idcore.data.read import read_dataset
from idcore.data.text_files import read_texts
from idcore.data.texts import load_texts, opened
from idcore.errors import DataError, RequestError
from idcore.pipeline.read import kind_of
from idcore.results import passages
from idcore.spec import UPLOAD, DataSpec, ReadJob, Request
from idcore.store import Store

NAME = "sentences"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


def test_the_corpus_is_what_its_grammar_makes():
    assert corpus.FILE.read_text(encoding="utf-8") == corpus.content()
    assert corpus.FILE.stat().st_size < 400_000


def test_the_catalogue_tells_the_truth_about_the_corpus_and_no_two_of_its_sequences_are_equal():
    info, found = DATASETS[NAME], load_texts(DataSpec(NAME, "all", n=DATASETS[NAME].sizes["all"]))
    assert info.texts and info.shape is None and found.notes == () and len(set(found.texts)) == 3200
    assert np.bincount(found.labels).tolist() == [400] * 8 and found.classes == info.classes
    test = load_texts(DataSpec(NAME, "test", n=640))
    assert np.bincount(test.labels).tolist() == [80] * 8 == [info.smallest["test"]] * 8


def test_the_sums_of_the_corpus_are_right():
    texts = load_texts(DataSpec(NAME, "all", classes=(3,), n=400)).texts
    sums = [one for text in texts for one in re.findall(r"(?<![\d*+(/-] )\b(\d+) ([-+*/]) (\d+) = (\d+)", text)]
    does = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__, "/": int.__floordiv__}
    assert len(sums) > 100 and all(does[sign](int(a), int(b)) == int(c) for a, sign, b, c in sums)


def test_its_split_and_its_draw_are_the_same_for_ever():
    assert load_texts(DataSpec(NAME, n=8)).ids.tolist() == [2664, 2454, 2615, 2740, 421, 795, 1842, 225]


def test_a_draw_of_texts_is_balanced_and_holds_every_smaller_one():
    large, small = load_texts(DataSpec(NAME, n=100, seed=3)), load_texts(DataSpec(NAME, n=37, seed=3))
    assert large.texts[:37] == small.texts and set(np.bincount(large.labels)) == {12, 13}
    assert large.texts == load_texts(DataSpec(NAME, n=100, seed=3, tokens="shuffled", length=7)).texts


def test_what_acts_on_texts_leaves_every_key_as_it_was():
    assert spec.run_key(Request()) == "981b1e0106ebe98beb8fed4522ca5532b25186932a98d0696d93898cea89a342"
    assert spec.run_key(Request(DataSpec(NAME))) != spec.run_key(Request(DataSpec(NAME, tokens="blocks")))
    assert spec.run_key(Request(DataSpec(NAME))) != spec.run_key(Request(DataSpec(NAME, length=64)))
    assert spec.from_json(spec.to_json(DataSpec(NAME, tokens="random", length=9))) == DataSpec(
        NAME, tokens="random", length=9
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (DataSpec("mnist5k", tokens="shuffled"), "The tokens can be changed for texts only, and mnist5k holds images"),
        (DataSpec("mnist5k", length=64), "The length is that of texts, in tokens, and mnist5k holds images"),
        (DataSpec(NAME, noise=0.1), "The noise can be changed for images only, and sentences holds texts"),
        (DataSpec(NAME, pixels="permuted"), "The pixels can be changed for images only"),
        (DataSpec(NAME, gradient=5), "The luminance gradient lambda can be changed for images only"),
        (DataSpec(NAME, n=641), "N = 641 is too large: sentences has 640 samples in its test split."),
    ],
)
def test_what_is_done_to_the_other_kind_of_samples_is_refused(data, sentence):
    with pytest.raises(DataError, match=re.escape(sentence)):
        load_texts(data) if data.dataset == NAME else source.select(data)


def test_texts_are_no_images_and_images_no_texts():
    with pytest.raises(DataError, match="sentences holds texts, not images"):
        source.opened(NAME)
    with pytest.raises(DataError, match="mnist5k holds images, not texts"):
        opened("mnist5k")


@pytest.mark.parametrize(
    ("field", "value"), [("tokens", "reversed"), ("tokens", 1), ("length", 0), ("length", 10**6), ("length", 1.5)]
)
def test_what_no_subset_can_be_is_refused(field, value):
    with pytest.raises(RequestError):
        DataSpec(NAME, **{field: value})


def upload(store, content: bytes, name: str) -> str:
    return results.save_upload(store, content, name)


def test_an_upload_is_drawn_with_its_labels_and_doubles_are_counted(store):
    lines = [f"{'cat' if i % 2 else 'dog'},the animal of number {i // 4}" for i in range(40)]
    digest = upload(store, ("label,text\n" + "\n".join(lines)).encode(), "mine.csv")
    info = read_texts(digest, store)
    assert (info.texts, info.classes, info.sizes, info.smallest) == (True, ("cat", "dog"), {"all": 40}, {"all": 20})
    found = load_texts(DataSpec(UPLOAD + digest, "all", n=40), store)
    assert Counter(zip(found.texts, found.labels.tolist(), strict=True)) == Counter(
        (line.split(",")[1], int("dog" in line)) for line in lines
    )
    assert found.notes == ("30 of the 40 sequences equal another of them.",)
    with pytest.raises(DataError, match="mine.csv holds texts, not images"):
        source.opened(UPLOAD + digest, store)


def test_an_upload_is_read_in_a_process_of_its_own_and_known_for_what_it_is(store):
    texts = upload(store, b">p1 kinase\nMKV*\n>p2\nLL-A\n", "mine.fasta")
    assert kind_of(texts, store) == "texts"
    pipeline.read(ReadJob("texts", texts), store)
    found = load_texts(DataSpec(UPLOAD + texts, "all", n=2), store)
    assert sorted(zip(found.names, found.texts, strict=True)) == [("p1 kinase", "MKV"), ("p2", "LLA")]
    assert kind_of(upload(store, b"a,b\n1,2\n3,4\n", "m.csv"), store) == "representations"
    assert kind_of(upload(store, b"text,label\nhello you,1\n", "t.csv"), store) == "texts"
    bad = upload(store, b">p1\nMK1V\n", "bad.fasta")
    with pytest.raises(DataError, match=re.escape("Line 2 (p1) has '1'")):
        pipeline.read(ReadJob("texts", bad), store)


def put(root, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_a_folder_of_texts_has_a_class_for_each_file_or_sub_folder(store, root):
    put(
        root,
        {"mine/sea/a.txt": "one\ntwo\n", "mine/sea/b.txt": "three\n", "mine/land.txt": "four\n", "mine/.x.txt": "no"},
    )
    info = read_dataset("folder-mine", store)
    found = load_texts(DataSpec(info.name, "all", n=4), store)
    assert info.classes == ("land", "sea") and info.texts
    assert {text: info.classes[label] for text, label in zip(found.texts, found.labels, strict=True)} == {
        "one": "sea", "two": "sea", "three": "sea", "four": "land"}  # fmt: skip


def test_files_called_train_and_test_are_the_splits_and_their_own_labels_count(store, root):
    put(root, {"mine/train.csv": "text,label\na b,x\nc d,y\n", "mine/test.csv": "text,label\ne f,y\n"})
    info = read_dataset("folder-mine", store)
    assert info.sizes == {"train": 2, "test": 1, "all": 3} and info.classes == ("x", "y")
    assert load_texts(DataSpec(info.name, "test", n=1), store).texts == ("e f",)


def test_a_folder_that_changed_is_not_what_was_measured(store, root):
    put(root, {"mine/a.txt": "one\ntwo\n", "mine/b.txt": "three\n"})
    first = read_dataset("folder-mine", store)
    put(root, {"mine/b.txt": "other\n"})
    with pytest.raises(DataError, match="has changed since it was read"):
        load_texts(DataSpec(first.name, "all", n=2), store)
    assert read_dataset("folder-mine", store).name != first.name


def test_a_file_of_a_folder_that_cannot_be_read_is_named(store, root):
    put(root, {"mine/good.fasta": ">a\nMK\n", "mine/bad.fasta": "MK\n"})
    with pytest.raises(DataError, match=re.escape("The file bad.fasta cannot be used: Line 1 comes before")):
        read_dataset("folder-mine", store)


def test_the_texts_of_a_run_are_kept_under_its_subset_whatever_is_done_to_their_tokens(store):
    data, found = DataSpec(NAME, n=3), passages.Passages(("a", "é…", "x" * 5000), ("", "named", ""))
    passages.save(store, data, found)
    read = passages.read(store, DataSpec(NAME, n=3, tokens="random", length=5))
    assert read.texts[:2] == found.texts[:2] and read.names == found.names and len(read.texts[2]) == passages.MOST
    assert passages.read(store, DataSpec(NAME, n=4)) is None
