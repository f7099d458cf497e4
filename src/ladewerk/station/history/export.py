"""The history as CSV (RFC 4180, UTF-8, comma, CRLF): headings that stay as they are, times ISO 8601 with an offset.

A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final

from ladewerk.station.history.archive import Archive, Span
from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.sessions import Session
from ladewerk.station.history.tables import Plan, Said

TABLES: Final = ("readings", "sessions", "plans", "messages")

READINGS: Final = (
    *("unit", "begin", "end", "measured_s", "energy_wh", "mean_w", "lowest_w", "highest_w"),
    *("offered_a", "planned_w"),
)
SESSIONS: Final = (*("transaction_id", "unit", "evse_id", "begin", "end", "id_token", "energy_wh", "reason", "cost"),)
PLANS: Final = ("taken_at", "unit", "transaction_id", "period_begin", "limit_a")
MESSAGES: Final = ("at", "unit", "level", "code", "text")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def line(cells: Sequence[str | float | None]) -> str:
    """One line of CSV; None is an empty cell."""
    written = io.StringIO()
    csv.writer(written).writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def reading_line(unit_id: str, reading: Reading) -> str:
    """One reading."""
    planned_w = None if reading.planned_w is None else round(reading.planned_w, 1)
    return line(
        (
            *(unit_id, written(reading.begin_s), written(reading.end_s), round(reading.measured_s, 3)),
            *(round(reading.energy_wh, 4), round(reading.mean_w, 1), round(reading.lowest_w, 1)),
            *(round(reading.highest_w, 1), round(reading.offered_a, 3), planned_w),
        )
    )


def session_line(session: Session) -> str:
    """One transaction."""
    end = None if session.ended_at is None else written(session.ended_at.timestamp())
    return line(
        (
            *(session.transaction_id, session.unit_id, session.evse_id, written(session.began_at.timestamp()), end),
            *(session.id_token, round(session.energy_wh, 3), session.reason, session.cost),
        )
    )


def plan_lines(plan: Plan) -> str:
    """One plan, a line for each of its periods; a limit that is not there is no limit said."""
    return "".join(
        line((written(plan.at_s), plan.unit_id, plan.transaction_id, written(begin_s), limit_a))
        for begin_s, limit_a in plan.periods
    )


def message_line(said: Said) -> str:
    """One message."""
    return line((written(said.at_s), said.unit_id, said.level, said.code, said.text))


def _cell(cell: str | float | None) -> str | float | None:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def written(epoch_s: float) -> str:
    """A moment as the files have it."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds")


async def lines(archive: Archive, table: str, unit_ids: Sequence[str], span: Span) -> AsyncIterator[str]:
    """The file of one table, a line at a time; ``unit_ids`` counts for readings. Raises StoreError."""
    match table:
        case "readings":
            yield line(READINGS)
            for unit_id in unit_ids:
                async for reading in archive.readings(unit_id, span):
                    yield reading_line(unit_id, reading)
        case "sessions":
            yield line(SESSIONS)
            async for session in archive.sessions(span):
                yield session_line(session)
        case "plans":
            yield line(PLANS)
            async for plan in archive.plans(span):
                yield plan_lines(plan)
        case _:
            yield line(MESSAGES)
            async for said in archive.messages(span):
                yield message_line(said)
