"""Names are anybody's: in a table that is taken along, and in a line of the log, they are names and nothing else."""

import ast
import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from idcore import exports, results
from idcore.cli_output import Notes, formatted, say
from idcore.estimators.summary import summarise
from idcore.jobs import log
from idcore.jobs.status import Status
from idcore.paper import published
from idcore.paper import table as paper
from idcore.paper.reproduced import ReproducedPoint
from idcore.results import Run
from idcore.spec import Architecture, DataSpec, NetworkSpec, ProfileJob, Request
from idcore.store import Store
from idcore.text import one_line, to_csv
from idcore.ui.compare import table
from idcore.ui.compare.choosing import Member
from idcore.ui.kit import export
from idcore.ui.kit.state import Measured
from idcore.ui.result import selection
from tests import ROOT
from tests.tools import patience
from tests.tools.build_record import brute_geometry

FORMULA = '=HYPERLINK("http://x","y")'
ROW = replace(summarise(brute_geometry(np.random.default_rng(0).normal(size=(30, 3)))), layer=FORMULA, id=-1.5)
RUN = Run(Request(), (), np.array([0, 1]), np.array([1, 0]), np.array([7, 3]), (FORMULA, "+1"))


def _paper() -> str:
    figure = published.figure("3a")
    point = replace(figure.series[0].points[0], layer=FORMULA)
    return paper.to_csv(figure, {"@SUM(1)": [ReproducedPoint(point, FORMULA, 30, 0)]}, 0.1)


TABLES = {
    "command line": lambda: formatted([{"layer": FORMULA, "id": -1.5}], Notes(), "csv"),
    "explore": lambda: exports.csv(export.numbers({Request(): [ROW]})()),
    "selection": lambda: selection.to_csv(RUN, np.array([0, 1])),
    "compare": lambda: table.to_csv({Member(FORMULA, Request()): Measured(Request(), RUN, (), (), ())}),
    "paper": _paper,
}


@pytest.mark.parametrize("name", TABLES)
def test_no_cell_of_a_table_is_a_formula(name):
    cells = [cell for line in csv.reader(io.StringIO(TABLES[name]())) for cell in line]
    assert f"'{FORMULA}" in cells
    # A number may be negative; whatever else begins like a formula is one.
    assert not [cell for cell in cells if re.match(r"[=+@\t\r]|-(?![0-9.]+(e-?[0-9]+)?$)", cell)]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1+1", "＋1", "－1", "＠x", "==1"])  # noqa: RUF001
def test_a_name_that_begins_like_a_formula_gets_an_apostrophe_and_a_number_none(name):
    (line,) = list(csv.reader(io.StringIO(to_csv(("a", "b", "c", "d"), [(name, -1, -2.5e-7, None)]), newline="")))[1:]
    assert line == [f"'{one_line(name)}", "-1", "-2.5e-07", ""]


@pytest.mark.parametrize(("name", "safe"), [("a;=1+1", "a;'=1+1"), ("a; @x;-1", "a; '@x;'-1"), (" =1+1", " '=1+1")])
def test_nor_does_one_where_semicolons_separate_the_columns_or_blanks_are_passed_over(name, safe):
    (line,) = list(csv.reader(io.StringIO(to_csv(("a",), [(name,)]))))[1:]
    assert line == [safe]


def test_what_streamlit_offers_of_a_table_on_a_page_holds_no_formula_either():
    """It writes what it shows as CSV, and escapes nothing."""
    at = AppTest.from_function(_table).run(timeout=patience.seconds())
    assert at.dataframe[0].value.to_dict("list") == {"Name": [f"'{FORMULA}", r"a\nb"], "ID": [-1.5, 2.0]}


def _table():
    from idcore.ui.kit import tables
    from tests.test_text import FORMULA

    tables.draw([{"Name": FORMULA, "ID": -1.5}, {"Name": "a\nb", "ID": 2.0}])


def test_numbers_keep_their_last_digit_and_other_names_are_as_they_were():
    value = 0.1 + 0.2
    (line,) = list(csv.reader(io.StringIO(to_csv(("x", "y"), [(value, 'a "b", c\r\nd')]))))[1:]
    assert float(line[0]) == value and line[1] == r'a "b", c\r\nd'


def test_tables_leave_by_one_way():
    sources = [*ROOT.glob("idcore/**/*.py"), *ROOT.glob("pages/*.py")]
    writers = {path.relative_to(ROOT).as_posix() for path in sources if "csv.writer" in path.read_text()}
    assert writers == {"idcore/text.py", "idcore/command.py"}  # the latter lists names in an option, no table
    shown = {path.relative_to(ROOT).as_posix() for path in sources if "st.dataframe(" in path.read_text()}
    assert shown == {"idcore/ui/kit/tables.py"}


BREAK = "x\n2026-01-01 00:00:00,000 INFO layerscope.jobs job=0 outcome=done\x1b[2J\u2028y\r"


def test_no_name_begins_a_line_of_the_log_and_none_ends_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(log._log, "handlers", [])
    log.to_stderr()
    job = ProfileJob(Request(DataSpec(BREAK), NetworkSpec(Architecture(BREAK))), (BREAK,))
    log.job_ended(job, Status("failed", message=BREAK))
    try:
        raise ValueError(BREAK)
    except ValueError:
        log._log.exception("A job failed: %s", BREAK)
    said = capsys.readouterr().err
    lines = said.removesuffix("\n").split("\n")
    begun = [line for line in lines if not line.startswith("  ")]
    assert len(begun) == 2 and all(
        re.match(r"\d{4}-\d\d-\d\d [\d:,]+ (WARNING|ERROR) layerscope", line) for line in begun
    )
    assert len(lines) > 4 and all(line.isprintable() for line in lines)  # the traceback is there, indented


def test_a_sentence_on_the_command_line_is_one_line(capsys):
    say(f"There is no data set {BREAK}.")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert one_line("Grüße, 数 – λ") == "Grüße, 数 – λ" and one_line("a\tb\x00") == r"a\tb\x00"


def test_a_row_of_the_table_is_one_line_whatever_the_layer_is_called():
    notes = Notes()
    notes.add(["One was left out: a\nb."])
    shown = formatted([{"layer": "a\nb", "id": 1.0}], notes, "table").splitlines()
    assert len(shown) == 4 and r"a\nb" in shown[1] and shown[3] == r"One was left out: a\nb."


def test_a_store_that_is_full_says_of_what_was_brought_that_it_cannot_be_kept(tmp_path, monkeypatch):
    from idcore.errors import StoreError
    from idcore.store import StoreWarning

    monkeypatch.setattr(Store, "put", lambda *_: StoreWarning("No space left on device."))
    with pytest.raises(StoreError, match="could not be kept.*No space left"):
        results.save_upload(Store(tmp_path), b"x", "x.npy")


def _strings(path):
    """The pieces of text in a module, documentation left out; a value within one is a 0."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in lone:
            yield node.value


def test_percent_and_where_an_id_is_a_lower_bound_are_written_one_way():
    for path in sorted((ROOT / "idcore").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if not re.search(r"""[\d}"'] %(?![{a-z])|[Aa]bove (about )?["'\d{]""", source):
            continue  # parsing takes longer
        for text in _strings(path):
            assert not re.search(r"[\d}] %(?![{a-z])", text), f"{path.name}: write 90%, not {text!r}"
            assert not re.search(r"[Aa]bove (about )?20\b", text), f"{path.name}: {text!r} is said by caveats.BOUND"
