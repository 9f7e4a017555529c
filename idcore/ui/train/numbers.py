"""The numbers of measured trainings to take along."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from idcore import spec, text
from idcore.estimators.summary import LayerSummary
from idcore.results import dynamics
from idcore.spec import USUAL, WatchJob
from idcore.ui.kit import state
from idcore.ui.kit.charts import FORMATS
from idcore.ui.train import course
from idcore.ui.train.course import Stand

_EPOCH = ("loss", "train_accuracy", "test_accuracy")
_ROW = tuple(field.name for field in dataclasses.fields(LayerSummary))


def export(found: Sequence[Stand]) -> None:
    """The Export popover."""
    with st.popover("Export", icon=":material/download:"):
        with st.container(horizontal=True):
            for kind, text, mime in (("CSV", to_csv(found), "text/csv"), ("JSON", to_json(found), "application/json")):
                file = f"layerscope-train.{kind.lower()}"
                st.download_button(f"Numbers, {kind}", text, file, mime, on_click="ignore", icon=":material/table:")
        st.segmented_control("Figures as", FORMATS, default="svg", required=True, key="format")
        st.caption("Hover over a figure and press its camera: it is saved as you see it.")


def to_csv(found: Sequence[Stand]) -> str:
    """One line for each training, measured epoch and layer."""
    lines = []
    for one in found:
        if one.found is None:
            continue
        history: dict[int, dict[str, Any]] = {record["epoch"]: record for record in one.found.history}
        for epoch, rows in sorted(one.found.rows.items()):
            about = [history.get(epoch, {}).get(name) for name in _EPOCH]
            lines += [(course.name(one.job), epoch, *about, *(getattr(row, name) for name in _ROW)) for row in rows]
    return text.to_csv(("labels", "epoch", *_EPOCH, *_ROW), lines)


def to_json(found: Sequence[Stand]) -> str:
    """The jobs with their history and rows, and what the rows were made with."""
    results = [
        {
            "job": spec.to_json(one.job),
            "history": list(one.found.history),
            "layers": {epoch: [dataclasses.asdict(row) for row in rows] for epoch, rows in one.found.rows.items()},
            "seconds_measuring": dict(one.found.measuring),
            "versions": dict(one.found.versions),
        }
        for one in found
        if one.found is not None
    ]
    return json.dumps({**USUAL.of_rows, "trainings": results}, indent=1, allow_nan=False)


def discard(job: WatchJob) -> None:
    """Forget a training that has not ended."""
    dynamics.forget(state.store(), job)
