"""The mean local dimension of the last hidden layer through a training, from the records that the training left."""

from collections.abc import Sequence

import streamlit as st

from idcore.errors import PointsError
from idcore.estimators import local
from idcore.estimators.local import Mean
from idcore.figures.epochs import Course
from idcore.figures.local import through_figure
from idcore.results import dynamics
from idcore.spec import WatchJob
from idcore.ui.kit import charts, state
from idcore.ui.train.course import Stand


def through(stands: Sequence[Stand]) -> None:
    """The figure and its words; nothing where no record of a last hidden layer is there."""
    courses: list[tuple[Course, dict[int, Mean]]] = []
    for one in stands:
        course = one.course
        if not course.layers or not course.rows:
            continue
        name = course.layers[course.hidden].name
        by_epoch = {epoch: _mean(str(state.store().root), one.job, epoch, name) for epoch in course.rows}
        means = {epoch: mean for epoch, mean in by_epoch.items() if mean is not None}
        if means:
            courses.append((course, means))
    if not courses:
        return
    with st.container(border=True):
        st.subheader("Local dimension of the last hidden layer")
        told = "; ".join(
            f"{course.name}: {means[min(means)].value:.1f} to {means[max(means)].value:.1f}"
            for course, means in courses
        )
        charts.draw(through_figure(courses), "through", alt=f"Mean local dimension by epoch; {told}")
        n = max(mean.n for _, means in courses for mean in means.values())
        st.caption(
            f"Mean over N = {n:,} test images of the Levina–Bickel ID at each, from k = {local.K} neighbours; bars are "
            "one standard error. By itself it is no sign of generalising: reports of language models see it fall, "
            "in a perceptron that groks it rises (benchmarks/grokking.py)."
        )


def _mean(root: str, job: WatchJob, epoch: int, name: str) -> Mean | None:
    try:
        return _kept(root, dynamics.key(job), epoch, name, job)
    except PointsError:
        return None


@st.cache_resource(max_entries=400, show_spinner=False)
def _kept(root: str, key: str, epoch: int, name: str, _job: WatchJob) -> Mean:
    geometry = dynamics.layer(state.store(), _job, epoch, name)
    if geometry is None:
        raise PointsError("There is no record of this epoch.")
    return local.mean(geometry)
