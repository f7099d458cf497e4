"""``ladewerk csms`` from outside: as a process, killed, started again, and with settings that cannot be used."""

import asyncio
import contextlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from ladewerk.cli import main
from ladewerk.clock import SystemClock
from ladewerk.errors import CallFailed
from ladewerk.ocpp import Peer, Router, Version, connect, v21

MOST_RESIDENT_MB = 90


@contextlib.contextmanager
def csms_process(folder: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", int, str]]:
    """The command on free ports; yields the process, its OCPP port and its web address."""
    command = [sys.executable, "-m", "ladewerk", "csms", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"]
    database = f"sqlite:///{folder}/csms.sqlite3"
    with subprocess.Popen(
        [*command, "--database", database, "--accept-unknown", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            first, second = process.stdout.readline(), process.stdout.readline()
            port = re.search(r":(\d+)/", first)
            assert port is not None, first
            yield process, int(port[1]), second.split()[-1]
        finally:
            process.kill()


Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run the command in a home of its own; the one line with which it ends with status 2."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    def run(*arguments: str) -> str:
        assert main(["csms", *arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        lines = said.err.splitlines()
        assert len(lines) == 1, said.err
        return lines[0]

    return run


def event(seq_no: int) -> v21.TransactionEventRequest:
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.UPDATED if seq_no else v21.TransactionEventEnumType.STARTED,
        timestamp=datetime(2026, 1, 5, 17, tzinfo=UTC),
        trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id="tx-1"),
        evse=v21.EVSEType(id=1),
    )


async def send_until_killed(port: int, first: int, process: "subprocess.Popen[str] | None", kill_after: int) -> int:
    """Send events one after the other; kill the process while one is under way. The number of events answered."""
    answered = first
    async with (
        connect(f"ws://127.0.0.1:{port}", identity="S-1") as channel,
        Peer(channel, version=Version.V21, router=Router[None](), state=None, clock=SystemClock()) as peer,
    ):
        about = v21.ChargingStationType(model="Tiny", vendor_name="Test")
        await peer.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))
        for seq_no in range(first, first + kill_after):
            await peer.call(event(seq_no))
            answered = seq_no + 1
        if process is not None:
            under_way = asyncio.create_task(peer.call(event(answered)))
            await asyncio.sleep(0)
            process.kill()
            with contextlib.suppress(CallFailed):
                await under_way
                answered += 1
    return answered


def test_d3_what_was_answered_before_a_kill_is_stored_once(tmp_path: Path) -> None:
    answered = 0
    for _ in range(2):
        with csms_process(tmp_path) as (process, port, _web):
            # The event that got no answer is sent again after each kill, as a station does.
            answered = asyncio.run(send_until_killed(port, answered, process, kill_after=7))
            process.wait()
    with csms_process(tmp_path) as (_process, port, _web):
        answered = asyncio.run(send_until_killed(port, answered, None, kill_after=1))
    connection = sqlite3.connect(tmp_path / "csms.sqlite3")
    stored = [row[0] for row in connection.execute("select seq_no from transaction_events order by seq_no")]
    connection.close()
    assert stored == list(range(answered))
    assert answered >= 15


def test_it_stops_when_told_to_and_fits_into_its_memory(tmp_path: Path) -> None:
    with csms_process(tmp_path) as (process, port, _web):
        asyncio.run(send_until_killed(port, 0, None, kill_after=3))
        resident_mb = psutil.Process(process.pid).memory_info().rss / 2**20
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
    assert resident_mb < MOST_RESIDENT_MB


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[csms]\nlisten = 9000\n", "csms.listen"),
        ('[csms]\nlisten = "9000"\n', "not HOST:PORT"),
        ("[csms]\nport = 1\n", "port"),
        ('[site]\nlimit_w = "17 kW"\n', "site.limit_w"),
        ("[site]\nlimit_w = -5\n", "site.limit_w"),
        ('[site]\nbase_load_file = "none.csv"\n', "none.csv"),
        ("[site]\nbase_load_w = 300\nbase_load_file = 'x.csv'\n", "not both"),
        ("[site.tariff]\nday_price_per_kwh = 0.3\n", "site.tariff.night_price_per_kwh"),
        ("[site\n", "line 1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(tmp_path: Path, refused: Refused, text: str, words: str) -> None:
    path = tmp_path / "csms.toml"
    path.write_text(text)
    line = refused(str(path))
    assert words in line
    assert str(tmp_path) in line
    assert list(tmp_path.iterdir()) == [path]


def test_a_port_in_use_is_named(refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for option in ("--listen", "--web"):
            other = "--web" if option == "--listen" else "--listen"
            assert address in refused(option, address, other, "127.0.0.1:0")


def test_a_database_that_cannot_be_written_is_named(refused: Refused) -> None:
    assert "/proc/none" in refused("--database", "sqlite:////proc/none/x.sqlite3")


def test_a_missing_file_and_a_wrong_address_are_named(refused: Refused) -> None:
    assert "missing.toml" in refused("missing.toml")
    assert "--web" in refused("--web", "8080")


def test_a_simulator_to_follow_that_is_not_there_is_named(refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert f"127.0.0.1:{port}" in refused("--follow", f"http://127.0.0.1:{port}")
