"""The tables of ``history.sqlite3`` and what is read and written there: plain functions over a connection."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.sessions import Session

SCHEMA: Final = """
create table if not exists units(no integer primary key, name text not null unique);
create table if not exists readings(
  unit_no integer not null, tier integer not null, begin_s real not null, end_s real not null, measured_s real not null,
  energy_wh real not null, lowest_w real not null, highest_w real not null, offered_a real not null,
  planned_w real, planned_s real not null, primary key(unit_no, tier, begin_s)
) without rowid;
create table if not exists sessions(
  transaction_id text primary key, evse_id integer not null, unit text not null, began_s real not null,
  next_seq_no integer not null, ended_s real, id_token text, reason text, energy_wh real not null, register_wh real,
  cost real
);
create index if not exists sessions_by_time on sessions(began_s);
create table if not exists plans(
  number integer primary key, at_s real not null, unit text not null, transaction_id text, periods text not null
);
create table if not exists messages(
  number integer primary key, at_s real not null, unit text, level text not null, code text not null,
  params text not null, text text not null
);
create table if not exists followed(one integer primary key check (one = 1), journal_number integer not null);
create table if not exists machine_start(one integer primary key check (one = 1), name text not null);
"""

_READING: Final = "begin_s, end_s, measured_s, energy_wh, lowest_w, highest_w, offered_a, planned_w, planned_s"
_SESSION: Final = (
    "transaction_id, evse_id, unit, began_s, next_seq_no, ended_s, id_token, reason, energy_wh, register_wh, cost"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan that a unit has taken: ``periods`` are Unix time and A per phase, None where it says nothing."""

    at_s: float
    unit_id: str
    transaction_id: str | None
    periods: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as it is kept."""

    at_s: float
    unit_id: str | None
    level: str
    code: str
    params: dict[str, object]
    text: str


# Writing


def put_readings(database: sqlite3.Connection, tier: int, readings: Iterable[tuple[str, Reading]]) -> None:
    """Add readings by their units. One that begins with another, after the clock was set back, adds up with it."""
    unit_nos: dict[str, int] = {}
    rows = []
    for unit_id, reading in readings:
        if unit_id not in unit_nos:
            unit_nos[unit_id] = _unit_no(database, unit_id)
        rows.append((unit_nos[unit_id], tier, *_reading_row(reading)))
    database.executemany(
        f"insert into readings(unit_no, tier, {_READING}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "on conflict do update set end_s = max(end_s, excluded.end_s), measured_s = measured_s + excluded.measured_s, "
        "energy_wh = energy_wh + excluded.energy_wh, lowest_w = min(lowest_w, excluded.lowest_w), "
        "highest_w = max(highest_w, excluded.highest_w)",
        rows,
    )


def put_plans(database: sqlite3.Connection, plans: Iterable[Plan]) -> None:
    """Add plans."""
    database.executemany(
        "insert into plans(at_s, unit, transaction_id, periods) values (?, ?, ?, ?)",
        [(one.at_s, one.unit_id, one.transaction_id, msgspec.json.encode(one.periods).decode()) for one in plans],
    )


def put_messages(database: sqlite3.Connection, messages: Iterable[Said]) -> None:
    """Add messages, oldest first."""
    database.executemany(
        "insert into messages(at_s, unit, level, code, params, text) values (?, ?, ?, ?, ?, ?)",
        [
            (one.at_s, one.unit_id, one.level, one.code, msgspec.json.encode(one.params).decode(), one.text)
            for one in messages
        ],
    )


def put_sessions(database: sqlite3.Connection, sessions: Iterable[Session], journal_number: int) -> None:
    """Keep these sessions as they are, read from the journal up to ``journal_number``."""
    database.executemany(
        f"insert or replace into sessions({_SESSION}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(one.transaction_id, one.evse_id, one.unit_id, one.began_at.timestamp(), one.next_seq_no),
                *(None if one.ended_at is None else one.ended_at.timestamp(), one.id_token, one.reason),
                *(one.energy_wh, one.register_wh, one.cost),
            )
            for one in sessions
        ],
    )
    database.execute("insert or replace into followed values (1, ?)", (journal_number,))


def put_costs(database: sqlite3.Connection, costs: Mapping[str, float]) -> None:
    """Keep what transactions cost, by their ids."""
    rows = [(cost, transaction_id) for transaction_id, cost in costs.items()]
    database.executemany("update sessions set cost = ? where transaction_id = ?", rows)


def _unit_no(database: sqlite3.Connection, unit_id: str) -> int:
    database.execute("insert or ignore into units(name) values (?)", (unit_id,))
    number: int = database.execute("select no from units where name = ?", (unit_id,)).fetchone()[0]
    return number


def _reading_row(reading: Reading) -> tuple[float | None, ...]:
    return (
        *(reading.begin_s, reading.end_s, reading.measured_s, reading.energy_wh, reading.lowest_w, reading.highest_w),
        *(reading.offered_a, reading.planned_w, reading.planned_s),
    )


# Reading


def unit_names(database: sqlite3.Connection) -> list[tuple[int, str]]:
    """Number and name of each unit that was ever measured."""
    return database.execute("select no, name from units order by no").fetchall()


def readings_after(
    database: sqlite3.Connection, unit_no: int, tier: int, *, after_s: float, before_s: float, at_most: int
) -> list[Reading]:
    """The next readings of one tier that begin after ``after_s`` and before ``before_s``, oldest first."""
    rows: Sequence[tuple[float, ...]] = database.execute(
        f"select {_READING} from readings where unit_no = ? and tier = ? and begin_s > ? and begin_s < ? "
        "order by begin_s limit ?",
        (unit_no, tier, after_s, before_s, at_most),
    ).fetchall()
    return [_reading(row) for row in rows]


def delete_readings(database: sqlite3.Connection, unit_no: int, tier: int, *, first_s: float, last_s: float) -> None:
    """Drop those of one tier that begin from ``first_s`` to ``last_s``."""
    database.execute(
        "delete from readings where unit_no = ? and tier = ? and begin_s between ? and ?", (unit_no, tier, first_s, last_s)
    )


def sessions_of(database: sqlite3.Connection, transaction_ids: Iterable[str]) -> dict[str, Session]:
    """The sessions of these transactions, as far as they are known."""
    query = f"select {_SESSION} from sessions where transaction_id = ?"
    rows = [database.execute(query, (one,)).fetchone() for one in transaction_ids]
    return {row[0]: _session(row) for row in rows if row is not None}


def sessions_after(
    database: sqlite3.Connection, *, after: tuple[float, str], before_s: float, at_most: int
) -> list[Session]:
    """The next sessions behind (begin, transaction id), oldest first."""
    rows = database.execute(
        f"select {_SESSION} from sessions where (began_s, transaction_id) > (?, ?) and began_s < ? "
        "order by began_s, transaction_id limit ?",
        (*after, before_s, at_most),
    ).fetchall()
    return [_session(row) for row in rows]


def plans_after(
    database: sqlite3.Connection, *, after: int, from_s: float, before_s: float, at_most: int
) -> list[tuple[int, Plan]]:
    """The next plans behind number ``after``, oldest first."""
    rows = database.execute(
        "select number, at_s, unit, transaction_id, periods from plans "
        "where number > ? and at_s >= ? and at_s < ? order by number limit ?",
        (after, from_s, before_s, at_most),
    ).fetchall()
    return [(row[0], _plan(row[1:])) for row in rows]


def messages_after(
    database: sqlite3.Connection, *, after: int, from_s: float, before_s: float, at_most: int
) -> list[tuple[int, Said]]:
    """The next messages behind number ``after``, oldest first."""
    rows = database.execute(
        "select number, at_s, unit, level, code, params, text from messages "
        "where number > ? and at_s >= ? and at_s < ? order by number limit ?",
        (after, from_s, before_s, at_most),
    ).fetchall()
    return [(row[0], _said(row[1:])) for row in rows]


def newest_sessions(database: sqlite3.Connection, from_s: float, before_s: float, at_most: int) -> list[Session]:
    """The newest sessions that began in a span, newest first."""
    query = f"select {_SESSION} from sessions where began_s >= ? and began_s < ? order by began_s desc limit ?"
    return [_session(row) for row in database.execute(query, (from_s, before_s, at_most)).fetchall()]


def newest_plans(database: sqlite3.Connection, from_s: float, before_s: float, at_most: int) -> list[Plan]:
    """The newest plans of a span, newest first."""
    query = "select at_s, unit, transaction_id, periods from plans where at_s >= ? and at_s < ? order by number desc limit ?"
    return [_plan(row) for row in database.execute(query, (from_s, before_s, at_most)).fetchall()]


def newest_messages(database: sqlite3.Connection, from_s: float, before_s: float, at_most: int) -> list[Said]:
    """The newest messages of a span, newest first."""
    query = (
        "select at_s, unit, level, code, params, text from messages "
        "where at_s >= ? and at_s < ? order by number desc limit ?"
    )
    return [_said(row) for row in database.execute(query, (from_s, before_s, at_most)).fetchall()]


def journal_number(database: sqlite3.Connection) -> int:
    """Up to which event of the journal the sessions have been read."""
    row: tuple[int] | None = database.execute("select journal_number from followed").fetchone()
    return 0 if row is None else row[0]


def _reading(row: Sequence[float]) -> Reading:
    begin_s, end_s, measured_s, energy_wh, lowest_w, highest_w, offered_a, planned_w, planned_s = row
    return Reading(
        begin_s=begin_s,
        end_s=end_s,
        measured_s=measured_s,
        energy_wh=energy_wh,
        lowest_w=lowest_w,
        highest_w=highest_w,
        offered_a=offered_a,
        planned_w=planned_w,
        planned_s=planned_s,
    )


def _session(row: Sequence[Any]) -> Session:
    transaction_id, evse_id, unit, began_s, next_seq_no, ended_s, id_token, reason, energy_wh, register_wh, cost = row
    return Session(
        transaction_id=transaction_id,
        evse_id=evse_id,
        unit_id=unit,
        began_at=datetime.fromtimestamp(began_s, UTC),
        next_seq_no=next_seq_no,
        ended_at=None if ended_s is None else datetime.fromtimestamp(ended_s, UTC),
        id_token=id_token,
        reason=reason,
        energy_wh=energy_wh,
        register_wh=register_wh,
        cost=cost,
    )


def _plan(row: Sequence[Any]) -> Plan:
    at_s, unit, transaction_id, periods = row
    decoded = msgspec.json.decode(periods, type=tuple[tuple[float, float | None], ...])
    return Plan(at_s=at_s, unit_id=unit, transaction_id=transaction_id, periods=decoded)


def _said(row: Sequence[Any]) -> Said:
    at_s, unit, level, code, params, text = row
    decoded = msgspec.json.decode(params, type=dict[str, object])
    return Said(at_s=at_s, unit_id=unit, level=level, code=code, params=decoded, text=text)
