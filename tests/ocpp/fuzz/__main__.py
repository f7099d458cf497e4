"""``python -m tests.ocpp.fuzz [ROUNDS [SEED]]``: fuzz longer than the tests do, from the root of the project."""

import sys

from tests.ocpp.fuzz.test_fuzz import main

sys.exit(main(*map(int, sys.argv[1:])))
