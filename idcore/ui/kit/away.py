"""Networks of somebody's own code: the code stays with its owner. What was measured of them is shown here; for what was
not there is the command to run where the code is."""

from collections.abc import Sequence

import streamlit as st

from idcore import results
from idcore.command import factory_line
from idcore.results import handed
from idcore.results.handed import Handed
from idcore.settings import usual_store
from idcore.spec import FACTORY, PERTURBATIONS, USUAL, FromFile, Reading, Request
from idcore.ui.kit import address, belongings, datasets, query, state, words
from idcore.ui.kit.choice import FILE, Layers

_MOST = 12
"""Measured subsets that are named."""
_OF_IMAGES = ("size", "normalise", "reduce")


def networks() -> tuple[str, ...]:
    """The names of those that this session sees: `factory:NAME`."""
    sees = belongings.sight()
    names = {one.architecture.name for one in handed.networks(state.store()) if sees(one.digest)}
    return tuple(sorted(names))


def absent(name: str) -> str:
    """Of a link that came from elsewhere: what is not here, and how to bring it."""
    if not name.startswith(FACTORY):
        return ""
    return (
        "This link is about a network of somebody's own code, and nothing that was measured of it is in this store. "
        "Where that code is, layerscope profile --factory measures it"
    )


def is_away(request: Request) -> bool:
    """Whether it is a network of somebody's own code, which nothing here can show samples to."""
    return request.network.architecture.name.startswith(FACTORY)


def unmeasured(requests: Sequence[Request], layers: Layers) -> list[Request]:
    """Those that are of such a network and not all there."""
    return [one for one in requests if is_away(one) and not state.measured(one, layers).complete]


def view(requests: Sequence[Request], layers: Layers, reading: Reading = USUAL, ways: bool = True) -> None:
    """The commands that measure these, and the ways to what was measured of the network already. Nothing for no
    requests."""
    if not requests:
        return
    title = query.escaped(words.network_title(requests[0].network))
    with st.container(border=True, key="away"):
        st.markdown(f"**Not measured yet.** {title} is a network of your own code, which never comes here: it runs "
                    "where you start this command. Reload the page when it has ended.")  # fmt: skip
        lines = [line for one in requests if (line := command(one, layers, reading))]
        if lines:
            st.code("\n".join(lines), language="bash", wrap_lines=True)
        else:
            st.caption("How it was made is no longer in the store: layerscope profile --factory FILE.py:FUNCTION.")
        if ways:
            _measured(requests[0])


def command(request: Request, layers: Layers, reading: Reading = USUAL) -> str:
    """The command that measures a request where its code is; "" where that is no longer known."""
    network = _network(request)
    root = str(state.store().root)
    usual = root == str(usual_store())
    return "" if network is None else factory_line(network, request, layers, reading, "" if usual else root)


def explore(request: Request) -> dict[str, str | list[str]]:
    """What Explore has to be asked for to show a request of such a network."""
    data, weights = request.data, request.network.weights
    assert isinstance(weights, FromFile)
    parameters: dict[str, str | list[str]] = {
        "network": request.network.architecture.name,
        "weights": FILE + weights.digest,
        "data": data.dataset,
        "split": data.split,
        "n": str(data.n),
        "seed": str(data.seed),
    }
    known = datasets.describe(data.dataset)
    if data.classes is not None and known is not None:
        parameters["classes"] = [datasets.class_names(known)[c] for c in data.classes]
    for one in PERTURBATIONS:
        if (value := getattr(data, one.field)) != getattr(type(data)(), one.field):
            parameters[one.address] = str(value)
    for name in _OF_IMAGES:
        if (value := getattr(request, name)) != getattr(Request(), name):
            parameters[name] = str(value)
    return parameters


def _network(request: Request) -> Handed | None:
    weights = request.network.weights
    return handed.read(state.store(), weights.digest) if isinstance(weights, FromFile) else None


def _measured(request: Request) -> None:
    """The subsets that were measured of its network, the newest first, each a way to it."""
    sees = belongings.sight()
    there = [run.request for run in results.runs(state.store()) if run.request.network == request.network]
    there = [one for one in there if one != request and sees(one)][:_MOST]
    if not there:
        return
    st.caption("Measured already:")
    with st.container(horizontal=True):
        for i, one in enumerate(there):
            if st.button(words.sample_words(one), key=f"away-{i}", type="tertiary", icon=":material/show_chart:"):
                at = explore(one)
                for name in {"classes", "protocol", *_OF_IMAGES, *(kind.address for kind in PERTURBATIONS)} - at.keys():
                    st.session_state.pop(name, None)
                address.go("pages/explore.py", at)
