"""What a station makes of the profile it has accepted, by its own composite schedule: confirmed, or found to be more.

Many stations cannot say; of these the answer to SetChargingProfile is all there is.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.records import StoredPlan, station_key
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.csms.smart_charging.schedule_line import schedule_line
from ladewerk.csms.stations.connections import Connections
from ladewerk.electrical import current_a
from ladewerk.errors import CallFailed, CallRefused, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline, combine

_AHEAD: Final = timedelta(days=1)
_SAME_A: Final = 0.15
"""Half a step of the tenths that a limit is told in, and as much from watts."""
_SHORT: Final = timedelta(seconds=10)
"""Borders may lie this far apart: whole seconds, the way of the frame, and the station's clock."""

_log = logging.getLogger(__name__)


class ReadBack:
    """Asks each station that can say."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock
        self._cannot: dict[str, int] = {}
        """The generation of the connection over which a station said that it cannot."""

    async def higher(self, plan: StoredPlan, line: Timeline[Rate], quirks: Quirks) -> Timeline[Rate] | None:
        """What the EVSE of ``plan`` follows, if that is anywhere more than ``line``; None if not, or if it cannot say."""
        connection = self._connections.of(plan.station_id)
        key, now = station_key(plan.station_id), self._clock.now()
        if connection is None or not quirks.tells_composite or self._cannot.get(key) == connection.session.generation:
            return None
        end = now + _AHEAD if line.end is None else min(line.end, now + _AHEAD)
        request = v21.GetCompositeScheduleRequest(
            evse_id=plan.evse_id,
            duration=max(1, int((end - now).total_seconds())),
            charging_rate_unit=v21.ChargingRateUnitEnumType(quirks.rate_unit),
        )
        try:
            answer = await connection.peer.call(request)
        except (CallRefused, LocalProtocolError):
            self._cannot[key] = connection.session.generation
            return None
        except CallFailed:
            return None
        if answer.status != "Accepted" or answer.schedule is UNSET:
            return None
        said = composite_line(answer.schedule, plan.voltage_v)
        if not exceeds(said, line, now, end):
            return None
        _log.warning("station %s accepted plan %d, but its composite schedule allows more", plan.station_id, plan.number)
        return said


def composite_line(schedule: v21.CompositeScheduleType, voltage_v: float) -> Timeline[Rate]:
    """A composite schedule as rates over time; after its duration nothing is said."""
    periods: list[tuple[float, Rate]] = []
    for period in schedule.charging_schedule_period:
        phases = 3 if period.number_phases is UNSET else max(1, period.number_phases)
        if period.limit is UNSET:
            continue
        limit = period.limit
        amps = limit if schedule.charging_rate_unit == "A" else current_a(limit, phases=phases, voltage_v=voltage_v)
        periods.append((period.start_period, Rate(amps, phases)))
    return schedule_line(schedule.schedule_start, periods, schedule.duration)


def exceeds(said: Timeline[Rate], line: Timeline[Rate], start: datetime, end: datetime) -> bool:
    """Whether ``said`` allows more than ``line`` anywhere from ``start`` to ``end``, for longer than clocks may differ."""
    higher = combine(_is_higher, said, line).within(start, end)
    return any(segment.end is None or segment.end - segment.start > _SHORT for segment in higher.segments())


def _is_higher(values: Sequence[Rate | None]) -> bool | None:
    said, meant = values
    if said is None or meant is None:
        return None
    # The phases that a car has are its own: a limit is per phase.
    return True if said.current_a > meant.current_a + _SAME_A else None
