"""Clocks: wall time and monotonic time can part, and only the wall clock jumps."""

from datetime import UTC, datetime, timedelta, timezone

from ladewerk.clock import ManualClock, SystemClock


def test_the_system_s_wall_clock_is_aware_utc_and_its_monotonic_time_does_not_go_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()


def test_a_manual_clock_stands_still_until_it_is_turned() -> None:
    clock = ManualClock(datetime(2026, 1, 5, 18, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == datetime(2026, 1, 5, 17, tzinfo=UTC)
    clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 1, 5, 17, 1, 30, tzinfo=UTC), 90)


def test_a_jump_of_the_wall_clock_lets_no_time_pass() -> None:
    clock = ManualClock(datetime(2026, 1, 5, 17, tzinfo=UTC))
    clock.jump(-3600)
    assert (clock.now(), clock.monotonic()) == (datetime(2026, 1, 5, 16, tzinfo=UTC), 0)
