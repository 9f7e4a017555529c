"""The command line: `python -m idcore`, or `layerscope` where it is installed."""

import signal
import sys

from idcore import streams


def main() -> int:
    """Returns the exit code."""
    streams.hold()
    interrupted = signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing has begun yet: Ctrl-C ends without a traceback
    from idcore.cli import main

    signal.signal(signal.SIGINT, interrupted)
    return main()


if __name__ == "__main__":
    sys.exit(main())
