"""Backup and restore, from either database into either."""

import asyncio
import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ladewerk.cli import main
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import ChargingNeed, ConnectorStatus, Mode, StationRecord
from ladewerk.csms.store.backup import back_up, restore
from ladewerk.csms.store.database import open_store
from ladewerk.csms.store.ports import Notification, Remembered
from ladewerk.csms.transactions import Transaction
from ladewerk.errors import ConfigError
from tests.csms.store.test_database import add
from tests.postgresql import PostgreSql

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
NEED = ChargingNeed(
    station_id="S-1",
    evse_id=1,
    transaction_id="tx",
    mode=Mode.CHEAPEST,
    energy_wh=5.5,
    depart_at=None,
    min_current_a=6,
    max_current_a=16,
    phases=3,
    max_periods=20,
    received_at=NOW,
    register_wh=None,
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a second empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/other.sqlite3"
    server: PostgreSql = request.getfixturevalue("postgresql_server")
    return server.new_database()


async def fill(url: str) -> Remembered:
    async with open_store(url) as store:
        await store.put_station(StationRecord(station_id="S-1", approved_at=NOW, vendor="Müller\n= 1"))
        await store.put_connector(ConnectorStatus(station_id="S-1", evse_id=1, connector_id=1, status="Available", at=NOW))
        await add(store, 0)
        await add(store, 2**53)
        for text in ("one", "two"):
            await store.add_notification(Notification(station_id="S-1", action="Heartbeat", at=NOW, payload=text))
        await store.put_need(NEED)
        await store.put_site(Site(limit_w=5000.0), None)
        return await store.remember()


async def remembered(url: str) -> tuple[Remembered, Transaction | None, bool]:
    async with open_store(url) as store:
        # The database gives out its numbers anew: none may be given twice.
        await store.add_notification(Notification(station_id="S-1", action="Heartbeat", at=NOW, payload="three"))
        known = await store.remember()
        return known, await store.transaction("S-1", "tx"), await store.has_event("S-1", "tx", 2**53)


def test_a_restored_database_is_the_one_that_was_backed_up(database: str, other: str, tmp_path: Path) -> None:
    before = asyncio.run(fill(database))
    counts = back_up(database, tmp_path / "backup", NOW)
    assert (counts["stations"], counts["transaction_events"], counts["notifications"]) == (1, 2, 2)
    assert restore(other, tmp_path / "backup") == counts
    after, transaction, has_event = asyncio.run(remembered(other))
    assert after == before
    assert transaction is not None
    assert transaction.seq_no == 2**53
    assert has_event


def test_a_running_csms_is_backed_up_as_it_was_at_one_moment(database: str, other: str, tmp_path: Path) -> None:
    async def go() -> None:
        await fill(database)
        async with open_store(database) as store:
            writing = asyncio.create_task(_write_on(store))
            for number in range(3):
                counts = await asyncio.to_thread(back_up, database, tmp_path / str(number), NOW)
                # Each event comes together with its transaction.
                assert counts["transaction_events"] - 1 >= counts["transactions"]
            writing.cancel()

    async def _write_on(store: object) -> None:
        for seq_no in range(1, 10_000):
            await add(store, seq_no)  # type: ignore[arg-type]

    asyncio.run(go())
    assert restore(other, tmp_path / "2")["stations"] == 1


def test_only_an_empty_database_is_restored_into(database: str, tmp_path: Path) -> None:
    before = asyncio.run(fill(database))
    back_up(database, tmp_path / "backup", NOW)
    with pytest.raises(ConfigError, match="not empty"):
        restore(database, tmp_path / "backup")
    with pytest.raises(ConfigError, match="overwrites nothing"):
        back_up(database, tmp_path / "backup", NOW)

    async def go() -> None:
        async with open_store(database) as store:
            assert await store.remember() == before

    asyncio.run(go())


def cut_off(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def without_a_row(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if b"Heartbeat" not in line]


def of_the_future(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"0001"', b'"9999"').replace(b'"000', b'"900'), *lines[1:]]


def no_backup(_lines: list[bytes]) -> list[bytes]:
    return [b'{"hello": 1}\n']


def no_json(_lines: list[bytes]) -> list[bytes]:
    return [b"hello\n"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut_off, "cut off"),
        (without_a_row, "damaged"),
        (of_the_future, "newer Ladewerk"),
        (no_backup, "not a backup"),
        (no_json, "not a whole backup"),
    ],
)
def test_a_damaged_backup_changes_nothing(database: str, other: str, tmp_path: Path, damage: object, words: str) -> None:
    asyncio.run(fill(database))
    back_up(database, tmp_path / "backup", NOW)
    lines = gzip.decompress((tmp_path / "backup").read_bytes()).splitlines(keepends=True)
    (tmp_path / "damaged").write_bytes(gzip.compress(b"".join(damage(lines))))  # type: ignore[operator]
    with pytest.raises(ConfigError, match=words):
        restore(other, tmp_path / "damaged")
    assert restore(other, tmp_path / "backup")["stations"] == 1  # it is empty still


def test_by_command(database: str, other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(fill(database))
    file = str(tmp_path / "backup")
    assert main(["csms", "backup", file, "--database", database]) == 0
    assert "1 stations" in capsys.readouterr().out
    assert main(["csms", "restore", file, "--database", other]) == 0
    assert "restored" in capsys.readouterr().out
    assert main(["csms", "restore", file, "--database", other]) == 2
    assert "not empty" in capsys.readouterr().err
    assert main(["csms", "backup", str(tmp_path / "b2"), "--database", f"sqlite:///{tmp_path}/none.sqlite3"]) == 2
    assert "none.sqlite3 is not there" in capsys.readouterr().err
    assert main(["csms", "restore", str(tmp_path / "none"), "--database", other]) == 2
    assert "No such file" in capsys.readouterr().err
