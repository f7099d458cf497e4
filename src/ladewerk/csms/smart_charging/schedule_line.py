"""The periods of a charging schedule as a line over time."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from msgspec import UNSET, UnsetType

from ladewerk.timeline import Timeline, later

T = TypeVar("T")


def schedule_line(start: datetime, periods: Iterable[tuple[float, T]], duration_s: float | UnsetType) -> Timeline[T]:
    """What holds from how many seconds after ``start`` on; a period that begins no later than the one before is passed over.

    After ``duration_s`` nothing is said; without, the last period holds for ever.
    """
    steps: list[tuple[datetime, T | None]] = []
    for after_s, value in periods:
        at = later(start, after_s)
        if not steps or at > steps[-1][0]:
            steps.append((at, value))
    if duration_s is not UNSET:
        end = later(start, duration_s)
        steps = [*(step for step in steps if step[0] < end), (end, None)]
    return Timeline.of(steps)
