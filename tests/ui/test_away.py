"""A network of somebody's own code on the pages: chosen by its name, and never asked for anything."""

import pytest

from idcore.pipeline import Origin
from idcore.results import handed
from idcore.results.handed import Handed
from idcore.spec import Architecture, DataSpec, FromFile, NetworkSpec, ProfileJob, Request
from idcore.ui.compare import naming
from idcore.ui.data import uploads
from idcore.ui.kit import away
from tests.tools.pages import N, figures_of, open_app, text_of

DIGEST = "ab" * 32
NAME = "factory:my <b>net</b>"
NETWORK = NetworkSpec(Architecture(NAME), FromFile(DIGEST))
REQUEST = Request(DataSpec(n=N), NETWORK)
AT = {"network": NAME, "weights": f"file-{DIGEST}", "regime": "pretrained"}


@pytest.fixture
def measured(fake):
    """One subset of it, and nothing that was asked for."""
    command = ("--factory", "net.py:make", "--weights", "own.pt", "--name", "my <b>net</b>")
    handed.save(fake.store, Handed(DIGEST, "own.pt", NETWORK.architecture, "0", {}, "/home/me/a project", command))
    fake.submit(ProfileJob(REQUEST))
    fake.submitted.clear()
    return fake


def test_it_is_chosen_in_the_sidebar_and_shown_with_its_weights(measured):
    at = open_app("explore", n=str(N), **AT)
    assert "my \\<b\\>net\\</b\\>, own.pt" in at.title[0].value or "my <b>net</b>, own.pt" in at.title[0].value
    assert figures_of(at) and measured.submitted == []
    (networks,) = [box for box in at.selectbox if box.label == "Architecture"]
    assert networks.options[0] == "my <b>net</b> (your own code)"


def test_what_was_not_measured_is_a_command_and_the_way_to_what_was(measured):
    at = open_app("explore", n="40", seed="3", **AT)
    (code,) = [one.value for one in at.code]
    assert code.startswith("cd '/home/me/a project' && python -m idcore profile --factory net.py:make --weights own.pt")
    assert "--data mnist5k --split test --n 40 --seed 3" in code and measured.submitted == []
    way = next(button for button in at.button if button.label.startswith(f"{N} test samples of mnist5k"))
    assert way and "never comes here" in text_of(at)


def test_the_way_there_says_all_that_the_request_is():
    data = DataSpec("mnist5k", "train", (3, 5), 50, 2, noise=0.5)
    asked = away.explore(Request(data, NETWORK, "mean", 32, "none"))
    assert asked == {
        "network": NAME, "weights": f"file-{DIGEST}", "data": "mnist5k", "split": "train", "n": "50", "seed": "2",
        "classes": ["3", "5"], "noise": "0.5", "size": "32", "normalise": "none", "reduce": "mean",
    }  # fmt: skip


def test_compare_has_it_beside_the_others_under_its_own_name(measured):
    other = Request(DataSpec(n=N), NetworkSpec(Architecture("cnn")))
    measured.submit(ProfileJob(other))
    measured.submitted.clear()
    at = open_app("compare", set="results", results=[naming.identity(one) for one in (REQUEST, other)])
    names = list(at.dataframe[0].value["Network"])
    assert names[0] == "my <b>net</b>, own.pt" and len(set(names)) == 2 and measured.submitted == []
    assert list(at.dataframe[0].value["Regime"]) == ["given", "trained"]


def test_its_own_set_on_compare_asks_for_nothing_and_says_what_would_measure_it(measured):
    at = open_app("compare", set="regimes", n="40", **AT)
    assert measured.submitted == [] and "--n 40" in at.code[0].value
    at = open_app("compare", set="regimes", n=str(N), **AT)
    assert list(at.dataframe[0].value["Network"]) == ["given"]


def test_data_lists_it_as_what_it_is_and_offers_it_no_files_of_weights(measured):
    (one,) = uploads.kept()
    assert one.summary == "what was measured of my <b>net</b>, a network of your own code" and one.name == "own.pt"
    at = open_app("data", bring="weights")
    assert not [name for box in at.selectbox if box.label == "Architecture" for name in box.options if "<b>" in name]


def test_a_link_to_one_that_is_not_here_says_so(fake):
    at = open_app("explore", network="factory:theirs", n=str(N))
    assert "network of somebody's own code" in text_of(at).replace("\\", "")


def test_the_name_in_the_address_is_the_one_it_was_given():
    assert Origin("mine", "own.pt").network.architecture.name == "factory:mine"
