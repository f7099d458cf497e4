"""Years of readings fit into the size that was set; sessions are the last to go."""

import math
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ladewerk.station.database_file import transaction
from ladewerk.station.history import tables
from ladewerk.station.history.bound import give_back, limit_size, shrink_step, thin_step, used_bytes
from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.sessions import Session
from ladewerk.station.history.tables import SCHEMA, Said
from ladewerk.station.history.thinning import TIERS

DAY_S = 86_400.0
NOW_S = datetime(2031, 1, 5, tzinfo=UTC).timestamp()


def reading(begin_s: float, *, span_s: float = 10.0, energy_wh: float = 30.0, highest_w: float = 11_000.0) -> Reading:
    return Reading(
        begin_s=begin_s,
        end_s=begin_s + span_s,
        measured_s=span_s,
        energy_wh=energy_wh,
        lowest_w=0.0,
        highest_w=highest_w,
        offered_a=16.0,
        planned_w=None,
        planned_s=0.0,
    )


def session(number: int) -> Session:
    return Session(
        transaction_id=f"t-{number}",
        evse_id=1,
        unit_id="garage",
        began_at=datetime.fromtimestamp(NOW_S - (3000 - number) * DAY_S / 2, UTC),
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(tmp_path / "history.sqlite3", isolation_level=None)
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=off")
    database.executescript(SCHEMA)
    yield database
    database.close()


def fill(database: sqlite3.Connection, unit_id: str, *, days: float, every_s: float = 10.0) -> float:
    """Readings up to now, at the tier of ``every_s``; their energy."""
    tier = [one.period_s for one in TIERS].index(every_s)
    count = int(days * DAY_S / every_s)
    rows = [
        (unit_id, reading(NOW_S - (count - i) * every_s, span_s=every_s, highest_w=float(i % 20_000))) for i in range(count)
    ]
    with transaction(database):
        tables.put_readings(database, tier, rows)
    return 30.0 * count


def tidy(database: sqlite3.Connection, limit_bytes: int = 10**9) -> None:
    while thin_step(database, NOW_S):
        pass
    while shrink_step(database, NOW_S, limit_bytes):
        pass


def totals(database: sqlite3.Connection) -> tuple[float, float]:
    energy_wh, highest_w = database.execute("select sum(energy_wh), max(highest_w) from readings").fetchone()
    return energy_wh, highest_w


def test_readings_are_as_fine_as_their_age_allows(database: sqlite3.Connection) -> None:
    energy_wh = fill(database, "garage", days=70, every_s=60.0) + fill(database, "garage", days=3)
    highest_w = totals(database)[1]
    tidy(database)
    counts = dict(database.execute("select tier, count(*) from readings group by tier").fetchall())
    assert counts[0] == pytest.approx(2 * 8640, abs=10)
    assert counts[1] == pytest.approx(60 * 1440, abs=20)
    assert counts[2] == pytest.approx(10 * 96, abs=2)
    assert math.isclose(totals(database)[0], energy_wh, rel_tol=1e-9)
    assert totals(database)[1] == highest_w


def test_years_of_three_units_stay_within_the_size(database: sqlite3.Connection, tmp_path: Path) -> None:
    limit_bytes = 6 * 2**20
    for unit in range(3):
        fill(database, f"unit-{unit}", days=2 * 365, every_s=900.0)
        fill(database, f"unit-{unit}", days=1)
        tidy(database, limit_bytes)
    for number in range(3000):
        tables.put_sessions(database, [session(number)], number)
    said = Said(at_s=NOW_S, unit_id=None, level="info", code="csms_connected", params={}, text="connected to the CSMS")
    tables.put_messages(database, [said] * 1000)
    tidy(database, limit_bytes)
    database.execute("pragma wal_checkpoint(truncate)")
    assert used_bytes(database) <= 0.9 * limit_bytes
    assert (tmp_path / "history.sqlite3").stat().st_size <= 3 * limit_bytes
    kept = {table: database.execute(f"select count(*) from {table}").fetchone()[0] for table in ("sessions", "messages")}
    assert kept == {"sessions": 3000, "messages": 1000}
    (newest_s,) = database.execute("select max(begin_s) from readings").fetchone()
    assert newest_s == NOW_S - 10


def test_messages_go_before_plans_and_sessions_go_last(database: sqlite3.Connection) -> None:
    said = Said(at_s=NOW_S, unit_id=None, level="info", code="csms_lost", params={}, text="x" * 500)
    tables.put_messages(database, [said] * 2000)
    for number in range(1000):
        tables.put_sessions(database, [session(number)], number)
    tidy(database, 300_000)
    counts = [database.execute(f"select count(*) from {table}").fetchone()[0] for table in ("messages", "sessions")]
    assert counts[0] < 500
    assert counts[1] == 1000
    tidy(database, 60_000)
    assert database.execute("select count(*) from messages").fetchone()[0] == 0
    kept = [row[0] for row in database.execute("select transaction_id from sessions order by began_s")]
    assert 0 < len(kept) < 1000
    assert kept[-1] == "t-999"


def test_the_database_refuses_to_grow_beyond_its_size(database: sqlite3.Connection) -> None:
    limit_size(database, 200_000)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        fill(database, "garage", days=2)
    assert database.execute("select count(*) from readings").fetchone()[0] == 0


def test_a_limit_that_was_lowered_makes_the_file_smaller(database: sqlite3.Connection, tmp_path: Path) -> None:
    for unit in range(3):
        fill(database, f"unit-{unit}", days=2)
    database.execute("pragma wal_checkpoint(truncate)").fetchall()
    file = tmp_path / "history.sqlite3"
    assert file.stat().st_size > 1_000_000
    tidy(database, 300_000)
    give_back(database, 300_000)
    assert file.stat().st_size <= 300_000
    limit_size(database, 300_000)
    assert database.execute("select count(*) from readings").fetchone()[0] > 100


def test_an_empty_history_has_nothing_to_do(database: sqlite3.Connection) -> None:
    assert not thin_step(database, NOW_S)
    assert not shrink_step(database, NOW_S, 1)
