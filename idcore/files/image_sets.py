"""The formats of the data sets known by name, as arrays: idx (MNIST and its kin), CIFAR, SVHN, STL-10. Numpy only.

They are read here and not by torchvision, whose readers execute pickles (CIFAR, old copies of MNIST); what they return
is the same (tests/data/test_data_sets.py). Each `read_` takes the contents of the files of a data set, in order, and
returns its parts. Each raises ValueError, KeyError, TypeError or IndexError, and whatever scipy does, where a file is
not what it should be.
"""

import io
import math
import pickletools
from typing import Any

import numpy as np

Part = tuple[np.ndarray, np.ndarray]
"""(images (n, c, h, w) uint8, labels (n,) int64) of one part of a data set."""


def idx(content: bytes) -> np.ndarray:
    """An array of the idx format (LeCun): two zero bytes, the type (8 is uint8), the number of axes, their lengths."""
    if len(content) < 4 or content[:3] != b"\0\0\x08" or not 1 <= content[3] <= 3:
        raise ValueError("one is not an idx file of bytes")
    start = 4 + 4 * content[3]
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    if math.prod(shape) != len(content) - start:
        raise ValueError(f"one says {shape} and holds {len(content) - start} bytes")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_mnist(*contents: bytes) -> list[Part]:
    return [
        (idx(images)[:, None], idx(labels).astype(np.int64))
        for images, labels in zip(contents[::2], contents[1::2], strict=True)
    ]


def read_emnist(*contents: bytes) -> list[Part]:
    return [(images.transpose(0, 1, 3, 2), labels) for images, labels in read_mnist(*contents)]


def read_emnist_letters(*contents: bytes) -> list[Part]:
    return [(images, labels - 1) for images, labels in read_emnist(*contents)]  # the file counts from 1


def read_cifar(*contents: bytes) -> list[Part]:
    return list(map(cifar, contents))


def cifar(content: bytes) -> Part:
    """One file of CIFAR's Python version. It is a pickle: its operations are listed, none is executed.

    A dictionary of the key `labels` or `fine_labels` with a list of small numbers, and of the key `data` with a numpy
    array, whose bytes, in C order, are the longest string of the file.
    """
    key, labels, pixels, fortran, flag = "", list[Any](), "", True, True
    for operation, value, _ in pickletools.genops(content):
        if operation.name in ("NEWTRUE", "NEWFALSE"):
            flag = operation.name == "NEWTRUE"
        elif isinstance(value, (str, bytes)):
            key = value if isinstance(value, str) else value.decode("latin-1")
            if len(key) > len(pixels):
                pixels, fortran = key, flag
        elif operation.name == "BININT1" and key in ("labels", "fine_labels"):
            labels.append(value)
    if not labels or fortran or len(pixels) != 3072 * len(labels):
        raise ValueError(f"{len(labels)} labels and {len(pixels)} bytes of images, which should be 3072 each")
    images = np.frombuffer(pixels.encode("latin-1"), np.uint8).reshape(-1, 3, 32, 32)
    return images, np.array(labels, np.int64)


def read_svhn(*contents: bytes) -> list[Part]:
    from scipy.io import loadmat

    tables = [loadmat(io.BytesIO(content), variable_names=["X", "y"]) for content in contents]
    # Stored as (h, w, c, n), and the digit 0 as class 10.
    return [(table["X"].transpose(3, 2, 0, 1), table["y"].reshape(-1).astype(np.int64) % 10) for table in tables]


def read_stl10(*contents: bytes) -> list[Part]:
    arrays = [np.frombuffer(content, np.uint8) for content in contents]
    return [
        (images.reshape(-1, 3, 96, 96).transpose(0, 1, 3, 2), labels.astype(np.int64) - 1)  # columns before rows
        for images, labels in zip(arrays[::2], arrays[1::2], strict=True)
    ]
