"""The protocol of the paper's hunchback figure: an ID for each class by itself, then mean and spread over them."""

from collections.abc import Mapping

import streamlit as st

from idcore.estimators.finding import IdCurve, finding
from idcore.estimators.protocol import mean_and_spread
from idcore.figures.curve import class_curve
from idcore.jobs import Status
from idcore.spec import ProfileJob
from idcore.ui.explore import curve
from idcore.ui.kit import address, charts, datasets, panel, query, state, words, work
from idcore.ui.kit.choice import Choice
from idcore.ui.kit.explain import how_to_read
from idcore.ui.kit.panel import Task
from idcore.ui.kit.parameters import declare
from idcore.ui.result import axes, layer

MOST = 50
"""More classes are more curves than anybody reads, and more jobs than anybody waits for."""

CLASS = declare("class")
EACH = declare("each", default="false", options=("true", "false"))


def jobs(choice: Choice) -> dict[int, ProfileJob]:
    """One measurement for each class."""
    return {c: ProfileJob(request, choice.layers) for c, request in choice.by_class().items()}


def measured(choice: Choice) -> dict[int, state.Measured]:
    """How far each class has come."""
    return {c: state.measured(request, choice.layers, layer.reading()) for c, request in choice.by_class().items()}


def shown(choice: Choice) -> int:
    """The class whose layer is open."""
    asked = st.session_state.get(CLASS.name, st.query_params.get(CLASS.name, ""))
    return next((c for c, name in _names(choice).items() if name == asked), choice.classes[0])


def pick(choice: Choice) -> None:
    """The control that holds it."""
    names = list(_names(choice).values())
    query.check(CLASS, names)
    address.titled("Class", CLASS, names, str, names[0], width=280)


def ready(choice: Choice, by_class: Mapping[int, state.Measured]) -> tuple[bool, bool]:
    """What the page below the curve can show."""
    return curve.ready(by_class[shown(choice)])


def sample_words(choice: Choice) -> str:
    """What was shown to the network."""
    request = choice.by_class()[choice.classes[0]]
    return f"{len(choice.classes)} classes, each by itself · {words.sample_words(request, of_class=False)}"


def curve_view(choice: Choice, polled: bool) -> None:
    """The mean over the classes, and the jobs behind it. polled: whether this runs again and again."""
    by_class = measured(choice)
    stands = {c: Status("done") if by_class[c].complete else work.status(job) for c, job in jobs(choice).items()}
    active = [c for c, now in stands.items() if now.active]
    if polled and (not active or ready(choice, by_class) != st.session_state["ready"]):
        st.rerun()
    all_jobs, names = jobs(choice), _names(choice)
    spread = mean_and_spread({c: one.rows for c, one in by_class.items()})
    with st.container(key="curve-status", gap="small"):
        tasks = [Task(all_jobs[c], now, names[c]) for c, now in stands.items()]
        panel.draw("profile", *tasks, device=choice.device, bars=1, of="classes")
        waiting = [all_jobs[c] for c, now in stands.items() if work.to_offer(all_jobs[c], now)]
        if waiting and not active:
            work.offer(waiting, choice.device)
        said = finding([IdCurve([o.layer for o in spread], [o.mean for o in spread], [o.deviation for o in spread])])
        if said and not active:
            st.markdown(f"**Mean over the classes: {query.escaped(said)}**")
    left, right = charts.toolbar()
    with left:
        each = address.switch("each class", EACH)
        paper = curve.of_the_paper(choice.request().network)
    with right:
        axes.axes(curve.AXIS)
    layers = max((one.layers for one in by_class.values()), key=len)
    if not layers:
        if active:
            st.skeleton(height=curve.HEIGHT)
        return
    figure = class_curve(
        spread,
        layers,
        choice.regime,
        names=_names(choice),
        each=each,
        x=st.session_state["x"],
        log=st.session_state["axis"] == "log",
        reading=layer.reading(),
        published=paper,
        height=curve.HEIGHT,
    )
    ids = ", ".join(f"{one.layer} {one.mean:.1f}" for one in spread if one.mean is not None)
    charts.draw(figure, "curve", alt=f"Mean intrinsic dimension over classes by layer: {ids}", on_select=curve.select)
    st.caption(
        f"N = {choice.data.n:,} of each class; {words.discarded(layer.reading())}; bars are one standard "
        "deviation over the classes. A click on a point, ← or → choose the layer." + curve.paper_words(paper)
    )
    how_to_read("curve")


def _names(choice: Choice) -> dict[int, str]:
    known = datasets.describe(choice.data.dataset)
    names = datasets.class_names(known) if known else ()
    return {c: names[c] if c < len(names) else str(c) for c in choice.classes}
