"""Brings plans to their stations: each is offered as a charging profile until the station accepts it.

One task an EVSE. It sends what :func:`ladewerk.csms.allocation.granted` allows at that moment, waits for the answer, and
goes on when something changes: a newer plan, a station that connects, another car that has confirmed less.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.clock import Clock
from ladewerk.csms.allocation import granted, may_draw
from ladewerk.csms.connections import Connections
from ladewerk.csms.ledger import EvseKey, Ledger
from ladewerk.csms.outlook import base_load_line
from ladewerk.csms.profiles import charging_profile
from ladewerk.csms.records import NeedState, StoredPlan, station_key
from ladewerk.csms.store.ports import Remembered
from ladewerk.csms.supervision import Tasks
from ladewerk.electrical import current_a
from ladewerk.errors import CallFailed, CallRefused, Disconnected, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.signals import Signal
from ladewerk.timeline import Timeline

_FIRST_WAIT_S: Final = 10.0
_LONGEST_WAIT_S: Final = 300.0

_TOO_OLD: Final = timedelta(minutes=10)
"""A plan that waited longer for its station is made anew before it is sent."""

_NEVER: Final = frozenset({"NotSupported", "NotImplemented"})
"""CALLERRORs that trying again does not change."""

_NOTHING: Final[Timeline[float]] = Timeline()

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Order:
    """What one EVSE may draw, and what it shall; lines in watts."""

    key: EvseKey
    accepted: Timeline[float] = _NOTHING
    unanswered: Timeline[float] = _NOTHING
    """The most of what was sent since and never answered: the station may have taken any of it."""
    accepted_number: int | None = None
    """The plan that ``accepted`` is, wholly or in part, of."""
    plan: StoredPlan | None = None
    done: bool = True
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def may_draw(self) -> Timeline[float]:
        return may_draw(self.accepted, self.unanswered)


class Deliveries:
    """All plans on their way, and all that have arrived."""

    def __init__(self, ledger: Ledger, connections: Connections, clock: Clock, tasks: Tasks) -> None:
        self._ledger = ledger
        self._connections = connections
        self._clock = clock
        self._tasks = tasks
        self._orders: dict[EvseKey, _Order] = {}
        self.stale: Signal[EvseKey] = Signal()
        """A plan that became too old before it could be sent."""

    @asynccontextmanager
    async def running(self, remembered: Remembered) -> AsyncIterator["Deliveries"]:
        """Deliver until the context ends; what was accepted before the start is known, what was not is offered again."""
        for plan in remembered.accepted_plans:
            self._order(plan_key(plan)).accepted = power_line(plan)
        disconnects = (
            self._connections.connected.connect(self._station_connected),
            self._ledger.transaction_ended.connect(self.drop),
        )
        try:
            for plan in remembered.plans:
                self._order(plan_key(plan)).unanswered = power_line(plan)
                self.deliver(plan)
            yield self
        finally:
            for disconnect in disconnects:
                disconnect()

    def deliver(self, plan: StoredPlan) -> None:
        """Offer ``plan`` from now on, instead of any older one of its EVSE."""
        order = self._order(plan_key(plan))
        order.plan, order.done = plan, False
        order.wake.set()
        if order.task is None or order.task.done():
            order.task = self._tasks.start(self._run(order), name=f"deliver {order.key}")

    def drop(self, key: EvseKey) -> None:
        """The transaction has ended: its profile died with it (K02.FR.05), and what it might draw is free for others."""
        order = self._orders.pop(key, None)
        if order is not None:
            order.plan = None
            order.wake.set()
        self._wake_all()

    def planned_beside(self, planned: Set[EvseKey]) -> list[Timeline[float]]:
        """What the EVSEs other than those ``planned`` now are to draw by their newest plans, in watts."""
        return [
            order.accepted if order.plan is None else power_line(order.plan)
            for other, order in self._orders.items()
            if other not in planned
        ]

    def _order(self, key: EvseKey) -> _Order:
        return self._orders.setdefault(key, _Order(key))

    def _station_connected(self, key: str) -> None:
        for (station, _), order in self._orders.items():
            if station == key:
                order.wake.set()

    def _wake_all(self) -> None:
        for order in self._orders.values():
            order.wake.set()

    # -- one EVSE -------------------------------------------------------------------------------------------------------

    async def _run(self, order: _Order) -> None:
        failures = 0
        while order.plan is not None and not order.done:
            order.wake.clear()
            plan = order.plan
            ready = await self._ready(order, plan)
            if ready is None:
                failures = 0
                await order.wake.wait()
                continue
            reason = await self._attempt(order, plan, ready)
            if reason is None:
                failures = 0
            elif not order.done:
                await self._later(order, plan, reason, failures)
                failures += 1

    async def _attempt(self, order: _Order, plan: StoredPlan, line: Timeline[float]) -> str | None:
        """Offer ``line``; returns why it did not arrive, None if it did. What can never arrive is given up."""
        try:
            return await self._offer(order, plan, line)
        except CallRefused as refused:
            if refused.code in _NEVER:
                await self._give_up(order, plan, f"the station has no smart charging: {refused}")
            return str(refused)
        except CallFailed as failed:
            return f"no answer: {failed}"
        except LocalProtocolError as bug:
            _log.error("station %s: plan %d cannot be sent: %s", plan.station_id, plan.number, bug)
            await self._give_up(order, plan, str(bug))
            return str(bug)

    async def _ready(self, order: _Order, plan: StoredPlan) -> Timeline[float] | None:
        """What to send now; None if it is time to wait."""
        now = self._clock.now()
        wanted = power_line(plan)
        if wanted.end is None or wanted.end <= now + timedelta(seconds=1):
            await self._give_up(order, plan, "the plan is over")
            return None
        if self._connections.of(plan.station_id) is None:
            await self._move_need(order, plan, NeedState.PLANNING, "the station is not connected")
            return None
        if now - plan.created_at > _TOO_OLD:
            self.stale.emit(order.key)
            return None
        mine = order.may_draw()
        others = [other.may_draw() for key, other in self._orders.items() if key != order.key]
        line = granted(wanted, mine=mine, others=others, headroom=self._headroom(now), now=now)
        if order.accepted_number == plan.number and not order.unanswered.starts and line == mine.within(now, wanted.end):
            await self._move_need(order, plan, NeedState.SENT, "waits until another car has confirmed less")
            return None
        return line

    async def _offer(self, order: _Order, plan: StoredPlan, line: Timeline[float]) -> str | None:
        connection = self._connections.of(plan.station_id)
        if connection is None:
            raise Disconnected(f"{plan.station_id} is not connected")
        request = v21.SetChargingProfileRequest(evse_id=plan.evse_id, charging_profile=self._profile(plan, line))
        before = order.unanswered
        order.unanswered = may_draw(before, line)
        await self._move_need(order, plan, NeedState.SENT)
        try:
            answer = await connection.peer.call(request)
        except CallRefused:
            order.unanswered = before
            raise
        if answer.status == "Accepted":
            await self._accepted(order, plan, line)
            return None
        order.unanswered = before
        return _why(answer.status_info)

    def _profile(self, plan: StoredPlan, line: Timeline[float]) -> v21.ChargingProfileType:
        return charging_profile(
            line.map(lambda power_w: current_a(power_w, phases=plan.phases, voltage_v=plan.voltage_v)),
            evse_id=plan.evse_id,
            transaction_id=plan.transaction_id,
            phases=plan.phases,
            start=self._clock.now().astimezone(UTC).replace(microsecond=0),
            max_periods=plan.max_periods,
        )

    async def _accepted(self, order: _Order, plan: StoredPlan, line: Timeline[float]) -> None:
        order.accepted, order.unanswered, order.accepted_number = line, _NOTHING, plan.number
        if order.plan is plan and line == power_line(plan).within(line.starts[0], line.end):
            order.done = True
            await self._ledger.accept_plan(plan, self._clock.now())
            await self._move_need(order, plan, NeedState.ACCEPTED)
        self._wake_all()

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
        try:
            async with asyncio.timeout(wait_s):
                await order.wake.wait()
        except TimeoutError:
            return

    async def _give_up(self, order: _Order, plan: StoredPlan, reason: str) -> None:
        if order.plan is plan:
            order.done = True
        await self._move_need(order, plan, NeedState.REJECTED, reason)

    def _headroom(self, now: datetime) -> Timeline[float]:
        limit_w = self._ledger.site.limit_w
        return base_load_line(self._ledger.site, now).map(lambda load_w: max(0.0, limit_w - load_w))


def plan_key(plan: StoredPlan) -> EvseKey:
    """The EVSE a plan is for."""
    return station_key(plan.station_id), plan.evse_id


def power_line(plan: StoredPlan) -> Timeline[float]:
    """The power of a plan over time, in watts; after its last slot nothing is said."""
    if not plan.slots:
        return _NOTHING
    first = plan.slots[0].start_at
    return Timeline.from_slots(first, [slot.duration_s for slot in plan.slots], [slot.power_w for slot in plan.slots])


def _why(info: v21.StatusInfoType | UnsetType) -> str:
    if info is UNSET:
        return "Rejected"
    return info.reason_code if info.additional_info is UNSET else f"{info.reason_code}: {info.additional_info}"
