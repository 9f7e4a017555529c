"""`python -m idcore`: the command line."""

import sys

from idcore import streams

streams.hold()

from idcore.cli import main  # noqa: E402

sys.exit(main())
