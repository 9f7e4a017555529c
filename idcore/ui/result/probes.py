"""Linear probes of measured networks: those that are there, and the button that has the others fitted."""

from collections.abc import Mapping, Sequence

import streamlit as st

from idcore import results
from idcore.estimators.accuracy import Probe
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.spec import ProbeJob
from idcore.ui.kit import query, state, work


def labelled(measured: state.Measured) -> bool:
    """Whether there are labels to read."""
    run = measured.run
    return run is not None and len(run.labels) > 0 and bool((run.labels >= 0).all())


def found(measured: state.Measured) -> dict[str, Probe]:
    """The probes of a network by layer, those that are there."""
    read = {layer.name: results.probe(state.store(), measured.request, layer.name) for layer in measured.layers}
    return {name: one for name, one in read.items() if isinstance(one, Probe)}


def job(measured: state.Measured) -> ProbeJob | None:
    """What would fit the probes that are missing, None where none are."""
    names = tuple(layer.name for layer in measured.layers)
    missing = [n for n in names if results.probe(state.store(), measured.request, n) is None]
    return ProbeJob(measured.request, names) if missing else None


def active(all_measured: Sequence[state.Measured]) -> bool:
    """Whether any are being fitted."""
    return any(one.complete and (wanted := job(one)) and _status(wanted).active for one in all_measured)


def show(of: Mapping[str, state.Measured], key: str) -> None:
    """The button, or how far the fitting is. of: measured networks by name."""
    wanted = {name: one for name, measured in of.items() if labelled(measured) and (one := job(measured))}
    if not wanted:
        return
    stands = {name: _status(one) for name, one in wanted.items()}
    running = {name: now for name, now in stands.items() if now.active}
    if running:
        first = next((name for name, now in running.items() if now.state == "running"), next(iter(running)))
        done = len(of) - len(wanted)
        text = f"{done} of {len(of)} networks probed. {first}: {work.sentence(running[first])}"
        value = (done + sum(map(work.share, running.values()))) / len(of)
        work.bar(value, query.escaped(text), [wanted[name] for name in running], key)
        return
    ended = [name for name, now in stands.items() if now.state in work.ENDED]
    if ended:
        jobs = [wanted[name] for name in ended]
        work.show_end(jobs[0], stands[ended[0]], key, jobs=jobs)
        return
    help = (
        "Multinomial logistic regression on the principal coordinates of each layer, five-fold cross-validated: a few "
        "seconds a layer."
    )
    st.button("Fit linear probes", key=f"probe-{key}", icon=":material/linear_scale:", help=help,
              on_click=work.start_all, args=(list(wanted.values()), "auto"))  # fmt: skip


def _status(wanted: ProbeJob) -> Status:
    return state.jobs().status(job_key(wanted))
