"""What a hostile file might do to its reader: functions that are called in the process that reads."""

import ctypes
import os
import signal
import time

import numpy as np

from idcore import confined
from idcore.data.tree import read_tree
from idcore.errors import NetworkError
from idcore.store import Store
from idcore.watch import Watch

ARRAYS = {
    "columns first": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "none": np.zeros((0, 3), np.int16),
    "one number": np.array(2.5, np.float16),
    "truth": np.array([True, False]),
    "strides": np.arange(20, dtype=np.uint8)[::-3],
    "the other byte order": np.arange(3, dtype=">f4"),
    "many": np.random.default_rng(0).normal(size=(300, 1000)).astype(np.float32),
    "not numbers": np.array([0x7FF8000000000001, 0xFFF0000000000000], np.uint64).view(np.float64),
}
KEY = "a" * 64


def send_back(*names):
    """Each of ARRAYS, between what a library prints."""
    for name in names:
        print("warning: this is not a frame", flush=True)
        os.write(2, b"nor is this\n")
        yield {name: ARRAYS[name]}, {"name": name, "at": os.getpid()}


def put(store: Store, watch: Watch):
    """Into the store, with progress; what was there is read."""
    watch.report("reading", "Half.", 1, 2)
    store.put(KEY, ARRAYS, {"kind": "dataset", "found": store.get("b" * 64) is not None})


def refuse():
    raise NetworkError("It is not as it should be.")


def stumble():
    return {}["nothing"]


def eat(size=0):
    """Memory without end, after `size` bytes from outside."""
    confined.allow(size)
    held = []
    while True:
        held.append(bytearray(2**24))


def spin(size=0):
    """In C, holding the lock of the interpreter, where no thread of it and no signal handler has a turn."""
    confined.allow(size)
    ten = 10
    return ten ** (ten**9) > 0


def sleep():
    time.sleep(3600)


def crash():
    ctypes.string_at(0)


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def write(path):
    with open(path, "wb") as file:
        file.write(b"anything")


def deep(paths, depth):
    """The classes of paths so many folders deep."""
    found = read_tree([f"{'a/' * depth}{i % 2}/{i}.png" for i in range(paths)])
    yield {"labels": found.labels}, list(found.classes)
