"""The data sets known by name whose files hold all of their images. Somebody may have put those there: they are read in
a confined process."""

import hashlib
import zlib
from pathlib import Path

from idcore import confined
from idcore.data.catalogue import DATASETS
from idcore.data.known import KNOWN
from idcore.data.places import PLACES, file
from idcore.errors import DataError
from idcore.files.image_sets import Part
from idcore.files.inflate import gunzipped

READERS = {one.facts.name: one.reader for one in KNOWN if one.reader is not None}
"""By the name of each data set that is read here."""
_LONGEST = 2**29  # bytes; the longest of these files has 103 million


def parts(name: str, folder: Path) -> tuple[tuple[Part, ...], str]:
    """(the parts of a data set whose files lie in `folder`, those of the training set first, read-only; twelve digits
    of a digest of the files, unpacked).

    Raises DataError where a file is not what it should be, or the numbers of samples are not those of the catalogue.
    """
    info, digest = DATASETS[name], hashlib.sha256()
    try:
        contents = [_content(folder, part) for part in PLACES[name].files]
        read = READERS[name](*contents)
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, zlib.error) as error:
        raise DataError(_damaged(name, folder, " ".join(str(error).split())[:200])) from error
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    sizes = sum(len(labels) for _, labels in read)
    for images, labels in read:
        images.flags.writeable = labels.flags.writeable = False
        if images.shape[1:] != info.shape or len(images) != len(labels):
            raise DataError(_damaged(name, folder, f"{len(labels)} labels for images of shape {images.shape}"))
        if len(labels) and not 0 <= labels.min() <= labels.max() < len(info.classes):
            raise DataError(_damaged(name, folder, f"labels run from {labels.min()} to {labels.max()}"))
    if sizes != info.sizes["all"]:
        raise DataError(_damaged(name, folder, f"{sizes} samples instead of {info.sizes['all']}"))
    return tuple(read), digest.hexdigest()[:12]


def _damaged(name: str, folder: Path, reason: str) -> str:
    return (
        f"The files of {name} in {folder} are not as they should be ({reason}). Put the right ones "
        "there, or download them again, or choose another data set."
    )


def _content(folder: Path, part: str) -> bytes:
    """The bytes of a file, unpacked where it is compressed."""
    path = file(folder, part) or folder / part
    packed, size = path.suffix == ".gz", path.stat().st_size
    confined.allow(size)
    with open(path, "rb") as stream:  # room for all that is asked for is taken first
        content = gunzipped(stream, _LONGEST) if packed else stream.read(min(size, _LONGEST + 1))
    if len(content) > _LONGEST:
        raise ValueError(f"{path.name} has more than {_LONGEST:,} bytes")
    return content
