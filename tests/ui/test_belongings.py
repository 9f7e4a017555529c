"""An upload belongs to the browser that brought it: others neither see it nor delete it, but by a link."""

import os
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from idcore import results, spec
from idcore.errors import RequestError
from idcore.jobs import Status
from idcore.jobs.log import about
from idcore.jobs.status import job_key
from idcore.record import Dataset
from idcore.settings import settings
from idcore.spec import (
    DataSpec,
    FromFile,
    NetworkSpec,
    PlaceJob,
    ProfileJob,
    ReadJob,
    Recipe,
    Request,
    TrainJob,
    Untrained,
)
from idcore.store import Store
from idcore.store.folder import Folder
from idcore.ui.kit import belongings, state
from idcore.ui.system import rows
from tests import ROOT
from tests.tools import patience
from tests.tools.pages import FakeJobs, text_of

DIGEST = "5" * 64
REQUEST = Request(DataSpec(f"upload-{DIGEST}", n=60), NetworkSpec(weights=Untrained()))


@pytest.fixture
def person(tmp_path, monkeypatch):
    """(jobs on a fresh store, a function that makes one somebody else)."""
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    jobs = FakeJobs(Store(tmp_path))
    monkeypatch.setattr(state, "get_jobs", lambda: jobs)
    monkeypatch.setattr(belongings, "owner", lambda: "a" * 64)
    return jobs, lambda who: monkeypatch.setattr(belongings, "owner", lambda: who * 64)


def bring(store: Store, owner: str) -> None:
    results.save_upload(store, b"pets", "pets.zip")
    store.put(spec.key("upload", DIGEST), {}, {"kind": "upload", "name": "pets.zip"})
    pets = Dataset(f"upload-{DIGEST}", "pets", ("cat", "dog"), (1, 28, 28), {"all": 60}, "a file", {"all": 30})
    results.save_dataset(store, pets, {})
    results.save_owner(store, DIGEST, owner)


def page(name: str, **address: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience.seconds())
    for key, value in address.items():
        at.query_params[key] = value
    at.run()
    at.switch_page(f"pages/{name}.py").run()
    assert not at.exception, at.exception
    return at


def deletes(at: AppTest) -> list:
    return [button for button in at.button if button.label == "Delete"]


def test_what_somebody_brought_is_not_listed_for_another(person):
    jobs, become = person
    bring(jobs.store, "a" * 64)
    mine = page("data")
    assert "pets" in text_of(mine) and len(deletes(mine)) == 1
    assert any("pets" in option for option in page("explore").selectbox(key="data").options)
    become("b")
    other = page("data")
    assert "pets" not in text_of(other) and not deletes(other)
    assert not any("pets" in option for option in page("explore").selectbox(key="data").options)


def test_who_was_given_a_link_sees_it_and_cannot_delete_it(person):
    jobs, become = person
    bring(jobs.store, "a" * 64)
    become("b")
    at = page("data", data=f"upload-{DIGEST}")
    assert "pets" in text_of(at) and not deletes(at)


def test_what_two_brought_goes_with_the_last_of_them(person):
    jobs, become = person
    bring(jobs.store, "a" * 64)
    results.save_owner(jobs.store, DIGEST, "b" * 64)
    deletes(page("data"))[0].click().run()
    assert "pets" not in text_of(page("data")) and results.dataset(jobs.store, f"upload-{DIGEST}")
    become("b")
    deletes(page("data"))[0].click().run()
    assert results.dataset(jobs.store, f"upload-{DIGEST}") is None and not results.owners(jobs.store)


@pytest.mark.parametrize("why", ["by the setting", "from the command line"])
def test_what_is_shared_is_said_to_be_and_only_its_owner_deletes_it(person, monkeypatch, why):
    jobs, become = person
    bring(jobs.store, "a" * 64 if why == "by the setting" else results.EVERYBODY)
    if why == "by the setting":
        monkeypatch.setenv("LAYERSCOPE_UPLOADS", "shared")
        assert len(deletes(page("data"))) == 1
    become("b")
    at = page("data")
    assert "shared with everybody" in text_of(at) and not deletes(at)


def test_results_of_an_upload_are_listed_for_its_owner_and_for_who_has_their_link(person):
    jobs, become = person
    bring(jobs.store, "a" * 64)
    jobs.submit(ProfileJob(REQUEST, "checkpoints"))

    def listed(**address: str) -> bool:
        options = page("compare", set="results", **address).multiselect(key="results").options
        assert len(options) > 1  # the one of the page one arrives on, and what ships
        return any("pets" in option for option in options)

    assert listed()
    become("b")
    assert not listed() and listed(results=spec.run_key(REQUEST)[:12])


def test_what_is_told_of_jobs_to_everybody_opens_nobodys_upload():
    for job in (ReadJob("images", DIGEST), ProfileJob(REQUEST, "checkpoints")):
        assert DIGEST[:12] in about(job) and DIGEST not in about(job)


@pytest.mark.parametrize(
    "asked",
    [
        ProfileJob(REQUEST),
        ProfileJob(Request(DataSpec("digits", n=60), NetworkSpec(weights=Recipe(f"upload-{DIGEST}")))),
        ProfileJob(Request(DataSpec("digits", n=60), NetworkSpec(weights=FromFile(DIGEST)))),
        TrainJob(NetworkSpec(weights=Recipe(f"upload-{DIGEST}"))),
        PlaceJob(Request(DataSpec("digits", n=60), NetworkSpec(weights=Untrained())), ("input",), DIGEST),
        ReadJob("images", DIGEST),
    ],
)
def test_whatever_comes_of_an_upload_is_shown_to_its_owner_alone(person, asked):
    jobs, become = person
    bring(jobs.store, "a" * 64)
    assert belongings.sight()(asked) and belongings.sight()(getattr(asked, "request", REQUEST))
    become("b")
    assert not belongings.sight()(asked)


def test_system_tells_nobody_where_to_find_what_another_brought(person):
    """Who has the digest of an upload has the link to it."""
    jobs, become = person
    bring(jobs.store, "a" * 64)
    failed = Status("failed", phase="measuring", layer="My layer", message="pets.zip is no archive.")
    found = [(job_key(asked), asked, failed) for asked in (ReadJob("images", DIGEST), ProfileJob(REQUEST))]
    mine = str(rows.jobs(found, jobs))
    assert mine.count("pets.zip is no archive.") == mine.count("measuring My layer") == 2
    become("b")
    others = str(rows.jobs(found, jobs))
    assert others.count(DIGEST[:12]) == 2 and DIGEST not in others
    assert "pets" not in others and "My layer" not in others and "another session brought" in others


def test_whose_things_are_is_read_once_for_a_list_however_long_it_is(person, monkeypatch):
    jobs, _ = person
    bring(jobs.store, "b" * 64)
    listings, before = [], Folder.listed
    monkeypatch.setattr(Folder, "listed", lambda self: listings.append(self) or before(self))
    sees = belongings.sight()
    assert not any(sees(replace(REQUEST, data=replace(REQUEST.data, seed=seed))) for seed in range(100))
    assert 1 <= len(listings) == len({listing.root for listing in listings})


def test_an_upload_whose_owner_a_full_store_has_forgotten_is_nobodys_and_not_everybodys(person):
    """The mark of the owner is never read as a result is, and so it is the first that a full store forgets."""
    jobs, become = person
    bring(jobs.store, "a" * 64)
    results.disown(jobs.store, DIGEST, "a" * 64)
    become("b")
    assert "pets" not in text_of(page("data")) and not belongings.sight()(REQUEST)


def test_the_mark_of_an_owner_who_looks_is_as_new_as_what_he_brought(person):
    jobs, _ = person
    bring(jobs.store, "a" * 64)
    mark = jobs.store.path(jobs.store.keys("owned")[0])
    os.utime(mark, (0, 0))
    page("data")
    assert mark.stat().st_mtime > 0


def test_the_setting_is_own_or_shared():
    assert settings({}).uploads == "own" and settings({"LAYERSCOPE_UPLOADS": "shared"}).uploads == "shared"
    with pytest.raises(RequestError, match="LAYERSCOPE_UPLOADS must be own or shared, not 'all'"):
        settings({"LAYERSCOPE_UPLOADS": "all"})


def test_nobody_is_named_in_the_store(tmp_path, monkeypatch):
    """The name in the cookie proves who one is; its digest, which the store holds, does not."""
    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    monkeypatch.setattr(state, "get_jobs", lambda: FakeJobs(Store(tmp_path)))
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience.seconds()).run()
    token = at.session_state["owner"]
    assert len(token) == 32 and any(token in element.proto.body for element in at.get("html"))
    assert token not in belongings.owner()
