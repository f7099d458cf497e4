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


def test_turns_come_by_priority_before_they_expire_and_in_order_of_a_key() -> None:
    said = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "turns.py")], capture_output=True, text=True, check=True, timeout=180
    )
    assert said.stdout.splitlines() == [
        "not sent: LW-0001 left no turn to UnlockConnector within 0.1 s",
        "reported 1",
        "reset",
        "reported 2",
        "handled event 0 of B",
        "handled event 0 of A",
        "handled event 1 of A",
    ]
