"""Keeping the history as fine as its age allows and as small as it has to be: jobs for the database's thread.

Each call does one step, small enough that what waits to be written does not wait long; it is called again until there is
nothing left to do. What goes first when there is no room: fineness, then readings, messages, plans; sessions last.
"""

import sqlite3
from typing import Final

from ladewerk.station.database_file import transaction
from ladewerk.station.history.tables import delete_readings, put_readings, readings_after, unit_names
from ladewerk.station.history.thinning import TIERS, due_before_s, thinned

_ROWS: Final = 5_000
_SPARED_S: Final = 3_600.0
"""Readings of the last hour are not thinned for want of room: the page shows them."""

_FULL: Final = 0.9
"""A file filled to more than this is made smaller; the rest is for what is written meanwhile."""

_AT_ONCE: Final = 0.02
"""This part of a table goes at once."""


def thin_step(database: sqlite3.Connection, now_s: float) -> bool:
    """Thin some readings that have come of age; False where there were none."""
    return any(
        _thin(database, unit_no, tier, due_before_s(TIERS[tier], now_s, TIERS[tier + 1].period_s))
        for unit_no, _ in unit_names(database)
        for tier in range(len(TIERS) - 1)
    )


def shrink_step(database: sqlite3.Connection, now_s: float, limit_bytes: int) -> bool:
    """Make room where the file is too full; False where it is not, or nothing more can go."""
    if used_bytes(database) <= _FULL * limit_bytes:
        return False
    spared_from_s = (now_s - _SPARED_S) // TIERS[-1].period_s * TIERS[-1].period_s
    for tier in range(len(TIERS) - 1):
        if any(_thin(database, unit_no, tier, spared_from_s) for unit_no, _ in unit_names(database)):
            return True
    return _drop_oldest_readings(database) or any(_drop_oldest(database, *one) for one in _IN_THIS_ORDER)


_IN_THIS_ORDER: Final = (("messages", "number"), ("plans", "number"), ("sessions", "began_s"))


def used_bytes(database: sqlite3.Connection) -> int:
    """What the tables take, without pages that are free for new rows."""
    pages, free, size = (
        database.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def give_back(database: sqlite3.Connection, limit_bytes: int) -> None:
    """Write a file anew that is larger than its limit though little is in it: the limit was lowered."""
    pages, size = (database.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if pages * size > limit_bytes >= used_bytes(database):
        database.execute("vacuum")
        database.execute("pragma wal_checkpoint(truncate)").fetchall()


def limit_size(database: sqlite3.Connection, limit_bytes: int) -> None:
    """Let the database refuse to grow beyond the limit, whatever happens; a larger one is left to ``give_back``."""
    page_size = database.execute("pragma page_size").fetchone()[0]
    database.execute(f"pragma max_page_count = {max(1, limit_bytes // page_size)}")


def _thin(database: sqlite3.Connection, unit_no: int, tier: int, before_s: float | None) -> bool:
    if before_s is None:
        return False
    found = readings_after(database, unit_no, tier, after_s=float("-inf"), before_s=before_s, at_most=_ROWS)
    if not found:
        return False
    period_s = TIERS[tier + 1].period_s
    if len(found) == _ROWS:
        # The last period may go on behind the rows that were read.
        last = found[-1].begin_s // period_s
        found = [one for one in found if one.begin_s // period_s < last] or found
    unit_id = dict(unit_names(database))[unit_no]
    with transaction(database):
        delete_readings(database, unit_no, tier, first_s=found[0].begin_s, last_s=found[-1].begin_s)
        put_readings(database, tier + 1, [(unit_id, one) for one in thinned(found, period_s)])
    return True


def _drop_oldest_readings(database: sqlite3.Connection) -> bool:
    groups = [(unit_no, tier) for unit_no, _ in unit_names(database) for tier in range(len(TIERS))]
    query = "select min(begin_s), max(begin_s) from readings where unit_no = ? and tier = ?"
    spans = [database.execute(query, group).fetchone() for group in groups]
    there = [span for span in spans if span[0] is not None]
    if not there:
        return False
    oldest_s = min(span[0] for span in there)
    until_s = oldest_s + (max(span[1] for span in there) - oldest_s) * _AT_ONCE
    with transaction(database):
        for unit_no, tier in groups:
            delete_readings(database, unit_no, tier, first_s=oldest_s, last_s=until_s)
    return True


def _drop_oldest(database: sqlite3.Connection, table: str, key: str) -> bool:
    oldest, newest = database.execute(f"select min({key}), max({key}) from {table}").fetchone()
    if oldest is None:
        return False
    until = oldest + (newest - oldest) * _AT_ONCE
    with transaction(database):
        database.execute(f"delete from {table} where {key} <= ?", (until,))
    return True
