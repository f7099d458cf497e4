"""What must hold at every moment of a script, looked at from the side of the world and of the wire."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from ladewerk.csms.app import Csms
from ladewerk.csms.watching.frame_log import LoggedFrame
from ladewerk.rehearsal.stage import Stage
from ladewerk.simulator.world import Sample, World
from ladewerk.station.control import UnitControl
from ladewerk.station.unit.state import ENERGISED, Phase

_HAIR_A: Final = 0.05
_FIRST_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ORDER_S: Final = 3.0
"""From a lower limit to the board's offer: a poll, the spacing of the line, a retry."""
_SAFE_S: Final = 10.0
"""A fault, a board that answers again, a program that starts: after this the current is as it has to be."""
_METER_S: Final = 30.0 + 2.0
"""The same for the meter; behind its 30 s come a poll and the order."""
_METER_HOLD_S: Final = 10.0 + 2.0
_FROZEN_S: Final = 60.0 + 3.5
"""The same values are first seen at a poll, judged at another, and the order takes a second in a line that is shared."""
_REACTION_S: Final = 6.0
"""A vehicle has 5 s to follow an offer, a board opens its contactor 6 s after the offer ended."""
_DRAWS_S: Final = 10.0 + 2.0
"""The same for what is drawn: lowered once after 7 s, judged anew 6 s later; behind that come a poll and the order."""
_HAIR_W: Final = 5.0
_SKEW_S: Final = 2.0
"""How far clocks may lie apart for the sum of a site to hold, by the rule of ``csms/limit/allocation``."""
_AGREED_S: Final = 60.0
"""Clocks that lay apart must have agreed for so long."""


@dataclass(slots=True)
class _Since:
    """Since when a condition holds without a break."""

    begun_s: float | None = None

    def lasts_s(self, holds: bool, now_s: float) -> float:
        """How long ``holds`` has been true."""
        if not holds:
            self.begun_s = None
            return 0.0
        if self.begun_s is None:
            self.begun_s = now_s
        return now_s - self.begun_s


@dataclass(slots=True)
class _Unit:
    """What is remembered of one unit."""

    name: str
    plans: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """Message id and profile of what the station may have accepted, the last certain one first."""
    offers: list[tuple[float, float]] = field(default_factory=list)
    reachable: _Since = field(default_factory=_Since)
    over: _Since = field(default_factory=_Since)
    draws: _Since = field(default_factory=_Since)
    blind: _Since = field(default_factory=_Since)
    frozen: _Since = field(default_factory=_Since)
    welded: _Since = field(default_factory=_Since)
    offered_a: float = 0.0


class Invariants:
    """``broken`` is what did not hold, each line once per unit and kind."""

    def __init__(self, stage: Stage) -> None:
        self.broken: list[str] = []
        self.limits: dict[str, dict[str, float]] = {name: {} for name in stage.casting.stations}
        """A per phase that somebody outside limits a station to."""
        self._stage = stage
        self._units = {name: _Unit(name) for name in stage.unit_names}
        self._shares = {name: _Since() for name in stage.casting.stations}
        self._too_much = _Since()
        self._agreed = _Since(-_AGREED_S)
        self._bound: set[str] = set()
        """Stations that have confirmed what they may draw without a plan: from then on the CSMS vouches for the site."""
        self._told: set[tuple[str, str]] = set()
        stage.csms.started.connect(self._csms_started)
        for name, world in stage.site.units.items():
            world.samples.connect(partial(self._changed, name))

    async def watch(self) -> None:
        """Look every second, besides each change, for ever."""
        while True:
            self._stage.present()
            now_s = self._stage.clock.monotonic()
            for name in self._units:
                self._look(name, now_s)
            for station in self._stage.casting.stations:
                self._look_at_limits(station, now_s)
            self._look_at_site(now_s)
            await asyncio.sleep(1.0)

    def _break(self, now_s: float, unit: str, kind: str, what: str) -> None:
        if (unit, kind) not in self._told:
            self._told.add((unit, kind))
            self.broken.append(f"{now_s:.1f} s, {unit}: {kind}: {what}")

    # What the units do

    def _changed(self, name: str, sample: Sample) -> None:
        now_s = (sample.at - self._stage.casting.start).total_seconds()
        self._look(name, now_s)
        self._look_at_site(now_s)

    def _look(self, name: str, now_s: float) -> None:
        unit, world = self._units[name], self._stage.site.units[name]
        control = self._stage.control(name)
        offer_a = _offer_a(world)
        unit.offers = [(at_s, a) for at_s, a in unit.offers if at_s > now_s - _REACTION_S] or unit.offers[-1:]
        unit.offers.append((now_s, offer_a))
        faults = world.faults
        hears = control is not None and not (
            faults.board_silent or faults.board_unpowered or (faults.board_delay_s or 0) >= 0.5
        )
        hears = hears and control is not None and control.state.evse is not None
        reachable_s = unit.reachable.lasts_s(hears, now_s)
        if reachable_s > _SAFE_S and control is not None:
            self._look_at_offer(unit, world, control, offer_a, now_s)
            self._look_at_current(unit, world, control, now_s)
        unit.offered_a = offer_a

    def _look_at_offer(self, unit: _Unit, world: World, control: UnitControl, offer_a: float, now_s: float) -> None:
        faults, state = world.faults, control.state
        allowed_a = self._allowed_a(unit, world, control)
        slack_s = _SAFE_S if _is_slow(world) else _ORDER_S
        if unit.over.lasts_s(offer_a > allowed_a + _HAIR_A, now_s) > slack_s:
            self._break(now_s, unit.name, "limit", f"{offer_a:g} A are offered, {allowed_a:g} A allowed, {state.phase}")
        blind = faults.meter_silent or faults.meter_refuses or len(faults.meter_null_phases) == 3
        blind_s = unit.blind.lasts_s(blind, now_s)
        if blind_s > _METER_S and offer_a > 0:
            self._break(now_s, unit.name, "meter", f"{offer_a:g} A are offered, blind for {blind_s:.0f} s")
        if blind_s > _METER_HOLD_S and offer_a > unit.offered_a:
            self._break(
                now_s, unit.name, "meter hold", f"{offer_a:g} A after {unit.offered_a:g} A, blind for {blind_s:.0f} s"
            )
        frozen = faults.meter_frozen and not blind and offer_a > 0 and offer_a == unit.offered_a
        if unit.frozen.lasts_s(frozen, now_s) > _FROZEN_S:
            self._break(now_s, unit.name, "frozen meter", f"{offer_a:g} A are offered")

    def _look_at_current(self, unit: _Unit, world: World, control: UnitControl, now_s: float) -> None:
        drawn_a, faults = world.vehicle.current_a, world.faults
        offered_a = max(a for _, a in unit.offers)
        sees = not (faults.meter_silent or faults.meter_refuses or faults.meter_frozen or faults.meter_null_phases)
        most_a = (offered_a + 0.5) * 1.1
        if unit.draws.lasts_s(sees and drawn_a > most_a and not faults.relay_welded, now_s) > _DRAWS_S + _REACTION_S:
            self._break(
                now_s, unit.name, "current", f"{drawn_a:.1f} A are drawn, {offered_a:g} A offered, {control.state.phase}"
            )
        welded = sees and world.board.relay_welded and not world.board.relay_driven and drawn_a > 1.5
        if unit.welded.lasts_s(welded, now_s) > _SAFE_S and control.state.phase is not Phase.FAULT:
            self._break(now_s, unit.name, "welded", f"{drawn_a:.1f} A flow, the unit is {control.state.phase}")

    def _allowed_a(self, unit: _Unit, world: World, control: UnitControl) -> float:
        """The least limit in force, as far as world and wire tell it."""
        state = control.state
        if state.phase not in ENERGISED:
            return 0.0
        cable_a = self._stage.casting.simulator.units[unit.name].board.cable_limit_a
        hardest_a = min(float(cable_a), state.rules.max_current_a)
        outside_a = min(self.limits[self._stage.station_of(unit.name)].values(), default=hardest_a)
        hardest_a = min(hardest_a, outside_a)
        if state.direct:
            return min(hardest_a, state.rules.direct_current_a)
        transaction = control.transaction
        if transaction is None:
            return 0.0
        said = [plan for _, plan in unit.plans if plan.get("transactionId") == transaction.transaction_id]
        planned_a = _most_a(said, control.now.at)
        if planned_a is None:
            # Where no profile of the transaction speaks, that for all transactions does.
            planned_a = _most_a([plan for _, plan in unit.plans if _is_default(plan)], control.now.at)
        return min(hardest_a, planned_a or 0.0)

    def _look_at_limits(self, station: str, now_s: float) -> None:
        """All units together keep to what somebody outside limits the station to."""
        units = self._stage.casting.stations[station]
        limit_a = min(self.limits[station].values(), default=None)
        if limit_a is None or any((self._units[name].reachable.begun_s or now_s) > now_s - _SAFE_S for name in units):
            self._shares[station].begun_s = None
            return
        sum_a = sum(_offer_a(self._stage.site.units[name]) for name in units)
        if self._shares[station].lasts_s(sum_a > limit_a + _HAIR_A, now_s) > _SAFE_S:
            self._break(now_s, station, "outside limit", f"{sum_a:g} A are offered together, {limit_a:g} A allowed")

    def _look_at_site(self, now_s: float) -> None:
        """All units of the site together draw no more than the CSMS lets the site have, whatever breaks on either side.

        Not asked of it: what a vehicle draws beyond its offer, a board that hears nothing, and stations that keep another
        time than the CSMS.
        """
        units = self._units.values()
        loses = any(_is_slow(self._stage.site.units[unit.name]) for unit in units)
        agreed_s = self._agreed.lasts_s(all(map(self._keeps_time, self._stage.casting.stations)), now_s)
        held = self._bound == set(self._stage.casting.stations) and agreed_s >= _AGREED_S
        sum_w = sum(self._granted_w(unit, now_s) for unit in units) if held else 0.0
        too_much = sum_w > self._stage.casting.site.limit_w + _HAIR_W
        if self._too_much.lasts_s(too_much, now_s) > (_SAFE_S if loses else 0.0) or (too_much and not loses):
            self._break(now_s, "site", "site limit", f"{sum_w:.0f} W flow, {self._stage.casting.site.limit_w:g} W allowed")

    def _granted_w(self, unit: _Unit, now_s: float) -> float:
        """What a unit's vehicle draws, as far as its board lets it and hears what it is told."""
        if unit.reachable.begun_s is None or now_s - unit.reachable.begun_s <= _SAFE_S:
            return 0.0
        vehicle = self._stage.site.units[unit.name].vehicle
        most_a = max(amps for _, amps in unit.offers)
        return min(vehicle.current_a, most_a) * vehicle.model.phases * vehicle.model.voltage_v

    def _keeps_time(self, station: str) -> bool:
        """What it takes for the time, by its clock or told by the CSMS, is what the CSMS takes for it."""
        control = self._stage.control(self._stage.casting.stations[station][0])
        apart = timedelta() if control is None else control.now.at - self._stage.clocks["csms"].now()
        return abs(apart.total_seconds()) <= _SKEW_S

    # What the wire says

    def _csms_started(self, csms: Csms) -> None:
        csms.frame_log.seen.connect(self._frame)

    def _frame(self, frame: LoggedFrame) -> None:
        said = json.loads(frame.text)
        if frame.sent and said[0] == 2 and said[2] == "SetChargingProfile":
            old = "connectorId" in said[3]  # 1.6
            for unit in self._units_at(frame.station_id, said[3]["connectorId" if old else "evseId"]):
                unit.plans.append((said[1], self._as_of_today(unit, said[3]) if old else said[3]["chargingProfile"]))
        elif not frame.sent and said[0] in (3, 4):
            for name in self._stage.casting.stations[frame.station_id]:
                accepted = said[0] == 3 and said[2].get("status") == "Accepted"
                self._answered(self._units[name], frame.station_id, said[1], accepted=accepted)

    def _as_of_today(self, unit: _Unit, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """A profile of 1.6 as 2.x has it; its transaction, which has a number there, is the one that is open here."""
        control, profile = self._stage.control(unit.name), said["csChargingProfiles"]
        transaction = None if control is None else control.transaction
        whose = {} if transaction is None or _is_default(profile) else {"transactionId": transaction.transaction_id}
        return {**profile, "chargingSchedule": [profile["chargingSchedule"]], **whose}

    def _answered(self, unit: _Unit, station: str, message_id: str, *, accepted: bool) -> None:
        for place, (said, plan) in enumerate(unit.plans):
            if said == message_id:
                if accepted and _is_default(plan):
                    self._bound.add(station)
                same = [one for one in unit.plans[:place] if _subject(one[1]) != _subject(plan)]
                unit.plans = same + unit.plans[place:] if accepted else unit.plans[:place] + unit.plans[place + 1 :]
                return

    def _units_at(self, station: str, evse_id: int) -> list[_Unit]:
        """The unit of an EVSE; all of the station for EVSE 0."""
        names = self._stage.casting.stations[station]
        return [self._units[name] for number, name in enumerate(names, 1) if evse_id in (0, number)]


def _offer_a(world: World) -> float:
    """What is offered to the vehicle; a board that tests itself signals currents that nobody can draw."""
    offer_a = world.board.offer_a
    return 0.0 if offer_a > 0 and world.board.read(1009, 1)[0] > 0 else offer_a


def _is_slow(world: World) -> bool:
    """The way to its board loses answers, or takes its time."""
    faults = world.faults
    return bool(faults.board_loses_every or faults.board_garbles_every or faults.board_delay_s)


def _subject(profile: Mapping[str, Any]) -> tuple[str, str | None]:
    """What a newer profile replaces."""
    return profile["chargingProfilePurpose"], profile.get("transactionId")


def _is_default(profile: Mapping[str, Any]) -> bool:
    return bool(profile["chargingProfilePurpose"] == "TxDefaultProfile")


def _most_a(profiles: Sequence[Mapping[str, Any]], at: datetime) -> float | None:
    """The most that one of them allows; which one holds is not known while an answer is under way."""
    return max((amps for profile in profiles if (amps := _planned_a(profile, at)) is not None), default=None)


def _planned_a(profile: Mapping[str, Any], at: datetime) -> float | None:
    """What a profile allows at a moment, None where it says nothing."""
    schedule = profile["chargingSchedule"][0]
    assert schedule["chargingRateUnit"] == "A", schedule
    if at < _FIRST_TIME:  # nobody has said what time it is
        return float(min(period["limit"] for period in schedule["chargingSchedulePeriod"]))
    start = datetime.fromisoformat(schedule["startSchedule"])
    passed_s = (at - start) / timedelta(seconds=1)
    if passed_s < 0 or passed_s >= schedule.get("duration", float("inf")):
        return None
    periods = [period["limit"] for period in schedule["chargingSchedulePeriod"] if period["startPeriod"] <= passed_s]
    return float(periods[-1])
