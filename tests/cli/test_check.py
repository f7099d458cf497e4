"""``ladewerk check``: against real sockets, databases, simulated hardware and a CSMS; nothing is changed by looking."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ladewerk.cli import main
from ladewerk.cli.checks.csms import look_at_certificate, look_at_csms
from ladewerk.cli.checks.finding import Finding, Mark
from ladewerk.cli.checks.station import look_at_station
from ladewerk.clock import SystemClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.store.engine import open_engine
from ladewerk.simulator.app import running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports
from tests.pki import Pki

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)

CSMS = """
[csms]
listen = "127.0.0.1:{listen}"
web = "127.0.0.1:{web}"
database = "sqlite:///{database}"
open = true
accept_unknown = true
"""

STATION = """
[station]
identity = "LW-0001"
csms = "{csms}"
web = "127.0.0.1:{web}"
data = "data"
[units.garage]
evse_id = 1
evse = {{ driver = "evse-wb", device = "{device}" }}
meter = {{ driver = "shelly-3em", url = "{meter}" }}
"""


async def found(looking: AsyncIterator[Finding]) -> dict[str, Finding]:
    return {finding.what: finding async for finding in looking}


def csms_file(folder: Path, *, listen: int = 0, web: int = 0, database: str = "csms.sqlite3") -> Path:
    path = folder / "csms.toml"
    path.write_text(CSMS.format(listen=listen, web=web, database=folder / database))
    return path


def test_what_is_right_is_a_line_each_and_nothing_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = csms_file(tmp_path, database="new/csms.sqlite3")
    assert main(["check", str(path)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "note"}
    assert any(line.startswith("ok     csms database: ") and "is made at the first start" in line for line in lines)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_wrong_is_named_with_its_remedy_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["check", str(csms_file(tmp_path, listen=port)), str(tmp_path / "none.toml")]) == 1
        said = capsys.readouterr().out
        assert f"wrong  csms, port for stations: 127.0.0.1:{port} is in use; stop the program that has it" in said
        assert f"wrong  csms settings: {tmp_path / 'none.toml'}: cannot be read" in said


def test_databases_of_any_age_are_told_apart_and_left_as_they_are(tmp_path: Path) -> None:
    async def said(name: str) -> Finding:
        return (await found(look_at_csms(csms_file(tmp_path, database=name), NOW)))["csms database"]

    async def go() -> None:
        open_engine(f"sqlite:///{tmp_path}/mine.sqlite3").dispose()
        assert (await said("mine.sqlite3")).mark is Mark.OK
        for revision, mark, words in (("0001", Mark.OK, "from revision 0001"), ("9999", Mark.WRONG, "a newer Ladewerk")):
            with sqlite3.connect(tmp_path / "mine.sqlite3") as connection:
                connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
            connection.close()
            finding = await said("mine.sqlite3")
            assert (finding.mark, words in finding.said) == (mark, True), finding
        foreign = sqlite3.connect(tmp_path / "foreign.sqlite3")
        foreign.execute("CREATE TABLE recipes (title TEXT)")
        foreign.close()
        assert "another program" in (await said("foreign.sqlite3")).said
        (tmp_path / "text.sqlite3").write_text("no database" * 100)
        assert (await said("text.sqlite3")).mark is Mark.WRONG

    asyncio.run(go())


def test_a_certificate_that_ends_is_said_in_time(tmp_path: Path) -> None:
    pki = Pki(tmp_path)
    pki.ca("ca")  # for 30 days
    now = SystemClock().now()
    file = pki.pem("ca")
    assert look_at_certificate("tls", file, now - timedelta(days=60)).mark is Mark.OK
    assert look_at_certificate("tls", file, now).mark is Mark.NOTE
    assert look_at_certificate("tls", file, now + timedelta(days=31)).mark is Mark.WRONG
    assert look_at_certificate("tls", pki.key("ca"), now).mark is Mark.WRONG


def test_a_station_is_looked_at_from_its_board_to_its_csms(tmp_path: Path) -> None:
    def station(csms: str, device: str, meter: str, web: int = 0) -> Path:
        path = tmp_path / "station.toml"
        path.write_text(STATION.format(csms=csms, device=device, meter=meter, web=web))
        return path

    async def go() -> None:
        clock = SystemClock()
        config = CsmsConfig(
            listen="127.0.0.1:0",
            web="127.0.0.1:0",
            database=f"sqlite:///{tmp_path}/c.sqlite3",
            open=True,
            accept_unknown=True,
        )
        async with running_csms(config, clock) as csms:
            url = f"ws://127.0.0.1:{csms.ocpp_port}"
            async with running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator:
                good = await found(look_at_station(station(url, simulator.serial_device, simulator.meter_url), clock))
                assert {finding.mark for finding in good.values()} == {Mark.OK}, good
                assert good[f"unit garage, meter at {simulator.meter_url}"].said.startswith("measures 2")
                assert "speaks ocpp2.1" in good[f"station, CSMS at {url}"].said
            # The page of the CSMS answers as that of a running station would: its devices are left to it.
            web = int(csms.web_url.rpartition(":")[2])
            busy = await found(look_at_station(station(url, "/dev/none", "http://127.0.0.1:9", web), clock))
            assert {finding.mark for finding in busy.values()} == {Mark.OK}, busy
            runs = await found(look_at_csms(csms_file(tmp_path, web=web, database="c.sqlite3"), NOW))
            assert runs["csms"].said.endswith("is well")
        bad = await found(look_at_station(station("ws://127.0.0.1:9", "/dev/none", "http://127.0.0.1:9"), clock))
        assert [what for what, finding in bad.items() if finding.mark is Mark.WRONG] == [
            "unit garage, board at /dev/none:1",
            "unit garage, meter at http://127.0.0.1:9",
            "station, CSMS at ws://127.0.0.1:9",
        ]
        assert "see station.csms" in bad["station, CSMS at ws://127.0.0.1:9"].said

    asyncio.run(asyncio.wait_for(go(), 120))
