"""The examples run, and talk to each other."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples" / "ocpp"


def test_the_station_boots_at_the_csms_and_delivers_its_events() -> None:
    command = [sys.executable, "-W", "error"]
    csms = subprocess.Popen([*command, str(EXAMPLES / "csms.py"), "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert csms.stdout is not None
        port = csms.stdout.readline().split()[-1]
        station = subprocess.run(
            [*command, str(EXAMPLES / "station.py"), port], capture_output=True, text=True, check=False, timeout=180
        )
        assert (station.stdout, station.stderr) == ("Accepted\n3 events delivered\n", "")
        said = [csms.stdout.readline() for _ in range(5)]
        assert said[:4] == ["BootNotification in time\n", *["TransactionEvent in time\n"] * 3]
        assert said[4].startswith("gone: ")
    finally:
        csms.kill()
        csms.communicate()
