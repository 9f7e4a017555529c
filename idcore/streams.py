"""The standard streams of a process. Standard library only: nothing else may be loaded while one of them is closed."""

import os
import sys


def hold() -> None:
    """Put /dev/null where a standard stream is closed (`2>&-`, a service). Otherwise the next file that is opened, one
    of the store's perhaps, would take its place and get whatever a library says there."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != fd:
                os.dup2(null, fd)
                os.close(null)
    if sys.stderr is None:  # where it is, `print` and argparse take stdout
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
