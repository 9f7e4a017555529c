"""The pages without a browser: a job client that writes synthetic layers to the store; how they are opened and read."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from idcore import results
from idcore.estimators import detectors
from idcore.estimators import units as estimator
from idcore.jobs import Status
from idcore.jobs.quota import Quota
from idcore.jobs.status import job_key
from idcore.record import Layer, LayerGeometry
from idcore.results import Run, detected, looked
from idcore.results.looked import Heads, Judged, Looked
from idcore.settings import Settings
from idcore.spec import (
    REGIMES,
    AttendJob,
    ColumnJob,
    EmbedJob,
    GeneraliseJob,
    IdealJob,
    LookJob,
    ProfileJob,
    ReadJob,
    RedundancyJob,
    SegmentJob,
    UnitsJob,
)
from idcore.store import Store
from tests import ROOT
from tests.tools import patience
from tests.tools.build_record import brute_geometry, scattered
from tests.tools.columns import excited

NAMES = ("input", "conv1", "d1", "output")
N = 60


class FakeJobs:
    """Measures synthetic layers: all of them at once, or the first `steps` of them."""

    quota = Quota(Settings(cache=Path()))

    def __init__(self, store: Store, steps: int = len(NAMES), failure: str = "") -> None:
        self.store, self.steps, self.failure = store, steps, failure
        self.submitted: list[object] = []
        self.devices: list[str] = []
        self.estimate = ""
        self.states: dict[str, Status] = {}

    def submit(self, job, device="auto", session=""):
        self.submitted.append(job)
        self.devices.append(device)
        id = job_key(job)
        if self.failure:
            self.states[id] = Status("failed", message=self.failure)
        elif isinstance(job, ReadJob):
            self.states[id] = Status("running", phase="reading", message="Reading.")
        elif isinstance(job, UnitsJob):
            self._count(job)
        elif isinstance(job, ColumnJob):
            self.states[id] = Status("running", phase="loading", message="Loading the data.")
        elif isinstance(job, IdealJob):
            self.states[id] = Status("running", phase="seeking", message="Ideal inputs of d1.")
        elif isinstance(job, GeneraliseJob):
            self.states[id] = Status("running", phase="computing", message="Width 2, 1 of 11.")
        elif isinstance(job, (SegmentJob, RedundancyJob, AttendJob)):
            self.states[id] = Status("running", phase="parting", message="Parting d1")
        elif isinstance(job, LookJob):
            looked.save(self.store, job, looked_at(job))
            self.states[id] = Status("done")
        elif isinstance(job, EmbedJob):
            self.states[id] = Status("running", phase="embedding", message="Embedding d1")
        else:
            self._measure(job)
        return id

    def _measure(self, job: ProfileJob) -> None:
        plan = tuple(Layer(name, i, i / 3, "Linear", (8,), 8, True) for i, name in enumerate(NAMES))
        labels, ids = scattered(N, 10)
        run = Run(job.request, plan, labels, labels, ids, tuple("0123456789"), 1.0, 0.98, 0.97,
                  estimate=self.estimate)  # fmt: skip
        results.save_run(self.store, run)
        for layer in plan[: self.steps]:
            results.save_layer(self.store, job.request, synthetic(self._seed(job), layer))
        done = self.steps == len(NAMES)
        self.states[job_key(job)] = (
            Status("done")
            if done
            else Status("running", "measuring", "d1", self.steps, len(NAMES), message="Measuring d1")
        )

    def _seed(self, job: ProfileJob) -> int:
        regime = job.request.network.regime
        return REGIMES.index(regime) if regime in REGIMES else 9

    def _count(self, job: UnitsJob) -> None:
        """Units that are drawn anew, of the synthetic layers."""
        from idcore.pipeline.units import _part, detected_of  # which imports torch

        run = results.run(self.store, job.request)
        names, of = estimator.classes(run.labels, N)
        for i, name in enumerate(job.layers):
            layer = next(one for one in run.layers if one.name == name)
            x = np.random.default_rng([5, i]).normal(size=(N, 8)) + i * np.eye(10, 8)[of]
            x[:, 3] = 0
            part = _part(x, estimator.count(x, names, of), of)
            found = detected_of(layer, of, part, excited([x]), detectors.detector([x], of))
            detected.save(self.store, job.request, name, found)
        self.states[job_key(job)] = Status("done")

    def status(self, id):
        return self.states.get(id, Status())

    def active(self):
        return [(id, None, now) for id, now in self.states.items() if now.active]

    def cancel(self, id):
        self.states[id] = Status("cancelled", message="The job was cancelled.")


@functools.cache
def synthetic(seed: int, layer: Layer) -> LayerGeometry:
    """The record of a layer of N drawn points, the same for the same seed and place."""
    x = np.random.default_rng([seed, layer.order]).normal(size=(N, 8)) * (1 + np.arange(8))
    return replace(brute_geometry(x, layer.name, order=layer.order, depth=layer.depth), layer=layer)


def looked_at(job: LookJob) -> Looked:
    """A look of a small transformer: 4 patches, two layers of two heads; rollout loses to the ink."""
    random = np.random.default_rng(job.sample)
    said = np.r_[0.55, np.full(9, 0.05)]
    each = random.dirichlet(np.ones(5), (2, 2, 5)).astype(np.float16)  # layers, heads, rows
    rows = [
        Judged(name, map, map if map is None else np.ones((2, 2)), np.linspace(0.55, low, 5), area, spread)
        for name, map, low, area, spread in (
            ("attention rollout", np.ones((2, 2), np.float32), 0.1, 0.4, 0.0),
            ("integrated gradients", random.normal(size=(8, 8)).astype(np.float32), 0.0, 0.1, 0.0),
            ("most ink", np.ones((2, 2), np.float32), 0.05, 0.2, 0.0),
            ("random", None, 0.3, 0.5, 0.02),
        )
    ]
    heads = tuple(Heads(f"block{i + 1}", each[i].mean(0), each[i]) for i in range(2))
    target = 0 if job.target is None else job.target
    image = np.zeros((8, 8, 3), np.uint8)
    return Looked(7, 3, image, (), said, target, tuple(rows), ("Grad-CAM is not there: so it is.",), heads)


def open_app(page: str = "explore", **address: str | list[str]) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience.seconds())
    for name, value in address.items():
        at.query_params[name] = value
    if page:
        at.switch_page(f"pages/{page}.py")
    at.run()
    assert not at.exception, at.exception
    return at


def with_export(at: AppTest, open: bool = True) -> AppTest:
    """The page once its Export menu was opened, or closed."""
    at.session_state["export"] = open
    return at.run()


def figures_of(at: AppTest) -> list[str]:
    return [chart.proto.spec for chart in at.get("plotly_chart")]


def text_of(at: AppTest) -> str:
    """What is written on the page, as it is read: without the backslashes of Markdown."""
    kinds = (at.markdown, at.caption, at.error, at.info, at.title, at.text)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")
