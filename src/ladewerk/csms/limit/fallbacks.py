"""Brings to each station its fallback: what its EVSEs may draw without a TxProfile, and so without us.

It goes out when a station has started, when the site changes, and again until it is confirmed: lower ones at once, higher
ones when they fit. A station that cannot take one counts at its rating for ever.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.limit.allocation import Outlet
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.limit.outlets import Outlets
from ladewerk.csms.smart_charging.profiles import SAME_A, fallback_profile
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.csms.smart_charging.quirks_asking import QuirksAsking
from ladewerk.csms.smart_charging.telling import Told, tell
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.supervision import Tasks
from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.signals import connected

_TOGETHER_S: Final = 0.5
"""What happens within this time is looked at once: a station's EVSEs say one after the other that they are there."""

_LOOKS_EVERY_S: Final = 600.0
"""The base load that is foreseen changes with time."""

_WORTH_A: Final = 2.0
"""A fallback is raised by this at least: each one is written into the station's flash."""

_FIRST_WAIT_S: Final = 10.0
_LONGEST_WAIT_S: Final = 300.0

_log = logging.getLogger(__name__)


class Fallbacks:
    """One task that looks who needs another fallback, and one for each station that does."""

    def __init__(
        self,
        ledger: Ledger,
        connections: Connections,
        outlets: Outlets,
        asking: QuirksAsking,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._ledger = ledger
        self._connections = connections
        self._outlets = outlets
        self._asking = asking
        self._clock = clock
        self._tasks = tasks
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._cannot: set[str] = set()
        self._told_for: dict[str, Quirks] = {}
        """The quirks that a station had when it took its fallback over."""
        self._wake = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Fallbacks"]:
        """Look after it until the context ends."""
        self._tasks.start(self._run(), name="fallbacks")
        with connected(
            self._connections.connected.connect(self._come),
            self._ledger.station_booted.connect(self._come),
            self._ledger.quirks_changed.connect(self._come),
            self._asking.asked.connect(self._come),
            self._outlets.changed.connect(lambda _none: self._wake.set()),
        ):
            yield self

    def reachable(self) -> set[str]:
        """The stations that have taken their fallback or soon will."""
        return {key[0] for key in self._outlets.known if self._can_be_told(key[0])}

    def _come(self, station: str) -> None:
        # It may be another one than before, or have learnt it since.
        self._cannot.discard(station)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._look()
            try:
                async with asyncio.timeout(_LOOKS_EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            await asyncio.sleep(_TOGETHER_S)
            self._wake.clear()

    def _look(self) -> None:
        if not self._outlets.known:
            return
        rate = self._outlets.fallback(self._clock.now())
        for station in sorted({key[0] for key in self._outlets.known}):
            busy = station in self._telling and not self._telling[station].done()
            if not busy and self._is_due(station, rate):
                self._telling[station] = self._tasks.start(self._tell(station, rate), name=f"fallback {station}")

    def _is_due(self, station: str, rate: Rate | None) -> bool:
        """Whether a station that can be told should get ``rate`` now."""
        if not self._can_be_told(station):
            return False
        outlets = [self._outlets.known[key] for key in self._outlets.behind(station)]
        wanted = [_wanted(outlet, rate) for outlet in outlets]
        quirks = self._ledger.quirks_of(station)
        in_other_words = not _same_words(self._told_for.get(station, quirks), quirks)
        if not in_other_words and not any(_is_other(outlet, want) for outlet, want in zip(outlets, wanted, strict=True)):
            return False
        return self._outlets.fallback_fits(max(wanted), station, self._clock.now())

    def _can_be_told(self, station: str) -> bool:
        record = self._ledger.stations.get(station)
        # What it takes decides in which words it is told.
        if station in self._cannot or self._asking.asks(station) or record is None or record.booted_at is None:
            return False
        return self._connections.of(record.station_id) is not None

    async def _tell(self, station: str, rate: Rate | None) -> None:
        """Until the station has what it is to have, ``rate`` at first, or it is no longer due."""
        failures = 0
        while self._is_due(station, rate):
            want = max(_wanted(self._outlets.known[key], rate) for key in self._outlets.behind(station))
            told = await self._offer(station, want)
            if told.accepted:
                return
            if told.for_good:
                self._cannot.add(station)
                _log.warning("station %s takes no fallback, so it counts at its rating: %s", station, told.reason)
                return
            wait_s = min(_FIRST_WAIT_S * 2**failures, _LONGEST_WAIT_S)
            level = logging.INFO if failures == 0 else logging.WARNING
            _log.log(level, "station %s: fallback not accepted (%s); again in %.0f s", station, told.reason, wait_s)
            failures += 1
            await asyncio.sleep(wait_s)
            rate = self._outlets.fallback(self._clock.now())

    async def _offer(self, station: str, rate: Rate) -> Told:
        keys = self._outlets.behind(station)
        try:
            for key in keys:
                await self._outlets.change(key, lambda outlet: outlet.fallback_offered(rate))
        except StoreError as err:
            return Told(reason=f"the database cannot be written: {err}")
        quirks = self._ledger.quirks_of(station)
        profile = fallback_profile(
            rate,
            self._clock.now().replace(microsecond=0),
            voltage_v=self._ledger.site.voltage_v,
            quirks=quirks,
        )
        request = v21.SetChargingProfileRequest(evse_id=0, charging_profile=profile)
        told = await tell(self._connections, self._ledger.stations[station].station_id, request)
        answered = self._clock.now()
        if told.accepted:
            self._told_for[station] = quirks
        for key in keys:
            if told.accepted:
                await self._outlets.change(key, lambda outlet: outlet.fallback_accepted(rate, answered))
            elif told.refused:
                await self._outlets.change(key, lambda outlet: outlet.fallback_refused(rate))
        return told


def _same_words(before: Quirks, now: Quirks) -> bool:
    """Whether a fallback is said alike for stations of both."""
    return (before.rate_unit, before.kind, before.stack_level) == (now.rate_unit, now.kind, now.stack_level)


def _wanted(outlet: Outlet, rate: Rate | None) -> Rate:
    """Where no limit is needed, the rating is none."""
    return outlet.least(Rate(outlet.rating.current_a, 3) if rate is None else rate)


def _is_other(outlet: Outlet, want: Rate) -> bool:
    """Whether ``want`` is to be sent to a station that has, or may have, what ``outlet`` says."""
    if outlet.fallback is None:
        unlimited = want.current_a >= outlet.rating.current_a and not outlet.fallbacks_sent
        return not unlimited
    have_a = outlet.fallback.current_a
    if outlet.fallbacks_sent or want.current_a < have_a - SAME_A:
        return True
    return want.current_a >= min(have_a + _WORTH_A, max(outlet.rating.current_a, have_a + SAME_A))
