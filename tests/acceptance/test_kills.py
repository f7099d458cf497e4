"""``kill -9`` at random moments: no event lost or twice, numbers without a gap, the meter's energy, no current.

``make kills ARGS=500`` does more of it, and says how a failure is played again.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = os.environ.get("LADEWERK_KILLS", "200")


@pytest.mark.timeout(1800)
def test_whatever_is_killed_when_the_csms_has_every_event_once_and_the_board_is_safe() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.kills", KILLS],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
