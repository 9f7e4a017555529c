"""Files of texts: what is read of them, what is said, and what is refused."""

import pytest

from idcore.errors import DataError
from idcore.files.sequences import has_texts, read_sequences
from idcore.limits import LIMITS
from tests import ROOT
from tests.tools.bad_texts import ACCEPTED, REFUSED, table


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row.input}, {row.name}")
def test_what_is_broken_or_no_text_is_refused_in_a_sentence(row):
    with pytest.raises(DataError) as caught:
        read_sequences(memoryview(row.make()), row.name, row.limits)
    assert row.says in str(caught.value)
    assert row.says.replace("|", "\\|") in (ROOT / "docs" / "bad-inputs.md").read_text().replace("&lt;", "<")


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: row.input)
def test_what_is_odd_is_read_and_said(row):
    found = read_sequences(memoryview(row.make()), row.name, row.limits)
    assert row.says in " ".join(found.notes)
    assert row.texts is None or tuple(found.texts) == row.texts
    assert all(text == text.strip() != "" for text in found.texts)
    assert row.says in (ROOT / "docs" / "bad-inputs.md").read_text().replace("&lt;", "<")


def test_labels_are_classes_in_their_natural_order_and_belong_to_their_texts():
    found = read_sequences(memoryview(b"label,text\n10,a b\n9,c d\n,e f\n9,g h\n"), "a.csv")
    assert found.classes == ("9", "10", "no label") and found.labels.tolist() == [1, 0, 2, 0]


def test_the_windows_of_a_document_hold_its_words_in_order_and_lose_none_but_the_last_few():
    words = [f"w{i}" for i in range(64 * 7 + 33)]
    found = read_sequences(memoryview(" ".join(words).encode()), "a.txt")
    assert " ".join(found.texts).split() == words
    assert [len(text.split()) for text in found.texts] == [64] * 7 + [33]


def test_a_line_of_as_many_words_as_are_allowed_is_one_sequence():
    line = " ".join(["w"] * LIMITS.line)
    assert read_sequences(memoryview(f"{line}\n{line} w\n".encode()), "a.txt").texts[0] == line


def test_fasta_names_each_sequence_by_its_header_wherever_lines_are_broken():
    one = read_sequences(memoryview(b">sp|P1 a kinase\nMKVLLAGG\n>second\nGG\n"), "a.fasta")
    other = read_sequences(memoryview(b"\n>sp|P1 a kinase\r\nMKV\r\nLLA GG\r\n\r\n>second\r\nG\r\nG"), "a.fasta")
    assert one.names == other.names == ["sp|P1 a kinase", "second"] and one.texts == other.texts


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.txt", b"1 2 3", True),
        ("a.fasta", b">p\nMK", True),
        ("a.csv", b"text,label\nhello,1\n", True),
        ("a.csv", b"review;stars\nnot bad at all;4\nquite bad;1\n", True),
        ("a.tsv", b"it was a fine day\tA\nnothing was fine\tB\n", True),
        ("a.parquet", table({"text": ["a b"], "label": [1]}), True),
        ("a.csv", b"1,2,3\n4,5,6\n", False),
        ("a.csv", b"a,b,label\n1,2,cat\n4,5,dog\n", False),
        ("a.csv", b"name,a,b,c,d,e,f\nfirst cell of all,1,2,3,4,5,6\nsecond cell of all,1,2,3,4,5,6\n", False),
        ("a.csv", b"", False),
        ("a.parquet", table({"x": [1.0]}), False),
        ("a.parquet", table({"units": [[1.0, 2.0]]}), False),
        ("a.npy", b"", False),
    ],
)
def test_texts_are_told_from_matrices_by_what_a_table_holds(name, content, texts):
    assert has_texts(memoryview(content), name) == texts
