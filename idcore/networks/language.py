"""A language model of transformers as one network: tokens in, a row for each sequence and layer out.

Its layers are found by rule: what enters the first block (`embeddings`), what each block gives (`block1` ...), the last
hidden state where a norm or a projection follows the last block (`norm`), and the logits. Their outputs for each token
are never held: each is pooled at once, and only the rows are heard.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from idcore.errors import NetworkError
from idcore.networks.hooks import INPUT, first_tensor
from idcore.networks.trace import NUMBERED
from idcore.record import Layer

IDS, SEEN, TAKEN = range(3)
"""The rows of a sequence (3, T) int64: token ids; 1 for each that the model sees, 0 for the padding on the right; 1 for
each token of which the row of the sequence is the mean."""
EMBEDDINGS, NORM, LOGITS = "embeddings", "norm", "logits"
_AT_ONCE, _MOST = 8192, 128  # tokens and sequences of a batch


class Embeddings(nn.Identity):
    """What enters the first block, pooled."""


class Block(nn.Identity):
    """What a block gives, pooled."""


class Norm(nn.Identity):
    """The last hidden state, pooled."""


class Logits(nn.Identity):
    """The logits, pooled."""


@dataclass(frozen=True)
class Anatomy:
    """What a model is made of. blocks: path of the list of its blocks. trunk: path of the module that gives the last
    hidden state. widths: units of each layer, in call order."""

    blocks: str
    trunk: str
    widths: dict[str, int]


class LanguageNetwork(nn.Module):
    """The model, its layers as modules of which each gives (n, d). model: of transformers. It takes tokens (n, 3, T)
    int64, rows `IDS`, `SEEN` and `TAKEN`."""

    def __init__(self, model: nn.Module, anatomy: Anatomy) -> None:
        super().__init__()
        model.config.use_cache = False  # type: ignore[union-attr]
        self.model, self.anatomy = model, anatomy
        kinds = {EMBEDDINGS: Embeddings, NORM: Norm, LOGITS: Logits}
        for name in anatomy.widths:
            self.add_module(name, kinds.get(name, Block)())
        self.layers_are = tuple(anatomy.widths)
        self.checkpoint_layers = tuple(name for name in anatomy.widths if name != LOGITS)
        self.depths = depths(anatomy)

    def forward(self, tokens: Tensor) -> None:
        longest = max(1, int(tokens[:, SEEN].sum(1).max()))
        tokens = tokens[..., :longest]
        with _listening(self.model, self.anatomy, lambda name, hidden: self._point(name, hidden, tokens[:, TAKEN])):
            output = self.model(input_ids=tokens[:, IDS], attention_mask=tokens[:, SEEN])
        if LOGITS in self.layers_are:
            self.get_submodule(LOGITS)(output.logits[:, 0])

    def _point(self, name: str, hidden: Tensor, taken: Tensor) -> Tensor:
        row = pooled(hidden, taken)
        if name in self.layers_are and name != LOGITS:
            self.get_submodule(name)(row)
        return row

    def hidden(self, tokens: Tensor) -> tuple[dict[str, Tensor], Tensor | None]:
        """({name of a layer: (1, T, d)}, the logits (1, T, v), None where there are none) of every token of one
        sequence. tokens: (1, 3, T)."""
        heard: dict[str, Tensor] = {}

        def hear(name: str, hidden: Tensor) -> Tensor:
            heard[name] = hidden.clone()
            return hidden[:, 0]

        tokens = tokens[..., : max(1, int(tokens[:, SEEN].sum()))]
        with _listening(self.model, self.anatomy, hear, head=False):
            output = self.model(input_ids=tokens[:, IDS], attention_mask=tokens[:, SEEN])
        return heard, getattr(output, "logits", None)

    def batches(self, tokens: Tensor, most: int | None = None) -> list[Tensor]:
        """Which sequences run together, (n,) int64 in all: of like length, so that little of a batch is padding.
        tokens: (n, 3, T). most: sequences of a batch."""
        lengths = tokens[:, SEEN].sum(1)
        order, batches, start = lengths.argsort(stable=True), [], 0
        limit = most or _MOST
        while start < len(order):
            stop = start + 1  # the longest of a batch is its last
            while (
                stop < len(order)
                and stop - start < limit
                and (stop + 1 - start) * int(lengths[order[stop]]) <= (_AT_ONCE)
            ):
                stop += 1
            batches.append(order[start:stop])
            start = stop
        return batches[::-1]  # the largest first: what does not fit into the memory fails at once


def pooled(hidden: Tensor, taken: Tensor) -> Tensor:
    """The mean (n, d) of the tokens that are taken. hidden: (n, T, d); taken: (n, T), at least one in each row."""
    kept = hidden.masked_fill(taken.eq(0)[..., None], 0)
    return kept.sum(1) / taken.sum(1, keepdim=True).to(hidden.dtype)


def depths(anatomy: Anatomy) -> dict[str, float]:
    """The depth of each layer: blocks that were passed, over all of them (Valeriani et al. 2023); 1 behind the last."""
    blocks = [name for name in anatomy.widths if name not in (EMBEDDINGS, NORM, LOGITS)]
    ends = {EMBEDDINGS: 0.0, NORM: 1.0, LOGITS: 1.0}
    return ends | {name: (i + 1) / len(blocks) for i, name in enumerate(blocks)}


def forecast(network: LanguageNetwork) -> tuple[Layer, ...]:
    """All its layers as `trace` finds them, the checkpoint layers marked, without a pass."""
    about = network.anatomy
    layers = [Layer(INPUT, 0, 0.0, "Input", (), 0, note=NUMBERED)]
    for i, (name, width) in enumerate(about.widths.items()):
        kind = type(network.get_submodule(name)).__name__
        chosen = name in network.checkpoint_layers
        layers.append(Layer(name, i + 1, network.depths[name], kind, (width,), width, checkpoint=chosen))
    return tuple(layers)


def anatomy(make: Callable[[], nn.Module], name: str) -> Anatomy:
    """What a model is made of, found by running it on tensors that have a shape and no numbers. make: the model, with
    initial weights. Raises NetworkError where its blocks cannot be found."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    heard: dict[str, Tensor] = {}

    def hear(layer: str, hidden: Tensor) -> Tensor:
        heard[layer] = hidden
        return hidden[:, 0]

    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
        model = make().eval()
        model.config.use_cache = False  # type: ignore[union-attr]
        ids = torch.ones((2, 3), dtype=torch.int64)
        blocks, given = _blocks(model, name), dict[str, Tensor]()
        above = _above(model, blocks)
        handles = [model.get_submodule(path).register_forward_hook(_keep(given, path)) for path in above]
        with _listening(model, Anatomy(blocks, "", {}), hear):
            output = model(input_ids=ids, attention_mask=ids)
        for handle in handles:
            handle.remove()
        logits = getattr(output, "logits", None)
        trunk = next(path for path in above if path in given and (path or logits is None))
        last, norm = max(_numbers(heard)), given[trunk]
        widths = {EMBEDDINGS: heard[EMBEDDINGS].shape[-1]}
        widths |= {f"block{i}": heard[f"block{i}"].shape[-1] for i in range(1, last + 1)}
        if norm is not heard[f"block{last}"]:
            widths[NORM] = norm.shape[-1]
        if LOGITS in heard and logits is not None and logits.shape[:2] == (2, 1):
            widths[LOGITS] = logits.shape[-1]
    if any(tensor.shape[:2] != (2, 3) for tensor in (*heard.values(), norm)):
        raise NetworkError(f"The blocks of {name} do not give one vector for each token; it cannot be read by rule.")
    return Anatomy(blocks, trunk, widths)


def incomplete(model: nn.Module, about: Anatomy, missing: Iterable[str], beyond: Iterable[str]) -> Sequence[str]:
    """The tensors of the head that there are no weights for. missing: names without weights; beyond: weights that have
    no place. Raises NetworkError where blocks are not there, or are there and not described."""
    prefix = f"{model.base_model_prefix}."
    tail = about.blocks.removeprefix(prefix)
    numbered = [re.search(rf"(?:^|\.){re.escape(tail)}\.(\d+)\.", key) for key in beyond]
    count = len(model.get_submodule(about.blocks))  # type: ignore[arg-type]
    if more := [int(one[1]) for one in numbered if one is not None]:
        raise NetworkError(
            f"Its config.json says that it has {count} blocks, and its weights have more of them, {max(more) + 1}: one "
            "of the two is wrong."
        )
    lost = sorted(key for key in missing if "pooler." not in key)
    whole = model.base_model is model
    if own := [key for key in lost if whole or key.startswith(prefix)]:
        raise NetworkError(
            f"It has no weights for {own[0]!r}, one of {len(own)} tensors that its config.json describes."
        )
    return lost


def _blocks(model: nn.Module, name: str) -> str:
    config = model.config.get_text_config()  # type: ignore[operator, union-attr]
    count = getattr(config, "num_hidden_layers", None)
    stacks = [path for path, one in model.named_modules() if isinstance(one, nn.ModuleList) and len(one) == count]
    if not stacks:
        raise NetworkError(f"The blocks of {name} cannot be found: no list of modules in it has its {count} layers.")
    return str(stacks[0])


def _above(model: nn.Module, path: str) -> list[str]:
    """Paths of the modules that hold the one at `path`, from the outermost on."""
    names = path.split(".")
    return [".".join(names[:i]) for i in range(len(names))]


def _numbers(heard: Iterable[str]) -> list[int]:
    return [int(name.removeprefix("block")) for name in heard if name.startswith("block")]


def _keep(given: dict[str, Tensor], path: str) -> Callable[..., None]:
    def hook(_: nn.Module, __: Any, output: Any) -> None:
        tensor = first_tensor(output[0] if not isinstance(output, Tensor) else output)
        if tensor is not None and tensor.ndim == 3:
            given[path] = tensor

    return hook


class _listening:
    """While it lasts, `hear(name, hidden (n, T, d))` is told of each layer of a model. What it gives (n, d) of what
    enters the last map to the logits is put in the place of that, so that there are logits of a row only. head: whether
    that is done."""

    def __init__(
        self, model: nn.Module, about: Anatomy, hear: Callable[[str, Tensor], Tensor], head: bool = True
    ) -> None:
        self._model, self._about, self._hear, self._head = model, about, hear, head
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> None:
        blocks = self._model.get_submodule(self._about.blocks)
        assert isinstance(blocks, nn.ModuleList)
        keep = self._handles.append
        keep(blocks[0].register_forward_pre_hook(self._first, with_kwargs=True))
        for i, block in enumerate(blocks):
            keep(block.register_forward_hook(self._told(f"block{i + 1}")))
        if NORM in self._about.widths:
            keep(self._model.get_submodule(self._about.trunk).register_forward_hook(self._told(NORM)))
        head = self._model.get_output_embeddings()  # type: ignore[operator]
        if head is not None and self._head:
            keep(head.register_forward_pre_hook(self._last))

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _first(self, _: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._hear(EMBEDDINGS, given[0] if given else named["hidden_states"])

    def _told(self, name: str) -> Callable[..., None]:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            self._hear(name, output if isinstance(output, Tensor) else output[0])

        return hook

    def _last(self, _: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        # Whatever follows is linear up to constants: the map of a mean is the mean of the maps.
        return (self._hear(LOGITS, given[0])[:, None], *given[1:])
