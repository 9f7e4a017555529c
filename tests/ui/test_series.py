"""Checkpoints of a training in the browser: from files to the surface, and what everything is called."""

import csv
import io
import json

import numpy as np
import pytest

from idcore import results, spec
from idcore.estimators.summary import summarise
from idcore.exports import csv as to_csv
from idcore.figures.legend import Key
from idcore.identity import caption
from idcore.spec import ELSEWHERE, UPLOAD, Architecture, DataSpec, FromFile, NetworkSpec, ProfileJob, ReadJob, Request
from idcore.store import Store
from idcore.ui.compare import choosing, naming
from idcore.ui.compare.naming import Names
from idcore.ui.kit import belongings, charts
from idcore.ui.kit.export import numbers
from tests.tools.pages import FakeJobs, figures_of, open_app, text_of

DIGESTS = [f"{i:02x}" * 32 for i in range(1, 13)]
FILES = {digest: f"ckpt_{i * 100}.pt" for i, digest in enumerate(DIGESTS)}


def _kept(store: Store, digest: str, name: str, architecture=Architecture("cnn")) -> None:  # noqa: B008
    meta = {"kind": "file", "digest": digest, "name": name, "classes": 10, "notes": [],
            "architecture": spec.to_json(architecture)}  # fmt: skip
    store.put(spec.key("file", digest), {"a": np.zeros(1)}, meta)
    results.save_owner(store, digest, results.EVERYBODY)


def _request(digest: str, **data) -> Request:
    return Request(DataSpec(**data), NetworkSpec(Architecture("cnn"), FromFile(digest)))


@pytest.fixture
def kept(fake):
    for digest in reversed(DIGESTS):
        _kept(fake.store, digest, FILES[digest])
    return fake


@pytest.mark.slow
def test_files_of_a_training_become_a_surface_in_the_order_of_their_steps(kept):
    few = DIGESTS[:4]
    at = open_app("compare", set="series", series=[digest[:12] for digest in reversed(few)])
    assert "Series: 4 checkpoints" in at.title[0].value
    jobs = [job for job in kept.submitted if isinstance(job, ProfileJob)]
    assert {job.request.network.weights for job in jobs} == {FromFile(digest) for digest in few}
    (surface,) = [trace for figure in figures_of(at)[:2] for trace in json.loads(figure)["data"]
                  if trace["type"] == "heatmap"]  # fmt: skip
    names = [FILES[digest] for digest in few]
    assert all(name in row[0] for name, row in zip(names, surface["hovertext"], strict=True))
    assert list(at.dataframe[0].value["Network"]) == names
    slider = at.select_slider(key="checkpoint")
    assert slider.value == choosing.Member("", _request(few[-1])).id and slider.options == names
    assert [list(one.select_slider(key="checkpoint").proto.default) for one in (at, at.run())] == [[3], [3]]
    at = slider.set_value(choosing.Member("", _request(few[1])).id).run()
    assert json.loads(figures_of(at)[0])["data"][-1]["name"] == names[1]
    assert at.query_params["checkpoint"] == choosing.Member("", _request(few[1])).id


def test_results_that_are_checkpoints_of_one_training_are_a_series_too_and_minus_a_step(kept):
    requests = [_request(digest) for digest in DIGESTS[:4]]
    for request in requests:
        FakeJobs(kept.store)._measure(ProfileJob(request))
    ids = [naming.identity(request) for request in requests]
    at = open_app("compare", set="results", results=ids[::-1], reference=ids[0])
    (surface,) = [trace for figure in figures_of(at)[:2] for trace in json.loads(figure)["data"]
                  if trace["type"] == "heatmap"]  # fmt: skip
    assert "minus that of ckpt_0.pt" in surface["hovertext"][1][1] and "Layer by step, minus ckpt_0.pt" in " ".join(
        one.value.replace("\\", "") for one in at.subheader
    )


def test_twelve_checkpoints_that_look_alike_have_twelve_names_without_a_digest():
    requests = [_request(digest) for digest in DIGESTS]
    named = naming.names(requests, Names(files=FILES))
    assert len(set(named)) == 12 and all(FILES[d] in name for d, name in zip(DIGESTS, named, strict=True))
    same = dict.fromkeys(DIGESTS, "ckpt.pt")
    when = {request: 1.7e9 + 60 * i for i, request in enumerate(requests)}
    named = naming.names(requests, Names(files=same, dates=when))
    assert len(set(named)) == 12 and not any(digest[:6] in name for digest in DIGESTS for name in named)
    close = {request: 1.7e9 + i for i, request in enumerate(requests)}  # within a minute
    named = naming.names(requests, Names(files=same, dates=close))
    assert len(set(named)) == 12 and not any(digest[:6] in name for digest in DIGESTS for name in named)


def test_what_differs_besides_the_file_is_told_and_what_does_not_is_not():
    first, second = _request(DIGESTS[0]), _request(DIGESTS[0], seed=3)
    assert [name.rpartition(", ")[2] for name in naming.names([first, second], Names(files=FILES))] == [
        "data seed 0", "data seed 3",
    ]  # fmt: skip


def test_a_base_and_what_was_made_of_it_are_a_series_in_the_order_they_were_chosen():
    requests = [_request(digest) for digest in DIGESTS[:2]]
    found = choosing._in_steps(requests, Names(files=dict(zip(DIGESTS, ("tuned.pt", "base.pt"), strict=False))))
    assert [(member.name, member.step) for member in found] == [("tuned.pt", 1), ("base.pt", 2)]


@pytest.mark.parametrize(
    "requests",
    [
        [_request(DIGESTS[0])],
        [_request(DIGESTS[0]), _request(DIGESTS[1], n=50)],
        [_request(DIGESTS[0]), Request()],
        [_request(DIGESTS[0]), _request("ab" * 32)],  # whose name nobody knows
    ],
)
def test_what_is_no_training_is_no_series(requests):
    assert choosing._in_steps(requests, Names(files=FILES)) == []


def test_networks_that_were_handed_in_are_a_series_by_the_numbers_in_their_names(fake):
    requests, titles = [], {}
    for i, digest in enumerate(DIGESTS[:3]):
        requests.append(Request(DataSpec(UPLOAD + digest, "all", n=60), ELSEWHERE))
        titles[UPLOAD + digest] = f"Net, step_{10 - i}.pt"
    own = frozenset(titles)
    found = choosing._in_steps(requests, Names(titles, networks=own))
    assert [member.step for member in found] == [8, 9, 10] and [m.name for m in found] == [
        f"Net, step_{i}.pt" for i in (8, 9, 10)
    ]
    assert choosing._in_steps(requests, Names(dict.fromkeys(titles, "mine"), networks=own)) == []
    assert choosing._in_steps(requests, Names(titles)) == []  # matrices: recordings, say


def test_the_table_has_the_step_and_the_file_of_each_row(kept):
    open_app("compare", set="series", series=[digest[:12] for digest in DIGESTS[:2]])
    request, about = _request(DIGESTS[1]), {"step": 100, "file": "ckpt_100.pt"}
    rows = [summarise(results.layer(kept.store, request, "d1"))]
    found = numbers({request: rows}, more={request: about})()
    (line,) = csv.DictReader(io.StringIO(to_csv(found)))
    assert (line["step"], line["file"], line["weights"]) == ("100", "ckpt_100.pt", DIGESTS[1])
    assert line["regime"] == "given" and "pretrained" not in caption([request])
    assert found.document["results"][0]["step"] == 100


def test_several_files_of_weights_are_read_at_once_and_lead_to_a_series(fake):
    at = open_app("data", bring="weights", network="cnn")
    files = [(f"ckpt_{i}.pt", bytes([i]), "application/octet-stream") for i in (1, 2, 3)]
    at.file_uploader(key="file-weights").set_value(files).run()
    jobs = [job for job in fake.submitted if isinstance(job, ReadJob)]
    assert len(jobs) == 3 and {job.architecture for job in jobs} == {Architecture("cnn")}
    for i, job in enumerate(jobs[:2]):
        _kept(fake.store, job.name, f"ckpt_{i + 1}.pt")
    fake.states.clear()
    at.run()
    assert "ckpt_1.pt**: weights of" in text_of(at) and "The file was not read." in text_of(at)
    assert at.button(key="open-series").label == "Compare the 2 as a series"  # the browser test presses it


def test_files_of_another_session_are_in_no_list_but_open_by_a_link(fake, monkeypatch):
    monkeypatch.setattr(belongings, "owner", lambda: "me")
    for digest in DIGESTS[:2]:
        _kept(fake.store, digest, FILES[digest])
        results.disown(fake.store, digest, results.EVERYBODY)
    at = open_app("compare", set="series", series=DIGESTS[0][:12])
    assert list(at.multiselect(key="series").value) == [DIGESTS[0][:12]]


def test_without_files_of_weights_the_way_to_them_is_shown(fake):
    at = open_app("compare", set="series")
    assert "There are no files of weights" in text_of(at) and not at.exception
    (link,) = [one.proto for one in at.get("page_link") if "weights" in one.proto.label]
    assert link.page == "data" and "bring=weights" in link.query_string


def test_a_name_below_a_figure_stands_behind_its_colour_and_is_nothing_but_text():
    keys = [Key("a &lt;b&gt;", "#386af0", "circle", ""), Key("<script>", "#ea7151", "diamond-open", "dash")]
    shown = charts._table(keys)
    assert "a &lt;b&gt;</li>" in shown and "&lt;script&gt;" in shown and "<script>" not in shown
    assert 'color: #386af0" aria-hidden="true">━●' in shown and "╌◆" in shown


def test_a_line_of_the_list_has_digits_only_where_the_rest_of_it_is_anothers_too():
    def run(digest: str, seed: int = 0) -> results.Run:
        network = NetworkSpec(Architecture("cnn"), FromFile(digest))
        nothing = np.zeros(0, np.int64)
        return results.Run(Request(DataSpec(seed=seed), network), (), nothing, nothing, nothing, (), created=0.0)

    first, second, twin = DIGESTS[0], DIGESTS[1], "ef" * 32
    known = Names(files=FILES | {twin: FILES[second]})
    runs = {naming.identity(one.request): one for one in (run(first), run(second), run(twin))}
    one, other, same = naming.lines(runs, known).values()
    assert FILES[first] in one and "#" not in one and first[:6] not in one
    assert {line.partition(" · #")[0] for line in (other, same)} == {other.partition(" · #")[0]} and other != same
    assert other.endswith(f"#{list(runs)[1][:6]}")
