"""What a transaction that was interrupted ends with."""

from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.station.transactions.interrupted import register_at_end

NOW = datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
UNKNOWN = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
"""What the clock of a machine shows that nobody has told the time."""


@pytest.mark.parametrize(
    ("told_wh", "seen_wh", "away", "register_wh"),
    [
        (1000.0, 1180.0, timedelta(seconds=20), 1180.0),  # the meter went on until the supervisor took the current off
        (1000.0, 990.0, timedelta(seconds=20), 1000.0),  # it steps by the minute and is behind
        (1000.0, 0.0, timedelta(seconds=20), 1000.0),  # it was reset
        (1000.0, 1_238_000.0, timedelta(hours=1), 1000.0),  # it is another one
        (1000.0, 45_000.0, timedelta(hours=10), 45_000.0),  # nobody took the current off, and it charged all night
        (1000.0, None, timedelta(seconds=20), 1000.0),
        (None, 1180.0, timedelta(seconds=20), 1180.0),
        (None, None, timedelta(seconds=20), None),
    ],
)
def test_what_the_meter_shows_counts_if_it_can_follow(
    told_wh: float | None, seen_wh: float | None, away: timedelta, register_wh: float | None
) -> None:
    assert register_at_end(told_wh, NOW - away, seen_wh, NOW) == register_wh


def test_where_nobody_knows_the_time_a_battery_may_have_been_filled_and_no_more() -> None:
    assert register_at_end(1000.0, NOW, 60_000.0, UNKNOWN) == 60_000.0
    assert register_at_end(1000.0, NOW, 1_238_000.0, UNKNOWN) == 1000.0
