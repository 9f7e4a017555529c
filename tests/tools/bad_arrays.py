"""Files of matrices that are broken, hostile or odd, made when they are asked for. Nothing here is ever unpickled."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from idcore.limits import LIMITS, Limits

GOOD = np.arange(12, dtype=np.float32).reshape(4, 3) / 7
SMALL = Limits(values=1000, units=50, matrices=3, classes=5, members=50, upload=100_000, inflation=20)
LITTLE = Limits(memory=2**22)


@dataclass(frozen=True)
class Row:
    """input: what the file is, in words. says: part of the sentence that refuses it, or of the note that accepts it."""

    input: str
    name: str
    make: Callable[[], bytes]
    says: str
    limits: Limits = LIMITS


class Danger:
    """Leaves a trace where it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemError('unpickled')",))


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


def header(text: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """A .npy file with any header."""
    size = struct.pack("<H" if version[0] == 1 else "<I", len(text) + 1)
    return b"\x93NUMPY" + bytes(version) + size + text.encode("latin1") + b"\n" + data


def about(shape: str, descr: str = "'<f4'", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def archive(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as found:
        for name, content in members:
            # As a ZipInfo, two of one name are written without a warning.
            found.writestr(zipfile.ZipInfo(name) if compression == zipfile.ZIP_STORED else name, content)
    return file.getvalue()


def twice() -> bytes:
    return archive(("a.npy", npy(GOOD)), ("b.npy", npy(GOOD))).replace(b"b.npy", b"a.npy")


def encrypted() -> bytes:
    content = bytearray(archive(("a.npy", npy(GOOD))))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    return bytes(content)


def lying(size: int) -> bytes:
    """An archive whose table of contents gives another size than the member has."""
    content = bytearray(archive(("a.npy", npy(np.zeros((400, 300)))), compression=zipfile.ZIP_DEFLATED))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", size)
    return bytes(content)


def bomb() -> bytes:
    return archive(("a.npy", npy(np.zeros((2**19, 40), np.uint8))), compression=zipfile.ZIP_DEFLATED)


def crowd() -> bytes:
    return archive(*((f"{i}.npy", b"") for i in range(60)))


def safetensors(tensors: dict[str, tuple[str, list[int], int]], data: bytes = b"", size: int | None = None) -> bytes:
    """name -> (dtype, shape, bytes); size: what the file says of its header."""
    at, found = 0, {}
    for name, (dtype, shape, count) in tensors.items():
        found[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + count]}
        at += count
    text = json.dumps(found).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def table(**columns: object) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    return file.getvalue()


def members_of_zeros() -> bytes:
    zeros = npy(np.zeros((1000, 100)))
    return archive(*((f"{i}.npy", zeros) for i in range(3)), compression=zipfile.ZIP_DEFLATED)


def long_labels() -> bytes:
    """Few bytes that stand for a long text; that of a footer which lies is for the limits of the process."""
    return table(a=pa.array([1.0, 2.0]), label=["x" * 2 * 10**7, "y"])


def run_length(rows: int) -> bytes:
    """Few bytes that stand for many equal numbers."""
    return table(a=pa.array(np.zeros(rows)))


def contradiction() -> bytes:
    """The footer has four counts of the levels of a list that has two: pyarrow ends the process."""
    content = table(a=[[1.0, 2.0], [3.0, 4.0]])
    at = content.rindex(b"\x29\x26\x04\x04")
    changed = content[:at] + b"\x29\x46\x04\x04\x04\x04" + content[at + 4 : -8]
    size = int.from_bytes(content[-8:-4], "little") + 2
    return changed + size.to_bytes(4, "little") + b"PAR1"


HTML = b"<!DOCTYPE html><html><body>404: this file has moved</body></html>"

REFUSED = [
    Row("an empty file", "a.npy", lambda: b"", "The file is empty."),
    Row("a kind of file that is not read", "a.xlsx", lambda: b"PK", "none of the kinds of file"),
    Row("a pickle", "a.pkl", lambda: pickle.dumps(Danger()), "none of the kinds of file"),
    Row("a file above the limit", "a.npy", lambda: bytes(100_001), "100,001 bytes; 100,000 are the most", SMALL),
    Row("npy: text renamed", "a.npy", lambda: b"1,2\n3,4\n", "not in numpy's .npy format"),
    Row("npy: an HTML page", "a.npy", lambda: HTML, "not in numpy's .npy format"),
    Row("npy: a pickle renamed", "a.npy", lambda: pickle.dumps(Danger()), "not in numpy's .npy format"),
    Row(
        "npy: Python objects that run code when they are read",
        "a.npy",
        lambda: npy(np.array([[Danger(), 1]], dtype=object), allow_pickle=True),
        "holds Python objects, which could run code",
    ),
    Row("npy: objects within records", "a.npy", lambda: header(about("(1,)", "[('a', '|O')]")), "holds Python objects"),
    Row("npy: a header that claims 8 TB", "a.npy", lambda: header(about("(1000000, 2000000)")), "8e+12 bytes, but 0"),
    Row("npy: 8 TB in one number", "a.npy", lambda: header(about("(1,)", "'<U2000000000'")), "its header is damaged"),
    Row("npy: more than 10^300 values", "a.npy", lambda: header(about(f"({10**200}, {10**200})")), "countless bytes"),
    Row("npy: a negative side", "a.npy", lambda: header(about("(-2, -6)"), bytes(48)), "no side can be negative"),
    Row("npy: a side that is no number", "a.npy", lambda: header(about("('a', 2)")), "its header is damaged"),
    Row("npy: no header", "a.npy", lambda: b"\x93NUMPY\x01\x00", "its header is damaged"),
    Row("npy: a header that is no dictionary", "a.npy", lambda: header("[" * 500), "its header is damaged"),
    Row("npy: a header nested deeply", "a.npy", lambda: header("-" * 9000 + "1"), "its header is damaged"),
    Row("npy: a header of 60 kB", "a.npy", lambda: header(about("(1,)") + " " * 60000), "its header is damaged"),
    Row("npy: a header that says 4 GB", "a.npy", lambda: b"\x93NUMPY\x02\x00" + b"\xff" * 4, "its header is damaged"),
    Row("npy: a header with names of two types", "a.npy", lambda: header("{b'a': 1, 'b': 2}"), "its header is damaged"),
    Row("npy: code in the header", "a.npy", lambda: header("__import__('os')"), "its header is damaged"),
    Row("npy: version 3", "a.npy", lambda: header(about("(2, 2)"), bytes(16), (3, 0)), "of version 1 or 2"),
    Row("npy: truncated", "a.npy", lambda: npy(GOOD)[:-5], "48 bytes, but 43 bytes follow"),
    Row("npy: two arrays in one file", "a.npy", lambda: npy(GOOD) * 2, "or holds more than one array"),
    Row("npy: records", "a.npy", lambda: npy(np.zeros(3, [("x", "f4"), ("y", "f4")])), "a table of records"),
    Row("npy: matrices as elements", "a.npy", lambda: header(about("(2,)", "('<f4', (2,))"), bytes(16)), "records"),
    Row(
        "npy: complex numbers",
        "a.npy",
        lambda: npy(GOOD.astype(complex)),
        "complex numbers. Give the real and imaginary",
    ),
    Row("npy: text", "a.npy", lambda: npy(np.array([["a", "b"]])), "holds text"),
    Row("npy: dates", "a.npy", lambda: npy(np.zeros((2, 2), "M8[s]")), "holds dates"),
    Row("npy: a single number", "a.npy", lambda: npy(np.array(3.0)), "a single number, not a matrix"),
    Row("npy: no samples", "a.npy", lambda: npy(np.zeros((0, 5))), "is empty (0 x 5)"),
    Row("npy: no units", "a.npy", lambda: npy(np.zeros((5, 0))), "is empty (5 x 0)"),
    Row("npy: too many units", "a.npy", lambda: npy(np.zeros((2, 51))), "51 units for each sample; 50", SMALL),
    Row("npy: too many values", "a.npy", lambda: npy(np.zeros((26, 40))), "1,040 values together; 1,000", SMALL),
    Row("npz: text renamed", "a.npz", lambda: b"1,2\n3,4\n", "not a .npz file"),
    Row("npz: truncated", "a.npz", lambda: npz(a=GOOD)[:-30], "not a .npz file, or it is cut off"),
    Row("npz: its middle is missing", "a.npz", lambda: npz(a=GOOD)[:20] + npz(a=GOOD)[60:], "not a .npz file|damaged"),
    Row("npz: a changed byte", "a.npz", lambda: npz(a=GOOD).replace(GOOD.tobytes()[8:16], b"12345678"), "is damaged"),
    Row("npz: no members", "a.npz", lambda: archive(), "no matrix"),
    Row("npz: a member that is no matrix", "a.npz", lambda: archive(("a.txt", b"hello")), "a.txt, which is no .npy"),
    Row("npz: a pickle as a member", "a.npz", lambda: archive(("a.npy", pickle.dumps(Danger()))), "not in numpy"),
    Row("npz: an archive as a member", "a.npz", lambda: archive(("a.npz", npz(a=GOOD))), "a.npz, which is no .npy"),
    Row("npz: objects", "a.npz", lambda: npz_of_objects(), "holds Python objects"),
    Row("npz: two members of one name", "a.npz", twice, "more than one member called a.npy"),
    Row("npz: encrypted", "a.npz", encrypted, "a.npy is encrypted"),
    Row(
        "npz: compressed as numpy never does",
        "a.npz",
        lambda: archive(("a.npy", npy(GOOD)), compression=zipfile.ZIP_LZMA),
        "compressed in a way that numpy does not use",
    ),
    Row("npz: 20 MB in 20 kB", "a.npz", bomb, "8,000 are the most", SMALL),
    Row("npz: says that it unpacks to 4 GB", "a.npz", lambda: lying(2**32 - 2), "unpacks to 4,294,967,294 bytes; 5"),
    Row("npz: says less than it unpacks to", "a.npz", lambda: lying(1000), "damaged or not as long"),
    Row("npz: says more than it unpacks to", "a.npz", lambda: lying(2**20), "damaged or not as long"),
    Row("npz: all members above the limit", "a.npz", lambda: npz(a=np.zeros((100, 30))), "8,000 are the most", SMALL),
    Row("npz: many members, each below its limit", "a.npz", members_of_zeros, "2,400,384 bytes; 1,0", LITTLE),
    Row("npz: more members than an archive may have", "a.npz", crowd, "more than 50 members", SMALL),
    Row("npz: more members than layers", "a.npz", lambda: npz(**dict.fromkeys("abcdef", GOOD)), "has 6 members", SMALL),
    Row("npz: more matrices than layers", "a.npz", lambda: npz(**dict.fromkeys("abcd", GOOD)), "4 matrices; 3", SMALL),
    Row("npz: rows that differ", "a.npz", lambda: npz(a=GOOD, b=GOOD[:3]), "a has 4 rows and b has 3"),
    Row("npz: labels of another number", "a.npz", lambda: npz(a=GOOD, y=np.arange(3)), "a has 4 rows and labels has 3"),
    Row("npz: text that is not called labels", "a.npz", lambda: npz(x=np.array(["a", "b"])), "holds text"),
    Row("npz: labels twice", "a.npz", lambda: npz(a=GOOD, y=np.arange(4), label=np.arange(4)), "More than one array"),
    Row("npz: labels with fractions", "a.npz", lambda: npz(a=GOOD, y=GOOD[:, 0]), "hold 0.428571; labels must be"),
    Row("npz: NaN among the labels", "a.npz", lambda: npz(a=GOOD, y=np.array([1, np.nan, 2, 3])), "hold nan; labels"),
    Row("npz: complex labels", "a.npz", lambda: npz(a=GOOD, y=np.zeros(4, complex)), "must be whole numbers or text"),
    Row(
        "npz: labels of characters that do not exist",
        "a.npz",
        lambda: archive(("a.npy", npy(GOOD)), ("y.npy", header(about("(4,)", "'<U1'"), b"\xff" * 16))),
        "characters that do not exist",
    ),
    Row(
        "npz: a label for each sample",
        "a.npz",
        lambda: npz(a=GOOD[[0] * 7], y=np.arange(7)),
        "more than 5 different labels",
        SMALL,
    ),
    Row("npz: labels in other bytes", "a.npz", lambda: npz(a=GOOD, y=np.array([b"\xff"] * 4)), "not text in UTF-8"),
    Row("safetensors: text renamed", "a.safetensors", lambda: b"1,2\n3,4\n5,6\n", "not a .safetensors file"),
    Row(
        "safetensors: a header of 10^18 bytes", "a.safetensors", lambda: safetensors({}, size=10**18), "1,000,000,000,"
    ),
    Row("safetensors: a header that is no JSON", "a.safetensors", lambda: struct.pack("<Q", 4) + b"{{{{", "not JSON"),
    Row(
        "safetensors: truncated",
        "a.safetensors",
        lambda: safetensors({"a": ("F32", [12], 48)}),
        "cut short",
    ),
    Row(
        "safetensors: 8 TB",
        "a.safetensors",
        lambda: safetensors({"a": ("F64", [10**6, 10**6], 8)}, bytes(8)),
        "8,000,",
    ),
    Row(
        "safetensors: 8-bit floats",
        "a.safetensors",
        lambda: safetensors({"a": ("F8_E4M3", [2], 2)}, bytes(2)),
        "float16",
    ),
    Row("safetensors: complex", "a.safetensors", lambda: safetensors({"a": ("C64", [2, 2], 32)}, bytes(32)), "C64"),
    Row("safetensors: no tensors", "a.safetensors", lambda: safetensors({}), "no matrix"),
    Row("csv: blank lines alone", "a.csv", lambda: b"\n \n\n", "The file is empty"),
    Row("csv: names of columns alone", "a.csv", lambda: b"x,y1,z\n", "no samples below"),
    Row("csv: words", "a.csv", lambda: b"x,z\n1,2\n3,many\n", "Sample 2 has 'many' in column 2, which is not a number"),
    Row("csv: a missing value", "a.csv", lambda: b"1,2\n3,\n", "Sample 2 has no value in column 2. Write NaN"),
    Row("csv: a short row", "a.csv", lambda: b"1,2,4\n1,2,4\n3,5\n", "Sample 3 has 2 values, and"),
    Row("csv: a long row", "a.csv", lambda: b"1,2\n3,5,7\n", "Sample 2 has 3 values"),
    Row("csv: commas of two kinds", "a.csv", lambda: b'a,b\n"0,5",1.5\n"0,7",2.5\n', "in more than one way"),
    Row("csv: commas before three digits", "a.csv", lambda: b"1,234;5,678\n", "decimal marks or group thousands"),
    Row("csv: a column of decimal commas", "a.csv", lambda: b"0,5\n-0,75\n", "-0 among them: the commas may be"),
    Row("csv: counted before the comma", "a.csv", lambda: b"x\n1,5\n2,7\n", "names of rows, or whole numbers"),
    Row("csv: grouped digits", "a.csv", lambda: b"a;b\n1.234,5;2,5\n", "its digits are grouped"),
    Row("csv: a decimal comma later", "a.csv", lambda: b"1;2\n" * 300 + b"0,5;2\n", "the decimal mark is the point"),
    Row("csv: lists in cells", "a.csv", lambda: b'id,e\n1,"[0.1, 2]"\n', "Write each unit in a column"),
    Row("csv: not a value for a missing one", "a.csv", lambda: b"1,2\n3,NA\n", "has 'NA', and no value, in column 2"),
    Row("csv: too few names", "a.csv", lambda: b"a,b\n0,5,1,5\n", "names 2 columns, and the first sample has 4 values"),
    Row("csv: words and numbers as names", "a.csv", lambda: b"x,2.5\n1,2\n", "above columns of numbers. Give every"),
    Row("csv: text, then a number", "a.csv", lambda: b"t,x\n" + b"a,1\n" * 300 + b"3,4\n", "text at first and '3'"),
    Row("csv: fractions as labels", "a.csv", lambda: b"label,x\n0.5,1\n", "hold 0.5; labels must be whole numbers"),
    Row(
        "csv: a zip archive renamed",
        "a.csv",
        lambda: npz(a=GOOD),
        "not text in UTF-8|not those of a table",
    ),
    Row("csv: zero bytes", "a.csv", lambda: b"1,2\n3,\x004\n", "not a number"),
    Row("csv: UTF-16", "a.csv", lambda: "1,2\n3,4\n".encode("utf-16"), "not text in UTF-8"),
    Row("csv: an HTML page", "a.csv", lambda: HTML, "It is a web page"),
    Row("csv: a line without end", "a.csv", lambda: b"1" * 4000, "more than 3,200 characters", SMALL),
    Row("csv: a field without end", "a.csv", lambda: b'x,"' + b"1" * 200_000 + b"\n1,2\n", "not those of a table"),
    Row("csv: too many columns", "a.csv", lambda: b"1," * 60 + b"1\n", "61 columns; 50 are the most", SMALL),
    Row("csv: too many values", "a.csv", lambda: (b"1," * 40 + b"1\n") * 30, "more than 1,000 values", SMALL),
    Row("csv: two columns of labels", "a.csv", lambda: b"label,x,class\na,1,b\n", "More than one column holds labels"),
    Row(
        "csv: a thousand columns of labels",
        "a.csv",
        lambda: b"label," * 999 + b"y\n" + b"1," * 999 + b"1\n",
        "and 995 more",
    ),
    Row("csv: a label for each sample", "a.csv", lambda: labelled_rows(9), "more than 5 different labels", SMALL),
    Row("csv: labels alone", "a.csv", lambda: b"label\na\nb\n", "No column holds numbers"),
    Row("csv: a formula", "a.csv", lambda: b"a,b\n1,2\n1,=cmd|' /C calc'!A0\n", "not a number"),
    Row("parquet: text renamed", "a.parquet", lambda: b"1,2\n3,4\n", "not a .parquet file"),
    Row("parquet: truncated", "a.parquet", lambda: table(a=[1.0, 2.0])[:-20], "not a .parquet file"),
    Row("parquet: its beginning is missing", "a.parquet", lambda: b"PAR1" + table(a=list(range(99)))[200:], ".parquet"),
    Row("parquet: many values in few bytes", "a.parquet", lambda: run_length(5000), "5,000 values; 1,000", SMALL),
    Row("parquet: a list of 10^6 equal values", "a.parquet", lambda: table(a=[np.zeros(10**6)]), "1,000,000 v", SMALL),
    Row("parquet: a footer that contradicts itself", "a.parquet", contradiction, "its footer contradicts itself"),
    Row("parquet: labels of 20 MB", "a.parquet", long_labels, "The labels unpack to 20,"),
    Row("parquet: text", "a.parquet", lambda: table(a=["x", "y"], label=[1, 2]), "The column a is of string"),
    Row("parquet: dates", "a.parquet", lambda: table(a=pa.array([1, 2], pa.timestamp("s"))), "is of timestamp"),
    Row("parquet: lists that differ", "a.parquet", lambda: table(a=[[1.0, 2.0], [3.0]]), "differ in length (2, 1)"),
    Row(
        "parquet: a list that is missing",
        "a.parquet",
        lambda: table(a=[[1.0, 2.0], None]),
        "length (2, none)",
    ),
    Row("parquet: lists of lists", "a.parquet", lambda: table(a=[[[1.0]], [[2.0]]]), "lists must hold numbers"),
    Row("parquet: no columns", "a.parquet", lambda: table(), "no matrix"),
    Row("parquet: labels alone", "a.parquet", lambda: table(y=["a", "b"]), "no matrix"),
    Row("parquet: labels twice", "a.parquet", lambda: table(y=["a"], label=["a"], x=[1.0]), "More than one column"),
    Row(
        "parquet: dates as labels", "a.parquet", lambda: table(y=pa.array([1], pa.timestamp("s")), x=[1.0]), "timestamp"
    ),
    Row(
        "parquet: a label for each sample",
        "a.parquet",
        lambda: table(y=list("abcdefgh"), x=[1.0] * 8),
        "more than 5 different labels",
        SMALL,
    ),
]


def npz_of_objects() -> bytes:
    return archive(("a.npy", npy(np.array([[Danger()]], dtype=object), allow_pickle=True)))


def labelled_rows(n: int) -> bytes:
    return b"label,x\n" + b"".join(b"name%d,%d\n" % (i, i) for i in range(n))


ACCEPTED = [
    Row(
        "NaN and infinity",
        "a.npy",
        lambda: npy(np.array([[1, np.nan], [np.inf, np.nan], [1, 2]])),
        "3 of them, in 2 of",
    ),
    Row("one column", "a.npy", lambda: npy(GOOD[:, :1]), ""),
    Row("one axis", "a.npy", lambda: npy(GOOD[:, 0]), "one unit for each of 4 samples"),
    Row("three axes", "a.npy", lambda: npy(GOOD.reshape(2, 3, 2)), "3 x 2 values for each of 2 samples"),
    Row("whole numbers", "a.npy", lambda: npy(np.arange(6).reshape(3, 2)), "from int64 to float64 (whole"),
    Row("whole numbers of 8 bits", "a.npy", lambda: npy(np.arange(6, dtype="u1").reshape(3, 2)), "uint8 to float32"),
    Row("truth values", "a.npy", lambda: npy(np.array([[True, False]])), "from bool to float32"),
    Row("long floats", "a.npy", lambda: npy(GOOD.astype(np.longdouble)), "to float64"),
    Row("columns first (Fortran order)", "a.npy", lambda: npy(np.asfortranarray(GOOD)), ""),
    Row("big-endian", "a.npy", lambda: npy(GOOD.astype(">f8")), ""),
    Row("a header of Python 2", "a.npy", lambda: header(about("(2L, 2L)"), bytes(16)), ""),
    Row("names out of the folder", "a.npz", lambda: archive(("../../etc/passwd.npy", npy(GOOD))), ""),
    Row("a long name", "a.npz", lambda: archive(("x" * 10_000 + ".npy", npy(GOOD))), "One name was changed"),
    Row("labels of one column", "a.npz", lambda: npz(a=GOOD, y=np.arange(4)[:, None]), "The labels are the array y"),
    Row("a matrix called y", "a.npz", lambda: npz(y=GOOD), ""),
    Row("bytes as labels", "a.npz", lambda: npz(a=GOOD, y=np.array([b"a", b"c", b"a", b"b"])), "labels are the arr"),
    Row("bfloat16", "a.safetensors", lambda: safetensors({"a": ("BF16", [2, 2], 8)}, b"\x80\x3f" * 4), "from bfloat16"),
    Row("a table with a counted header", "a.csv", lambda: b"0,1,2\n5,6,7\n", "counts the columns"),
    Row("a table with an index", "a.csv", lambda: b",0,1,2\ns1,5,6,7\ns2,6,6,7\n", "taken for names of rows"),
    Row("labels without a header", "a.csv", lambda: b"1,2,cat\n3,4,dog\n", "the labels are column 3"),
    Row("semicolons", "a.csv", lambda: b"1;2\n3;4\n", ""),
    Row("semicolons and decimal commas", "a.csv", lambda: b"a;b\n0,5;1,5\n2;3\n", "read as decimal marks"),
    Row("blanks, bars, tabs", "a.csv", lambda: b"5.0e-01 1.5e+00\n2.5e+00 3.0e+00\n", ""),
    Row("a line for Excel", "a.csv", lambda: b"sep=;\na;b\n0.5;1\n", ""),
    Row("a comma at the end of each line", "a.csv", lambda: b"a,b\n1,2,\n3,4,\n", "Column 3 is empty"),
    Row("lines with #", "a.csv", lambda: b"# made here\n# a b c\n1 2 5\n3 4 6\n", "begin with # were left out: 1"),
    Row("one name less than columns", "a.csv", lambda: b'"u","v"\n"1",2,5\n"2",4,4\n', "taken for names of rows"),
    Row("an index with a name of pandas", "a.csv", lambda: b"Unnamed: 0,a\n0,5\n1,7\n", "numbers the samples"),
    Row("numbers of samples", "a.csv", lambda: b"id,a\n17,5\n12,7\n", "The column id numbers the samples"),
    Row("names of samples", "a.csv", lambda: b"s1,0.5\ns2,0.7\n", "a text of its own for each sample"),
    Row(
        "a column that counts", "a.csv", lambda: b"t,a\n0,5\n1,7\n2,5\n", "counts the samples (0, 1, ...); it was kept"
    ),
    Row("an index that is none", "a.csv", lambda: b"index,a\n0.3,5\n0.1,7\n", "name of an index, but not its numbers"),
    Row("coordinates", "a.csv", lambda: b"x,y\n1,0.5\n2,0.7\n", "y holds fractions, and so no labels"),
    Row(
        "text in a thousand columns",
        "a.csv",
        lambda: b"x," * 1000 + b"y\n" + 2 * (b"1," + b"cat," * 999 + b"0\n"),
        "There are 970 more remarks like these, on other columns.",
    ),
    Row("a number of 100,000 digits", "a.csv", lambda: b"1" * 10**5 + b",2\n3,4\n", "a has NaN or infinite values"),
    Row("text beside numbers", "a.csv", lambda: b"a,b\n1,cat\n2,dog\n", "The column b holds text (cat, ...)"),
    Row("a mark at the beginning of the text", "a.csv", lambda: b"\xef\xbb\xbfx,label\r\n1,a\r\n\r\n2,b\r\n", "labels"),
    Row(
        "an index of pandas",
        "a.parquet",
        lambda: table(x=[1.0, 2.0], __index_level_0__=[5, 6]),
        "__index_level_0__ is the index",
    ),
    Row("text beside embeddings", "a.parquet", lambda: table(x=[[1.0], [2.0]], t=["a", "b"]), "t is of string; it was"),
    Row("decimal numbers", "a.parquet", lambda: table(x=pa.array([1, 2]).cast(pa.decimal128(20))), "to float64"),
    Row(
        "numbers beside lists",
        "a.parquet",
        lambda: table(x=[[1.0], [2.0]], u=[5, 6]),
        "were left out: u",
    ),
    Row("a number that is missing", "a.parquet", lambda: table(x=[1.0, None]), "1 of them, in 1 of its 2 rows"),
]
