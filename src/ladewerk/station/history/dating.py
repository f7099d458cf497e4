"""Dating what was written while nobody knew the time: until then everything is stamped from 1970 on, by the count of one
start of the machine (:mod:`ladewerk.station.wall_clock`), so that one step dates all of it.

What was left undated by an earlier start of the machine cannot be dated any more. It stands in 1971, where it is seen to be
undated and is never taken for this start's.
"""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import msgspec

from ladewerk.station.database_file import transaction
from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.sessions import Session
from ladewerk.station.history.tables import Plan, Said
from ladewerk.station.wall_clock import UNTOLD

YEAR_S: Final = UNTOLD.total_seconds()
"""What lies before is of this start of the machine."""


def begin(database: sqlite3.Connection, machine_start: str) -> None:
    """Rows that count from the start of the machine are those of ``machine_start`` from now on."""
    row = database.execute("select name from machine_start").fetchone()
    if row is not None and row[0] == machine_start:
        return
    with transaction(database):
        if row is not None:
            _shift(database, YEAR_S)
        database.execute("insert or replace into machine_start values (1, ?)", (machine_start,))


def date_rows(database: sqlite3.Connection, behind_s: float) -> None:
    """The time is known: what counts from the start of the machine was ``behind_s`` behind it."""
    with transaction(database):
        _shift(database, behind_s)


def _shift(database: sqlite3.Connection, by_s: float) -> None:
    for table, column in (("messages", "at_s"), ("sessions", "began_s"), ("sessions", "ended_s")):
        database.execute(f"update {table} set {column} = {column} + ? where {column} < ?", (by_s, YEAR_S))
    database.execute(
        "update or replace readings set begin_s = begin_s + ?, end_s = end_s + ? where begin_s < ?", (by_s, by_s, YEAR_S)
    )
    found = database.execute("select number, periods, at_s from plans where at_s < ?", (YEAR_S,)).fetchall()
    for number, periods, at_s in found:
        moved = [(_moved(begin_s, by_s), limit_a) for begin_s, limit_a in msgspec.json.decode(periods)]
        row = (at_s + by_s, msgspec.json.encode(moved).decode(), number)
        database.execute("update plans set at_s = ?, periods = ? where number = ?", row)


def _moved(at_s: float, by_s: float) -> float:
    return at_s + by_s if at_s < YEAR_S else at_s


def dated_reading(reading: Reading, behind_s: float) -> Reading:
    """``reading`` as it is written once the time is known."""
    if reading.begin_s >= YEAR_S:
        return reading
    return msgspec.structs.replace(reading, begin_s=reading.begin_s + behind_s, end_s=reading.end_s + behind_s)


def dated_said(said: Said, behind_s: float) -> Said:
    """A message likewise."""
    return replace(said, at_s=_moved(said.at_s, behind_s))


def dated_plan(plan: Plan, behind_s: float) -> Plan:
    """A plan likewise."""
    periods = tuple((_moved(begin_s, behind_s), limit_a) for begin_s, limit_a in plan.periods)
    return replace(plan, at_s=_moved(plan.at_s, behind_s), periods=periods)


def dated_session(session: Session, behind_s: float) -> Session:
    """A transaction likewise."""
    ended_at = None if session.ended_at is None else _dated(session.ended_at, behind_s)
    return replace(session, began_at=_dated(session.began_at, behind_s), ended_at=ended_at)


def _dated(at: datetime, behind_s: float) -> datetime:
    return datetime.fromtimestamp(_moved(at.timestamp(), behind_s), UTC)
