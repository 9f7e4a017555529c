"""`python -m idcore`: the command line."""

import sys

from idcore.cli import main

sys.exit(main())
