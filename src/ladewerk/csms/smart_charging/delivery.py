"""Brings plans to their stations: each is offered as a charging profile until the station accepts it.

One task an EVSE. It sends what ``limit/allocation`` allows at that moment, waits for the answer, reads back what
the station makes of it where the station can say, and goes on when something changes: a newer plan, a station that
connects, another car that has confirmed less.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.ledger import EvseKey, Ledger
from ladewerk.csms.limit.fuses import SITE
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.limit.outlets import Outlets
from ladewerk.csms.records import NeedState, StoredPlan, station_key
from ladewerk.csms.smart_charging.profiles import charging_profile, follows
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.csms.smart_charging.quirks_line import asked_of, lowers, next_turn, told_line, told_until
from ladewerk.csms.smart_charging.read_back import ReadBack
from ladewerk.csms.smart_charging.telling import Told, tell
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.store.ports import Remembered
from ladewerk.csms.supervision import Tasks
from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.signals import Signal, connected
from ladewerk.timeline import Timeline

_FIRST_WAIT_S: Final = 10.0
_LONGEST_WAIT_S: Final = 300.0

_TOGETHER_S: Final = 0.2
"""What several cars have confirmed within this time is looked at once."""

_HEARD_OUT: Final = timedelta(seconds=5)
"""A station that comes back says first what happened meanwhile, and its transaction may have ended: so long it is silent
about the past before its plan is sent."""

_CLOCKS_DIFFER: Final = timedelta(seconds=2)

_HEARS_AT_MOST: Final = timedelta(minutes=1)
"""For a station whose clock is slow, of which everything seems to be past."""

_TOO_OLD: Final = timedelta(minutes=10)
"""A plan that waited longer for its station is made anew before it is sent."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Order:
    """The plan that one EVSE shall follow."""

    key: EvseKey
    plan: StoredPlan | None = None
    done: bool = True
    arrived: StoredPlan | None = None
    """The plan that the station has taken over, as much of it as it takes at once."""
    waits_for_others: bool = False
    hears: bool = False
    past: datetime | None = None
    """The newest moment that a station which has come back has told of, and when that was noticed."""
    past_seen_at: datetime | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    telling: asyncio.Task[None] | None = None

    def dropped(self) -> bool:
        """Nobody is left to follow a plan."""
        return self.plan is None


@dataclass(frozen=True, slots=True)
class _Pause:
    """Nothing to send now: look again at ``until``, or when something changes.

    ``beside`` is anything of another car, ``hears`` a word about this one.
    """

    until: datetime | None = None
    beside: bool = True
    hears: bool = False


class Deliveries:
    """All plans on their way, and all that have arrived."""

    def __init__(self, ledger: Ledger, connections: Connections, outlets: Outlets, clock: Clock, tasks: Tasks) -> None:
        self._ledger = ledger
        self._connections = connections
        self._outlets = outlets
        self._read_back = ReadBack(connections, clock)
        self._clock = clock
        self._tasks = tasks
        self._orders: dict[EvseKey, _Order] = {}
        self._sent_at: dict[EvseKey, datetime] = {}
        self._owed: set[EvseKey] = set()
        """Where a car waits for a profile, even for the one that its station has."""
        self.stale: Signal[EvseKey] = Signal()
        """A plan that became too old before it could be sent, or is over while its car is still there."""

    @asynccontextmanager
    async def running(self, remembered: Remembered) -> AsyncIterator["Deliveries"]:
        """Deliver until the context ends; what was not accepted before the start is offered again."""
        with connected(
            self._connections.connected.connect(self._wake_station),
            self._ledger.station_booted.connect(self._offer_again),
            self._ledger.car_waits.connect(self._owed.add),
            self._ledger.transaction_ended.connect(self._drop),
            self._ledger.evse_seen.connect(self._heard),
            self._outlets.changed.connect(lambda _none: self._wake_waiting()),
            self._outlets.plan_lost.connect(self._offer_once_more),
        ):
            for plan in remembered.accepted_plans:
                self._go_on(plan)
            for plan in remembered.plans:
                self.deliver(plan)
            yield self

    def deliver(self, plan: StoredPlan) -> None:
        """Offer ``plan`` from now on, instead of any older one of its EVSE."""
        order = self._orders.setdefault(plan_key(plan), _Order(plan_key(plan)))
        order.plan, order.done = plan, False
        self._start(order)

    def _go_on(self, plan: StoredPlan) -> None:
        """The station took ``plan`` over before this CSMS started; it may have to be told the rest."""
        order = self._orders[plan_key(plan)] = _Order(plan_key(plan), plan, arrived=plan)
        now = self._clock.now()
        if told_until(self._whole(plan, now), rate_line(plan), now) is not None:
            order.done = False
            self._start(order)

    def _start(self, order: _Order) -> None:
        order.wake.set()
        if order.task is None or order.task.done():
            order.task = self._tasks.start(self._run(order), name=f"deliver {order.key}")

    def _drop(self, key: EvseKey) -> None:
        """The transaction has ended: nobody is left to follow its plan."""
        self._owed.discard(key)
        if self._ledger.open_transaction(key) is None and (order := self._orders.pop(key, None)) is not None:
            order.plan = None
            order.wake.set()
            if order.telling is not None:
                order.telling.cancel()  # it may still wait for its turn

    def _offer_again(self, station: str) -> None:
        """The station has started anew: it may have lost its TxProfiles."""
        for key in [key for key in self._orders if key[0] == station]:
            self._offer_once_more(key)

    def _offer_once_more(self, key: EvseKey) -> None:
        order = self._orders.get(key)
        if order is not None and order.plan is not None:
            order.done = False
            self._start(order)

    def _wake_station(self, station: str) -> None:
        for key, order in self._orders.items():
            if key[0] == station:
                order.wake.set()

    def _wake_waiting(self) -> None:
        for order in self._orders.values():
            if order.waits_for_others:
                order.wake.set()

    def _heard(self, key: EvseKey) -> None:
        if (order := self._orders.get(key)) is not None and order.hears:
            order.wake.set()

    # -- one EVSE -------------------------------------------------------------------------------------------------------

    async def _run(self, order: _Order) -> None:
        failures = 0
        while order.plan is not None and not order.done:
            order.wake.clear()
            plan = order.plan
            ready = await self._ready(order, plan)
            if isinstance(ready, _Pause):
                failures = 0
                await self._pause(order, ready)
                continue
            told = await self._offer(order, plan, ready)
            if told is None:
                continue
            if told.accepted:
                failures = 0
            elif told.for_good:
                await self._give_up(order, plan, told.reason)
            elif not order.done:
                await self._later(order, plan, told.reason, failures)
                failures += 1

    async def _pause(self, order: _Order, pause: _Pause) -> None:
        if order.done:
            return
        order.waits_for_others, order.hears = pause.beside, pause.hears
        wait_s = None if pause.until is None else max(0.0, (pause.until - self._clock.now()).total_seconds())
        try:
            async with asyncio.timeout(wait_s):
                await order.wake.wait()
        except TimeoutError:
            return
        finally:
            order.waits_for_others = order.hears = False
        await asyncio.sleep(_TOGETHER_S)

    async def _ready(self, order: _Order, plan: StoredPlan) -> Timeline[Rate] | _Pause:
        """What to send now, or that it is time to wait."""
        now, key = self._clock.now(), order.key
        wanted, quirks = rate_line(plan), self._ledger.quirks_of(key[0])
        if wanted.end is None or wanted.end <= now + timedelta(seconds=1):
            if order.arrived is plan:
                order.done = True
            else:
                await self._give_up(order, plan, "the plan is over")
            return _Pause()
        connection = self._connections.of(plan.station_id)
        if connection is None:
            await self._move_need(order, plan, NeedState.PLANNING, "the station is not connected")
            return _Pause()
        heard_out_at = self._heard_out_at(order, connection.since, now)
        if heard_out_at is not None:
            return _Pause(until=heard_out_at, beside=False, hears=True)
        outlet = self._outlets.of(key)
        asked = asked_of(wanted, quirks, now)
        line = told_line(self._outlets.granted(key, asked, now), quirks, _most_periods(plan, quirks), now)
        has_it = key not in self._owed and not outlet.sent and follows(outlet.installed, line, now)
        if now - plan.created_at > _TOO_OLD and not (has_it and order.arrived is plan):
            self.stale.emit(key)
            return _Pause()
        if has_it:
            return await self._arrived(order, plan, line, now)
        turn_at = next_turn(self._sent_at.get(key), quirks)
        if turn_at is not None and now < turn_at and not lowers(line, outlet, now, turn_at):
            await self._move_need(order, plan, NeedState.SENT, "the station takes no two profiles so soon after each other")
            return _Pause(until=turn_at)
        return line

    def _heard_out_at(self, order: _Order, since: datetime, now: datetime) -> datetime | None:
        """Until when a station connected ``since`` may still be telling of the time before; None: it has told it all."""
        transaction, need = self._ledger.open_transaction(order.key), self._ledger.needs.get(order.key)
        if transaction is None or now - since > _HEARS_AT_MOST:
            return None
        if transaction.updated_at >= since - _CLOCKS_DIFFER or (need is not None and need.received_at >= since):
            return None
        if order.past != transaction.updated_at or order.past_seen_at is None or order.past_seen_at < since:
            order.past, order.past_seen_at = transaction.updated_at, now
        heard_out_at = order.past_seen_at + _HEARD_OUT
        return heard_out_at if now < heard_out_at else None

    async def _arrived(self, order: _Order, plan: StoredPlan, line: Timeline[Rate], now: datetime) -> _Pause:
        """The station has ``line``: the whole plan, as much of it as it takes at once, or as the others leave for now."""
        if order.plan is not plan:
            return _Pause()
        whole = self._whole(plan, now)
        if not follows(line, whole, now):
            names = self._outlets.held_by(
                order.key, asked_of(rate_line(plan), self._ledger.quirks_of(order.key[0]), now), now
            )
            behind = "" if names in ([], [SITE]) else f" behind the fuse {', '.join(name for name in names if name != SITE)}"
            await self._move_need(order, plan, NeedState.SENT, f"waits until another car{behind} has confirmed less")
            return _Pause()
        more_at = told_until(whole, rate_line(plan), now)
        order.done = more_at is None
        if order.arrived is not plan:
            order.arrived = plan
            await self._ledger.accept_plan(plan, now)
        await self._move_need(order, plan, NeedState.ACCEPTED)
        return _Pause(until=more_at, beside=False)

    async def _offer(self, order: _Order, plan: StoredPlan, line: Timeline[Rate]) -> Told | None:
        """Offer ``line`` and hear whether the station has it now; None where its transaction has ended meanwhile."""
        key = order.key
        try:
            await self._outlets.change(key, lambda outlet: outlet.offered(line))
        except StoreError as err:
            return Told(reason=f"the database cannot be written: {err}")
        await self._move_need(order, plan, NeedState.SENT)
        request = v21.SetChargingProfileRequest(evse_id=plan.evse_id, charging_profile=self._profile(plan, line))
        if order.dropped():
            return None
        self._sent_at[key] = self._clock.now()
        told = await self._tell(order, plan.station_id, request)
        if told is None or order.dropped():
            return None
        if told.accepted or told.refused:
            self._owed.discard(key)
        if told.refused:
            await self._outlets.change(key, lambda outlet: outlet.refused(line))
        if not told.accepted:
            return told
        seen = await self._read_back.higher(plan, line, self._ledger.quirks_of(key[0]))
        if seen is not None:
            await self._outlets.change(key, lambda outlet: outlet.offered(seen))
            return Told(reason="the station reports a higher limit than it has accepted")
        if order.dropped():
            return None
        now = self._clock.now()
        await self._outlets.change(key, lambda outlet: outlet.accepted(line, now))
        await self._arrived(order, plan, line, now)
        return told

    async def _tell(self, order: _Order, station_id: str, request: v21.SetChargingProfileRequest) -> Told | None:
        """What became of ``request``; None where it was dropped, in the queue before the station or on its way."""
        answers: list[Told] = []

        async def telling() -> None:
            answers.append(await tell(self._connections, station_id, request))

        order.telling = self._tasks.start(telling(), name=f"tell {order.key}")
        try:
            await asyncio.wait([order.telling])
        finally:
            order.telling = None
        return answers[0] if answers else None

    def _whole(self, plan: StoredPlan, now: datetime) -> Timeline[Rate]:
        """What its station can be told of ``plan`` now, if the others leave it."""
        quirks = self._ledger.quirks_of(station_key(plan.station_id))
        return told_line(asked_of(rate_line(plan), quirks, now), quirks, _most_periods(plan, quirks), now)

    def _profile(self, plan: StoredPlan, line: Timeline[Rate]) -> v21.ChargingProfileType:
        quirks = self._ledger.quirks_of(station_key(plan.station_id))
        return charging_profile(
            line,
            evse_id=plan.evse_id,
            transaction_id=plan.transaction_id,
            start=self._clock.now().astimezone(UTC).replace(microsecond=0),
            max_periods=_most_periods(plan, quirks),
            voltage_v=plan.voltage_v,
            quirks=quirks,
        )

    async def _move_need(self, order: _Order, plan: StoredPlan, state: NeedState, reason: str = "") -> None:
        """Say how far the need has come, unless a newer plan or the end of the transaction says so already."""
        if order.plan is plan:
            await self._ledger.move_need(order.key, state, reason)

    async def _later(self, order: _Order, plan: StoredPlan, reason: str, failures: int) -> None:
        """Say why, and wait: longer each time, shorter when something changes."""
        wait_s = min(_FIRST_WAIT_S * 2**failures, _LONGEST_WAIT_S)
        # Once is everyday: a session may end while its plan is on the way.
        level = logging.INFO if failures == 0 else logging.WARNING
        _log.log(
            level, "station %s: plan %d not accepted (%s); again in %.0f s", plan.station_id, plan.number, reason, wait_s
        )
        await self._move_need(order, plan, NeedState.REJECTED, reason)
        order.wake.clear()
        try:
            async with asyncio.timeout(wait_s):
                await order.wake.wait()
        except TimeoutError:
            return

    async def _give_up(self, order: _Order, plan: StoredPlan, reason: str) -> None:
        if order.plan is plan:
            order.done = True
        await self._move_need(order, plan, NeedState.REJECTED, reason)


def plan_key(plan: StoredPlan) -> EvseKey:
    """The EVSE a plan is for."""
    return station_key(plan.station_id), plan.evse_id


def _most_periods(plan: StoredPlan, quirks: Quirks) -> int:
    """What car and station take."""
    return min(plan.max_periods, quirks.max_periods)


def rate_line(plan: StoredPlan) -> Timeline[Rate]:
    """What a plan asks of its EVSE over time; after its last slot nothing is said."""
    if not plan.slots:
        return Timeline()
    rates = [Rate(slot.current_a, plan.phases) for slot in plan.slots]
    return Timeline.from_slots(plan.slots[0].start_at, [slot.duration_s for slot in plan.slots], rates)
