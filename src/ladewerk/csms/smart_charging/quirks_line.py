"""What of a plan a station with its quirks can be told: never more than was meant, but for the least that it takes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ladewerk.csms.limit.allocation import Outlet
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.smart_charging.profiles import SAME_A
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.timeline import Timeline, combine

_NOTHING: Final = Rate(0.0, 3)


def asked_of(wanted: Timeline[Rate], quirks: Quirks, now: datetime) -> Timeline[Rate]:
    """What is to be asked of the station for ``wanted``, before the others are heard.

    A limit that it does not take becomes the least that it does; its fallback is no lower, so it may draw that anyway. Where
    periods cannot be placed in time, what holds now is asked for without an end.
    """
    least_a = quirks.least_limit_a
    line = wanted.map(lambda rate: rate if rate.current_a >= least_a else Rate(least_a, rate.phases))
    if quirks.kind == "Absolute":
        return line
    holds_now = line.at(now)
    return Timeline() if holds_now is None else Timeline.of([(now, holds_now)])


def told_line(line: Timeline[Rate], quirks: Quirks, most_periods: int, now: datetime) -> Timeline[Rate]:
    """``line`` in at most ``most_periods``, which nowhere say more than it does.

    The first is as it was meant: when it is over the station is told anew. Of the others those neighbours are joined at the
    lower current that lose the least energy by it. A station that takes one period alone gets what holds now, up to its end.
    """
    if quirks.kind == "Relative":
        rates = [segment.value for segment in line.within(now).segments()]
        return Timeline.of([(now, min(rates))]) if rates else line
    rest = line.within(now, line.end)
    starts = list(rest.starts[:-1] if rest.end is not None else rest.starts)
    rates = [value or _NOTHING for value in rest.values[: len(starts)]]
    if len(starts) <= most_periods or rest.end is None:
        return line
    if most_periods == 1:
        return rest.within(now, starts[1])
    ends = [*starts[1:], rest.end]
    while len(starts) > most_periods:
        index = min(range(1, len(starts) - 1), key=lambda i: _lost_as(rates[i : i + 2], starts[i : i + 2], ends[i : i + 2]))
        rates[index : index + 2] = [min(rates[index : index + 2])]
        del starts[index + 1], ends[index]
    return Timeline.of([*zip(starts, rates, strict=True), (rest.end, None)])


def told_until(line: Timeline[Rate], wanted: Timeline[Rate], now: datetime) -> datetime | None:
    """When the station is to be told more of ``wanted``, of which it has ``line``; None: it has all of it."""
    if not combine(_differ, line, wanted).within(now).starts:
        return None
    changes = [at for at in (line.next_change(now), wanted.next_change(now)) if at is not None]
    return min(changes, default=None)


def lowers(line: Timeline[Rate], outlet: Outlet, now: datetime, until: datetime) -> bool:
    """Whether ``line`` is less, before ``until``, than what the station follows now: then it cannot wait as long."""
    base = Timeline.of([(now, outlet.base())])
    follows = combine(_follows, base, outlet.installed, *outlet.sent).within(now)
    return bool(combine(_is_less, line, follows).within(now, until).starts)


def next_turn(sent_at: datetime | None, quirks: Quirks) -> datetime | None:
    """The earliest moment for a profile that lowers nothing, after one at ``sent_at``."""
    return None if sent_at is None else sent_at + timedelta(seconds=quirks.min_interval_s)


def _lost_as(rates: Sequence[Rate], starts: Sequence[datetime], ends: Sequence[datetime]) -> float:
    """Ampere-seconds that are lost if two neighbours get the lower current of both."""
    lower = min(rates)
    return sum(
        (rate.total_a() - lower.total_a()) * (end - start).total_seconds()
        for rate, start, end in zip(rates, starts, ends, strict=True)
    )


def _differ(values: Sequence[Rate | None]) -> bool | None:
    have, want = values
    if have is None or want is None:
        return True if have is not want else None
    return True if abs(have.current_a - want.current_a) >= SAME_A else None


def _follows(values: Sequence[Rate | None]) -> Rate | None:
    base, *profiles = values
    return max((rate for rate in profiles if rate is not None), default=base)


def _is_less(values: Sequence[Rate | None]) -> bool | None:
    new, old = values
    if new is None or old is None:
        return None
    return True if new.current_a < old.current_a - SAME_A or new.phases < old.phases else None
