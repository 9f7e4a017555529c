"""`LayerGeometry`: the one small exact record that a measured layer leaves behind. Numpy only.

Every view (curve, fit, spectrum, projection, overlap, comparison) is computed from it.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from idcore.errors import PointsError
from idcore.given import numbers
from idcore.shapes import Float, Float64, Int
from idcore.text import brief


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest neighbours of each of n points, nearest first, the point itself left out.

    indices: (n, k) int. distances: (n, k) float64, Euclidean, in the units of the data. May be built from a
    person's own arrays. Raises PointsError when shapes differ, a value is masked, a distance is negative, not finite
    or out of order, or an index is out of range.

    rounding: what a distance may be off by, in the units of the data, because of the rounding of the numbers that it
    was made of; beside it a distance is known to 1e-12 of itself.
    """

    indices: np.ndarray
    distances: np.ndarray
    rounding: float = 0.0

    __repr__ = brief

    def __post_init__(self) -> None:
        indices = np.asarray(numbers(self.indices, "The indices"))
        distances = np.asarray(numbers(self.distances, "The distances"), dtype=np.float64)
        if indices.ndim != 2 or indices.shape != distances.shape:
            raise PointsError(
                f"indices and distances must both be (n, k); they are {indices.shape} and {distances.shape}."
            )
        if indices.dtype.kind not in "iu":
            raise PointsError(f"indices must be whole numbers, not {indices.dtype}.")
        if indices.size and (indices.min() < 0 or indices.max() >= len(indices)):
            raise PointsError(
                f"indices must lie in 0 ... n-1 = {len(indices) - 1}; they run from {indices.min()} to {indices.max()}."
            )
        if not np.isfinite(distances).all() or (distances < 0).any():
            raise PointsError("distances must be finite and not negative.")
        if (np.diff(distances, axis=1) < 0).any():
            raise PointsError("distances must rise along each row (nearest neighbour first).")
        if not isinstance(self.rounding, (int, float)) or not 0 <= self.rounding < np.inf:
            raise PointsError(f"The rounding of distances must be finite and not negative, not {self.rounding}.")
        object.__setattr__(self, "indices", indices)
        object.__setattr__(self, "distances", distances)

    @property
    def n(self) -> int:
        return len(self.indices)

    @property
    def k(self) -> int:
        return int(self.indices.shape[1])


@dataclass(frozen=True)
class Layer:
    """One hooked output, flattened to a row per sample.

    order: place in call order, the input is 0. depth: relative depth, 0 (input) ... 1 (output). kind: module class.
    shape: of one sample. units: D, their product. checkpoint: one of the checkpoint layers.
    note: why it cannot be measured ("" when it can). samples: axis of the output that counts the samples.
    channels: axis of one sample that counts the channels, None where that is not known (or was not asked).
    reduce: what the shape is that of, all of a sample (flatten), the mean of each channel, the first token (cls).
    unsteady: a sample's row depends on more than the sample: random numbers, the other samples of its batch.
    remarks: sentences for the reader on how it is read.
    also: other modules whose output this is, containers as a rule: names that choose it too.
    """

    name: str
    order: int
    depth: float
    kind: str
    shape: tuple[int, ...]
    units: int
    checkpoint: bool = False
    note: str = ""
    samples: int = 0
    channels: int | None = None
    reduce: str = "flatten"
    unsteady: bool = False
    remarks: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


OWN_NETWORK = "a network of your own, measured by idcore.profile"
"""The source of a data set that stands for a network that was handed in: its matrices are the layers of that."""


@dataclass(frozen=True)
class Dataset:
    """What is known of a data set before its samples are read.

    name: as in `DataSpec.dataset`. classes: their names, by label. shape: (channels, height, width) of one image where
    all have the same, None otherwise. sizes: samples of each split ("train", "test", "all"; only those there are).
    source: where it comes from. smallest: samples of the smallest class of each split. matrices: names and units of its
    representations, where it has those instead of images. notes: sentences for the reader. labelled: false where all
    samples stand in one class because nothing else is known. texts: sequences (sentences, proteins) instead of images.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int] | None
    sizes: dict[str, int]
    source: str
    smallest: dict[str, int] = dataclasses.field(default_factory=dict)
    matrices: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    labelled: bool = True
    texts: bool = False


@dataclass(frozen=True, eq=False)
class LayerGeometry:
    """What is kept of a layer: n samples, D = `layer.units` columns, of which m rows are distinct.

    note:          why there is no number ("" when there are numbers); then the arrays are empty.
    group:         (n,) int32, distinct row that each sample belongs to (exact duplicates share one).
    neighbours:    table over the m distinct rows, k = min(64, m - 1), with the rounding of all distances here.
    blocks:        (levels, m, 2) float64, r1 and r2 of each distinct row within its own block: level j splits the
                   rows into 2**j disjoint random blocks; level 0 is all of them. NaN where a block is too small.
    block_of:      (levels, m) int32, block number of each row at each level.
    eigenvalues:   (min(n - 1, D),) float64, falling: covariance (1 / (n - 1)) of all n samples.
    coordinates:   (n, c) float32, leading principal coordinates of all n samples.
    norms:         (n,) float64, squared distance of each sample from their mean; empty in a record of an older version.
    linearised:    (draws, s, 2) float64, r1 and r2 of s = m points of Gaussian samples of m points with the same
                   covariance; s = 10,000 above m = 20,000.
    far:           (a, r) float32, distances of some distinct rows to their neighbours at the ranks `far_ranks`, powers
                   of two beyond the table up to m / 2, in the units of the data; NaN where a rank could not be told.
                   Empty in a record of an older version, and where the table reaches that far itself.
    far_of:        (a,) int32, rising: which rows, all of them up to 2000.
    apart:         (b (b - 1) / 2,) float32, distances of each two of b samples (of 0 and 1, 0 and 2, ...), in the units
                   of the data. Empty in a record of an older version, and where the coordinates hold all distances.
    apart_of:      (b,) int32: which samples, all of them up to 512.
    dead:          units that are constant over the samples. non_finite: NaN or Inf values met.
    brute_rows:    rows that the certificate could not prove and that were brute-forced.
    refined_pairs: pairs whose distance was computed again, each on its own.
    notes:         sentences on what was taken from less than all there is.
    seconds:       time the measurement took (no part of the result's identity).
    """

    layer: Layer
    n: int
    note: str
    group: Int[np.ndarray, " n"]
    neighbours: Neighbours
    blocks: Float64[np.ndarray, "levels m 2"]
    block_of: Int[np.ndarray, "levels m"]
    eigenvalues: Float[np.ndarray, " r"]
    coordinates: Float[np.ndarray, "n c"]
    linearised: Float64[np.ndarray, "draws few 2"]
    norms: Float[np.ndarray, " all_or_none"] = dataclasses.field(default_factory=lambda: np.zeros(0))
    far: Float[np.ndarray, "anchors ranks"] = dataclasses.field(default_factory=lambda: np.zeros((0, 0), np.float32))
    far_of: Int[np.ndarray, " some"] = dataclasses.field(default_factory=lambda: np.zeros(0, np.int32))
    apart: Float[np.ndarray, " pairs"] = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))
    apart_of: Int[np.ndarray, " samples"] = dataclasses.field(default_factory=lambda: np.zeros(0, np.int32))
    dead: int = 0
    non_finite: int = 0
    brute_rows: int = 0
    refined_pairs: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    __repr__ = brief

    @property
    def distinct(self) -> int:
        return self.neighbours.n

    @property
    def columns(self) -> int:
        """Units that vary over the samples: no dimension is above it."""
        return self.layer.units - self.dead

    @property
    def far_ranks(self) -> tuple[int, ...]:
        """The rank of each column of `far`."""
        return powers(self.neighbours.k, self.distinct)[: self.far.shape[1]]

    @property
    def lacks_far(self) -> bool:
        """Whether an older version wrote it, without the distances beyond the table that it could have."""
        return not self.note and not self.far.shape[1] and bool(powers(self.neighbours.k, self.distinct))

    @property
    def duplicates(self) -> int:
        """Samples that are an exact copy of an earlier one."""
        return 0 if self.note else self.n - self.distinct


APART = 512
"""Samples of which a record keeps all distances, 0.5 MB of a layer."""
APART_SEED = 2019


def apart_samples(n: int) -> np.ndarray:
    """(a,) int64, rising: the samples among n of which all distances are kept or compared; of more than `APART` a draw
    that is the same for every layer."""
    if n <= APART:
        return np.arange(n)
    return np.sort(np.random.default_rng(APART_SEED).permutation(n)[:APART])


def holds_distances(eigenvalues: np.ndarray, coordinates: int) -> bool:
    """Whether so many leading principal coordinates hold all distances, as far as float32 sees them. eigenvalues: (r,)
    float64, falling."""
    return float(eigenvalues[coordinates:].sum()) <= 1e-12 * float(eigenvalues.sum())


def powers(k: int, m: int) -> tuple[int, ...]:
    """The powers of two above k, up to m / 2: ranks beyond a table of k neighbours of m points."""
    return tuple(2**j for j in range(m.bit_length()) if k < 2**j <= m // 2)


def unmeasured(layer: Layer, n: int, note: str, *, non_finite: int = 0) -> LayerGeometry:
    """The record of a layer that has no numbers, with the reason."""
    table = Neighbours(np.zeros((0, 0), np.int32), np.zeros((0, 0)))
    return LayerGeometry(
        layer=layer,
        n=n,
        note=note,
        group=np.zeros(0, np.int32),
        neighbours=table,
        blocks=np.zeros((0, 0, 2)),
        block_of=np.zeros((0, 0), np.int32),
        eigenvalues=np.zeros(0),
        coordinates=np.zeros((0, 0), np.float32),
        linearised=np.zeros((0, 0, 2)),
        non_finite=non_finite,
    )


_ARRAYS = ("group", "blocks", "block_of", "eigenvalues", "coordinates", "linearised")
_COUNTING = ("group", "block_of", "indices")
"""Numbers of rows or blocks, none negative."""
_COUNTS = ("n", "note", "dead", "non_finite", "brute_rows", "refined_pairs", "seconds")


_LISTS = ("shape", "remarks", "also")


def layer_to_json(layer: Layer) -> dict[str, Any]:
    """JSON values of a Layer."""
    lists = {name: list(getattr(layer, name)) for name in _LISTS}
    return {**dataclasses.asdict(layer), **lists}


def layer_from_json(value: dict[str, Any]) -> Layer:
    """The inverse of `layer_to_json`."""
    return Layer(**{**value, **{name: tuple(value.get(name, ())) for name in _LISTS}})  # old entries lack the later


def to_entry(geometry: LayerGeometry) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(arrays, meta) for the store: numpy arrays by name, and JSON values."""
    arrays = {name: getattr(geometry, name) for name in _ARRAYS} | {"indices": geometry.neighbours.indices}
    arrays |= {name: _narrow(arrays[name]) for name in _COUNTING}
    arrays["distances"] = geometry.neighbours.distances
    arrays["norms"] = geometry.norms
    if geometry.far.shape[1]:
        arrays |= {"far": geometry.far, "far_of": _narrow(geometry.far_of)}
    if len(geometry.apart):
        arrays |= {"apart": geometry.apart, "apart_of": _narrow(geometry.apart_of)}
    meta: dict[str, Any] = {"layer": layer_to_json(geometry.layer), "notes": list(geometry.notes)}
    meta["rounding"] = geometry.neighbours.rounding
    return arrays, meta | {name: getattr(geometry, name) for name in _COUNTS}


def _narrow(numbers: np.ndarray) -> np.ndarray:
    small = numbers.size == 0 or int(numbers.max()) <= np.iinfo(np.uint16).max
    return numbers.astype(np.uint16 if small else np.int32)


def from_entry(arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> LayerGeometry:
    """The inverse of `to_entry`."""
    arrays = arrays | {name: arrays[name].astype(np.int32) for name in _COUNTING}
    values: dict[str, Any] = {name: arrays[name] for name in _ARRAYS} | {name: meta[name] for name in _COUNTS}
    table = Neighbours(arrays["indices"], arrays["distances"], meta.get("rounding", 0.0))
    values["notes"], values["norms"] = tuple(meta.get("notes", ())), arrays.get("norms", np.zeros(0))
    if "far" in arrays:
        values |= {"far": arrays["far"], "far_of": arrays["far_of"].astype(np.int32)}
    if "apart" in arrays:
        values |= {"apart": arrays["apart"], "apart_of": arrays["apart_of"].astype(np.int32)}
    return LayerGeometry(layer=layer_from_json(meta["layer"]), neighbours=table, **values)
