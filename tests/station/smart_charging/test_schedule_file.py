from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.station.smart_charging.schedule_file import MOST_ROWS, read_schedule, sample
from ladewerk.station.unit.needs import FieldError
from ladewerk.timeline import Timeline

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 28, 17, tzinfo=UTC)
HEADING = "start,end,limit_a\n"


def read(
    text: str | bytes, *, zone: ZoneInfo | None = BERLIN, most_a: float = 16
) -> Timeline[float] | tuple[FieldError, ...]:
    raw = text.encode() if isinstance(text, str) else text
    return read_schedule(raw, now=NOW, zone=zone, max_current_a=most_a)


def steps(text: str | bytes, zone: ZoneInfo | None = BERLIN) -> list[tuple[str, float | None]]:
    line = read(text, zone=zone)
    assert isinstance(line, Timeline), line
    return [(start.strftime("%d %H:%M"), value) for start, value in zip(line.starts, line.values, strict=True)]


def errors(text: str | bytes, zone: ZoneInfo | None = BERLIN) -> list[tuple[int, str, str]]:
    found = read(text, zone=zone)
    assert not isinstance(found, Timeline), "taken"
    return [(int(str(one.params["line"])), one.field, one.code) for one in found]


def test_periods_follow_each_other_with_a_pause_between_and_an_end() -> None:
    text = HEADING + "2026-03-28 22:00,2026-03-28 23:30,16\n2026-03-29T06:00,2026-03-29T07:00,8.5\n"
    assert steps(text) == [("28 21:00", 16.0), ("28 22:30", 0.0), ("29 04:00", 8.5), ("29 05:00", None)]


@pytest.mark.parametrize(
    "text",
    [
        "start;end;limit_a\n2026-03-28 22:00;2026-03-28 23:00;8,5\n",
        "limit_a\tSTART\tEnd\r\n8,5\t2026-03-28 22:00\t2026-03-28 23:00\r\n",
        "\ufeff\n start , end , limit_a \n\n2026-03-28T21:00Z,2026-03-28 23:00,8.5\n,,\n",
        'start,end,limit_a\n"2026-03-28 22:00",2026-03-28T23:00+01:00,8.5',
    ],
    ids=["semicolon", "tab, other order", "byte order mark, blanks, empty lines", "quotes, offset"],
)
def test_what_spreadsheets_write_is_read(text: str) -> None:
    assert steps(text) == [("28 21:00", 8.5), ("28 22:00", None)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("2026-03-28 22:00,2026-03-28 23:00,17", (2, "limit_a", "out_of_range")),
        ("2026-03-28 22:00,2026-03-28 23:00,-1", (2, "limit_a", "out_of_range")),
        ("2026-03-28 22:00,2026-03-28 23:00,5.9", (2, "limit_a", "below_offer")),
        ("2026-03-28 22:00,2026-03-28 23:00,nan", (2, "limit_a", "not_a_number")),
        ("2026-03-28 22:00,2026-03-28 23:00,16 A", (2, "limit_a", "not_a_number")),
        ("2026-03-28 22:00,2026-03-28 23:00,", (2, "limit_a", "missing")),
        ("2026-03-28 22:00,,16", (2, "end", "missing")),
        ("22:00,2026-03-28 23:00,16", (2, "start", "not_a_local_time")),
        ("2026-03-28 22:00,2026-03-28 22:00,16", (2, "end", "end_before_start")),
        ("2026-03-28 22:00,2026-04-28 22:00,16", (2, "end", "too_far")),
        ("2026-03-29 02:30,2026-03-29 05:00,16", (2, "start", "skipped_time")),
        ("2026-03-28 22:00,2026-03-28 23:00", (2, "", "wrong_width")),
        ("2026-03-28 22:00,2026-03-28 23:00,16\n2026-03-28 22:30,2026-03-28 23:30,16", (3, "start", "overlap")),
        ("2026-03-28 22:00,2026-03-28 23:00,0", (0, "limit_a", "no_current")),
        ("2026-03-27 22:00,2026-03-27 23:00,16", (0, "end", "all_over")),
    ],
)
def test_a_mistake_is_told_by_line_and_column(rows: str, expected: tuple[int, str, str]) -> None:
    assert errors(HEADING + rows) == [expected]


def test_every_line_is_looked_at() -> None:
    text = HEADING + "x,2026-03-28 23:00,99\n\n2026-03-28 22:00,2026-03-28 23:00,16\n2026-03-28 23:00,y,16\n"
    found = read(text)
    assert not isinstance(found, Timeline)
    assert [one.text for one in found] == [
        "line 2, start: 'x' is not a time such as 2026-01-05 22:00",
        "line 2, limit_a: it lies between 0 and 16 A, not 99",
        "line 5, end: 'y' is not a time such as 2026-01-05 22:00",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\xff\xfe\x00", (0, "", "not_text")),
        ("", (0, "", "no_rows")),
        (HEADING, (0, "", "no_rows")),
        ("start,end\n", (1, "limit_a", "no_heading")),
        ("start,end,limit_a,end\n", (1, "end", "no_heading")),
        ("start,end,limit_a,price\n", (1, "price", "unknown_field")),
        (HEADING + "2026-03-28 22:00,2026-03-28 23:00,16\n" * (MOST_ROWS + 1), (0, "", "too_many_rows")),
    ],
)
def test_a_file_that_is_no_schedule_is_told(text: str | bytes, expected: tuple[int, str, str]) -> None:
    assert errors(text) == [expected]


def test_a_place_without_a_zone_needs_offsets() -> None:
    row = "2026-03-28 22:00,2026-03-28T23:00+01:00,16"
    assert errors(HEADING + row, zone=None) == [(2, "start", "no_offset")]


@pytest.mark.parametrize("zone", [BERLIN, None])
@pytest.mark.parametrize("hour", range(0, 24, 5))
@pytest.mark.parametrize("most_a", [6.0, 16.0, 31.5])
def test_the_sample_can_be_used_as_it_is(hour: int, zone: ZoneInfo | None, most_a: float) -> None:
    now = NOW + timedelta(hours=hour)
    line = read_schedule(sample(now, zone, most_a).encode(), now=now, zone=zone, max_current_a=most_a)
    assert isinstance(line, Timeline)
    assert line.starts[0] > now
    assert line.end is not None
