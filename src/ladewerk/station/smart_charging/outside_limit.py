"""A limit that somebody else than the CSMS sets: grid operator or energy management system (OCPP 2.1 part 2, K11 to K13).

It stands as a ChargingStationExternalConstraints profile on EVSE 0 beside what the CSMS has set, and the CSMS is told.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET

from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.installed import Installed
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Circuit, Unit
from ladewerk.electrical import current_a
from ladewerk.errors import CallFailed, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Request
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.unit.needs import FieldError

SOURCES: Final = ("EMS", "SO", "Other")
"""ChargingLimitSourceEnumStringType but for CSO, which is the CSMS itself (K11.FR.05); SO is the grid operator."""

Notice = v21.NotifyChargingLimitRequest | v21.ClearedChargingLimitRequest


@dataclass(frozen=True, slots=True)
class OutsideLimit:
    """At most ``amount`` for the whole station: W in total or A on each phase."""

    source: str
    amount: float
    unit: Unit


def read_outside_limit(body: object) -> OutsideLimit | FieldError:
    """``{"source": "SO", "limit_w": 4200}``, or ``limit_a``."""
    if not isinstance(body, Mapping):
        return FieldError("", "not_an_object", {}, "a JSON object with source and limit_w or limit_a was expected")
    given = body
    unknown = sorted(str(name) for name in given if name not in {"source", "limit_w", "limit_a"})
    if unknown:
        return FieldError(unknown[0], "unknown_field", {}, f"{unknown[0]} is not a field of a limit")
    if given.get("source") not in SOURCES:
        return FieldError("source", "not_a_source", {}, f"one of {', '.join(SOURCES)} is expected")
    named = [name for name in ("limit_w", "limit_a") if name in given]
    value = given.get(named[0]) if len(named) == 1 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return FieldError("limit_w", "not_a_limit", {}, "either limit_w or limit_a is expected, a number from 0 up")
    return OutsideLimit(str(given["source"]), float(value), Unit.W if named == ["limit_w"] else Unit.A)


def as_profile(limit: OutsideLimit, now: datetime) -> Installation:
    """The profile that it stands as. Its id is below 0, where a CSMS has none (K11.FR.06)."""
    schedule = v21.ChargingScheduleType(
        id=1,
        start_schedule=now,
        charging_rate_unit=limit.unit,
        charging_schedule_period=(v21.ChargingSchedulePeriodType(start_period=0, limit=limit.amount),),
    )
    profile = v21.ChargingProfileType(
        id=-1 - SOURCES.index(limit.source),
        stack_level=0,
        charging_profile_purpose=Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS,
        charging_profile_kind=Kind.ABSOLUTE,
        charging_schedule=(schedule,),
    )
    return Installation(0, profile, limit.source, now)


def ranked(installed: Installed, circuit: Circuit) -> Installed:
    """The lowest limit from outside at the highest stack level, where it leads: all of them are kept to."""

    def amps(one: Installation) -> float:
        schedule = one.profile.charging_schedule[0]
        limit = schedule.charging_schedule_period[0].limit
        amount = 0.0 if limit is UNSET else limit
        if schedule.charging_rate_unit is Unit.A:
            return amount
        return current_a(amount, phases=circuit.phases, voltage_v=circuit.voltage_v)

    outside = [one for one in installed if one.purpose is Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS]
    for level, one in enumerate(sorted(outside, key=amps, reverse=True)):
        profile = msgspec.structs.replace(one.profile, stack_level=level)
        installed = installed.put(replace(one, profile=profile))
    return installed


def set_notice(installation: Installation) -> v21.NotifyChargingLimitRequest:
    """What the CSMS is told of a limit (K11.FR.02, K12.FR.02)."""
    return v21.NotifyChargingLimitRequest(
        charging_limit=v21.ChargingLimitType(charging_limit_source=installation.source),
        charging_schedule=installation.profile.charging_schedule,
        evse_id=installation.evse_id,
    )


def release_notice(source: str) -> v21.ClearedChargingLimitRequest:
    """What the CSMS is told when it is gone (K13.FR.02)."""
    return v21.ClearedChargingLimitRequest(charging_limit_source=source, evse_id=0)


def _alike(told: Notice | None, notice: Notice, significance: float) -> bool:
    """Whether the limit has changed by no more than ``significance``, a part of it (K11.FR.02)."""
    before, now = _amount(told), _amount(notice)
    if before is None or now is None or before[1] is not now[1]:
        return False
    return abs(now[0] - before[0]) <= significance * before[0]


def _amount(notice: Notice | None) -> tuple[float, v21.ChargingRateUnitEnumType] | None:
    if not isinstance(notice, v21.NotifyChargingLimitRequest) or notice.charging_schedule is UNSET:
        return None
    schedule = notice.charging_schedule[0]
    limit = schedule.charging_schedule_period[0].limit
    return None if limit is UNSET else (limit, schedule.charging_rate_unit)


class LimitNotices:
    """Tells the CSMS, as soon as it is there; of one source only what is true by then."""

    def __init__(self, link: CsmsLink, significance: Callable[[], float]) -> None:
        self._link = link
        self._significance = significance
        self._told: dict[str, Notice] = {}
        self._waiting: dict[str, Notice] = {}
        self._work = asyncio.Event()
        link.changed.connect(lambda _up: self._work.set())

    def tell(self, source: str, notice: Notice) -> None:
        """Hand a notice over; it replaces what still waits of this source. A limit hardly other than the last one is none.

        Which is kept to all the same.
        """
        if _alike(self._told.get(source), notice, self._significance()):
            return
        self._told[source] = notice
        self._waiting[source] = notice
        self._work.set()

    async def run(self) -> None:
        """Send what waits, for ever."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._waiting and self._link.is_up:
                source, notice = next(iter(self._waiting.items()))
                request: Request[Any] = notice
                try:
                    await self._link.call(request)
                except LocalProtocolError:
                    pass  # the version on this connection cannot say it
                except CallFailed:
                    break  # tried again when the link is up again
                if self._waiting.get(source) is notice:
                    del self._waiting[source]
