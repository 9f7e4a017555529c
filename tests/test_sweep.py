"""A sweep measures everything a file asks for, once, and ends in one table and one figure."""

import csv
import io
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from functools import partial

import numpy as np
import pytest
from safetensors.numpy import save_file

from idcore import sweep
from idcore.errors import RequestError
from idcore.jobs import Status
from idcore.jobs import status as tickets
from idcore.jobs.status import job_key
from idcore.spec import Pretrained, weights_key
from idcore.store import Store
from tests.tools import patience

pytestmark = pytest.mark.slow

SMALL = """
networks = [{name = "mlp", width = 8, depth = 1}]
regimes = ["untrained", "trained"]
seeds = [0, 1]

[[data]]
dataset = "digits"
n = 60

[training]
epochs = 2
"""


def written(folder, text):
    path = folder / "sweep.toml"
    path.write_text(text)
    return path


def asked(folder, text):
    return sweep.read(written(folder, text), Store(folder / "store"))


def call(path, store, *more, **options):
    environment = {**os.environ, "LAYERSCOPE_CACHE": str(store), "LAYERSCOPE_WORKERS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "idcore", "sweep", str(path), *more]
    # A shell that runs the tests in the background has them ignore an interrupt, and so what they start.
    heeding = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, preexec_fn=heeding)


def test_a_sweep_is_the_product_of_its_lists(tmp_path):
    found = asked(tmp_path, SMALL)
    requests = [job.request for job in found.jobs]
    assert len(set(requests)) == len(requests) == 4 and found.left_out == ()
    assert Counter(request.network.regime for request in requests) == {"untrained": 2, "trained": 2}
    assert {request.network.weights.seed for request in requests} == {0, 1}
    assert {request.network.weights.epochs for request in requests if request.network.regime == "trained"} == {2}


def test_what_is_averaged_in_the_figure_are_seeds_alone_and_rows_say_what_else_differs(tmp_path):
    more = (
        '[[data]]\ndataset = "digits"\nn = 60\nnoise = 0.5\n\n[[data]]\ndataset = "digits"\nn = 80\nclasses = [1, 3]\n'
    )
    found, store = asked(tmp_path, SMALL.replace("[training]", more + "\n[training]")), Store(tmp_path / "store")
    groups = Counter(sweep._curve(job, found, store).group for job in found.jobs)
    assert len(groups) == 6 and set(groups.values()) == {2}
    rows = sweep.table(found, {}, store)
    assert len({(row["regime"], row["conditions"]) for row in rows}) == 6


def test_pretrained_weights_have_no_seed_and_are_measured_once(tmp_path):
    found = asked(tmp_path, 'networks = ["resnet18"]\nregimes = ["pretrained"]\nseeds = [0, 1, 2]\ndata = ["digits"]')
    assert [job.request.network.weights for job in found.jobs] == [Pretrained("IMAGENET1K_V1")]


def test_a_combination_that_there_is_not_is_left_out_and_that_is_said(tmp_path):
    found = asked(tmp_path, 'networks = ["cnn"]\nregimes = ["pretrained", "untrained"]\ndata = ["digits"]')
    assert len(found.jobs) == 1 and found.left_out == ("cnn has no pretrained weights: that combination is left out.",)
    with pytest.raises(RequestError, match="nothing that there is. cnn has no pretrained"):
        asked(tmp_path, 'networks = ["cnn"]\nregimes = ["pretrained"]\ndata = ["digits"]')


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("networks = ", "is not a TOML file"),
        ("nets = ['cnn']", "has no field 'nets'; there are networks"),
        ("networks = 'cnn'", "must be a list with at least one element, not 'cnn'"),
        ("networks = ['cnnn']", "names a network that there is not"),
        ("networks = [3]", "must be a table of name, width, depth, not 3"),
        ("regimes = ['learned']", "one of pretrained, trained, untrained, shuffled, not 'learned'"),
        ("seeds = [-1]", "from 0 to 2147483647, not -1"),
        ("[training]\nepoch = 3", "has no field 'epoch'"),
        ("[[data]]\ndataset = 'digits'\nm = 3", "has no field 'm'"),
        ("weights = ['a.pt']\nregimes = ['trained']", 'regime "pretrained": put it into regimes'),
        ("weights = [3]", "weights in a sweep must be a list of files, not [3]"),
        ("weights = ['absent.pt']", "cannot be read"),
        ("layers = 7", "The choice of layers must be of the kind tuple, not 7"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(RequestError, match=re.escape(sentence)) as caught:
        asked(tmp_path, text)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value).rstrip()


def test_a_sweep_takes_files_of_weights_and_leaves_out_those_that_do_not_fit(tmp_path):
    shapes = {"fc1.weight": (8, 64), "fc1.bias": (8,), "output.weight": (10, 8), "output.bias": (10,)}
    for i in (2, 10):
        save_file(
            {name: np.full(shape, i, np.float32) for name, shape in shapes.items()}, tmp_path / f"w_{i}.safetensors"
        )
    (tmp_path / "w_5.safetensors").write_bytes(b"cut")
    found = asked(tmp_path, SMALL.split("regimes")[0] + 'data = ["digits"]\nweights = ["w_*.safetensors"]')
    digests = [job.request.network.weights.digest for job in found.jobs]
    assert [found.files[digest] for digest in digests] == ["w_2.safetensors", "w_10.safetensors"]
    assert len(found.left_out) == 1 and found.left_out[0].startswith("w_5.safetensors is left out: The file")
    rows = sweep.table(found, {}, Store(tmp_path / "store"))
    assert [row["file"] for row in rows] == ["w_2.safetensors", "w_10.safetensors"]


class Once:
    """Jobs that end at the second look; those of seed 1 fail."""

    def __init__(self, endless=False):
        self.submitted, self.cancelled, self.looks, self.endless = [], [], Counter(), endless

    def submit(self, job, device):
        self.submitted.append(job)

    def status(self, id, position):
        self.looks[id] += 1
        seed = {job_key(job): job.request.network.weights.seed for job in self.submitted}[id]
        ended = Status("failed", message="No luck.") if seed else Status("done")
        return ended if self.looks[id] > 1 and not self.endless else Status("running")

    def cancel(self, id):
        self.cancelled.append(id)


def test_a_job_that_fails_stops_no_other_and_stands_in_the_table(tmp_path):
    found, jobs, said = asked(tmp_path, SMALL), Once(), []
    ended = sweep.compute(found, jobs, said.append, lambda seconds: None)
    assert Counter(status.state for status in ended.values()) == {"done": 2, "failed": 2}
    assert said[0] == "0 of 4 measured." and said[-1] == "4 of 4 measured, 2 of them failed."
    rows = sweep.table(found, ended, Store(tmp_path))
    assert [row["failure"] for row in rows] == ["failed: No luck."] * 2 and jobs.cancelled == []
    assert all("layer" not in row and row["network"] == "mlp 8x1" for row in rows)


def test_few_enough_jobs_wait_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "AT_ONCE", 2)
    found, jobs, most = asked(tmp_path, SMALL), Once(), []
    sweep.compute(found, jobs, lambda sentence: None, lambda seconds: most.append(len(jobs.submitted)))
    assert most[0] == 2 and len(jobs.submitted) == 4 and tuple(jobs.submitted) == found.jobs


def test_an_interrupted_sweep_cancels_what_it_asked_for(tmp_path):
    def interrupt(seconds):
        raise KeyboardInterrupt

    found, jobs = asked(tmp_path, SMALL), Once(endless=True)
    with pytest.raises(KeyboardInterrupt):
        sweep.compute(found, jobs, lambda sentence: None, interrupt)
    assert jobs.cancelled == [job_key(job) for job in found.jobs]


def test_a_sweep_that_is_interrupted_and_run_again_computes_only_what_is_missing(tmp_path):
    path, store = written(tmp_path, SMALL), Store(tmp_path / "store")
    jobs = sweep.read(path, store).jobs
    last = jobs[-1].request.network
    # Its weights are locked: however late this process hears of the first that is done, the last is not.
    with call(path, store.root, "--format", "csv") as first, store.locked(weights_key(last)):
        done = lambda job: (ticket := tickets.read(store, job_key(job))) and ticket.status.state == "done"  # noqa: E731
        patience.until(lambda: any(map(done, jobs)) or first.poll() is not None)
        first.send_signal(signal.SIGINT)
        printed, said = first.communicate(timeout=patience.seconds())
    assert first.returncode == 1 and said.rstrip().endswith("Stopped. What was finished is kept in the store.")
    assert "Traceback" not in said, said
    attempts = {
        job: ticket.attempt
        for job in jobs
        if (ticket := tickets.read(store, job_key(job))) and ticket.status.state == "done"
    }
    assert 1 <= len(attempts) < 4
    partial = list(csv.DictReader(io.StringIO(printed)))
    stopped = [row for row in partial if row["failure"]]
    assert len(stopped) == 4 - len(attempts) and all("stopped" in row["failure"] for row in stopped)
    assert sum(bool(row["layer"]) for row in partial) >= 3 * len(attempts)
    with call(path, store.root, "--format", "csv") as again:
        printed, said = again.communicate(timeout=patience.seconds())
    assert again.returncode == 0 and "4 of 4 measured" in said, said  # on a busy machine, and how long is left
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert len(rows) == 4 * 3 and all(float(row["id"]) > 0 for row in rows)
    assert {(row["regime"], row["seed"]) for row in rows} == {(r, s) for r in ("untrained", "trained") for s in "01"}
    assert all(tickets.read(store, job_key(job)).attempt == attempt for job, attempt in attempts.items())

    page = path.with_suffix(".html").read_text()
    assert "mlp 8x1, trained, digits" in page and "Plotly.newPlot" in page
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", page)
