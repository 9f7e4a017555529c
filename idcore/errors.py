"""The error tree. Each message is a sentence for the person at the screen: what was wrong, the value,
the limit, what to do.

    LayerscopeError
    ├── RequestError        the request is wrong (command line: exit code 2)
    │   ├── PointsError     the points cannot be measured (shape, NaN, too few, constant)
    │   ├── DataError       the data subset cannot be had (unknown name, split, class, n)
    │   ├── NetworkError    the network cannot be had or does not fit the data
    │   └── FileError       a file from outside cannot be read
    ├── StoreError          the store cannot be read or written
    ├── JobError            a job failed, or its worker was lost
    └── Cancelled           somebody pressed Cancel
"""


class LayerscopeError(Exception):
    """Root of every error that Layerscope raises on purpose."""


class RequestError(LayerscopeError, ValueError):
    """The request is wrong: nothing was computed, the message says what to change."""


class PointsError(RequestError):
    """The points cannot be measured: wrong shape, non-finite, too few, all the same."""


class DataError(RequestError):
    """The data subset cannot be had: unknown name, split or class, or too few samples."""


class NetworkError(RequestError):
    """The network cannot be had, or does not fit the data."""


class FileError(RequestError):
    """A file from outside is damaged, too large, or of another kind; whoever asked for it says which file."""


class StoreError(LayerscopeError):
    """The store cannot be read or written."""


class JobError(LayerscopeError):
    """A job failed, or the worker that ran it was lost."""


class Cancelled(LayerscopeError):
    """The job was cancelled."""
