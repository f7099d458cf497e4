"""What was written without a time is dated by one step, once; what an earlier start of the machine left stays undated."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ladewerk.station.history import dating, tables
from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.sessions import Session
from ladewerk.station.history.tables import SCHEMA, Plan, Said

NOW_S = datetime(2026, 1, 5, 17, 0, tzinfo=UTC).timestamp()
FAR_S = 4e9


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(tmp_path / "history.sqlite3", isolation_level=None)
    database.executescript(SCHEMA)
    yield database
    database.close()


def write(database: sqlite3.Connection, at_s: float) -> None:
    """A reading, a session of 60 s, a plan whose second period has a date, and a message."""
    flowed = Reading(
        begin_s=at_s, end_s=at_s + 10, measured_s=10, energy_wh=3, lowest_w=0, highest_w=1000, offered_a=16, planned_w=None
    )
    tables.put_readings(database, 0, [("garage", flowed)])
    began_at, ended_at = (datetime.fromtimestamp(at_s + after_s, UTC) for after_s in (0, 60))
    one = Session(transaction_id=f"t-{at_s}", evse_id=1, unit_id="garage", began_at=began_at, ended_at=ended_at)
    tables.put_sessions(database, [one], 1)
    periods = ((at_s, 16.0), (NOW_S + 900, None))
    tables.put_plans(database, [Plan(at_s=at_s, unit_id="garage", transaction_id=None, periods=periods)])
    said = Said(at_s=at_s, unit_id=None, level="info", code="time_set", params={}, text="")
    tables.put_messages(database, [said])


def times(database: sqlite3.Connection) -> list[tuple[float, ...]]:
    """Of each that was written: reading, session, plan, its periods, message."""
    readings = tables.readings_after(database, 1, 0, after_s=-1, before_s=FAR_S, at_most=99)
    sessions = tables.sessions_after(database, after=(-1, ""), before_s=FAR_S, at_most=99)
    plans = sorted(tables.newest_plans(database, 0, FAR_S, 99), key=lambda one: one.at_s)
    said = sorted(tables.newest_messages(database, 0, FAR_S, 99), key=lambda one: one.at_s)
    return [
        (
            *(reading.begin_s, reading.end_s - 10, session.began_at.timestamp()),
            *(0.0 if session.ended_at is None else session.ended_at.timestamp() - 60, plan.at_s, plan.periods[0][0]),
            *(plan.periods[1][0] - 900, message.at_s),
        )
        for reading, session, plan, message in zip(readings, sessions, plans, said, strict=True)
    ]


def expected(at_s: float) -> tuple[float, ...]:
    return (*(at_s,) * 6, NOW_S, at_s)


def test_all_that_counts_from_the_start_of_the_machine_is_dated_and_nothing_else(database: sqlite3.Connection) -> None:
    dating.begin(database, "first")
    write(database, 100)
    write(database, NOW_S)
    dating.begin(database, "first")  # the program was started again, the machine was not
    dating.date_rows(database, NOW_S - 400)
    assert times(database) == [expected(NOW_S - 300), expected(NOW_S)]
    dating.date_rows(database, NOW_S)
    assert times(database) == [expected(NOW_S - 300), expected(NOW_S)]


def test_what_an_earlier_start_of_the_machine_left_is_not_taken_for_this_one_s(database: sqlite3.Connection) -> None:
    dating.begin(database, "first")
    write(database, 100)
    for start in ("second", "third"):
        dating.begin(database, start)
        write(database, 500)
        dating.date_rows(database, NOW_S - 600)
        database.execute("delete from sessions where began_s > 1e9")
        for table, column in (("readings", "begin_s"), ("plans", "at_s"), ("messages", "at_s")):
            database.execute(f"delete from {table} where {column} > 1e9")
    assert times(database) == [expected(100 + dating.YEAR_S)]


def test_a_file_of_an_older_version_counts_from_this_start(database: sqlite3.Connection) -> None:
    write(database, 100)
    dating.begin(database, "first")
    dating.date_rows(database, NOW_S - 400)
    assert times(database) == [expected(NOW_S - 300)]
