"""Drivers who do as they always do, and others."""

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.optimizer.habits import LEAST_STAYS, Stay, driver_habit

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 1, 5, tzinfo=BERLIN)


def local(days: int, hour: float) -> datetime:
    """``hour`` of the local clock, ``days`` after that Monday."""
    day = (MONDAY + timedelta(days=days)).date()
    return datetime.combine(day + timedelta(days=hour // 24), time(int(hour % 24), int(hour % 1 * 60)), BERLIN)


def night(days: int, *, came: float = 18, left: float = 31, energy_wh: float = 8000) -> Stay:
    """A stay that ends, by default, at 7 o'clock on the day after."""
    return Stay(arrived_at=local(days, came), departed_at=local(days, left), energy_wh=energy_wh)


def nights(weeks: int) -> list[Stay]:
    """Leaves at 7 on working days, at 11 on weekends, with more energy then."""
    stays = []
    for day in range(7 * weeks):
        weekend = (day + 1) % 7 in (5, 6)
        stays.append(night(day, left=35 if weekend else 31, energy_wh=15_000 if weekend else 8000))
    return stays


def test_a_driver_who_always_leaves_at_seven_will_leave_at_seven() -> None:
    arrived = local(28, 18.5)
    habit = driver_habit(nights(4), arrived, arrived, BERLIN)
    assert habit is not None
    assert habit.leaves_usually_at == habit.leaves_early_at == local(29, 7)
    assert (habit.usual_energy_wh, habit.much_energy_wh) == (8000, 8000)
    assert (habit.departure_mae_s, habit.energy_mae_wh, habit.gone_early_share) == (0, 0, 0)
    assert habit.stays == 20


@pytest.mark.parametrize(("day", "hour"), [(3, 7), (4, 11), (5, 11), (6, 7)])
def test_what_counts_is_the_day_of_departure(day: int, hour: int) -> None:
    arrived = local(28 + day, 18)
    habit = driver_habit(nights(4), arrived, arrived, BERLIN)
    assert habit is not None
    assert habit.leaves_usually_at == local(29 + day, hour)


@pytest.mark.parametrize("saturday", [datetime(2026, 3, 28, tzinfo=BERLIN), datetime(2026, 10, 24, tzinfo=BERLIN)])
def test_eleven_is_eleven_on_the_clock_also_when_it_was_turned(saturday: datetime) -> None:
    weeks = (saturday.date() - MONDAY.date()).days // 7
    arrived = datetime.combine(saturday.date(), time(18), BERLIN)
    habit = driver_habit(nights(weeks), arrived, arrived, BERLIN)
    assert habit is not None
    assert habit.leaves_usually_at == datetime.combine(saturday.date() + timedelta(days=1), time(11), BERLIN)


def test_a_clock_that_does_not_come_is_the_one_after_it() -> None:
    stays = [night(day, came=20, left=26.5) for day in range(75, 83)]
    arrived = datetime(2026, 3, 28, 20, tzinfo=BERLIN)
    weekend = [
        Stay(arrived_at=s.arrived_at, departed_at=s.departed_at, energy_wh=1)
        for s in stays
        if s.arrived_at.weekday() in (4, 5)
    ]
    habit = driver_habit(weekend * 3, arrived, arrived, BERLIN)
    assert habit is not None
    assert habit.leaves_usually_at.astimezone(BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"


def test_with_few_stays_nothing_is_claimed() -> None:
    arrived = local(28, 18)
    some = [night(day) for day in (20, 21, 22, 23)]
    assert driver_habit([], arrived, arrived, BERLIN) is None
    assert driver_habit(some, arrived, arrived, BERLIN) is None
    habit = driver_habit([*some, night(15)], arrived, arrived, BERLIN)
    assert habit is not None
    assert habit.stays == LEAST_STAYS
    assert (habit.departure_mae_s, habit.energy_mae_wh, habit.gone_early_share) == (None, None, None)


def test_stays_of_another_time_of_day_another_kind_of_day_and_long_ago_do_not_count() -> None:
    mornings = [night(day, came=8, left=17) for day in range(28)]
    arrived = local(28, 18)
    assert driver_habit(mornings, arrived, arrived, BERLIN) is None
    assert driver_habit([stay for stay in nights(4) if stay.energy_wh > 8000], arrived, arrived, BERLIN) is None
    assert driver_habit(nights(4), local(280, 18), local(280, 18), BERLIN) is None
    assert driver_habit(nights(4), local(0, 18), local(0, 18), BERLIN) is None


def test_midnight_is_no_border() -> None:
    stays = [night(day, came=23.5) for day in range(14)]
    arrived = local(15, 0.5)  # Tuesday, just after midnight
    assert driver_habit(stays, arrived, arrived, BERLIN) is not None


def test_who_is_still_here_leaves_later_than_now() -> None:
    stays = [night(day, left=31 if day % 2 else 33) for day in range(28) if (day + 1) % 7 < 5]
    arrived = local(28, 18)
    habit = driver_habit(stays, arrived, local(29, 8), BERLIN)
    assert habit is not None
    assert habit.leaves_early_at == local(29, 9)
    assert driver_habit(stays, arrived, local(29, 9), BERLIN) is None


def test_the_young_count_more() -> None:
    before = [night(day, left=31) for day in range(56) if (day + 1) % 7 < 5]
    since = [night(day, left=30) for day in range(56, 91) if (day + 1) % 7 < 5]
    arrived = local(91, 18)
    habit = driver_habit([*since, *before], arrived, arrived, BERLIN)
    assert habit is not None
    assert habit.leaves_usually_at == local(92, 6)


def test_the_stated_error_is_the_one_that_comes() -> None:
    dice = random.Random(4)
    stays = [
        night(day, came=dice.uniform(17, 19), left=dice.uniform(30, 32), energy_wh=dice.uniform(4000, 12_000))
        for day in range(170)
        if (day + 1) % 7 < 5
    ]
    arrived = local(170 + 5, 18)
    habit = driver_habit(stays, arrived, arrived, BERLIN)
    assert habit is not None
    assert habit.departure_mae_s == pytest.approx(1800, rel=0.3)
    assert habit.energy_mae_wh == pytest.approx(2000, rel=0.3)
    assert habit.gone_early_share == pytest.approx(0.1, abs=0.1)
    assert 30.0 < (habit.leaves_early_at - local(175, 0)).total_seconds() / 3600 < 30.5
    assert habit.much_energy_wh > 10_000


def test_an_impossible_stay_is_refused() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    with pytest.raises(ValueError, match="carry an offset"):
        Stay(arrived_at=at.replace(tzinfo=None), departed_at=at, energy_wh=0)
    with pytest.raises(ValueError, match="a departure after"):
        Stay(arrived_at=at, departed_at=at, energy_wh=0)
    with pytest.raises(ValueError, match="at least 0 Wh"):
        Stay(arrived_at=at, departed_at=at + timedelta(hours=1), energy_wh=float("nan"))
