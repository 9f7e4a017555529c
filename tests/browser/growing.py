"""The dashboard with a job that has measured the layers that the file `layers` beside its store names."""

import functools
from dataclasses import replace

import streamlit as st

import idcore.jobs
from idcore import results
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.record import Layer
from idcore.results import Run
from idcore.settings import settings
from idcore.store import Store
from tests import ROOT
from tests.tools.build_record import scattered
from tests.tools.pages import FakeJobs, N, synthetic

LAYERS = 12


class Growing(FakeJobs):
    """Layers come one after the other."""

    done: Run | None = None

    def submit(self, job, device="auto", session=""):
        plan = tuple(Layer(f"l{i}", i, i / LAYERS, "Linear", (8,), 8, True) for i in range(LAYERS))
        labels, ids = scattered(N, 10)
        self.done = Run(job.request, plan, labels, labels, ids, tuple("0123456789"))
        results.save_run(self.store, replace(self.done, predictions=labels[:0]))
        self.status(job_key(job))  # what there is from the beginning
        return job_key(job)

    def status(self, id):
        if self.done is None:
            return Status()
        come = [int(number) for number in settings().cache.with_name("layers").read_text().split()]
        for layer in (self.done.layers[i] for i in come):
            if results.layer(self.store, self.done.request, layer.name) is None:
                results.save_layer(self.store, self.done.request, synthetic(3, layer))
        if len(come) < LAYERS:
            return Status("running", "measuring", "", len(come), LAYERS, message="Measuring")
        results.save_run(self.store, self.done)
        return Status("done")


@functools.cache
def _jobs() -> Growing:
    return Growing(Store(settings().cache))


idcore.jobs.get_jobs = _jobs  # before a page has taken it from there
app = st.App(ROOT / "app.py")
