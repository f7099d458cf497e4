"""What the commands of operators let EVSEs draw, beside plan and fallback, so that the limit holds whoever commands.

A profile counts from before it is sent until it is refused, replaced, cleared or, as a TxProfile, over with its transaction.
One that would let more be drawn than a fuse leaves is not sent, nor is what would take the fallback away where the rating
does not fit.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from ladewerk.csms.limit.allocation import GAP, Commanded, EvseKey, Fuse, Outlet, may_draw_about, without_last
from ladewerk.csms.limit.loads import NO_LOAD, TOLERANCE, Load, Rate, extreme, least_room, summed
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.smart_charging.profiles import FIRST_PROFILE_ID
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.csms.smart_charging.schedule_line import schedule_line
from ladewerk.electrical import current_a
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline, combine

_RAISING: Final = frozenset({"TxProfile", "TxDefaultProfile", "PriorityCharging"})
"""Profiles of other purposes only take away from what these allow."""

_OURS: Final = range(FIRST_PROFILE_ID, FIRST_PROFILE_ID + 1000)
"""Ids of plans and fallbacks."""

_ID: Final = "chargingProfile.id"


def refusal(profile: v21.ChargingProfileType, quirks: Quirks) -> Fault | None:
    """Why ``profile`` must not be sent to a station by hand, whatever it allows: it would take the place of ours."""
    if profile.id in _OURS:
        text = f"{profile.id} is of those that plans and fallbacks have: take one below {_OURS.start}"
        return Fault(field=_ID, code="profile-id", params={"most": _OURS.start - 1}, text=text)
    if profile.charging_profile_purpose == "TxDefaultProfile" and profile.stack_level == quirks.stack_level:
        text = f"at {quirks.stack_level} it would take the place of the fallback: take a higher one"
        params: dict[str, str | float] = {"level": quirks.stack_level}
        return Fault(field="chargingProfile.stackLevel", code="takes-fallback", params=params, text=text)
    return None


def commanded(profile: v21.ChargingProfileType, outlet: Outlet, now: datetime) -> Commanded | None:
    """``profile`` as it counts at an EVSE; None where it can only lower what is drawn there."""
    purpose = str(profile.charging_profile_purpose)
    if purpose not in _RAISING:
        return None
    line = _line(profile, outlet, now)
    if profile.valid_from is not UNSET or profile.valid_to is not UNSET:
        begin = now if profile.valid_from is UNSET else profile.valid_from
        line = line.within(begin, None if profile.valid_to is UNSET else profile.valid_to)
    return Commanded(profile_id=profile.id, purpose=purpose, stack_level=profile.stack_level, line=line)


def _line(profile: v21.ChargingProfileType, outlet: Outlet, now: datetime) -> Timeline[Rate]:
    (schedule, *others) = profile.charging_schedule
    rates = [_rate(period, each, outlet) for each in profile.charging_schedule for period in each.charging_schedule_period]
    start = schedule.start_schedule
    if profile.charging_profile_kind != "Absolute" or others or start is UNSET:
        # Where its periods lie in time is the station's affair.
        dynamic = profile.charging_profile_kind == "Dynamic"
        return Timeline.of([(now, outlet.rating if dynamic else max(rates, key=Rate.total_a))])
    begins = (period.start_period for period in schedule.charging_schedule_period)
    return schedule_line(start, zip(begins, rates, strict=True), schedule.duration)


def _rate(period: v21.ChargingSchedulePeriodType, schedule: v21.ChargingScheduleType, outlet: Outlet) -> Rate:
    phases = outlet.rating.phases if period.number_phases is UNSET else period.number_phases
    if period.limit is UNSET or phases < 1:
        return outlet.rating
    in_amps = schedule.charging_rate_unit == "A"
    # The watts may all flow on one phase.
    each_a = period.limit if in_amps else current_a(period.limit, phases=1, voltage_v=outlet.voltage_v)
    return Rate(min(each_a, outlet.rating.current_a), phases)


# -- outlets after a command ---------------------------------------------------------------------------------------------


def with_profile(outlet: Outlet, new: Commanded) -> Outlet:
    """``new`` goes out; what has its id may still be there."""
    return replace(outlet, commanded=(*outlet.commanded, new))


def taken(outlet: Outlet, new: Commanded) -> Outlet:
    """The station has ``new``: those of its id, or of its place, are gone (K01.FR.05)."""
    left = tuple(one for one in outlet.commanded if one.profile_id != new.profile_id and _place(one) != _place(new))
    return replace(outlet, commanded=(*left, new))


def without_profile(outlet: Outlet, new: Commanded) -> Outlet:
    """The station has refused ``new``."""
    return replace(outlet, commanded=without_last(outlet.commanded, new))


def clears_fallback(request: v21.ClearChargingProfileRequest, quirks: Quirks) -> bool:
    """Whether ``request`` speaks of the fallback, too."""
    if request.charging_profile_id is not UNSET:
        return request.charging_profile_id == FIRST_PROFILE_ID
    return _speaks_of(request, "TxDefaultProfile", quirks.stack_level, evse_id=0)


def cleared(outlet: Outlet, request: v21.ClearChargingProfileRequest, evse_id: int) -> Outlet:
    """The station has none of those left that ``request`` speaks of."""
    number = request.charging_profile_id
    left = tuple(
        one
        for one in outlet.commanded
        if not (
            one.profile_id == number if number is not UNSET else _speaks_of(request, one.purpose, one.stack_level, evse_id)
        )
    )
    quirks = outlet.quirks
    plan = number == FIRST_PROFILE_ID + evse_id
    if number is UNSET:
        plan = _speaks_of(request, quirks.purpose, quirks.plan_stack_level, evse_id)
    return replace(outlet.plan_unsure() if plan else outlet, commanded=left)


def _speaks_of(request: v21.ClearChargingProfileRequest, purpose: str, stack_level: int, evse_id: int) -> bool:
    asked = request.charging_profile_criteria
    if asked is UNSET:
        return True
    return (
        (asked.charging_profile_purpose is UNSET or asked.charging_profile_purpose == purpose)
        and (asked.stack_level is UNSET or asked.stack_level == stack_level)
        and (asked.evse_id is UNSET or asked.evse_id == evse_id)
    )


def _place(one: Commanded) -> tuple[str, int]:
    return one.purpose, one.stack_level


# -- what a fuse says to it ----------------------------------------------------------------------------------------------


def excess(
    changed: Mapping[EvseKey, Outlet], outlets: Mapping[EvseKey, Outlet], fuses: Iterable[Fuse], now: datetime
) -> str | None:
    """Where ``changed`` outlets would let more be drawn than a fuse leaves, and more than before; None: nowhere, ever.

    A station that has just started is not sure to have lost its fallback: what it draws more than that is more.
    """
    had = {**outlets, **{key: outlets[key].as_told() for key in changed}}
    for fuse in fuses:
        if set(changed).isdisjoint(fuse.behind):
            continue
        before, after = _sum(had, fuse.behind), _sum({**outlets, **changed}, fuse.behind)
        # A car that is lowered because there is less for all must have followed by then.
        room = extreme(fuse.room(), GAP, timedelta(), least_room)
        too_much = combine(_too_much, before, after, room).within(now)
        if too_much.starts:
            at = too_much.starts[0]
            return _sentence(fuse.name, at, after.at(at) or NO_LOAD, room.at(at) or NO_LOAD)
    return None


def _sum(outlets: Mapping[EvseKey, Outlet], behind: Collection[EvseKey]) -> Timeline[Load]:
    return summed([may_draw_about(outlets[key]) for key in sorted(behind) if key in outlets])


def _too_much(values: Sequence[Load | None]) -> bool | None:
    before, after, room = (value or NO_LOAD for value in values)
    for was, is_now, most, tolerance in zip(before, after, room, TOLERANCE, strict=True):
        if is_now > most + tolerance and is_now > was + tolerance:
            return True
    return None


def _sentence(fuse: str, at: datetime, drawn: Load, room: Load) -> str:
    if drawn.power_w > room.power_w + TOLERANCE.power_w:
        sums = f"{drawn.power_w / 1000:.1f} kW could be drawn, and it leaves {room.power_w / 1000:.1f} kW"
    else:
        phase = max((1, 2, 3), key=lambda place: drawn[place] - room[place])
        sums = f"{drawn[phase]:.1f} A could be drawn on phase {phase}, and it leaves {room[phase]:.1f} A"
    return f"fuse {fuse!r}, from {at.isoformat(timespec='seconds')} on: {sums}"
