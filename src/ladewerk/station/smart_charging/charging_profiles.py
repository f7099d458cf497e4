"""The charging profiles of a running station: kept, and worked out for its units as plans and limits (``guidance``).

A *plan* is what the profiles of a unit's transaction say; it comes with a TxProfile and falls back to the TxDefaultProfile
where that ends (K02.FR.08). The *limit* is what all profiles together allow, whether the unit follows a plan or charges
directly. What limits the station as a whole is shared by the units that want a current.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec

from ladewerk.charging.abilities import Abilities
from ladewerk.charging.composite import Situation, Station, Transaction
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.installed import Installed
from ladewerk.charging.occurrences import Kind, Window
from ladewerk.charging.rates import Mode
from ladewerk.charging.refusal import Reason, Refusal
from ladewerk.clock import Clock
from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.signals import Signal
from ladewerk.station.control import UnitControl
from ladewerk.station.smart_charging.guidance import Guidance
from ladewerk.station.smart_charging.outside_limit import (
    Notice,
    OutsideLimit,
    as_profile,
    ranked,
    release_notice,
    set_notice,
)
from ladewerk.station.smart_charging.profile_memory import PERSISTENT, ProfileMemory
from ladewerk.station.smart_charging.timeless import timeless
from ladewerk.station.unit.actions import Refuse
from ladewerk.station.unit.state import ENERGISED
from ladewerk.station.units import Units
from ladewerk.station.wall_clock import is_time
from ladewerk.station.wording import text

_log = logging.getLogger(__name__)

HORIZON: Final = timedelta(hours=48)
_AGAIN_S: Final = 300.0
"""How often everything is worked out anew: long before the horizon is reached, and soon after somebody has set the clock."""


def abilities_of(units: Units) -> Abilities:
    """What this station does with profiles; its device model says the same."""
    return Abilities(
        evse_ids=units.evse_ids,
        phase_switching=False,
        most_stack_level=100,
        most_periods=1024,
        most_profiles=50,
        most_schedules=1,
        purposes=(Purpose.CHARGING_STATION_MAX_PROFILE, Purpose.TX_DEFAULT_PROFILE, Purpose.TX_PROFILE),
        operation_modes=(Mode.CHARGING_ONLY,),
        limit_at_soc=False,
        persistent=PERSISTENT,
    )


class ChargingProfiles:
    """The one place that knows which profiles are installed."""

    def __init__(self, units: Units, clock: Clock, memory: ProfileMemory, time_zone: str | None = None) -> None:
        self.installed = Installed()
        self.outside_changed: Signal[tuple[str, Notice]] = Signal()
        self._units = units
        self._clock = clock
        self._memory = memory
        self._zone = UTC if time_zone is None else ZoneInfo(time_zone)
        self._offline_since_s: float | None = clock.monotonic()
        self._was_offline_s = 0.0
        self._begun: dict[str, datetime] = {}
        self._guidance = Guidance(units)
        self._seen: dict[int, tuple[Any, ...]] = {}
        self._barred: dict[int, str] = {}
        self._changing = asyncio.Lock()
        self._woken = asyncio.Event()

    @property
    def abilities(self) -> Abilities:
        """What the station does with profiles, with the units that it has now."""
        return abilities_of(self._units)

    async def load(self) -> None:
        """Take over what survived a restart, and limit every unit by it from now on, those that come later too."""
        self.installed = Installed(tuple(await self._memory.read()))
        self._tell_limits()
        self._units.each(lambda unit: unit.changed.connect(self._unit_changed))
        self._units.added.connect(lambda _unit: self._tell_limits())
        self._units.removed.connect(self._unit_removed)

    # What the CSMS asks for

    async def install(self, candidate: Installation) -> Refusal | None:
        """Install and follow ``candidate``; why not, where it is refused: then nothing has changed."""
        async with self._changing:
            result = self._with(candidate)
            return result if isinstance(result, Refusal) else await self._take_over(result)

    async def start_with(self, candidate: Installation, begin: Callable[[], Refuse | None]) -> Refusal | Refuse | None:
        """K05: install ``candidate`` for the transaction that ``begin`` starts; nothing where it is refused."""
        async with self._changing:
            result = self._with(candidate, starts_transaction=True)
            if not isinstance(result, Refusal):
                # A vehicle that is plugged in has a transaction already, and that one may have profiles (K01.FR.39).
                running = self._running().get(candidate.evse_id)
                result = result if running is None else self._with(_named(candidate, running))
            if isinstance(result, Refusal):
                return result
            refused = begin()
            running = self._running().get(candidate.evse_id)
            if refused is not None or running is None:
                return refused
            result = self._with(_named(candidate, running))
            return result if isinstance(result, Refusal) else await self._take_over(result)

    def _with(self, candidate: Installation, *, starts_transaction: bool = False) -> Installed | Refusal:
        return self.installed.install(
            candidate,
            abilities=self.abilities,
            transactions=self._running(),
            now=self._clock.now(),
            starts_transaction=starts_transaction,
        )

    def _running(self) -> dict[int, str]:
        """The open transactions of the units, by EVSE."""
        return {one.evse_id: one.transaction.transaction_id for one in self._units if one.transaction}

    async def update(self, request: v21.UpdateDynamicScheduleRequest) -> Refusal | None:
        """K28: a Dynamic profile with new limits from now on."""
        async with self._changing:
            result = self.installed.update(request.charging_profile_id, request.schedule_update, self._clock.now())
            return result if isinstance(result, Refusal) else await self._take_over(result)

    async def clear(self, request: v21.ClearChargingProfileRequest) -> int:
        """How many profiles were cleared (K10); what they limited follows what is left at once (K10.FR.05)."""
        async with self._changing:
            left = self.installed.clear(request)
            cleared = len(self.installed) - len(left)
            if cleared:
                await self._take_over(left)
            return cleared

    # What others ask for

    async def limit_from_outside(self, limit: OutsideLimit) -> Refusal | None:
        """K11, K12: hold a limit that somebody else sets, until it is released; the CSMS is told of each that is new."""
        async with self._changing:
            new = as_profile(limit, self._clock.now())
            old = self.installed.with_id(new.profile.id)
            if old is not None and _amounts(old) == _amounts(new):
                return None
            refusal = await self._take_over(ranked(self.installed.put(new), self.situation().station.circuit))
            if refusal is None:
                self.outside_changed.emit((limit.source, set_notice(new)))
            return refusal

    async def release(self, source: str) -> bool:
        """K13: whether there was a limit of ``source``, which is gone now."""
        async with self._changing:
            left = self.installed.without_source(source)
            if len(left) == len(self.installed):
                return False
            await self._take_over(left)
            self.outside_changed.emit((source, release_notice(source)))
            return True

    def bar(self, evse_id: int, transaction_id: str) -> None:
        """Allow this transaction no current any more: the CSMS does not accept who charges (E05.FR.02)."""
        self._barred[evse_id] = transaction_id
        self._tell_limits()

    def situation(self) -> Situation:
        """All that the limits follow from at this moment."""
        running = {
            one.evse_id: Transaction(
                transaction_id=one.transaction.transaction_id,
                begun_at=self._begun.get(one.transaction.transaction_id, self._clock.now()),
                delay_seed=crc32(one.transaction.transaction_id.encode()),
            )
            for one in self._units
            if one.transaction is not None
        }
        rules = {one.evse_id: one.state.rules for one in self._units}
        offline_s = None if self._offline_since_s is None else self._clock.monotonic() - self._offline_since_s
        station = Station(
            ratings_a={evse_id: one.max_current_a for evse_id, one in rules.items()},
            phases=max((one.phases for one in rules.values()), default=3),
            zone=self._zone,
            switches_phases=False,
        )
        known = is_time(self._clock.now())
        return Situation(
            station=station,
            installed=self.installed.profiles if known else timeless(self.installed, station.circuit),
            transactions=running,
            offline_s=offline_s,
        )

    # What happens

    def time_found(self, behind: timedelta) -> None:
        """The clock shows another time from now on; what has lasted since a transaction began is as long as before.

        A clock that is set while it was right stops nobody and frees nobody: what was worked out holds until the next round.
        """
        self._begun = {identity: at + behind for identity, at in self._begun.items()}
        if not is_time(self._clock.now() - behind):
            self._tell_limits()
            self._woken.set()

    def link_changed(self, up: bool) -> None:
        """Profiles may end with an offline time, some for good (K01.FR.101, K01.FR.102)."""
        now_s = self._clock.monotonic()
        if not up:
            self._offline_since_s = now_s if self._offline_since_s is None else self._offline_since_s
        elif self._offline_since_s is not None:
            self._was_offline_s = now_s - self._offline_since_s
            self._offline_since_s = None
        self._woken.set()

    async def keep_up(self) -> None:
        """Work everything out anew as time goes on and the link comes and goes, for ever."""
        while True:
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._quiet_s()):
                    await self._woken.wait()
            async with self._changing:
                offline_s, self._was_offline_s = self._was_offline_s, 0.0
                refusal = await self._take_over(self.installed.after_offline(offline_s))
                if refusal is not None:
                    _log.warning("%s", refusal.text)

    def _quiet_s(self) -> float:
        """Until it is time again, or until an offline time ends a profile."""
        if self._offline_since_s is None:
            return _AGAIN_S
        offline_s = self._clock.monotonic() - self._offline_since_s
        longest = (one.profile.max_offline_duration for one in self.installed)
        ends = [limit + 1.0 - offline_s for limit in longest if isinstance(limit, int) and limit + 1.0 > offline_s]
        return min([_AGAIN_S, *ends])

    def _unit_changed(self, unit: UnitControl) -> None:
        """A transaction began, ended or got its first current; a unit charges directly, or no longer."""
        identity = unit.transaction.transaction_id if unit.transaction is not None else None
        energised = unit.state.phase in ENERGISED
        seen = (identity, energised, unit.state.direct, unit.state.planned is None)
        before = self._seen.get(unit.evse_id)
        if seen == before:
            return
        self._seen[unit.evse_id] = seen
        if before is not None and before[0] is not None and before[0] != identity:
            self._forget(before[0], unit.evse_id)
        if energised and identity is not None and identity not in self._begun:
            self._begun[identity] = self._clock.now()
            if any(one.profile.charging_profile_kind is Kind.RELATIVE for one in self.installed):
                self._tell_plans()
        self._tell_limits()

    def _unit_removed(self, unit: UnitControl) -> None:
        """What stays has the limit of the station to itself."""
        self._seen.pop(unit.evse_id, None)
        self._guidance.forget(unit.evse_id)
        self._tell_limits()

    def _forget(self, transaction_id: str, evse_id: int) -> None:
        self.installed = self.installed.without_transaction(transaction_id, evse_id)
        self._begun.pop(transaction_id, None)
        self._guidance.forget_plan(evse_id)
        self._barred.pop(evse_id, None)

    # What the units are told

    async def _take_over(self, installed: Installed) -> Refusal | None:
        """Keep and follow ``installed``; back to what was before where memory or unit refuses."""
        before = self.installed
        kept, kept_before = ([one for one in profiles if one.purpose in PERSISTENT] for profiles in (installed, before))
        try:
            if kept != kept_before:
                await self._memory.keep(kept)
        except StoreError as err:
            return Refusal(Reason.INTERNAL_ERROR, str(err))
        self.installed = installed
        begun = self._running()
        refused = self._tell_plans()
        if refused is not None:
            # What begins by itself may fail at once, and its transaction ends with it: that leaves nothing behind.
            for evse_id, transaction_id in begun.items() - self._running().items():
                before = before.without_transaction(transaction_id, evse_id)
            self.installed = before
            return Refusal(Reason.INVALID_PROFILE, text(refused.code, refused.params))
        self._tell_limits()
        return None

    def _tell_plans(self) -> Refuse | None:
        return self._guidance.tell_plans(self.situation(), self._window())

    def _tell_limits(self) -> None:
        self._guidance.tell_limits(self.situation(), self._window(), self._barred)

    def _window(self) -> Window:
        now = self._clock.now()
        return Window(now, now + HORIZON)


def _named(one: Installation, transaction_id: str) -> Installation:
    return replace(one, profile=msgspec.structs.replace(one.profile, transaction_id=transaction_id))


def _amounts(one: Installation) -> tuple[Any, ...]:
    schedule = one.profile.charging_schedule[0]
    return schedule.charging_rate_unit, schedule.charging_schedule_period
