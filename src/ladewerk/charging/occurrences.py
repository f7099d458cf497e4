"""When the schedule of a profile runs: its beginnings, and what it says from one to the next.

A schedule is laid out on its own clock. That is UTC, or with useLocalTime the clock on the station's wall, whose days have
23 or 25 hours twice a year: then the schedule follows the wall, and parts of it are skipped or repeated (K01.FR.91).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from msgspec import UNSET

from ladewerk.charging.rates import Rate, rate_of
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline

Kind = v21.ChargingProfileKindEnumType

_NO_OFFSET: Final = timedelta(0)
_CENTURY_S: Final = 100 * 366 * 86400
_DAY: Final = timedelta(days=1)
_FIXED: Final = datetime(2024, 1, 1, tzinfo=UTC)
_INTERVALS: Final = {v21.RecurrencyKindEnumType.DAILY: _DAY, v21.RecurrencyKindEnumType.WEEKLY: 7 * _DAY}


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` up to, not including, ``end``."""

    start: datetime
    end: datetime


Delay = Callable[[int], float]
"""Seconds by which the period with this index is late; the first never is (K01.FR.92)."""


def no_delay(_index: int) -> float:
    """Every period on time."""
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a schedule depends on besides itself.

    ``begun_at`` is where a Relative one starts, ``soc`` the vehicle's state of charge in percent where it is known.
    """

    begun_at: datetime
    zone: tzinfo = UTC
    soc: float | None = None
    delay: Delay = no_delay


def _seconds(duration_s: int) -> timedelta:
    """OCPP bounds no duration; the calendar ends somewhere."""
    return timedelta(seconds=min(duration_s, _CENTURY_S))


def on_the_wall(profile: v21.ChargingProfileType) -> bool:
    """The schedule follows the station's local time (K01.FR.90); one without a startSchedule has no hour to follow."""
    schedule = profile.charging_schedule[0]
    return (
        schedule.use_local_time is True
        and schedule.start_schedule is not UNSET
        and profile.charging_profile_kind is not Kind.DYNAMIC
    )


def recurrence(profile: v21.ChargingProfileType) -> timedelta | None:
    """After how long the schedule starts again; None where it does not."""
    if profile.charging_profile_kind is not Kind.RECURRING or profile.recurrency_kind is UNSET:
        return None
    return _INTERVALS[profile.recurrency_kind]


def beginnings(profile: v21.ChargingProfileType, window: Window, setting: Setting) -> list[datetime]:
    """The starts of the schedule that matter in ``window``: the one running when it opens, and those within.

    On the schedule's own clock. A Recurring one repeats backwards from its startSchedule too.
    """
    start = _start(profile, setting)
    interval = recurrence(profile)
    if interval is None:
        return [start] if start < window.end else []
    at = start + (window.start - start) // interval * interval
    found = []
    while at < window.end:
        found.append(at)
        at += interval
    return found


def _start(profile: v21.ChargingProfileType, setting: Setting) -> datetime:
    schedule = profile.charging_schedule[0]
    if profile.charging_profile_kind is Kind.DYNAMIC:
        # K28.FR.02: active as soon as it was received; its duration counts from the last update.
        return setting.begun_at if profile.dyn_update_time is UNSET else profile.dyn_update_time
    start = schedule.start_schedule
    if start is UNSET:
        return setting.begun_at
    return start.replace(tzinfo=UTC) if on_the_wall(profile) else start  # K01.FR.90: whatever offset it has


def runs(profile: v21.ChargingProfileType, window: Window, setting: Setting) -> Iterator[tuple[datetime, datetime | None]]:
    """From when to when the schedule runs in ``window``, on its own clock; None is for ever."""
    duration = profile.charging_schedule[0].duration
    interval = recurrence(profile)
    for start in beginnings(profile, window, setting):
        end = None if interval is None else start + interval
        if duration is not UNSET:  # K01.FR.13: in the gap before the next start nothing is said
            length = _seconds(duration)
            over = start + length if length < window.end - start else window.end
            end = over if end is None else min(end, over)
        yield start, end


def take_turns(one: v21.ChargingProfileType, other: v21.ChargingProfileType) -> bool:
    """Two schedules that both have a start and an end each time they run, and never run at once."""
    interval = max(recurrence(one) or _NO_OFFSET, recurrence(other) or _NO_OFFSET)
    spans, others = _spans(one, interval), _spans(other, interval)
    if spans is None or others is None:
        return False
    return all(begin >= ended or end <= began for begin, end in spans for began, ended in others)


def _spans(profile: v21.ChargingProfileType, interval: timedelta) -> list[tuple[timedelta, timedelta]] | None:
    """When it runs, from a fixed moment on; of a Recurring one in an interval and in those beside. None: not known."""
    schedule = profile.charging_schedule[0]
    recurs = recurrence(profile)
    if schedule.start_schedule is UNSET or schedule.duration is UNSET:
        return None
    begin = schedule.start_schedule - _FIXED
    length = _seconds(schedule.duration)
    if recurs is None:
        return [(begin, begin + length)] if not interval else None
    first = begin % recurs
    return [
        (first + number * recurs, first + number * recurs + min(length, recurs))
        for number in range(-1, interval // recurs + 1)
    ]


def period_starts(schedule: v21.ChargingScheduleType, delay: Delay = no_delay) -> list[tuple[float, int]]:
    """(second, index) at which each period begins, in order; one that a delay carries past the next never does."""
    found: list[tuple[float, int]] = []
    for index in reversed(range(len(schedule.charging_schedule_period))):
        at = schedule.charging_schedule_period[index].start_period + (delay(index) if index else 0.0)
        if not found or at < found[-1][0]:
            found.append((at, index))
    return found[::-1]


def profile_line(profile: v21.ChargingProfileType, window: Window, setting: Setting) -> Timeline[Rate]:
    """What ``profile`` says in ``window``, within its validity (K01.FR.36, K01.FR.37); nothing outside."""
    start, end = window.start, window.end
    if profile.valid_from is not UNSET:
        start = max(start, profile.valid_from)
    if profile.valid_to is not UNSET:
        end = min(end, profile.valid_to)
    if start >= end:
        return Timeline()
    if not on_the_wall(profile):
        return _laid_out(profile, Window(start, end), setting, _NO_OFFSET)
    steps: list[tuple[datetime, Rate | None]] = []
    for stretch, offset in offsets(setting.zone, Window(start, end)):
        line = _laid_out(profile, stretch, setting, offset)
        steps.append((stretch.start, line.at(stretch.start)))
        steps += [
            (moment, rate)
            for moment, rate in zip(line.starts, line.values, strict=True)
            if stretch.start < moment < stretch.end
        ]
    steps.append((end, None))
    return Timeline.of(steps)


def _laid_out(profile: v21.ChargingProfileType, window: Window, setting: Setting, offset: timedelta) -> Timeline[Rate]:
    """The schedule over ``window`` on a clock that is ``offset`` ahead of UTC."""
    schedule = profile.charging_schedule[0]
    cap = schedule.limit_at_soc
    capped = cap is not UNSET and setting.soc is not None and setting.soc >= cap.soc
    cap_to = cap.limit if capped and cap is not UNSET else None
    starts = period_starts(schedule, setting.delay)
    rates = [rate_of(period, schedule.charging_rate_unit, cap_to) for period in schedule.charging_schedule_period]
    own = Window(window.start + offset, window.end + offset)
    steps: list[tuple[datetime, Rate | None]] = []
    for begin, over in runs(profile, own, setting):
        if steps and steps[-1][0] == begin - offset:
            steps.pop()
        until_s = ((over or own.end) - begin).total_seconds()
        for second, index in starts:
            if second < until_s:  # K01.FR.11: what lies behind the duration is never executed
                steps.append((begin + timedelta(seconds=second) - offset, rates[index]))
        if over is not None and steps and steps[-1][0] < over - offset:
            steps.append((over - offset, None))
    return Timeline.of(steps).within(window.start, window.end)


def offsets(zone: tzinfo, window: Window) -> Iterator[tuple[Window, timedelta]]:
    """``window`` in stretches over which the clocks of ``zone`` are alike ahead of UTC, and how far they are."""
    start = window.start.astimezone(UTC)
    end = window.end.astimezone(UTC)
    while start < end:
        offset = _offset(zone, start)
        probe = start
        while probe < end and _offset(zone, probe) == offset:
            probe += _DAY
        if probe < end or _offset(zone, end) != offset:
            low, high = probe - _DAY, probe
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            probe = high.replace(microsecond=0)
        until = min(probe, end)
        yield Window(start, until), offset
        start = until


def _offset(zone: tzinfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or _NO_OFFSET
