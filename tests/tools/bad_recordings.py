"""Files of torch.save, MATLAB, HDF5 and AnnData, and sparse matrices: odd, broken and hostile ones."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
import scipy.io
import scipy.sparse
import torch

from .bad_arrays import GOOD, SMALL, Danger, Row, npz

SPARSE = scipy.sparse.random(30, 20, 0.1, random_state=0)


def saved(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def mat(version: str = "5", compressed: bool = False, **variables: Any) -> bytes:
    file = io.BytesIO()
    scipy.io.savemat(file, variables, format=version, do_compression=compressed)
    return file.getvalue()


def hdf5(fill: Callable[[Any], Any], **options: Any) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as made:
        fill(made)
    return file.getvalue()


def matlab73(fill: Callable[[Any], Any]) -> bytes:
    """As MATLAB writes it: HDF5 behind 512 bytes of its own."""
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(116) + bytes(8) + b"\0\2IM"
    return head.ljust(512, b"\0") + hdf5(fill, userblock_size=512)[512:]


def variable(file: Any, name: str, value: np.ndarray, kind: str = "double") -> None:
    file.create_dataset(name, data=value.T).attrs["MATLAB_class"] = np.bytes_(kind)


def sparse_group(file: Any, path: str, kind: str = "csr", **attributes: Any) -> Any:
    matrix = SPARSE.asformat(kind)
    group = file.create_group(path)
    names = ("data", "ir", "jc") if "MATLAB_sparse" in attributes else ("data", "indices", "indptr")
    for name, part in zip(names, (matrix.data, matrix.indices, matrix.indptr), strict=True):
        group[name] = part
    group.attrs.update(attributes)
    return group


def h5ad(x: str = "dense", label: str = "label") -> bytes:
    def fill(file):
        if x == "dense":
            file["X"] = SPARSE.toarray()
        else:
            sparse_group(file, "X", x, **{"encoding-type": f"{x}_matrix", "shape": SPARSE.shape})
        obs = file.create_group("obs")
        obs.attrs["_index"] = "names"
        obs["names"], obs["n_genes"] = [f"cell{i}" for i in range(30)], np.arange(30)
        column = obs.create_group(label)
        column.attrs["encoding-type"] = "categorical"
        column["codes"], column["categories"] = np.r_[-1, np.arange(29) % 2].astype("i1"), ["b", "a"]
        file["obsm/X_pca"], file["uns/k"] = SPARSE.toarray()[:, :2], 1

    return hdf5(fill)


def save_npz(kind: str = "csr", **changed: np.ndarray) -> bytes:
    file = io.BytesIO()
    scipy.sparse.save_npz(file, SPARSE.asformat(kind))
    parts = np.load(io.BytesIO(file.getvalue()))
    return npz(**{**parts, **changed}) if changed else file.getvalue()


def element(kind: int, content: bytes, size: int | None = None) -> bytes:
    """One element of a .mat file of version 5."""
    return struct.pack("<II", kind, len(content) if size is None else size) + content


def mat_header() -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"


def mat_bomb() -> bytes:
    """A variable of one number whose 20 MB of zeros are packed."""
    about = (
        element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<ii", 1, 1)) + element(1, b"x".ljust(8, b"\0"))
    )
    inner = about + element(9, bytes(20_000_000))
    return mat_header() + element(15, zlib.compress(element(14, inner)))


def mat_lie(name: bytes = b"x") -> bytes:
    """A variable whose numbers are said to be 4 GB."""
    about = (
        element(6, struct.pack("<II", 6, 0))
        + element(5, struct.pack("<ii", 2, 2))
        + element(1, name.ljust(8, b"\0"), len(name))
    )
    return mat_header() + element(14, about + element(9, bytes(32), 2**32 - 8))


def chunk_bomb() -> bytes:
    """A part that unpacks to 20 MB where 96 bytes should be."""

    def fill(file):
        made = file.create_dataset("x", (4, 3), chunks=(4, 3), compression="gzip", dtype="f8")
        made.id.write_direct_chunk((0, 0), zlib.compress(bytes(20_000_000)))

    return hdf5(fill)


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (4, 3))
    file.create_virtual_dataset("x", layout)


def wide_parts(file: Any) -> None:
    file.create_dataset("x", (2, 2), maxshape=(None, None), chunks=(2**12, 2**11), dtype="f4", compression="gzip")[
        :
    ] = 1


def nested(depth: int) -> Any:
    value: Any = {"x": torch.zeros(3, 2)}
    for _ in range(depth):
        value = {"a": value, "b": value}
    return value


def broken_obs() -> bytes:
    def fill(file):
        file["X"] = GOOD
        column = file.create_group("obs/label")
        column.attrs["encoding-type"] = "categorical"
        column["codes"], column["categories"] = np.array([0, 1, 2, 7], "i1"), ["b", "a"]

    return hdf5(fill)


X = torch.from_numpy(GOOD)
HUGE = {"shape": np.array([10**6, 10**6])}

REFUSED = [
    Row("pt: text renamed", "a.pt", lambda: b"1,2\n3,4\n", "Its first bytes are not those of such a file"),
    Row("pt: an object that runs code", "a.pt", lambda: saved({"x": Danger()}), "no code of a file is run here"),
    Row("pt: a whole network", "a.pt", lambda: saved(torch.nn.Linear(2, 2)), "save its tensors alone"),
    Row("pt: cut short", "a.pt", lambda: saved({"x": X})[:-40], "cut short or damaged"),
    Row("pt: one number 10^9 times", "a.pt", lambda: saved({"x": torch.zeros(1).expand(10**9, 1)}), "holds 1 of them"),
    Row("pt: many values", "a.pt", lambda: saved(torch.zeros(1001, 1)), "1,001 values together; 1,000", SMALL),
    Row("pt: one dict in 60 places", "a.pt", lambda: saved([nested(2)] * 20), "more than 50 things", SMALL),
    Row("pt: sparse", "a.pt", lambda: saved({"x": X.to_sparse()}), "only dense tensors are read"),
    Row("pt: numpy's arrays", "a.pt", lambda: saved({"x": GOOD}), "x (numpy's; use numpy.savez)"),
    Row("pt: settings alone", "a.pt", lambda: saved({"lr": 0.1}), "as no matrices of samples x units: lr"),
    Row("npz: sparse, 10^12 values in full", "a.npz", lambda: save_npz(**HUGE), "1,000,000 x 1,000,000 values once"),
    Row("npz: sparse, places outside", "a.npz", lambda: save_npz(indices=np.full(60, 99)), "matrix a is damaged"),
    Row("npz: sparse, negative places", "a.npz", lambda: save_npz("coo", row=np.full(60, -1)), "matrix a is damaged"),
    Row("npz: sparse, of a new kind", "a.npz", lambda: save_npz(format=np.array(b"lil")), "of no kind that is read"),
    Row("mat: text renamed", "a.mat", lambda: b"1,2\n3,4\n" * 20, "not a .mat file, or it is damaged"),
    Row("mat: cut short", "a.mat", lambda: mat(x=GOOD)[:-20], "said to have 48 bytes, of 76"),
    Row("mat: 20 MB in 20 kB", "a.mat", mat_bomb, "unpacks to more than 100,000 bytes", SMALL),
    Row("mat: says that it has 4 GB", "a.mat", mat_lie, "4,294,967,288 bytes, of 88 in all"),
    Row("mat: a structure alone", "a.mat", lambda: mat(s={"a": 1}), "no matrices of samples x units: s (struct)"),
    Row("mat: cells alone", "a.mat", lambda: mat(c=np.array([[GOOD, "b"]], object)), "samples x units: c (cell)"),
    Row("mat: complex numbers alone", "a.mat", lambda: mat(z=GOOD * 1j), "z (complex numbers)"),
    Row("mat: many values", "a.mat", lambda: mat(x=np.zeros((40, 26))), "1,040 values together; 1,000", SMALL),
    Row(
        "mat: sparse, too many in full",
        "a.mat",
        lambda: mat(x=scipy.sparse.csc_matrix((10**5, 10**5))),
        "10,000,000,000 values together",
    ),
    Row("h5: text renamed", "a.h5", lambda: b"1,2\n3,4\n", "not an HDF5 file, or it is damaged"),
    Row("h5: cut short", "a.h5", lambda: hdf5(lambda f: f.create_dataset("x", data=GOOD))[:-20], "it is damaged"),
    Row("h5: nothing in it", "a.h5", lambda: hdf5(lambda f: None), "There is no matrix in the file"),
    Row("h5: 400 TB that were never written", "a.h5",
        lambda: hdf5(lambda f: f.create_dataset("x", (10**7, 10**7), "f4", chunks=(100, 100))), "100,000,000,000"),
    Row("h5: a shape without numbers", "a.h5",
        lambda: hdf5(lambda f: f.create_dataset("x", (9, 9), "f4")), "was ever written"),
    Row("h5: numbers in another file", "a.h5",
        lambda: hdf5(lambda f: f.create_dataset("x", (2, 2), "f4", external=[("/etc/passwd", 0, 16)])), "another file"),
    Row("h5: a view of another file", "a.h5", lambda: hdf5(virtual), "in another file, which is not read"),
    Row("h5: links alone", "a.h5",
        lambda: hdf5(lambda f: f.update({"x": h5py.ExternalLink("/etc/other.h5", "x")})), "x (a link)"),
    Row("h5: a filter from elsewhere", "a.h5",
        lambda: hdf5(lambda f: f.create_dataset("x", data=GOOD, compression="lzf")), "packed by the filter 32000"),
    Row("h5: a part that unpacks to 20 MB", "a.h5", chunk_bomb, "a part of it should have 96 bytes, and has more"),
    Row("h5: parts larger than the whole", "a.h5", lambda: hdf5(wide_parts), "kept in parts of 33,554,432 bytes"),
    Row("h5: more groups than may be", "a.h5",
        lambda: hdf5(lambda f: [f.create_group(f"{i}") for i in range(60)]), "more than 50 datasets", SMALL),
    Row("h5ad: categories that are not there", "a.h5ad", broken_obs, "names categories that are not there"),
    Row("mat 7.3: cut short", "a.mat", lambda: matlab73(lambda f: variable(f, "x", GOOD))[:-20], "it is damaged"),
]  # fmt: skip


def several(file: Any) -> None:
    file["layer10"], file["group/layer2"], file["rate"], file["time"] = GOOD, GOOD, 3.0, np.arange(4)
    file["labels"], file["again"], file["group/up"] = list("abca"), h5py.SoftLink("/layer10"), file["/"]


def partly(file: Any) -> None:
    file.create_dataset("x", (4, 3), "f4", chunks=(2, 3))[:2] = 1


def of_matlab(file: Any) -> None:
    variable(file, "x", SPARSE.toarray())
    variable(file, "rate", np.ones((1, 1)))
    variable(file, "labels", np.arange(30)[:, None] % 3)
    file.create_group("set").attrs["MATLAB_class"] = np.bytes_("struct")
    sparse_group(file, "s", "csc", MATLAB_class=np.bytes_("double"), MATLAB_sparse=np.uint64(30))


ACCEPTED = [
    Row("pt: a dict of tensors", "a.pt", lambda: saved({"l2": X, "l1": X[:, :2], "lr": 0.1}), "Left out, as no"),
    Row("pt: one tensor", "a.pt", lambda: saved(X), ""),
    Row("pt: a list of tensors", "a.pt", lambda: saved([X, X]), ""),
    Row("pt: labels in words", "a.pt", lambda: saved({"x": X, "labels": list("abca")}), "The labels are the array"),
    Row("pt: bfloat16", "a.pth", lambda: saved({"x": X.bfloat16()}), "Converted from bfloat16 to float32: x"),
    Row("pt: before 1.6", "a.pt", lambda: saved({"x": X}, _use_new_zipfile_serialization=False), ""),
    Row("pt: complex numbers beside", "a.pt", lambda: saved({"x": X, "z": X * 1j}), "z (of complex64)"),
    Row("npz: scipy's sparse", "a.npz", save_npz, "a is sparse; it was written out in full, 30 x 20"),
    Row("npz: spikes, packed 100 times", "a.npz", lambda: spikes(), ""),
    Row("mat: version 4", "a.mat", lambda: mat("4", x=GOOD), ""),
    Row("mat: a recording", "a.mat", lambda: mat(x=GOOD, fs=1000.0, t=np.arange(4.0), s={"a": 1}, z=GOOD * 1j),
        "samples x units: fs (1 x 1), t (1 x 4), s (struct), z (complex numbers)"),
    Row("mat: packed, with labels in cells", "a.mat",
        lambda: mat(compressed=True, x=GOOD, label=np.array([list("abca")], object)), "The labels are the array label"),
    Row("mat: sparse", "a.mat", lambda: mat(s=SPARSE.tocsc()), "s is sparse; it was written out in full, 30 x 20"),
    Row("mat: a vector alone", "a.mat", lambda: mat(t=np.arange(4) + 0.5), ""),
    Row("mat 7.3", "a.mat", lambda: matlab73(of_matlab), "rate (1 x 1), set (struct)"),
    Row("h5: groups, labels, links", "a.h5", lambda: hdf5(several), "rate (a single number), time (4), again (a link)"),
    Row("h5: partly written", "a.hdf5", lambda: hdf5(partly), "Of x, 1 of 2 parts were never written"),
    Row("h5ad", "a.h5ad", h5ad, "The labels are the column label of obs."),
    Row("h5ad: sparse", "a.h5ad", lambda: h5ad("csc", "cell_type"), "Left out, of obs: cell_type, n_genes"),
]  # fmt: skip


def spikes() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, x=np.eye(6000, 1000, dtype=np.float32))
    return file.getvalue()
