"""The documentation's two programs talk to each other, and its table is the one that is carried out."""

import re
import socket
import subprocess
import sys
from pathlib import Path

from ladewerk.ocpp.session import LINK_TABLE, Input, Link

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "ocpp.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_csms_and_the_station_of_the_documentation_work_together() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    csms_text, station_text, plain_text = (program.replace("9000", str(port)) for program in PYTHON[:3])
    csms = subprocess.Popen([sys.executable, "-W", "error", "-u", "-c", csms_text], stdout=subprocess.PIPE, text=True)
    try:
        assert csms.stdout is not None
        station = connect_when_it_listens(station_text)
        assert station.stdout == "Accepted 300\n"
        assert csms.stdout.readline() == "LW-0001 is a Garage\n"
        assert connect_when_it_listens(plain_text).stdout == "Accepted 300\n"
    finally:
        csms.kill()
        csms.communicate()


def test_what_is_shown_of_turns_is_in_the_example_that_runs() -> None:
    example = (ROOT / "examples" / "ocpp" / "turns.py").read_text(encoding="utf-8")
    assert len(PYTHON[3:]) == 3
    assert [part for part in PYTHON[3:] if part not in example] == []


def connect_when_it_listens(program: str) -> subprocess.CompletedProcess[str]:
    for _ in range(50):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, timeout=120
        )
        if "connection refused" not in done.stderr:
            return done
    raise AssertionError("the CSMS does not listen")


def test_the_table_of_the_session_is_printed_as_it_is() -> None:
    printed = TEXT.partition("<!-- table of the session -->\n")[2].partition("<!-- end of table -->")[0]
    rows = ["| state | " + " | ".join(what.name.lower() for what in Input) + " |", "| --- " * 6 + "|"]
    for link in Link:
        cells = []
        for what in Input:
            verdict, to = LINK_TABLE[link, what]
            cells.append(verdict.name.lower() + (f" -> {to.name.lower()}" if to is not link else ""))
        rows.append(f"| {link.name.lower()} | " + " | ".join(cells) + " |")
    assert printed == "\n".join(rows) + "\n"
