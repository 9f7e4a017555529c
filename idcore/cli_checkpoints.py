"""Which files a series is made of: a list, patterns and folders, as one list with a label and a step for each."""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from idcore.cli_files import WEIGHTS, kept
from idcore.errors import NetworkError, RequestError
from idcore.limits import LIMITS
from idcore.spec import Architecture, ReadJob
from idcore.steps import in_order, natural, steps
from idcore.store import Store

_MODEL = ("model.safetensors", "pytorch_model.bin")
"""What a folder of Hugging Face keeps the weights in; beside it lie those of the optimiser and more."""
_PATTERN = frozenset("*?[")


@dataclass(frozen=True)
class Checkpoint:
    """source: a path, or a network hf:NAME. label: what tells it from the others, its path below what all have in
    common. step: the number in it where all have one, else its place in the list, from 1 on."""

    source: str
    label: str
    step: int


def checkpoints(asked: Sequence[str]) -> list[Checkpoint]:
    """In the order of their steps, without one there twice; those without a number as they are given, patterns and
    folders in their natural order. Raises RequestError where there is nothing."""
    sources = list(dict.fromkeys(source for one in asked for source in _sources(one)))
    labels = _labels(sources)
    order = in_order(labels)
    told = steps(labels) or range(1, len(labels) + 1)
    return [Checkpoint(sources[i], labels[i], told[i]) for i in order]


def own_weights(
    asked: Sequence[str], below: Path, architectures: Sequence[Architecture], store: Store
) -> tuple[dict[Architecture, list[str]], dict[str, str], list[str]]:
    """Files of weights, looked for below a folder and read for each of the architectures: (the digests that fit, by
    architecture; the labels by digest; a sentence on each that does not fit). Raises RequestError where one is not
    there."""
    from idcore import pipeline  # torch

    fits: dict[Architecture, list[str]] = {one: [] for one in architectures}
    labels: dict[str, str] = {}
    said = []
    for one in checkpoints([str(below / Path(path).expanduser()) for path in asked]):
        digest = kept(one.source, store, one.label)
        labels.setdefault(digest, one.label)
        for architecture, digests in fits.items():
            try:
                if digest not in digests:
                    pipeline.read(ReadJob("weights", digest, architecture), store)
                    digests.append(digest)
            except NetworkError as error:
                said.append(f"{one.label} is left out: {error}")
    return fits, labels, said


def _sources(asked: str) -> Iterator[str]:
    if asked.startswith("hf:"):
        yield asked
        return
    path = Path(asked).expanduser()
    if path.is_dir():
        files = _inside(path)
        if not files:
            raise RequestError(f"The folder {asked} holds no file of weights ({', '.join(WEIGHTS)}). Name the files.")
        yield from files
    elif path.exists() or not _PATTERN & set(asked):
        yield str(path)  # that it is not there is said where it is read
    else:
        matches = sorted(glob.glob(str(path), recursive=True), key=natural)
        if not matches:
            raise RequestError(f"No file is called like {asked}. Put the pattern in quotes, and look at the folder.")
        for match in matches:
            yield from _inside(Path(match)) if os.path.isdir(match) else [match]


def _inside(folder: Path) -> list[str]:
    """The files of weights of a folder; where it has none, those of the folders in it, as a run of Hugging Face has."""
    return _own(folder) or _sorted(path for below in folder.iterdir() if below.is_dir() for path in _own(below))


def _own(folder: Path) -> list[str]:
    files = [path for path in folder.iterdir() if path.is_file() and path.name.lower().endswith(WEIGHTS)]
    models = [path for name in _MODEL for path in files if path.name == name]
    return _sorted(map(str, models[:1] or files))


def _sorted(places: Iterable[str]) -> list[str]:
    return sorted(places, key=natural)


def _labels(sources: Sequence[str]) -> list[str]:
    """What is left of the paths below the folder that all of them lie in; the end of a very long one."""
    paths = {source: os.path.abspath(source) for source in sources if not source.startswith("hf:")}
    common = os.path.commonpath([os.path.dirname(path) for path in paths.values()]) if paths else ""
    labels = [os.path.relpath(paths[source], common) if source in paths else source for source in sources]
    return [label[-LIMITS.name :] for label in labels]
