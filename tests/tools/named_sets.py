"""Files of the data sets that are known by name, made up and small."""

import gzip
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np

from idcore.data.catalogue import DATASETS
from tests import ROOT

RANDOM = np.random.RandomState(0)


def smaller(monkeypatch, tmp_path: Path, name: str, train: int, test: int) -> None:
    """The catalogue says how many samples the made-up files have, here and in processes started from here."""
    sizes = {"train": train, "test": test, "all": train + test}
    monkeypatch.setitem(DATASETS, name, replace(DATASETS[name], sizes=sizes))
    (tmp_path / "sitecustomize.py").write_text(
        "from dataclasses import replace\nfrom idcore.data.catalogue import DATASETS\n"
        f"DATASETS[{name!r}] = replace(DATASETS[{name!r}], sizes={sizes})\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))


def write_idx(path: Path, array: np.ndarray) -> None:
    content = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_mnist(
    folder: Path, names: tuple[str, ...], ending: str = "", first: int = 0, classes: int = 10, random=RANDOM
) -> None:
    for i, name in enumerate(names):
        n = 40 if i < 2 else 20
        images, labels = random.randint(0, 256, (n, 28, 28)), np.arange(n) % classes + first
        write_idx(folder / (name + ending), (labels if "labels" in name else images).astype(np.uint8))


def cifar_file(images: np.ndarray, labels: list[int], key: str) -> bytes:
    """The operations that Python 2 wrote for {"batch_label": ..., key: labels, "data": uint8 array}."""
    short = lambda text: b"U" + bytes([len(text)]) + text.encode()  # noqa: E731
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
    shape = b"M" + struct.pack("<H", len(labels)) + b"M\x00\x0c\x86"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    pixels = b"\x89T" + struct.pack("<I", images.size) + images.tobytes() + b"tb"
    values = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return (
        b"\x80\x02}("
        + short("batch_label")
        + short("x 1")
        + short(key)
        + values
        + short("data")
        + array
        + shape
        + dtype
        + pixels
        + b"u."
    )
