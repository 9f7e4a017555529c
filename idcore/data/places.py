"""Where the files of each data set lie under the data root, as torchvision puts them. Plain Python."""

import re
from pathlib import Path

from idcore.data.known import KNOWN
from idcore.errors import DataError
from idcore.spec import FOLDER

_VERSION = re.compile(r"@[0-9a-f]{12}$")
SHIPPED = tuple(one.facts.name for one in KNOWN if one.location is None)
"""They come with the install."""
PLACES = {one.facts.name: one.location for one in KNOWN if one.location is not None}
_OWN = {Path(folder).parts[0] for location in PLACES.values() for folder in location.folders if folder != "."}


def base(name: str) -> str:
    """The name of a data set without the digest of what was read: `folder-birds` for `folder-birds@0123456789ab`."""
    return _VERSION.sub("", name)


def on_disk(name: str) -> bool:
    """Whether a data set is made of files below the data root, which somebody may replace: a folder, and one known by
    name that does not come with the install."""
    return name.startswith(FOLDER) or base(name) in PLACES


def find(name: str, root: Path) -> Path | None:
    """The folder that holds the files of a data set or is the `folder-...` of that name; None where there is none.

    Raises DataError for a folder that is not directly below the data root.
    """
    if name.startswith(FOLDER):
        folder = root / _folder(name)
        return folder if folder.is_dir() else None
    location = PLACES.get(base(name))
    if location is None:
        return None
    enough = any if location.any else all
    return next((root / f for f in location.folders if enough(file(root / f, part) for part in location.files)), None)


def file(folder: Path, part: str) -> Path | None:
    """A file of a data set, or the same compressed by gzip, or a sub-folder; None where there is none."""
    return next((path for path in (folder / part, folder / f"{part}.gz") if path.exists()), None)


def present(name: str, root: Path) -> bool:
    """Whether the files of a data set are there; those that come with the install always are."""
    return name in SHIPPED or find(name, root) is not None


def folders(root: Path) -> tuple[str, ...]:
    """Names (`folder-...`) of the folders below the data root that are not those of a data set known by name."""
    try:
        names = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return ()
    return tuple(FOLDER + name for name in names if name not in _OWN)


def where(name: str, root: Path) -> str:
    """In words, where the files of a data set must lie."""
    if name.startswith(FOLDER):
        return (
            f"in the folder {root / _folder(name)}, with a folder of images for each class (in train and test or not)"
        )
    location = PLACES[base(name)]
    if location.flat:
        return (
            f"in the folder {root / location.folders[0]}: photographs whose names begin with the WordNet ids of classes"
        )
    if location.any:
        return f"in the folder {root / location.folders[0]}, in train and val, with a folder of images for each class"
    first, *more = location.files
    packed = " (or .gz)" if "ubyte" in first else ""
    return f"in the folder {(root / location.folders[0]).resolve()}: {first}{packed}, {', '.join(more)}"


def _folder(name: str) -> str:
    folder = base(name).removeprefix(FOLDER)
    if not folder or folder.startswith(".") or any(c in folder for c in "/\\\0"):
        raise DataError(
            f"{folder[:80]!r} is not the name of a folder directly below the data root. Choose one of those."
        )
    return folder
