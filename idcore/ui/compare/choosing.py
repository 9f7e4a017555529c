"""Which networks are compared: one-click sets around the choice of the sidebar, or any results of the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from idcore import results
from idcore.networks import catalogue
from idcore.record import OWN_NETWORK
from idcore.spec import FOLDER, UPLOAD, Architecture, FromFile, NetworkSpec, Recipe, Regime, Request
from idcore.steps import in_order, natural, steps
from idcore.ui.compare import naming
from idcore.ui.compare.naming import Names
from idcore.ui.kit import address, belongings, datasets, state, weights, words
from idcore.ui.kit.choice import FILE, SERIES_DIGITS, Choice
from idcore.ui.kit.parameters import declare

SET = declare(
    "set",
    "the set of networks",
    options=("regimes", "label noise", "widths", "depths", "seeds", "families", "sweep", "series", "results"),
)
SERIES = declare("series", "the choice of files of weights", several=True, unnamed=True)
RESULTS = declare("results", "the choice of results", several=True, unnamed=True)
WIDTHS, DEPTHS, SEEDS = (16, 32, 64, 128, 256, 512), (1, 2, 3, 4, 6, 8), 5
NOISE = (0.0, 0.25, 0.5, 0.75, 1.0)
FAMILIES = ("alexnet", "vgg11", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50")
AT_ONCE = ("regimes", "label noise", "widths", "depths", "seeds", "series")
"""Sets of which each network that needs no training is measured on arrival."""
_LEARN = ("label noise", "widths", "depths", "sweep")
_SWEEP_EPOCHS = 40
"""So that no network of the sweep takes more than seconds; labels of which some are permuted are not all learned."""


@dataclass(frozen=True)
class Member:
    """A network of a set. name: in legends, its own within the set. group: of which it is one. tone: its place in an
    ordered set, 0 ... 1. step: of a checkpoint of a training. file: of its weights, or what it was called."""

    name: str
    request: Request
    group: str = ""
    tone: float | None = None
    step: int | None = None
    file: str = ""

    @property
    def id(self) -> str:
        """What it is called in the address, the same in every set."""
        return naming.identity(self.request)


@dataclass(frozen=True)
class Chosen:
    """A set of networks. words: what it is, in a sentence."""

    name: str
    members: tuple[Member, ...]
    words: str

    @property
    def series(self) -> bool:
        """Whether these are checkpoints of one training, one after the other."""
        return len(self.members) > 1 and all(member.step is not None for member in self.members)


def choose(choice: Choice) -> Chosen:
    """Draw the control of the sets, and of the results where those are chosen one by one."""
    name = address.option("Compare", SET, widget=st.pills, label_visibility="collapsed")
    if name in _LEARN and "trained" not in choice.regimes:
        st.info("The networks of this set have to learn, and this data set cannot be learned from. Choose another set.")
        return Chosen(name, (), _WORDS[name])
    members = _results() if name == "results" else _SETS[name](choice)
    cold = " They learn without the warm-up." if name == "sweep" and choice.warmup else ""
    return Chosen(name, tuple(members), _WORDS[name] + cold)


def _regimes(choice: Choice) -> list[Member]:
    """With no shuffled labels at all, shuffled is trained."""
    requests = {regime: choice.request(regime) for regime in choice.regimes}
    return [
        Member(request.network.told, request, request.network.told)
        for regime, request in requests.items()
        if request.network.regime == regime
    ]


def _noise(choice: Choice) -> list[Member]:
    names = ("true labels", *(f"{share:.0%} shuffled" for share in NOISE[1:]))
    return [
        Member(name, replace(choice, shuffled=share).request("shuffled"), "label noise", share)
        for name, share in zip(names, NOISE, strict=True)
    ]


def _widths(choice: Choice) -> list[Member]:
    depth = choice.architecture.depth or 3
    return _perceptrons(choice, [(f"width {width}", width, depth) for width in WIDTHS], "width")


def _depths(choice: Choice) -> list[Member]:
    width = choice.architecture.width or 128
    names = [f"{depth} hidden layer{'s' * (depth > 1)}" for depth in DEPTHS]
    return _perceptrons(choice, [(name, width, depth) for name, depth in zip(names, DEPTHS, strict=True)], "depth")


def _perceptrons(choice: Choice, sizes: Sequence[tuple[str, int, int]], group: str) -> list[Member]:
    choice = replace(choice, reduce="flatten")
    return [
        Member(name, replace(choice, architecture=Architecture("mlp", width, depth)).request("trained"), group,
               i / (len(sizes) - 1))
        for i, (name, width, depth) in enumerate(sizes)
    ]  # fmt: skip


def _seeds(choice: Choice) -> list[Member]:
    regimes: list[Regime] = [regime for regime in ("trained", "untrained") if regime in choice.regimes]
    return [
        Member(f"{regime}, seed {seed}", replace(choice, seed=seed).request(regime), regime)
        for regime in regimes
        for seed in range(choice.seed, choice.seed + SEEDS)
    ]


def _families(choice: Choice) -> list[Member]:
    """Pretrained where that was measured, else untrained."""
    known = {run.request for run in results.runs(state.store())}
    members = []
    for name in FAMILIES:
        shown = replace(choice, architecture=Architecture(name), reduce=catalogue.lookup(name).reduce)
        pretrained = replace(shown, weights=catalogue.recommended(name)).request("pretrained")
        request = pretrained if pretrained in known else shown.request("untrained")
        members.append(Member(f"{name}, {request.network.regime}", request, request.network.regime))
    return members


def _sweep(choice: Choice) -> list[Member]:
    """Small networks on the same images that end at different errors, for different reasons."""
    usual = replace(choice, reduce="flatten").request("trained")
    recipe = usual.network.weights
    assert isinstance(recipe, Recipe)
    recipe = replace(recipe, epochs=_SWEEP_EPOCHS, warmup=0)
    designs = [("width", f"3 × {width}", (width, 3), recipe) for width in (16, 32, 64, 256)]
    designs += [("depth", f"{depth} × 128", (128, depth), recipe) for depth in (1, 2, 3, 5)]
    designs += [("label noise", f"3 × 128, {share:.0%} shuffled", (128, 3), replace(recipe, shuffled=share))
              for share in (0.15, 0.3, 0.45, 0.6)]  # fmt: skip
    designs += [("early stopping", f"3 × 128, stopped at {epochs}", (128, 3), replace(recipe, epochs=epochs))
              for epochs in (1, 2, 4, 8)]  # fmt: skip
    return [
        Member(name, replace(usual, network=NetworkSpec(Architecture("mlp", *size), weights)), group)
        for group, name, size, weights in designs
    ]


def _results() -> list[Member]:
    """Any results of the store, from a list that can be searched."""
    runs = {naming.identity(run.request): run for run in results.runs(state.store())}
    for id in runs.keys() & set(st.query_params.get_all(RESULTS.name)):
        belongings.link(runs[id].request)
    sees = belongings.sight()
    runs = {id: run for id, run in runs.items() if sees(run.request)}
    if not runs:
        st.caption("There are no results in the store yet: open another set, or Explore.")
        return []
    titles = {name: title for name, title in datasets.all_titles().items() if name.startswith((UPLOAD, FOLDER))}
    files = {one.digest: one.name for one in results.weights_files(state.store())}
    own = frozenset(name for name, one in datasets.known().items() if one.source == OWN_NETWORK)
    known = Names(titles, files, {run.request: run.created for run in runs.values()}, own)
    picked = address.titled_several(
        "Results", RESULTS, list(runs), naming.lines(runs, known).__getitem__, label_visibility="collapsed",
        placeholder=f"Search {len(runs):,} results: network, regime, data, seed",
    )  # fmt: skip
    requests = [runs[id].request for id in picked]
    return _in_steps(requests, known) or [
        Member(name, r, r.network.told) for name, r in zip(naming.names(requests, known), requests, strict=True)
    ]


def _series(choice: Choice) -> list[Member]:
    """The person's files of weights for the network of the sidebar, those that are chosen."""
    asked = set(st.query_params.get_all(SERIES.name))
    for one in results.weights_files(state.store()):
        if one.digest[:SERIES_DIGITS] in asked:
            belongings.link(one.digest)
    files = weights.files(choice.architecture)
    title = words.network_title(NetworkSpec(choice.architecture))
    at = {"bring": "weights", "network": choice.architecture.name}
    sizes = {"width": choice.architecture.width, "depth": choice.architecture.depth}
    at |= {name: str(size) for name, size in sizes.items() if size is not None}
    st.page_link("pages/data.py", label="Bring files of weights", icon=":material/upload:", query_params=at)
    if not files:
        st.caption(f"There are no files of weights of {title} yet: bring some, or choose another network.")
        return []
    digests = {digest[:SERIES_DIGITS]: digest for digest in sorted(files, key=lambda digest: natural(files[digest]))}
    picked = address.titled_several(
        "Files of weights", SERIES, list(digests), lambda id: files[digests[id]], label_visibility="collapsed",
        placeholder=f"Choose among {len(files):,} files of weights of {title}",
    )  # fmt: skip
    if not picked:
        st.caption("Choose the files of one training, or those of a base and what was made of it.")
    requests = [replace(choice, weights=FILE + digests[id]).request("pretrained") for id in picked]
    known = Names({}, files)
    return _in_steps(requests, known) or [Member(name, r) for name, r in zip(naming.names(requests, known), requests,
                                                                             strict=True)]  # fmt: skip


def _in_steps(requests: Sequence[Request], known: Names) -> list[Member]:
    """The same as checkpoints of one training, in the order of their steps; nothing where they are none. They are files
    of weights of one network on the same samples, or networks that were handed in, each with a number in its name."""
    called = [naming.checkpoint(request, known) for request in requests]
    told, kinds = steps(called), {type(request.network.weights) for request in requests}
    alike = len({(request.network.architecture, request.data) for request in requests}) == 1
    if len(requests) < 2 or not all(called) or len(kinds) > 1 or not (alike if FromFile in kinds else told):
        return []
    names = called if len(set(called)) == len(called) else naming.names(requests, known)
    order, last = in_order(called), len(called) - 1
    return [
        Member(names[i], requests[i], "series", position / last, told[i] if told else position + 1, called[i])
        for position, i in enumerate(order)
    ]


_SETS: dict[str, Callable[[Choice], list[Member]]] = {
    "regimes": _regimes,
    "label noise": _noise,
    "widths": _widths,
    "depths": _depths,
    "seeds": _seeds,
    "families": _families,
    "sweep": _sweep,
    "series": _series,
}
_WORDS = {
    "regimes": "One network, its weights obtained in different ways.",
    "label noise": "One network, trained on labels of which a growing share is permuted.",
    "widths": "Multilayer perceptrons of growing width, trained on true labels.",
    "depths": "Multilayer perceptrons of growing depth, trained on true labels.",
    "seeds": f"One network from {SEEDS} seeds: what differs here is chance.",
    "families": "Networks made for ImageNet: pretrained where that was measured, else untrained.",
    "sweep": "Sixteen small networks that end at different errors: by width, depth, label noise and early stopping.",
    "series": "Checkpoints of one training, one after the other: a file of weights each.",
    "results": "Whatever was measured before.",
}
