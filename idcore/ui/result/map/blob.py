"""The bytes that the map is made of: written here, read by component.js; the format is in docs/map.md. Numpy only.

A map has parts, each a message of its own, so that a layer step costs no byte and a new map does not send the images
again: `samples` (labels, predictions, ids), `maps` (positions in every layer), `values` (numbers to colour by),
`images` (thumbnails) and `marks` (places that are no sample's).
"""

import base64
import binascii
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.files.names import clean

MAGIC = b"LMAP"
ALIGN = 8
HALF = 32767
"""Positions are whole numbers from -32767 to 32767, the origin of a map is its middle."""
NO_CLASS = 65535
LEVELS = 255
SAID = 200
"""Characters of a text on the card of a sample."""
SHEET = 32
"""Thumbnails a side of one sheet: the browser decodes a sheet of 1,024 when one of them is looked at."""
WEBP_QUALITY = 40
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross")


@dataclass(frozen=True, eq=False)
class MapLayer:
    """One layer of a map. positions: (n, 2) or (n, 3) float, (0, ...) where there is none, and then `note` says why.
    title: in full, e.g. with the shape. trustworthiness, kept: `estimators.quality.map_quality` of the map, None when
    not known. previous: share of the nearest neighbours that are still those of the layer before, None for the first.
    units: D of the layer, 0 where it has none to tell.
    """

    name: str
    positions: np.ndarray
    title: str = ""
    trustworthiness: float | None = None
    kept: float | None = None
    previous: float | None = None
    note: str = ""
    units: int = 0


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """LMAP, length of the header (uint32, little-endian), header (JSON), arrays; each array begins at a multiple of 8
    bytes after the header. The header gets `arrays` (name to dtype, shape, offset) and `digest` of all content."""
    table, body, offset = {}, [], 0
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        table[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        body += [raw, bytes(-len(raw) % ALIGN)]
        offset += len(raw) + -len(raw) % ALIGN
    content = b"".join(body)
    known = dict(header) | {"arrays": table}
    known |= {"digest": _digest(known, content)}
    text = json.dumps(known, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + len(MAGIC) + 4) % ALIGN)
    return MAGIC + len(text).to_bytes(4, "little") + text + content


def _digest(about: Any, content: bytes) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode() + content).hexdigest()[:16]


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The inverse of `pack`. Raises PointsError for anything else."""
    length = int.from_bytes(blob[4:8], "little")
    if blob[:4] != MAGIC or 8 + length > len(blob):
        raise PointsError("These bytes are not a map of Layerscope: they do not begin with LMAP and a header.")
    header = json.loads(blob[8 : 8 + length])
    arrays = {}
    for name, about in header["arrays"].items():
        count = int(np.prod(about["shape"]))
        start = 8 + length + about["offset"]
        flat = np.frombuffer(blob, np.dtype(about["dtype"]).newbyteorder("<"), count, start)
        arrays[name] = flat.reshape(about["shape"])
    return header, arrays


def samples(
    labels: np.ndarray,
    class_names: Sequence[str],
    styles: Sequence[tuple[str, str]],
    *,
    ids: np.ndarray,
    predictions: np.ndarray | None = None,
    shuffled: np.ndarray | None = None,
    texts: Sequence[str] | None = None,
) -> bytes:
    """What is known of each sample. labels, predictions, shuffled (the labels that the network was trained on), ids:
    (n,) int, a class outside the names means none. styles: ("#rrggbb", one of `SHAPES`) of each class. texts: what each
    sample says, where samples are texts; of each no more than `SAID` characters are sent."""
    n, names = len(labels), list(class_names)
    columns = {"labels": labels, "predictions": predictions, "shuffled": shuffled}
    known = {name: column for name, column in columns.items() if column is not None and len(column)}
    for name, column in {**known, "ids": ids, **({} if texts is None else {"texts": texts})}.items():
        if len(column) != n:
            raise PointsError(f"There must be one of {name} for each of the {n} samples, not {len(column)}.")
    if len(styles) != len(names):
        raise PointsError(f"There must be a style for each of the {len(names)} classes, not {len(styles)}.")
    arrays = {name: _classes(column, len(names)) for name, column in known.items()}
    arrays["ids"] = np.asarray(ids).astype(np.int32)
    looks = _looks(styles)
    same = _digest(names, arrays["ids"].tobytes() + arrays["labels"].tobytes())
    about = {"part": "samples", "n": n, "classes": names, "styles": looks, "same": same}
    if texts is not None:
        about["texts"] = [clean(text, SAID) for text in texts]
    return pack(about, arrays)


def _looks(styles: Sequence[tuple[str, str]]) -> list[list[Any]]:
    return [[colour, SHAPES.index(shape)] for colour, shape in styles]


def _classes(column: np.ndarray, count: int) -> np.ndarray:
    column = np.asarray(column)
    return np.where((column >= 0) & (column < count), column, NO_CLASS).astype(np.uint16)


def maps(layers_by_map: Mapping[str, Sequence[MapLayer]]) -> bytes:
    """Positions of the samples in every layer, one or more maps by name ("UMAP", "PCA", "PCA 3-D").

    Each layer is centred between its extremes and drawn at its own scale, as large as fits within 32767.
    Raises PointsError where a layer has another number of samples, or a position that is not finite.
    """
    arrays, described = {}, []
    for m, (name, layers) in enumerate(layers_by_map.items()):
        dims = {layer.positions.shape[1] for layer in layers if len(layer.positions)}
        sizes = {len(layer.positions) for layer in layers} - {0}
        if len(dims) != 1 or len(sizes) != 1 or not dims <= {2, 3}:
            raise PointsError(
                f"Each layer of a map must have the same samples in 2 or 3 dimensions; those of {name} have "
                f"{sorted(sizes)} samples and {sorted(dims)} dimensions."
            )
        n, d = sizes.pop(), dims.pop()
        known = [layer for layer in layers if len(layer.positions)]
        arrays[f"map{m}"] = np.stack([_whole(layer.positions) for layer in known])
        described.append({"name": name, "dims": d, "n": n, "array": f"map{m}", "layers": _described(layers)})
    return pack({"part": "maps", "maps": described}, arrays)


def _described(layers: Sequence[MapLayer]) -> list[dict[str, Any]]:
    """row: place of the layer's positions in the array, -1 where it has none."""
    rows = np.cumsum([len(layer.positions) > 0 for layer in layers]) - 1
    return [
        {
            "name": layer.name,
            "title": layer.title or layer.name,
            "row": int(row) if len(layer.positions) else -1,
            "trustworthiness": _rounded(layer.trustworthiness),
            "kept": _rounded(layer.kept),
            "previous": _rounded(layer.previous),
            "note": layer.note,
            "units": layer.units,
        }
        for layer, row in zip(layers, rows, strict=True)
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _whole(positions: np.ndarray) -> np.ndarray:
    """Positions in whole numbers, (n, d) int16."""
    positions = np.asarray(positions, np.float64)
    if not np.isfinite(positions).all():
        raise PointsError("The positions of a map must be finite.")
    middle, unit = _frame(positions)
    whole: np.ndarray = np.rint((positions - middle) * unit).astype(np.int16)
    return whole


def _frame(positions: np.ndarray) -> tuple[np.ndarray, float]:
    """Where the middle of a map is, (d,), and how many whole numbers make one of its units."""
    middle = (positions.max(axis=0) + positions.min(axis=0)) / 2
    off = positions - middle
    reach = np.abs(off).max() if off.shape[1] == 2 else np.sqrt((off**2).sum(axis=1)).max()  # in 3-D it is turned
    return middle, HALF / reach if reach > 0 else 0.0


def marks(name: str, places: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> bytes:
    """Stars on the map called `name`: places that are no sample's, at the scale of the map. places: by layer the
    positions of the samples, (n, d), and those of the stars, (p, d), NaN where there is none."""
    own = []
    for positions, stars in places.values():
        middle, unit = _frame(positions.astype(np.float64))
        own.append((stars - middle) * unit)
    scaled = np.stack(own).astype(np.float32)
    return pack({"part": "marks", "map": name, "layers": list(places), "count": scaled.shape[1]}, {"positions": scaled})


def values(
    layer_names: Sequence[str],
    numbers: Mapping[str, np.ndarray],
    words: Mapping[str, str],
    kinds: Mapping[str, tuple[str, Sequence[tuple[str, str]]]] | None = None,
) -> bytes:
    """Numbers to colour by. numbers: (layers, n) float by name, NaN where there is none. words: what each is, in a
    sentence, with its unit. kinds: of those that are kinds, 0 ... 253: what one is called, and the styles of all. Kinds
    are kept as they are.

    Kept in one byte: each layer has a table of 255 quantiles of its own, so that a number shown is within a
    254th part of the samples of the true one; 0 is no number. The colours run, for all layers alike, from the 2nd to
    the 98th percentile of all numbers.
    """
    arrays, described = {}, []
    for v, (name, table) in enumerate(numbers.items()):
        table = np.asarray(table, np.float64)
        if table.shape[:1] != (len(layer_names),):
            raise PointsError(f"{name} must have a row for each of {len(layer_names)} layers, not {len(table)}.")
        coded = _as_kinds if name in (kinds or {}) else _coded
        books, codes = zip(*(coded(row) for row in table), strict=True)
        arrays[f"codes{v}"], arrays[f"book{v}"] = np.stack(codes), np.stack(books)
        finite = table[np.isfinite(table)]
        low, high = np.percentile(finite, [2, 98]) if len(finite) else (0.0, 1.0)
        about = {"words": words[name], "n": table.shape[1], "low": float(low), "high": float(high), "array": str(v)}
        if kinds and name in kinds:
            about |= {"kind": kinds[name][0], "styles": _looks(kinds[name][1])}
        described.append({"name": name} | about)
    return pack({"part": "values", "layers": list(layer_names), "values": described}, arrays)


def _coded(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((256,) float32 book, (n,) uint8 codes): code c >= 1 stands for book[c], 0 for no number."""
    finite, book = np.isfinite(row), np.zeros(LEVELS + 1, np.float32)
    codes = np.zeros(len(row), np.uint8)
    if finite.any():
        levels = np.quantile(row[finite], np.linspace(0, 1, LEVELS))
        book[1:] = levels
        middles = (levels[1:] + levels[:-1]) / 2
        codes[finite] = 1 + np.searchsorted(middles, row[finite])
    return book, codes


def _as_kinds(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `_coded`, of whole numbers from 0 to 253: code c >= 1 stands for c - 1. Those above are none."""
    known = np.isfinite(row) & (row < LEVELS - 1)
    codes = np.where(known, np.where(known, row, 0) + 1, 0).astype(np.uint8)
    return np.arange(-1, LEVELS, dtype=np.float32), codes


def images(thumbnails: np.ndarray) -> bytes:
    """Thumbnails, (n, s, s, 3) or (n, s, s) uint8, as WebP sheets of 32 x 32, one after the other. 10,000 handwritten
    digits take 1.12 MB with s = 28 and 0.69 MB with s = 20: beyond 5,000 samples, s = 20 is enough to tell them apart.
    """
    from PIL import Image

    thumbnails = np.asarray(thumbnails)
    if thumbnails.dtype != np.uint8 or thumbnails.ndim not in (3, 4) or thumbnails.shape[1] != thumbnails.shape[2]:
        raise PointsError(
            f"Thumbnails must be (n, s, s) or (n, s, s, 3) uint8, not {thumbnails.shape} {thumbnails.dtype}."
        )
    n, size, per = len(thumbnails), thumbnails.shape[1], SHEET * SHEET
    sheets = []
    for start in range(0, n, per):
        some = thumbnails[start : start + per]
        rows = -(-len(some) // SHEET)
        sheet = np.zeros((rows * SHEET, *thumbnails.shape[1:]), np.uint8)
        sheet[: len(some)] = some
        grid = sheet.reshape(rows, SHEET, size, size, -1).transpose(0, 2, 1, 3, 4)
        file = io.BytesIO()
        pixels = grid.reshape(rows * size, SHEET * size, -1)
        Image.fromarray(pixels.squeeze(axis=2) if pixels.shape[2] == 1 else pixels).save(
            file, "WEBP", quality=WEBP_QUALITY, method=4
        )
        sheets.append(np.frombuffer(file.getvalue(), np.uint8))
    names = [f"sheet{i}" for i in range(len(sheets))]
    return pack({"part": "images", "n": n, "size": size, "side": SHEET}, dict(zip(names, sheets, strict=True)))


def selected(mask: object, n: int) -> np.ndarray:
    """Places of the selected samples, (s,) int, from the bit mask (base64, lowest bit first) that the browser sends;
    none for anything that is not a mask of n samples."""
    try:
        raw = base64.b64decode(mask, validate=True) if isinstance(mask, str) else b""
    except (binascii.Error, ValueError):
        raw = b""
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
    return np.flatnonzero(bits[:n]) if len(raw) == (n + 7) // 8 else np.zeros(0, np.int64)
