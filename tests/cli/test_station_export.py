"""``ladewerk station export``, as a user types it, beside a station that writes."""

import asyncio
import csv
import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ladewerk.cli import main
from ladewerk.station.database_file import open_database
from ladewerk.station.history import tables
from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.tables import SCHEMA, Said

BEGAN_S = datetime(2026, 1, 5, 17, 0, tzinfo=UTC).timestamp()
FILE = """
[station]
identity = "LW-0001"
csms = "ws://127.0.0.1:9"
data = "data"
[units.garage]
evse_id = 1
evse = { driver = "evse-wb", device = "/dev/null" }
meter = { driver = "shelly-3em", url = "http://127.0.0.1:9" }
"""


def reading(at_s: float) -> Reading:
    return Reading(begin_s=at_s, end_s=at_s + 10, measured_s=10, energy_wh=30, lowest_w=0, highest_w=11_000, offered_a=16)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_s7_the_history_is_exported_while_somebody_writes_it(
    settings: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    async def body() -> None:
        async with open_database(settings.parent / "data", SCHEMA, name="history.sqlite3", durable=False) as database:
            rows = [("garage", reading(BEGAN_S + 10 * step)) for step in range(1500)] + [("yard", reading(BEGAN_S))]
            await database.run(tables.put_readings, 0, rows)
            said = Said(at_s=BEGAN_S, unit_id="garage", level="info", code="x", params={}, text="=Überstrom")
            await database.run(tables.put_messages, [said])
            with closing(sqlite3.connect(database.path)) as writer:
                writer.execute("begin immediate")
                await asyncio.to_thread(check)

    def exported(*arguments: str) -> list[dict[str, str]]:
        assert main(["station", "export", str(settings), *arguments]) == 0
        return list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode(), newline="")))

    def check() -> None:
        everything = exported("readings")
        assert len(everything) == 1501
        assert (everything[0]["unit"], everything[0]["begin"], everything[0]["energy_wh"]) == (
            "garage",
            "2026-01-05T17:00:00.000+00:00",
            "30.0",
        )
        span = ("--from", "2026-01-05T18:00:10+01:00", "--to", "2026-01-05T18:00:40+01:00")
        assert [one["begin"][17:19] for one in exported("readings", "--unit", "garage", *span)] == ["10", "20", "30"]
        assert [one["text"] for one in exported("messages")] == ["'=Überstrom"]
        assert exported("sessions") == exported("plans") == []

    asyncio.run(body())


def test_what_cannot_be_exported_is_said_in_one_line(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*arguments: str) -> tuple[int, str]:
        status = main(["station", "export", str(settings), *arguments])
        return status, capsys.readouterr().err.strip()

    status, said = refused("readings")
    assert (status, said.partition(";")[0]) == (
        1,
        f"ladewerk station export: there is no {settings.parent}/data/history.sqlite3",
    )
    assert not (settings.parent / "data").exists()
    status, said = refused("sessions", "--from", "2026-01-05")
    assert status == 2
    assert said.startswith("ladewerk station export: --from: '2026-01-05' is not an ISO 8601 time with an offset, such as ")
    assert refused("plans", "--unit", "garage")[0] == 2
    with pytest.raises(SystemExit) as ended:
        main(["station", "export", str(settings), "everything"])
    assert ended.value.code == 2
