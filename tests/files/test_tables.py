"""Tables in text and of parquet: each number is the one that was written, or the sentence says why not; what numbers or
names the samples is no unit."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from idcore.errors import DataError
from idcore.files.arrays import Matrices, read_arrays

WANT = [[0.5, 1.5], [-0.75, 3.0], [2.25, -4.0]]
X = np.random.default_rng(0).normal(size=(30, 3))
FRAME = pd.DataFrame(X, columns=list("abc"))


def read(text: str | bytes, name: str = "t.csv") -> Matrices:
    return read_arrays(memoryview(text.encode() if isinstance(text, str) else text), name)


def savetxt(**options) -> str:
    file = io.StringIO()
    np.savetxt(file, WANT, **options)
    return file.getvalue()


WRITTEN = {
    "semicolons": "a;b\n0.5;1.5\n-0.75;3\n2.25;-4\n",
    "semicolons and decimal commas": "a;b\n0,5;1,5\n-0,75;3\n2,25;-4,0\n",
    "decimal commas without names": "0,5;1,5\n-0,75;3\n2,25;-4,0\n",
    "decimal commas in quotes": '"a","b"\n"0,5","1,5"\n"-0,75","3"\n"2,25","-4,0"\n',
    "decimal commas and tabs": "a\tb\n0,5\t1,5\n-0,75\t3\n2,25\t-4,0\n",
    "decimal commas and bars": "a|b\n0,5|1,5\n-0,75|3\n2,25|-4,0\n",
    "decimal commas and blanks": "0,5 1,5\n-0,75 3\n2,25 -4,0\n",
    "decimal commas with exponents": "5,0e-01 1,5e+00\n-7,5e-01 3\n2,25 -4,0\n",
    "a line for Excel": "sep=;\r\na;b\r\n0.5;1.5\r\n-0.75;3\r\n2.25;-4\r\n",
    "a line for Excel, decimal commas": '"sep=;"\na;b\n0,5;1,5\n-0,75;3\n2,25;-4\n',
    "a line for Excel that names tabs": "sep=\t\na\tb\n0.5\t1.5\n-0.75\t3\n2.25\t-4\n",
    "savetxt as it is": savetxt(),
    "savetxt with a header": savetxt(header="a b"),
    "savetxt with remarks": savetxt(header="made here\nby hand, today"),
    "savetxt with commas and a header": savetxt(header="a,b", delimiter=","),
    "savetxt with commas and blanks": savetxt(delimiter=", "),
    "fixed width": "   0.5    1.5\n -0.75    3.0\n  2.25   -4.0\n",
    "bars": "a|b\n0.5|1.5\n-0.75|3\n2.25|-4\n",
    "bars outside too": "|a|b|\n|0.5|1.5|\n|-0.75|3|\n|2.25|-4|\n",
    "a comma at the end of each line": "a,b,\n0.5,1.5,\n-0.75,3,\n2.25,-4,\n",
    "a comma at the end of each sample": "a,b\n0.5,1.5,\n-0.75,3,\n2.25,-4,\n",
    "a comma at the end, read and written by pandas": "a,b,Unnamed: 2\n0.5,1.5,\n-0.75,3,\n2.25,-4,\n",
    "two names of pandas": "0,1\n0.5,1.5\n-0.75,3.0\n2.25,-4.0\n",
    "an index without a name": ",a,b\n7,0.5,1.5\n3,-0.75,3\n3,2.25,-4\n",
    "an index of two levels": ",,a,b\nx,0,0.5,1.5\nx,1,-0.75,3\ny,0,2.25,-4\n",
    "an index that pandas named": "Unnamed: 0,a,b\n0,0.5,1.5\n1,-0.75,3\n2,2.25,-4\n",
    "an index twice": "Unnamed: 0.1,Unnamed: 0,a,b\n0,0,0.5,1.5\n1,2,-0.75,3\n2,1,2.25,-4\n",
    "an index set back": "index,a,b\n4,0.5,1.5\n2,-0.75,3\n9,2.25,-4\n",
    "an index of joined tables": "index,a,b\n0,0.5,1.5\n1,-0.75,3\n0,2.25,-4\n",
    "numbers of samples": "a,sample_id,b\n0.5,1001,1.5\n-0.75,1007,3\n2.25,1003,-4\n",
    "names of samples": "id,a,b\ns-1,0.5,1.5\n002,-0.75,3\n3,2.25,-4\n",
    "names of samples without names of columns": "s1,0.5,1.5\ns2,-0.75,3\ns3,2.25,-4\n",
    "as R writes it": '"a","b"\n"1",0.5,1.5\n"2",-0.75,3\n"3",2.25,-4\n',
    "as R writes it with blanks": '"a" "b"\n"ann" 0.5 1.5\n"bo" -0.75 3\n"cy" 2.25 -4\n',
    "as R writes it in Europe": '"";"a";"b"\n"1";0,5;1,5\n"2";-0,75;3\n"3";2,25;-4\n',
    "coordinates": "x,y\n0.5,1.5\n-0.75,3\n2.25,-4\n",
    "text beside": 'a,text,b\n0.5,"it, too; 1",1.5\n-0.75,"over\ntwo lines",3\n2.25,no 7,-4\n',
    "dates beside": "day,a,b\n2020-01-01,0.5,1.5\n2020-01-02,-0.75,3\n2020-01-03,2.25,-4\n",
    "a number sign above the index": "#,a,b\n1,0.5,1.5\n2,-0.75,3\n3,2.25,-4\n",
}
SAID = {  # what is left out or taken otherwise
    "decimal commas and": "commas were read as decimal marks",
    "savetxt with remarks": "begin with # were left out: 2",
    "a comma at the end": "is empty (a separator at the end of each line); it was left out",
    "bars outside": "Column 1 is empty",
    "two names of pandas": "counts the columns",
    "an index without": "Column 1 has no name; it was taken for names of rows and left out",
    "an index of two": "Column 2 has no name; it was taken for names of rows and left out",
    "an index that": "The column Unnamed: 0 numbers the samples and is no unit; it was left out",
    "an index twice": "The column Unnamed: 0.1 numbers the samples",
    "an index set": "The column index numbers the samples",
    "an index of joined": "The column index numbers the samples",
    "numbers of": "The column sample_id numbers the samples",
    "names of samples": "names of rows",
    "as R": "Column 1 has no name; it was taken for names of rows and left out",
    "coordinates": "The column y holds fractions, and so no labels",
    "text beside": "The column text holds text (it, too; 1, ...); it was left out",
    "dates beside": "The column day holds text (2020-01-01, ...)",
}


@pytest.mark.parametrize("how", WRITTEN)
def test_the_same_numbers_are_read_however_a_table_is_written(how):
    found = read(WRITTEN[how])
    np.testing.assert_array_equal(found.arrays["t"], WANT)
    assert found.labels is None
    for start, sentence in SAID.items():
        if how.startswith(start):
            assert sentence in " ".join(found.notes)


def test_a_table_of_one_column_with_decimal_commas_is_one_column():
    found = read("value\n0,5\n-0,75\n1,25\n-2,1\n")
    assert found.arrays["t"].tolist() == [[0.5], [-0.75], [1.25], [-2.1]] and "decimal marks" in found.notes[0]


def test_labels_with_commas_and_points_stay_as_they_are_beside_decimal_commas():
    found = read("a;label\n1,5;x, y\n2,5;z. w\n")
    assert found.arrays["t"].tolist() == [[1.5], [2.5]] and found.class_names == ("x, y", "z. w")
    assert read("0,5;cat\n1,25;dog\n").class_names == ("cat", "dog")
    assert read("1,2,y\n3,4,n\n5,6,y\n").arrays["t"].tolist() == [[1, 2], [3, 4], [5, 6]]  # y is a class here


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a;b\n1,234;5,678\n2,345;6,789\n", "they may be decimal marks or group thousands"),
        ("value\n1,234\n5,678\n", "they may be decimal marks or group thousands"),
        ("x\n1,5\n2,7\n3,1\n", "it may be names of rows, or whole numbers before decimal commas"),
        ("0,5\n-0,75\n1,25\n", "whole numbers only, and -0 among them"),
        ("1,05\n2,25\n3,7\n", "whole numbers only, and 05 among them"),
        ('a,b\n"0,5",1.5\n"0,7",2.5\n', "can be read in more than one way"),
        ("a,b\n0,5,1,5\n2,5,3,5\n", "names 2 columns, and the first sample has 4 values"),
        ("a,b,c\n1,2\n3,4\n", "names 3 columns, and the first sample has 2 values"),
        ("a,b\n0.5,1.5,2.5\n0.6,0.7,0.8\n", "names 2 columns, and the first sample has 3 values"),
        ("a;b\n1.234,5;2,5\n1.300,5;2,6\n", "'1.234,5' in column 1, which is not a number: its digits are grouped"),
        ('a,b\n"1,234.5",2\n"1,300.0",3\n', "'1,234.5' in column 1, which is not a number: its digits are grouped"),
        ("a;b\n1'234;5\n2'345;6\n", "its digits are grouped"),
        ("a;b\n" + "1;2\n" * 250 + "0,5;2\n", "'0,5' in column 1, which is not a number where the decimal mark is"),
        ("a;b\n" + "1,5;2\n" * 250 + "0.5;2\n", "which is not a number where the decimal mark is the comma"),
        ("many,2\n3,4\n5,6\n", "words (many) and numbers (2) above columns of numbers"),
        ("a,t\n1,cat\n" + "2,dog\n" * 250 + "3,4\n", "The column t holds text at first and '4' later"),
        ("a,b,\n" + "1,2,\n" * 250 + "1,2,3\n", "Column 3 holds nothing at first and '3' later"),
        ("a,b\n0.5,NA\n1,2\n", "'NA', and no value, in column 2. Write NaN"),
        ('id,embedding\n1,"[0.1, 0.2]"\n2,"[0.3, 0.4]"\n', "Write each unit in a column of its own, or save the lists"),
        ("sep=;\na,b\n0.5,1\n", "No column holds numbers where semicolons separate them"),
        ("label,x\n0.5,1\n0.7,2\n", "The labels label hold 0.5"),
    ],
)  # fmt: skip
def test_what_could_be_other_numbers_is_refused_with_the_reason(text, says):
    with pytest.raises(DataError) as caught:
        read(text)
    assert says in str(caught.value)


def test_a_column_that_counts_is_kept_and_named_unless_its_name_is_that_of_an_index():
    for name in ("time", "id", "index", "Unnamed: 0"):
        found = read(FRAME.assign(**{name: range(30)}).to_csv(index=False))
        kept = name == "time"
        assert found.arrays["t"].shape == (30, 3 + kept)
        assert f"The column {name} {'counts the samples (0, 1, ...); it was kept' if kept else ''}" in found.notes[0]
    found = read(FRAME.to_csv(header=False))
    np.testing.assert_array_equal(found.arrays["t"], X)
    assert "Column 1 numbers the samples" in found.notes[0]


def test_numbers_under_the_name_of_an_index_are_kept():
    for name in ("id", "index", "Unnamed: 0"):
        found = read(FRAME.assign(**{name: X[:, 0] ** 2}).to_csv(index=False))
        assert found.arrays["t"].shape == (30, 4)
    assert read(FRAME.assign(id=[0, 1] * 15).to_csv(index=False)).arrays["t"].shape == (30, 4)


def parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (FRAME.set_index(pd.Index(np.arange(30) * 3 + 0.5, name="when")), "The column when is the index of the table"),
        (FRAME.set_index(pd.Index([f"s{i}" for i in range(30)], name="who")), "The column who is the index"),
        (FRAME.set_index([list("ab") * 15, np.arange(30)]), "__index_level_1__ is the index of the table, says pandas"),
        (pd.read_csv(io.StringIO(FRAME.to_csv())), "The column Unnamed: 0 numbers the samples"),
        (FRAME.reset_index(), "The column index numbers the samples"),
        (FRAME.assign(text="so", day=pd.Timestamp("2020-01-01")), "The column day is of timestamp"),
        (FRAME.rename(columns={"c": "y"}), "The column y holds fractions, and so no labels"),
    ],
)
def test_an_index_or_text_in_a_parquet_file_is_left_out_and_named(frame, says):
    found = read(parquet(frame), "t.parquet")
    np.testing.assert_array_equal(found.arrays["t"], X)
    assert says in " ".join(found.notes)


def test_text_beside_embeddings_is_left_out_unread():
    content = pa.table({"text": ["so"] * 30, "embedding": X.tolist(), "id": range(30)})
    file = io.BytesIO()
    pq.write_table(content, file)
    found = read(file.getvalue(), "t.parquet")
    np.testing.assert_array_equal(found.arrays["embedding"], X)
    assert found.notes[0] == "The column text is of string; it was left out. Labels must be called label."
    assert "single numbers were left out: id" in found.notes[1]


def test_numbers_of_other_kinds_in_a_parquet_file_are_numbers():
    file = io.BytesIO()
    tenths = pa.array([1, 25, None]).cast(pa.decimal128(20, 1))
    pq.write_table(pa.table({"a": tenths, "b": [True, None, False]}), file)
    found = read(file.getvalue(), "t.parquet")
    np.testing.assert_array_equal(found.arrays["t"], [[1, 1], [25, np.nan], [np.nan, 0]])
    assert "The column a was converted from decimal128(20, 1) to float64." in found.notes


def test_what_the_metadata_of_pandas_says_is_not_trusted():
    for words in (b"[]", b'{"index_columns": 5}', b'{"index_columns": [{"a": [1]}, 5, null]}'):
        file = io.BytesIO()
        pq.write_table(pa.table({"a": [1.5, 2.0]}).replace_schema_metadata({b"pandas": words}), file)
        assert read(file.getvalue(), "t.parquet").arrays["t"].tolist() == [[1.5], [2.0]]


def test_a_line_may_be_longer_than_a_word_may_be():
    lines = "\n".join(",".join(f"{i + j}.5" for j in range(30_000)) for i in range(2))
    assert read_arrays(memoryview(lines.encode()), "wide.csv").arrays["wide"].shape == (2, 30_000)
