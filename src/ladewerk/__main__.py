"""``python -m ladewerk`` is the command ``ladewerk``."""

import sys

from ladewerk.cli import main

sys.exit(main())
