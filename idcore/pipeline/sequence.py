"""The attention of one sequence in every block of a language model, head by head."""

from collections.abc import Mapping
from math import isqrt

import torch
from torch import Tensor

from idcore.errors import NetworkError, RequestError
from idcore.inside.attention import NoAttention, watched
from idcore.limits import BUDGET, Budget
from idcore.networks import extras
from idcore.networks.language import IDS, SEEN, LanguageNetwork
from idcore.networks.state import ready
from idcore.pipeline.layers import choose_device
from idcore.pipeline.read import as_it_is
from idcore.pipeline.units import lent
from idcore.results import attended
from idcore.results.attended import Attended
from idcore.spec import AttendJob
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

SHOWN = 64
"""Tokens of a sequence whose weights are kept, at most."""
KEPT = 2**26
"""Bytes of all layers and heads together; where they are many, fewer tokens are kept."""


def attention(job: AttendJob, store: Store, budget: Budget = BUDGET, watch: Watch = UNWATCHED) -> None:
    """Keep the attention of a sequence. The model sees all its tokens; kept is what the first of them take of each
    other, as it is, not made to sum to 1 again. Raises RequestError where the network is no language model or there is
    no such sequence; NetworkError where it does not attend, or not once in a block from token to token; Cancelled."""
    job = as_it_is(job, store, watch)
    if attended.read(store, job) is not None:
        return
    watch.report("loading", "Loading the texts and the model.")
    about, tokens, trained = lent(job.request, store, watch)
    network = trained.module
    if not isinstance(network, LanguageNetwork):
        raise RequestError("The attention of a sequence is that of a language model; this network is shown images.")
    if job.sequence >= len(tokens):
        raise RequestError(f"The sequence must be a number from 0 to {len(tokens) - 1:,}, not {job.sequence:,}.")
    watch.report("attending", f"Attention of sequence {job.sequence:,}.")
    one = tokens[job.sequence : job.sequence + 1]
    weights = by_block(network, one, choose_device(budget.device))
    total = int(one[0, SEEN].sum())
    kept = min(total, SHOWN, isqrt(KEPT // (4 * sum(map(len, weights.values())))))
    said = extras.vocabulary(about.entry).tokenizer.convert_ids_to_tokens(one[0, IDS, :kept].tolist())
    shown = Attended(
        tuple(weights),
        tuple(map(str, said)),
        total,
        tuple(of[:, :kept, :kept].contiguous().numpy() for of in weights.values()),
        not any(of.triu(1).any() for of in weights.values()),
    )
    attended.save(store, job, shown)
    watch.report("done", "Done.")


def by_block(network: LanguageNetwork, tokens: Tensor, device: torch.device) -> dict[str, Tensor]:
    """{name of a block: (heads, t, t) float32} on the CPU, of each block that attends. tokens: (1, 3, T), of which t
    are seen. Raises NetworkError."""
    with ready(network, device):
        try:
            weights = watched(network, tokens.to(device))
        except NoAttention:
            raise NoAttention(
                "No attention was seen in this model: it has none, or computes it in a way that cannot be followed."
            ) from None
    return _named(weights, network.anatomy.blocks, int(tokens[0, SEEN].sum()))


def _named(by_path: Mapping[str, Tensor], blocks: str, total: int) -> dict[str, Tensor]:
    start, named = f"model.{blocks}.", dict[str, Tensor]()
    for path, weights in by_path.items():
        number = path.removeprefix(start).split(".")[0].split("#")[0]
        if not path.startswith(start) or not number.isdecimal():
            raise NetworkError(f"In {path} tokens attend outside the blocks of this model; that is not shown.")
        name = f"block{int(number) + 1}"
        if name in named:
            raise NetworkError(f"In {name} tokens attend more than once; which of it is meant cannot be told.")
        if weights.ndim != 4 or len(weights) != 1 or weights.shape[2:] != (total, total):
            raise NetworkError(
                f"In {name} the attention has the shape {tuple(weights.shape)}, and of {total:,} tokens it should be "
                f"(1, heads, {total}, {total}): it is not what each token takes of each."
            )
        if not torch.isfinite(weights).all():
            raise NetworkError(f"In {name} attention weights are NaN or infinite. Check the weights of the model.")
        named[name] = weights[0].float().cpu()
    return named
