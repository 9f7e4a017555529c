"""Linear probes of measured networks: those that are there, and the button that has the others fitted."""

from collections.abc import Mapping, Sequence

import streamlit as st

from idcore import results
from idcore.estimators.accuracy import Probe
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.spec import ProbeJob
from idcore.ui.kit import panel, state, work
from idcore.ui.kit.panel import Task


def labelled(measured: state.Measured) -> bool:
    """Whether there are labels to read."""
    run = measured.run
    return run is not None and len(run.labels) > 0 and bool((run.labels >= 0).all())


def fitted(measured: state.Measured) -> dict[str, Probe]:
    """The probes of a network by layer, those that are there."""
    read = {layer.name: results.probe(state.store(), measured.request, layer.name) for layer in measured.layers}
    return {name: one for name, one in read.items() if isinstance(one, Probe)}


def job(measured: state.Measured) -> ProbeJob:
    """What fits the probes of all layers."""
    return ProbeJob(measured.request, tuple(layer.name for layer in measured.layers))


def active(all_measured: Sequence[state.Measured]) -> bool:
    """Whether any are being fitted."""
    return any(one.complete and _status(one).active for one in all_measured)


def section(of: Mapping[str, state.Measured], key: str) -> None:
    """The button, or how far the fitting is. of: measured networks by name."""
    tasks = [Task(job(one), _status(one), name) for name, one in of.items() if labelled(one)]
    panel.draw(key, *tasks, bars=1, of="networks probed")
    wanted = [task.job for task in tasks if task.now.state == "absent"]
    if wanted and not any(task.now.active for task in tasks):
        help = (
            "Multinomial logistic regression on the principal coordinates of each layer, five-fold cross-validated: a "
            "few seconds a layer."
        )
        st.button("Fit linear probes", key=f"probe-{key}", icon=":material/linear_scale:", help=help,
                  on_click=work.start_all, args=(wanted, "auto"))  # fmt: skip


def _status(measured: state.Measured) -> Status:
    """Done where all are there; a job that is done and has lost them to the limit of the store is as good as none."""
    if all(results.probe(state.store(), measured.request, layer.name) is not None for layer in measured.layers):
        return Status("done")
    now = state.jobs().status(job_key(job(measured)))
    return Status() if now.state == "done" else now
