"""Texts as the tokens of a language model, and what may be done to their order.

Each sequence is cut by the model's own tokenizer, with the special tokens that it adds, and padded on the right
whatever the tokenizer would do: so the positions of its tokens do not depend on what runs beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idcore.data.texts import Texts
from idcore.errors import DataError, NetworkError, RequestError
from idcore.networks.language import IDS, SEEN, TAKEN
from idcore.spec import DataSpec
from idcore.watch import UNWATCHED, Watch

# Changing any of them changes every perturbed sequence there has ever been.
_ORDER_SEED, _BLOCK_SEED, _RANDOM_SEED, BLOCK = 75011, 75013, 75017, 8
_CHUNK, _LETTERS = 256, 100  # sequences at once; letters of a text that are read for each token


@dataclass(frozen=True, eq=False)
class Cut:
    """ids: (t,) int64. special: (t,) bool, tokens that the tokenizer added. whole: whether nothing was cut off."""

    ids: np.ndarray
    special: np.ndarray
    whole: bool


@dataclass(frozen=True)
class Vocabulary:
    """What is known of a model's tokens. size: of its table. most: tokens that it takes at most, None for any. pad:
    what it is padded with. plain: (v,) int64, the ids that are not special. first: the id of its class token, None
    where it has none. tokenizer: of transformers. name: of the model."""

    tokenizer: Any
    size: int
    most: int | None
    pad: int
    plain: np.ndarray
    first: int | None
    name: str


def cut(texts: Sequence[str], vocabulary: Vocabulary, length: int, watch: Watch = UNWATCHED) -> list[Cut]:
    """The texts as tokens, at most `length` of each. Raises NetworkError where a token is not in the model's table."""
    tokenizer, cuts = vocabulary.tokenizer, list[Cut]()
    more = {"split_special_tokens": True} if tokenizer.is_fast else {}  # what stands in a text is text
    letters = _LETTERS * length + 1000
    for start in range(0, len(texts), _CHUNK):
        watch.report("loading", f"Cutting {len(texts):,} texts into tokens.", start, len(texts))
        given = [text[:letters] for text in texts[start : start + _CHUNK]]
        cut = tokenizer(
            given, add_special_tokens=True, truncation=True, max_length=length + 1, padding=False,
            return_special_tokens_mask=True, return_attention_mask=False, return_token_type_ids=False, **more,
        )  # fmt: skip
        for ids, special in zip(cut["input_ids"], cut["special_tokens_mask"], strict=True):
            cuts.append(_within(np.array(ids, np.int64), np.array(special, bool), length))
    top = max((int(one.ids.max()) for one in cuts if len(one.ids)), default=0)
    if top >= vocabulary.size:
        raise NetworkError(
            f"The tokenizer of {vocabulary.name} gives the token {top:,}, and the model's table has "
            f"{vocabulary.size:,} (0 to {vocabulary.size - 1:,}): the two do not belong together. Put the tokenizer "
            "beside the model that it was made for."
        )
    return cuts


def _within(ids: np.ndarray, special: np.ndarray, length: int) -> Cut:
    """At most `length` tokens: the last that is not special is left out where there is one more."""
    if len(ids) <= length:
        return Cut(ids, special, True)
    plain = np.flatnonzero(~special)
    out = plain[-1] if len(plain) else len(ids) - 1
    return Cut(np.delete(ids, out), np.delete(special, out), False)


def perturbed(one: Cut, how: str, number: int, vocabulary: Vocabulary) -> Cut:
    """A sequence with its tokens in another order, or random ones; special tokens stay. number: the id of the sample,
    on which alone it depends. blocks: of `BLOCK` tokens each, whose order within stays."""
    if how == "plain":
        return one
    places, ids = np.flatnonzero(~one.special), one.ids.copy()
    ids[places] = _ORDERS[how](ids[places], number, vocabulary)
    return replace(one, ids=ids)


def _shuffled(ids: np.ndarray, number: int, _: Vocabulary) -> np.ndarray:
    order: np.ndarray = ids[np.random.RandomState([_ORDER_SEED, number]).permutation(len(ids))]
    return order


def _in_blocks(ids: np.ndarray, number: int, _: Vocabulary) -> np.ndarray:
    blocks = [ids[i : i + BLOCK] for i in range(0, len(ids), BLOCK)]
    order = np.random.RandomState([_BLOCK_SEED, number]).permutation(len(blocks))
    return np.concatenate([blocks[i] for i in order]) if blocks else ids


def _drawn(ids: np.ndarray, number: int, vocabulary: Vocabulary) -> np.ndarray:
    drawn = np.random.RandomState([_RANDOM_SEED, number]).randint(0, len(vocabulary.plain), len(ids))
    return vocabulary.plain[drawn]


_ORDERS: dict[str, Callable[[np.ndarray, int, Vocabulary], np.ndarray]] = {
    "shuffled": _shuffled,
    "blocks": _in_blocks,
    "random": _drawn,
}
_SAID = {
    "shuffled": "The tokens of each sequence were put into a random order; special tokens stayed.",
    "blocks": f"The tokens of each sequence were put into a random order in blocks of {BLOCK}; special tokens stayed.",
    "random": "Each token was replaced by a random one of the model's vocabulary; special tokens stayed.",
}


def read(
    texts: Texts, data: DataSpec, reduce: str, vocabulary: Vocabulary, watch: Watch = UNWATCHED
) -> tuple[Tensor, tuple[str, ...]]:
    """(tokens (n, 3, T) int64 as a `LanguageNetwork` takes them, notes). Raises RequestError for a reduction that texts
    or this model do not have, DataError for a sequence without a token."""
    check_reduction(reduce, vocabulary)
    length = min(data.length, vocabulary.most or data.length)
    cuts = cut(texts.texts, vocabulary, length, watch)
    cuts = [perturbed(one, data.tokens, int(i), vocabulary) for one, i in zip(cuts, texts.ids, strict=True)]
    longest = max(len(one.ids) for one in cuts)
    tokens = torch.zeros((len(cuts), 3, longest), dtype=torch.int64)
    tokens[:, IDS] = vocabulary.pad
    for i, one in enumerate(cuts):
        taken = _taken(one, reduce)
        if not taken.any():
            raise DataError(
                f"The sequence {int(texts.ids[i]):,} has no token that can be taken ({texts.texts[i][:40]!r}). Leave "
                "it out of the data, or choose --reduce last."
            )
        tokens[i, IDS, : len(one.ids)] = torch.from_numpy(one.ids)
        tokens[i, SEEN, : len(one.ids)] = 1
        tokens[i, TAKEN, : len(one.ids)] = torch.from_numpy(taken.astype(np.int64))
    return tokens, _notes(cuts, data, length, vocabulary)


def check_reduction(reduce: str, vocabulary: Vocabulary) -> None:
    """Raises RequestError where no row of a sequence can be made so."""
    if reduce == "flatten":
        raise RequestError(
            "Sequences differ in their number of tokens: their activations cannot be flattened into rows of one "
            "length. Choose the reduction last, mean or cls."
        )
    if reduce == "cls" and vocabulary.first is None:
        raise RequestError(
            f"{vocabulary.name} has no class token: the first token of a sequence is a word like any other. Choose the "
            "reduction last or mean."
        )


def _taken(one: Cut, reduce: str) -> np.ndarray:
    if reduce == "mean":
        return ~one.special
    taken = np.zeros(len(one.ids), bool)
    taken[0 if reduce == "cls" else -1 :][:1] = True
    return taken


def _notes(cuts: list[Cut], data: DataSpec, length: int, vocabulary: Vocabulary) -> tuple[str, ...]:
    counts = np.array([len(one.ids) for one in cuts])
    said = [
        f"{counts.sum():,} tokens, {counts.min():,} to {counts.max():,} a sequence, {counts.mean():.1f} on average."
    ]
    if short := sum(not one.whole for one in cuts):
        why = f"which is what {vocabulary.name} takes" if length < data.length else "the length that was chosen"
        said.append(f"{short:,} of {len(cuts):,} sequences are longer than {length:,} tokens, {why}, and were cut.")
    if single := int(sum((~one.special).sum() == 1 for one in cuts)):
        said.append(f"{single:,} of {len(cuts):,} sequences have one token only.")
    return (*said, *filter(None, [_SAID.get(data.tokens, "")]))
