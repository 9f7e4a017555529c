"""Each table and each figure of a page leaves as CSV and as JSON, with columns that say what it is about."""

import csv
import io
import json

from idcore import exports
from idcore.identity import COLUMNS
from idcore.spec import Architecture, DataSpec, NetworkSpec, Request, Untrained
from idcore.ui.kit import on_show
from tests.tools.pages import open_app, with_export


def asked(seed):
    return Request(DataSpec("digits", n=60), NetworkSpec(Architecture("mlp", 8, 1), Untrained(seed)))


def test_a_table_has_columns_of_what_it_is_about_and_both_formats_say_the_same():
    known = on_show.about([asked(0), asked(3)])
    assert set(known) == {*COLUMNS, "n"} and known["seed"] == "0; 3" and known["data"] == "digits" and known["n"] == 60
    found = on_show.numbers([{"unit": 4, "AUC": 0.75}, {"unit": 5, "n": 59}], known)
    rows = list(csv.DictReader(io.StringIO(exports.csv(found))))
    document = json.loads(exports.as_json(found))
    assert rows[0]["network"] == "mlp 8x1" and rows[1]["n"] == "59" and rows[1]["AUC"] == ""
    for row, other in zip(rows, document["rows"], strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in other.items()}
    assert on_show.numbers([], known).rows == []


def test_the_tables_and_figures_of_a_page_are_offered(fake):
    at = with_export(open_app(regime="untrained"))
    assert "Figure: Intrinsic dimension by layer" in at.selectbox(key="on-show").options
    assert not at.exception
