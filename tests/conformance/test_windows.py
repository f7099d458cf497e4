"""When the schedules of published profiles start, and from when to when each of their periods holds."""

from datetime import datetime, timedelta

import pytest

from ladewerk.charging.occurrences import Setting, Window, beginnings, profile_line
from ladewerk.ocpp import Version
from ladewerk.ocpp.charging_profiles import read_charging_profile
from ladewerk.ocpp.v21 import ChargingProfileType
from tests.conformance.cases import FOLDER, Json, load

TABLES: Json = load("profile_window_tables.json") or {}
_BEYOND = timedelta(days=8)
"""Behind every period that begins in a window: the longest here is a week."""


def rows(table: str) -> list[Json]:
    return list(TABLES.get(table, []))


def read(row: Json) -> tuple[ChargingProfileType, Window, Setting]:
    payload = (FOLDER / "fixtures" / row["profile"]).read_bytes()
    now, end = datetime.fromisoformat(row["now"]), datetime.fromisoformat(row["end"])
    begun_at = datetime.fromisoformat(row["session_start"]) if row["session_start"] else now
    return read_charging_profile(Version.V201, payload), Window(now, end), Setting(begun_at=begun_at)


def windows(row: Json) -> list[tuple[str, str, int]]:
    """(start, end, period) of each stretch that touches the row's window; libocpp counts one that begins at its end."""
    profile, window, setting = read(row)
    periods = profile.charging_schedule[0].charging_schedule_period
    number = {period.limit: index for index, period in enumerate(periods)}
    first = min([*beginnings(profile, window, setting), window.start])
    line = profile_line(profile, Window(first, max(first, window.end + _BEYOND)), setting)
    return [
        (_iso(one.start), _iso(one.end or window.end), number[(one.value.limit or (-1.0,))[0]])
        for one in line.segments()
        if one.start <= window.end and (one.end or window.end) > window.start
    ]


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_all_rows_are_there() -> None:
    assert [len(rows(table)) for table in ("calculate_start", "calculate_profile_entry", "calculate_profile")] == [
        27,
        34,
        28,
    ]


@pytest.mark.parametrize("row", rows("calculate_start"))
def test_a_schedule_starts_where_it_should(row: Json) -> None:
    assert [_iso(start) for start in beginnings(*read(row))] == row["expected_starts"]


@pytest.mark.parametrize("row", rows("calculate_profile_entry"))
def test_a_period_holds_from_when_to_when_it_should(row: Json) -> None:
    found = [[start, end] for start, end, index in windows(row) if index == row["period_index"]]
    expected = row["expected_entries"]
    # The table stops at two, here before the end of the window: the schedule has no duration and starts again each time.
    begun_later = found[len(expected) :] if len(expected) == 2 and "_NoDuration_" in row["profile"] else []
    assert found == expected + begun_later
    assert len(begun_later) <= 1


@pytest.mark.parametrize("row", rows("calculate_profile"))
def test_a_profile_has_the_periods_it_should(row: Json) -> None:
    found = windows(row)
    assert len(found) == row["expected_count"]
    expected = [(one["start"], one["end"], one["period_index"]) for one in row.get("expected_entries", [])]
    assert expected in ([], found)
