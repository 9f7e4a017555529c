"""The tokens of single sequences, a cloud each: its dimension in every layer, and the loss of each token."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from idcore.errors import RequestError
from idcore.estimators.clouds import CloudId, goes_with, of_cloud, of_tokens
from idcore.geometry.measure import measure
from idcore.limits import BUDGET, Budget
from idcore.networks import extras, languages
from idcore.networks.language import IDS, LOGITS, TAKEN, LanguageNetwork
from idcore.networks.state import ready
from idcore.pipeline.layers import choose_device
from idcore.pipeline.read import as_it_is
from idcore.pipeline.units import lent
from idcore.record import Layer
from idcore.results import clouded
from idcore.results.clouded import Clouds
from idcore.spec import FEWEST_TOKENS, CloudsJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch


def clouds(job: CloudsJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Measure the tokens of the first sequences that have `FEWEST_TOKENS` or more, special ones left out, and keep what
    is found. Raises RequestError where the network is no language model or no sequence is long enough; NetworkError,
    Cancelled."""
    job = as_it_is(job, store, watch)
    if clouded.read(store, job) is not None:
        return
    watch.report("loading", "Loading the texts and the model.")
    # Of the mean every token is taken that is neither padding nor special.
    about, tokens, trained = lent(replace(job.request, reduce="mean"), store, watch)
    network = trained.module
    if not isinstance(network, LanguageNetwork):
        raise RequestError("Clouds of tokens are those of a language model; this network is shown images.")
    vocabulary, device = extras.vocabulary(about.entry), choose_device(budget.device)
    plain = tokens[:, TAKEN] == 1
    long = [i for i in range(len(tokens)) if int(plain[i].sum()) >= FEWEST_TOKENS]
    if not long:
        raise RequestError(
            f"No sequence has {FEWEST_TOKENS} tokens or more (the longest has {int(plain.sum(1).max())}): a cloud of "
            "fewer points has no dimension that could be told. Choose longer texts, or a larger length."
        )
    chosen = long[: job.sequences]
    measured = [
        _cloud(network, tokens[i : i + 1], plain[i], device, watch, k, len(chosen)) for k, i in enumerate(chosen)
    ]
    names = [name for name in network.layers_are if name != LOGITS]
    said = vocabulary.tokenizer.convert_ids_to_tokens
    words = tuple(tuple(str(one) for one in said(tokens[i, IDS][plain[i]].tolist())) for i in chosen)
    clouded.save(store, job, _kept(names, chosen, words, measured, len(tokens) - len(long), languages.causal(network)))
    watch.report("done", "Done.")


Measured = tuple[list[CloudId], np.ndarray, np.ndarray]
"""Of one sequence: by layer its dimension, the losses of its tokens (t,), their local dimensions (l, t)."""


def _cloud(
    network: LanguageNetwork, tokens: Tensor, plain: Tensor, device: torch.device, watch: Watch, k: int, total: int
) -> Measured:
    watch.report("clouds", f"Tokens of sequence {k + 1} of {total}.", k, total)
    with ready(network, device):
        hidden, logits = network.hidden(tokens.to(device))
        told = losses(logits, tokens[:, IDS].to(device)) if logits is not None and languages.causal(network) else None
    kept = plain[: next(iter(hidden.values())).shape[1]]
    ids, local = list[CloudId](), []
    for name in network.layers_are:
        if name != LOGITS:
            points = hidden[name][0].cpu()[kept].float()
            layer = Layer(name, 0, 0.0, "", (points.shape[1],), points.shape[1])
            geometry = measure([points], layer, memory=2**28, draws=1, coordinates=2)
            ids.append(of_cloud(geometry))
            local.append(of_tokens(geometry))
    lost = np.full(len(kept), np.nan) if told is None else told.cpu().numpy()
    return ids, lost[kept.numpy()], np.stack(local)


def losses(logits: Tensor, ids: Tensor) -> Tensor:
    """(t,) float64: minus the logarithm of the probability of each token after those before it, NaN for the first.
    logits: (1, t, v); ids: (1, T), T >= t."""
    ids = ids[:, : logits.shape[1]]
    told = torch.nn.functional.cross_entropy(logits[0, :-1].float(), ids[0, 1:], reduction="none")
    return torch.cat([told.new_full((1,), torch.nan), told]).double()


def _kept(
    names: Sequence[str],
    chosen: Sequence[int],
    words: tuple[tuple[str, ...], ...],
    measured: Sequence[Measured],
    short: int,
    causal: bool,
) -> Clouds:
    lost = [one[1] for one in measured]
    mean = np.array([float(np.nanmean(one)) if np.isfinite(one).any() else np.nan for one in lost])
    twonn = np.array([[(c.twonn, c.twonn_err) for c in ids] for ids, *_ in measured])
    gride = np.array([[(c.gride, c.gride_err) for c in ids] for ids, *_ in measured])
    notes = [f"{short:,} sequences have fewer than {FEWEST_TOKENS} tokens and are not measured."] if short else []
    equal = sum(len(one) - ids[0].distinct for one, (ids, *_) in zip(words, measured, strict=True))
    if equal:
        notes.append(f"{equal:,} of {sum(map(len, words)):,} tokens equal an earlier one of their sequence where they "
                     "enter the first block; equal points are one point.")  # fmt: skip
    if not causal:
        notes.append("The model does not foretell the next token from those before it: there is no loss.")
    return Clouds(
        tuple(names), np.array(chosen, np.int64), words, twonn, gride,
        np.array([[c.distinct for c in ids] for ids, *_ in measured], np.int64), mean,
        np.concatenate(lost), np.concatenate([one[2] for one in measured], 1),
        tuple(goes_with(gride[:, layer, 0], mean) for layer in range(len(names))), tuple(notes),
    )  # fmt: skip
