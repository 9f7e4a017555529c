"""A person's file of weights, `.safetensors` or of `torch.save`, as arrays by name. Nothing of it is ever run.

What the file is, its first bytes say, not its name. docs/bad-inputs.md lists what is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore import results
from idcore.errors import FileError, NetworkError
from idcore.files import safetensors_file, torch_file
from idcore.files.stored import DTYPES, Stored, wide
from idcore.files.torch_file import Saved, is_mapping, is_tensor, mapping, pairs, tensor
from idcore.limits import LIMITS
from idcore.networks.prefixes import Shapes, behind
from idcore.store import Store

PREFIXES = ("module.", "_orig_mod.", "model.")
"""What wrappers (DataParallel, torch.compile, Lightning) put before the name of each tensor."""
_USUAL = ("state_dict", "model_state_dict", "model", "net", "network", "module", "weights", "params")
_HOW = {"bfloat16": "exactly", "float16": "exactly", "float64": "rounded"}
_DEEPEST = 4  # dicts in dicts
_LISTED = 3  # names in a sentence


@dataclass(frozen=True)
class WeightsFile:
    """What was found out about a file. classes: outputs of its last layer, 0 where it has no head. notes: sentences on
    what was left out, added or converted."""

    classes: int
    notes: tuple[str, ...]


def uploaded(
    digest: str, expected: Iterable[tuple[str, Sequence[int]]], store: Store
) -> Iterator[tuple[dict[str, np.ndarray], dict[str, Any]]]:
    """An uploaded file of weights as `read` has it: (its tensors, {name: of the file, notes}). expected: name and shape
    of each tensor of the network they are for."""
    content, name = results.upload(store, digest)
    arrays, notes = read(content, name, {tensor: tuple(shape) for tensor, shape in expected})
    yield arrays, {"name": name, "notes": notes}


def read(
    content: bytes | memoryview, name: str, expected: Shapes | None = None
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """(tensors of the file by name, in its order; sentences on what was left out or converted). Floating tensors are
    float32, the others as they are.

    name: as its owner calls the file, for the sentences. expected: shapes of the tensors of the network they are for:
    of several state dicts that which fits it best is taken, and prefixes are left alone (`fit` takes them off, whatever
    they are). Without it the usual names decide. Raises NetworkError for anything else than a file of weights, within
    LIMITS.
    """
    try:
        stored, notes = _tensors(memoryview(content).cast("B"), expected)
        stored, taken = _without_prefixes(stored) if expected is None else (stored, [])
        arrays, converted = _arrays(stored)
    except (FileError, NetworkError) as error:
        raise NetworkError(f"The file {name[: LIMITS.name]!r} cannot be used as weights. {error}") from error
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError) as error:
        raise NetworkError(f"The file {name[: LIMITS.name]!r} cannot be used as weights. It is damaged.") from error
    return arrays, (*notes, *taken, *converted)


def _tensors(content: memoryview, expected: Shapes | None) -> tuple[dict[str, Stored], list[str]]:
    head = bytes(content[:256])
    if not head:
        raise NetworkError("It is empty.")
    if head.startswith(b"PK"):
        return _chosen(torch_file.read_zip(content), expected)
    if head.startswith(torch_file.LEGACY):
        return _chosen(torch_file.read_legacy(content), expected)
    if head[8:9] == b"{":
        return safetensors_file.read(content), []
    raise NetworkError(_what_else(head, content))


def _what_else(head: bytes, content: memoryview) -> str:
    text = head.lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        return "It is the pointer of Git LFS to a file that was not fetched: run git lfs pull, then take the file."
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "It is a web page, perhaps of a download that needs a login."
    if head.startswith(b"\x80"):
        torch_file.check_pickle(content)
        return "It is a pickle, but not of torch.save. Save the weights with torch.save or as .safetensors."
    return "It is neither a .safetensors file nor one of torch.save, or it is cut short."


def _chosen(saved: Saved, expected: Shapes | None) -> tuple[dict[str, Stored], list[str]]:
    """The state dict in what was saved, and what is to be said of the rest."""
    path, state, rivals = _state_dict(saved.value, expected)
    notes = [f"The weights were found under {'.'.join(path)[:100]!r}."] if path else []
    if rivals:
        notes.append(f"Left out, though it fits as well: {tensor_list(rivals)}. Save it alone to use it.")
    beside = [str(key) for key in mapping(saved.value) if str(key) != path[0]] if path else []
    beside = [key for key in beside if key not in rivals]
    beside += [str(key) for key, part in state.items() if not is_tensor(part)]
    if beside:
        notes.append(f"Left out, as no tensors of the network: {tensor_list(beside)}.")
    tensors = {}
    for key, part in state.items():
        if is_tensor(part):
            try:
                tensors[str(key)] = tensor(part, saved.numbers)
            except FileError as error:
                raise FileError(f"The tensor {str(key)[:80]!r} cannot be read. {error}") from error
    return tensors, notes


def _state_dict(value: Any, expected: Shapes | None) -> tuple[tuple[str, ...], dict[Any, Any], list[str]]:
    """(path, dict, paths of others that fit the network as well) of the dict that holds the weights: of those with
    tensors the one that fits best, whatever lies beside it. The nearest to the top comes first among equals."""
    dicts = [(path, own) for path, own in _dicts(value) if any(map(is_tensor, own.values()))]
    if not dicts:
        raise NetworkError(
            "It holds no state dict: names with a tensor each. Save torch.save(network.state_dict(), 'weights.pt')."
        )
    scores = [_score(own, expected) for _, own in dicts]
    usual = [_USUAL.index(path[-1]) if path and path[-1] in _USUAL else len(_USUAL) for path, _ in dicts]
    rank = [
        (score, -position) if expected else (bool(score[0]), -position, score)
        for score, position in zip(scores, usual, strict=True)
    ]
    best = rank.index(max(rank))
    alike = [i for i, score in enumerate(scores) if expected and score == scores[best] and score[0] and i != best]
    return *dicts[best], [".".join(dicts[i][0]) for i in alike]


def _score(own: dict[Any, Any], expected: Shapes | None) -> tuple[int, int]:
    """How well the tensors of a dict fit the network; of one that is not known, how many are no single numbers."""
    shapes = {str(key): torch_file.shape(part) for key, part in own.items() if is_tensor(part)}
    return behind(shapes, expected)[1] if expected else (sum(map(bool, shapes.values())), 0)


def _dicts(value: Any) -> Iterator[tuple[tuple[str, ...], dict[Any, Any]]]:
    """(path, dict) of every dict but those of optimisers, from the top down. Each dict, and each list that a dict is
    made of, is looked at once: a small pickle can hold one in as many places as it likes."""
    level: list[tuple[tuple[str, ...], Any]] = [((), value)] if is_mapping(value) else []
    seen: set[int] = set()
    for _ in range(_DEEPEST):
        dicts = [(path, own) for path, part in level if not {"state", "param_groups"} <= (own := mapping(part)).keys()]
        yield from dicts
        level = []
        for path, own in dicts:
            for key, part in own.items():
                if is_mapping(part) and (mark := id(pairs(part) or part)) not in seen and "optim" not in str(key):
                    seen.add(mark)
                    level.append(((*path, str(key)), part))


def _without_prefixes(stored: dict[str, Stored]) -> tuple[dict[str, Stored], list[str]]:
    """Take off each prefix of a wrapper that most names have; what lies beside those is no part of the network."""
    notes: list[str] = []
    while True:
        counts = {p: sum(name.startswith(p) for name in stored) for p in PREFIXES}
        prefix = max(PREFIXES, key=counts.__getitem__)
        if counts[prefix] <= len(stored) / 2:
            return stored, notes
        notes.append(f"The prefix {prefix!r} was taken off the names of {counts[prefix]} tensors.")
        if others := [name for name in stored if not name.startswith(prefix)]:
            notes.append(f"Left out, as they have no prefix {prefix!r}: {tensor_list(others)}.")
        stored = {name.removeprefix(prefix): part for name, part in stored.items() if name.startswith(prefix)}


def _arrays(stored: dict[str, Stored]) -> tuple[dict[str, np.ndarray], list[str]]:
    if not stored:
        raise NetworkError("It holds no tensors.")
    total = sum(tensor.bytes for tensor in stored.values())
    if total > LIMITS.weights:
        raise NetworkError(f"Its tensors have {total:,} bytes; at most {LIMITS.weights:,} are read.")
    if strange := [name for name, tensor in stored.items() if tensor.dtype not in DTYPES]:
        raise NetworkError(
            f"The tensor {strange[0][:80]!r} is of the type {stored[strange[0]].dtype}; real numbers of 16, 32 or 64 "
            "bits and whole numbers are read."
        )
    arrays = {name: _array(name, tensor) for name, tensor in stored.items()}
    kinds = {tensor.dtype for tensor in stored.values()}
    return arrays, [f"Converted from {kind} to float32, {_HOW[kind]}." for kind in _HOW if kind in kinds]


def _array(name: str, stored: Stored) -> np.ndarray:
    array = wide(stored)
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            array = array.astype(np.float32, copy=False)
        bad = array.size - int(np.count_nonzero(np.isfinite(array)))
        if bad:
            raise NetworkError(f"Of the {array.size:,} numbers of {name[:80]!r}, {bad:,} are NaN or infinite.")
    return array


def tensor_list(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(repr(name[:60]) for name in names[:_LISTED]) + more
