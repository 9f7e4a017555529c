"""Files of texts that are odd, broken or hostile, made when they are asked for."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import parquet

from idcore.limits import LIMITS, Limits

SMALL = Limits(sequences=3, sequence=10, texts=1000, classes=2)


@dataclass(frozen=True)
class Row:
    """input: what the file is, in words. says: part of the sentence that refuses it, or of a note that accepts it.
    texts: what is read of it, None where that is not told here."""

    input: str
    name: str
    content: str | bytes | Callable[[], bytes]
    says: str
    texts: tuple[str, ...] | None = None
    limits: Limits = LIMITS

    def make(self) -> bytes:
        if isinstance(self.content, str):
            return self.content.encode()
        return self.content if isinstance(self.content, bytes) else self.content()


def table(columns: dict[str, list]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


REFUSED = (
    Row("an empty file", "a.txt", "", "The file is empty."),
    Row("lines that are all empty", "a.txt", "\n \n\t\n", "There is no text in the file."),
    Row("another ending", "a.docx", "x", "a.docx is none of the kinds of file that hold texts"),
    Row("Latin-1", "a.txt", "café olé\nnaïve\n".encode("latin-1"), "line 1 has the byte 0xE9, and 3 such places"),
    Row("UTF-16", "a.txt", "hello".encode("utf-16"), "The file is text in UTF-16. Save it as UTF-8."),
    Row("a zip called .txt", "a.txt", b"PK\x03\x04\x14\x00\x00", "The file is not text: byte 6 is zero."),
    Row("a web page", "a.txt", "<!DOCTYPE html><html>", "It is a web page"),
    Row("a matrix called .txt", "a.txt", "1 2 3\n4 5 6\n7 8 9\n", "The lines hold numbers and no words."),
    Row("a matrix", "a.csv", "1,2,3\n4,5,6\n", "No column holds texts. Call the one that does text"),
    Row("a matrix", "a.parquet", lambda: table({"x": [1.0, 2.0]}), "No column holds texts. Matrices of numbers"),
    Row("columns and no rows", "a.csv", "text,label\n", "The file names its columns and has no texts below."),
    Row(
        "commas without quotes",
        "a.csv",
        "text,label\nhello you,1\na, b,0\n",
        "Row 2 has 3 columns, and the first line has 2.",
    ),
    Row(
        "two columns of labels",
        "a.csv",
        "text,label,class\nhello you,1,2\n",
        "More than one column holds labels: label, class.",
    ),
    Row(
        "too many labels",
        "a.csv",
        "text,label\na b,1\nb c,2\nc d,3\n",
        "There are more than 2 different labels.",
        None,
        SMALL,
    ),
    Row("too many sequences", "a.txt", "a\nb\nc\nd\n", "There are 4 sequences; 3 are the most.", None, SMALL),
    Row("JSON that is cut", "a.jsonl", '{"text": "hello"}\n{"text": "he', "Line 2 is not JSON"),
    Row("JSON nested without end", "a.jsonl", "[" * 100_000, "Line 1 is not JSON (nested too deeply)."),
    Row("JSON of another kind", "a.jsonl", '{"text": "hello you"}\n3\n', "Line 2 is no object."),
    Row(
        "an object without its text", "a.jsonl", '{"text": "hello you"}\n{"id": 3}\n', "Line 2 has no text under 'text'"
    ),
    Row("a damaged .parquet", "a.parquet", b"PAR1xxxxPAR1", "This is not a .parquet file, or it is damaged"),
    Row(
        "two columns of one name",
        "a.parquet",
        lambda: _twice(),
        "Two columns are called text. Give each a name of its own.",
    ),
    Row("letters before a header", "a.fasta", "MKV\n>p\nMK\n", "Line 1 comes before the first header."),
    Row("no header at all", "a.fa", "\n\n", "There is no sequence in the file: no line begins with >."),
    Row(
        "a digit in a protein",
        "a.fasta",
        ">p1 kinase\nMKV\nMK1V\n",
        "Line 3 (p1 kinase) has '1', which is no letter of a protein",
    ),
    Row("a stop within a sequence", "a.fasta", ">p1\nMK*V\n", "Line 2 (p1) has a stop (*) that is not at the end"),
    Row(
        "a stop at the end of a line within",
        "a.fasta",
        ">p1\nMK*\nVL\n",
        "Line 2 (p1) has a stop (*) that is not at the end",
    ),
)


def _twice() -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays([pa.array(["a b"]), pa.array(["c d"])], names=["text", "text"]), file)
    return file.getvalue()


_WORDS = " ".join(f"w{i}" for i in range(300))
ACCEPTED = (
    Row("empty lines", "a.txt", "one\n\n \ntwo\r\nthree", "2 empty lines were left out.", ("one", "two", "three")),
    Row("a byte order mark", "a.txt", "\ufeffhello\n", "", ("hello",)),
    Row(
        "lines that are equal",
        "a.txt",
        "one\ntwo\none\n",
        "1 of the 3 sequences equal an earlier one",
        ("one", "two", "one"),
    ),
    Row(
        "a document in one line",
        "a.txt",
        _WORDS + "\nshort\n",
        "One line has more than 256 words and became 5 windows of 64 words.",
    ),
    Row(
        "a million words in one line",
        "a.txt",
        lambda: b"word " * 10**6,
        "One line has more than 256 words and became 15,625 windows",
    ),
    Row(
        "a word too few for a window",
        "a.txt",
        " ".join(["w"] * 266),
        "10 words at the end, too few for a window, were left out.",
    ),
    Row(
        "a byte that is not UTF-8",
        "a.txt",
        b"plain words\n" * 100 + b"caf\xe9\n",
        "One place was not UTF-8, and replaced by the sign \ufffd.",
    ),
    Row(
        "a sequence that is too long",
        "a.txt",
        "abcdefghijklmno\n",
        "One sequence was cut to the first 10 characters.",
        ("abcdefghij",),
        SMALL,
    ),
    Row(
        "a table with a text and labels",
        "a.csv",
        'id,text,label\n1,"a, b",x\n2,c d,y\n3,,x\n',
        "The texts are the column text.",
        ("a, b", "c d"),
    ),
    Row(
        "a table between semicolons",
        "a.csv",
        "id;sentence\n1;hello, you\n2;yes, and no\n",
        "The texts are the column sentence.",
        ("hello, you", "yes, and no"),
    ),
    Row(
        "a table whose text has another name",
        "a.csv",
        "id,story\n1,once upon a time\n2,there was a fox\n",
        "The texts are the column story, the longest.",
        ("once upon a time", "there was a fox"),
    ),
    Row(
        "a table without names",
        "a.csv",
        "pos,what a fine day it is\nneg,nothing was fine at all\n" * 6,
        "The labels are column 1.",
    ),
    Row(
        "a quote that is never closed",
        "a.tsv",
        'sentence\tlabel\nhe said "no\t1\nfine then\t0\n',
        "",
        ('he said "no', "fine then"),
    ),
    Row(
        "texts without a label in some rows",
        "a.jsonl",
        '{"text": "a b", "label": 1}\n{"text": "c d", "label": null}\n',
        "The labels are the column label.",
        ("a b", "c d"),
    ),
    Row("JSON of texts alone", "a.jsonl", '"hello"\n"you"\n', "", ("hello", "you")),
    Row(
        "a .parquet with an empty row",
        "a.parquet",
        lambda: table({"text": ["a b", None, "c d"], "label": [1, 2, 1], "x": [0.1, 0.2, 0.3]}),
        "One empty sequence was left out.",
        ("a b", "c d"),
    ),
    Row(
        "a protein with a stop and gaps",
        "a.fasta",
        ">p1 kinase\nMKV-\nLL.A*\n",
        "2 gaps were removed (- and .).",
        ("MKVLLA",),
    ),
    Row("a stop at the end", "a.faa", ">p1\nMKV*\n", "One stop was dropped (* at the end of a sequence).", ("MKV",)),
    Row("small letters", "a.fa", ">d\nacgtn\nACGT\n", "One line was in small letters", ("ACGTNACGT",)),
    Row("DNA", "a.fna", ">d\nACGTN\n>e\nACCC\n", "2 sequences of DNA or RNA", ("ACGTN", "ACCC")),
    Row(
        "a header without letters",
        "a.fasta",
        ">p1\nMKV\n>p2\n>p3\nLLA\n",
        "One empty sequence was left out.",
        ("MKV", "LLA"),
    ),
)
