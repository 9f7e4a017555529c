"""The files of a network of transformers: from the Hugging Face hub, or from a folder under the data root.

Descriptions (JSON), vocabularies (JSON and lines of text) and numbers (safetensors) alone are fetched and read, within
LIMITS, and a description that asks for code, or for another network, is refused; the headers of the numbers are read in
a confined process before anything else opens them. What is handed to the library needs no trust.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from idcore import confined
from idcore.data import places
from idcore.errors import FileError, NetworkError
from idcore.files import safetensors_file
from idcore.files.description import read_description, read_text
from idcore.limits import LIMITS
from idcore.settings import settings
from idcore.spec import FOLDER

CONFIG, IMAGES = "config.json", "preprocessor_config.json"
TOKENS = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt")
"""How a language model cuts a text into tokens: of these, those that there are."""
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json")
"""One of them must be there."""
ONE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
_REACHES = ("auto_map", "backbone", "use_timm_backbone", "use_pretrained_backbone", "quantization_config")
_CODE = (
    "code of its own, or what lies elsewhere. No code that comes with a network is run here, and nothing else is "
    "fetched."
)
_NO_SIZES = ("id", "seed", "theta", "max_position_embeddings")
"""How the names of numbers end by which nothing is made; where positions have a table, the network's size tells."""
_LARGEST, _DEEPEST, _LAYERS = 300_000, 20, 1_000  # numbers of a description; lists in it; layers, blocks and stages


def files(name: str, weights: bool, described: Sequence[str] = (CONFIG, IMAGES)) -> Path:
    """The folder with what is read of a network: OWNER/NAME of the hub, fetched where it is not here, or folder-NAME.

    weights: whether its numbers are wanted. described: the descriptions that must be there; `TOKENS` stands for a
    vocabulary. Raises NetworkError for what is not there, larger than LIMITS, no safetensors, or asks for more than it
    should; and what huggingface_hub raises without a connection.
    """
    folder = _own(name) if name.startswith(FOLDER) else _fetched(name, weights)
    try:
        for description in described:
            if description in TOKENS:
                _check_tokens(folder)
            else:
                _check_description(folder / description)
    except (FileError, NetworkError) as error:
        raise NetworkError(f"The network {name!r} cannot be used. {error}") from error
    if weights:
        _check_size(name, {path.name: path.stat().st_size for path in folder.iterdir() if _is_weights(path.name)})
        confined.run(check_headers, str(folder), what=f"The network {name!r}")
    return folder


def folders() -> tuple[str, ...]:
    """Names (`folder-...`) of the folders below the data root that look like networks of transformers."""
    root = settings().data
    return tuple(name for name in places.folders(root) if (root / name.removeprefix(FOLDER) / CONFIG).is_file())


def takes_texts(name: str) -> bool:
    """Whether one of these folders holds a language model, as far as its files tell: it has a tokenizer."""
    folder = settings().data / name.removeprefix(FOLDER)
    return any((folder / one).is_file() for one in VOCABULARIES)


def commit(folder: Path) -> str:
    """Which state of its repository a folder of `files` holds, in a sentence; "" for one under the data root."""
    return f"Its files are those of commit {folder.name[:12]} of the hub." if folder.parent.name == "snapshots" else ""


def check_headers(folder: str) -> None:
    """Read what the safetensors of a folder, and their index, say that they hold. Raises NetworkError."""
    for path in sorted(Path(folder).iterdir()):
        if path.name == _INDEX and path.stat().st_size > LIMITS.listing:
            raise NetworkError(f"{_INDEX} is larger than {LIMITS.listing:,} bytes, which is the limit.")
        if _is_weights(path.name):
            confined.allow(size := path.stat().st_size)
            try:
                safetensors_file.read(np.memmap(path, np.uint8, "r").data if size else memoryview(b""))
            except FileError as error:
                raise NetworkError(f"{path.name} cannot be used as weights. {error}") from error


def current(name: str) -> str:
    """`folder-NAME` with the digest of what is read of it now, `folder-NAME@0123456789ab`. Raises NetworkError."""
    folder = _placed(places.base(name))
    known = (CONFIG, IMAGES, _INDEX, *TOKENS)
    read = sorted(path for path in folder.iterdir() if path.name in known or _is_weights(path.name))
    about = tuple((str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
                  for path in read for stat in (path.stat(),))  # fmt: skip
    return f"{places.base(name)}@{_digest(about)}"


@lru_cache(maxsize=20)
def _digest(about: tuple[tuple[str, int, int, int, int], ...]) -> str:
    """Of the bytes of the files, read again where the disk says that one of them changed."""
    digest = hashlib.sha256()
    for path, *_ in about:
        with open(path, "rb") as file:
            digest.update(Path(path).name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _own(name: str) -> Path:
    """A folder below the data root, as it was when it got its name."""
    if name != places.base(name) and name != (now := current(name)):
        raise NetworkError(f"The network {name!r} has changed since: it is {now!r} now. Measure that.")
    return _placed(places.base(name))


def _placed(name: str) -> Path:
    """A folder directly below the data root; what it holds lies there too, wherever links may lead."""
    root = settings().data.resolve()
    folder = places.find(name, root)
    if folder is None:
        raise NetworkError(f"There is no folder {name.removeprefix(FOLDER)!r} directly below {root}.")
    for path in (folder, *folder.iterdir()):
        if not path.resolve().is_relative_to(root):
            raise NetworkError(f"{path} is a link out of {root}, where networks are looked for. Put the files there.")
    return folder


def _fetched(name: str, weights: bool) -> Path:
    """The snapshot of a repository: the one that is here already, else the newest, its sizes checked beforehand."""
    hub = import_module("huggingface_hub")
    wanted = [CONFIG, IMAGES, *TOKENS, *([ONE, _INDEX, "model-*.safetensors"] if weights else ())]
    try:
        here = Path(hub.snapshot_download(name, allow_patterns=wanted, local_files_only=True))
        names = {path.name for path in here.iterdir()}
        if CONFIG in names and names & {IMAGES, *TOKENS} and (not weights or any(map(_is_weights, names))):
            return here
    except hub.errors.LocalEntryNotFoundError:
        pass
    about = hub.HfApi().model_info(name, files_metadata=True)
    sizes = {file.rfilename: file.size for file in about.siblings}
    if any((sizes.get(one) or 0) > LIMITS.listing for one in (CONFIG, IMAGES, _INDEX)):
        raise NetworkError(f"The description of {name} is larger than {LIMITS.listing:,} bytes, which is the limit.")
    for one in TOKENS:
        _check_vocabulary(one, sizes.get(one) or 0)
    if weights:
        _check_size(name, {one: size for one, size in sizes.items() if _is_weights(one)})
    return Path(hub.snapshot_download(name, revision=about.sha, allow_patterns=wanted))


def _is_weights(name: str) -> bool:
    return name == ONE or _SHARD.fullmatch(name) is not None


def _check_size(name: str, sizes: Mapping[str, int | None]) -> None:
    """sizes: of its safetensors, None where nobody says."""
    if not sizes:
        raise NetworkError(f"{name} has no weights as .safetensors; other files could hold code and are not read.")
    if any(size is None for size in sizes.values()):
        raise NetworkError(f"It is not said how large the weights of {name} are: they are not fetched.")
    total = sum(size or 0 for size in sizes.values())
    if total > LIMITS.weights:
        raise NetworkError(f"The weights of {name} have {total:,} bytes; at most {LIMITS.weights:,} are read.")


def _check_description(path: Path) -> None:
    if not path.is_file():
        raise NetworkError(f"It has no {path.name}, which describes the network.")
    if path.stat().st_size > LIMITS.listing:
        raise NetworkError(f"Its {path.name} is larger than {LIMITS.listing:,} bytes, which is the limit.")
    described = read_description(path.read_bytes(), path.name)
    if described.get("model_type") == "timm_wrapper":
        raise NetworkError("It is a network of timm: call it timm:NAME.")
    _check_values(described.items(), path.name, 0)


def _check_tokens(folder: Path) -> None:
    """Raises NetworkError where the vocabulary is not there, too large, or asks for code."""
    there = [name for name in TOKENS if (folder / name).is_file()]
    if not set(there) & set(VOCABULARIES):
        raise NetworkError(
            f"It has no tokenizer: none of {', '.join(VOCABULARIES)} is there, and without one a text cannot be cut "
            "into the tokens that it was made for. Save the tokenizer beside its weights."
        )
    for name in there:
        _check_vocabulary(name, (folder / name).stat().st_size)
        content = (folder / name).read_bytes()
        if not name.endswith(".json"):
            read_text(content, name)
        elif read_description(content, name).get("auto_map"):
            raise NetworkError(f"Its {name} asks for auto_map: {_CODE}")


def _check_vocabulary(name: str, size: int) -> None:
    if size > LIMITS.vocabulary:
        raise NetworkError(f"Its {name} has {size:,} bytes; at most {LIMITS.vocabulary:,} are read.")


def _check_values(pairs: Iterable[tuple[Any, Any]], file: str, depth: int) -> None:
    """Raises NetworkError where a description asks for code or another network, or for sizes that nothing has."""
    if depth > _DEEPEST:
        raise NetworkError(f"Its {file} is nested more than {_DEEPEST} deep.")
    for key, value in pairs:
        key = str(key)
        asked = key in _REACHES or key.endswith("_implementation") and value not in ("eager", "sdpa")
        if asked and value not in (None, False, {}, []):
            raise NetworkError(f"Its {file} asks for {key} = {str(value)[:60]!r}: {_CODE}")
        most = _LAYERS if re.search(r"layer|block|depth|stage|group", key) else _LARGEST
        if isinstance(value, (int, float)) and not abs(value) <= most and not key.endswith(_NO_SIZES):
            raise NetworkError(f"Its {file} says {key} = {value:g}; at most {most:,} is taken.")
        if isinstance(value, dict):
            _check_values(value.items(), file, depth + 1)
        elif isinstance(value, list):
            if len(value) > _LARGEST:
                raise NetworkError(
                    f"Its {file} lists {len(value):,} values under {key}; at most {_LARGEST:,} are read."
                )
            _check_values(((key, one) for one in value), file, depth + 1)
