"""Closes the loop from needs to plans: what changes is planned anew, in a thread, and handed over for delivery.

Cars are planned one after the other, each with the plans of the others as load of the site, so the sum keeps the limit.
"""

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ladewerk.clock import Clock
from ladewerk.csms.delivery import Deliveries
from ladewerk.csms.ledger import EvseKey, Ledger
from ladewerk.csms.planning import planning_problem, stored_plan
from ladewerk.csms.records import ChargingNeed, NeedState
from ladewerk.csms.store.ports import Remembered
from ladewerk.csms.supervision import Tasks
from ladewerk.errors import PlanError
from ladewerk.optimizer import Plan, Problem, solve

_FAR = datetime.max.replace(tzinfo=UTC)

_log = logging.getLogger(__name__)


class ChargingLoop:
    """Plans whatever is due, one EVSE at a time."""

    def __init__(self, ledger: Ledger, deliveries: Deliveries, clock: Clock, tasks: Tasks) -> None:
        self._ledger = ledger
        self._deliveries = deliveries
        self._clock = clock
        self._tasks = tasks
        self._due: set[EvseKey] = set()
        self._wake = asyncio.Event()

    @asynccontextmanager
    async def running(self, remembered: Remembered) -> AsyncIterator["ChargingLoop"]:
        """Plan until the context ends. Needs that had no plan yet when the CSMS stopped get one now."""
        disconnects = (
            self._ledger.need_said.connect(self._plan_soon),
            self._ledger.site_changed.connect(lambda _none: self._plan_all_soon()),
            self._deliveries.stale.connect(self._plan_soon),
        )
        planned = {(plan.station_id, plan.evse_id) for plan in (*remembered.plans, *remembered.accepted_plans)}
        for key, need in self._ledger.needs.items():
            if (need.station_id, need.evse_id) not in planned:
                self._plan_soon(key)
        task = self._tasks.start(self._run(), name="charging loop")
        try:
            yield self
        finally:
            for disconnect in disconnects:
                disconnect()
            task.cancel()

    def _plan_soon(self, key: EvseKey) -> None:
        self._due.add(key)
        self._wake.set()

    def _plan_all_soon(self) -> None:
        for key in self._ledger.needs:
            self._plan_soon(key)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            due, self._due = self._due, set()
            # Who leaves first is planned first, and sees nothing of those who are planned after it.
            for key in sorted(due, key=self._departure):
                due.discard(key)
                # A task of its own: what goes wrong with one car must not end the planning of the others.
                await asyncio.wait([self._tasks.start(self._plan(key, beside=frozenset(due)), name=f"plan {key}")])

    def _departure(self, key: EvseKey) -> tuple[datetime, EvseKey]:
        need = self._ledger.needs.get(key)
        return (_FAR if need is None or need.depart_at is None else need.depart_at, key)

    async def _plan(self, key: EvseKey, beside: Set[EvseKey]) -> None:
        need = self._ledger.needs.get(key)
        transaction = self._ledger.open_transaction(key)
        if need is None or need.state is NeedState.ENDED or transaction is None:
            return
        if transaction.transaction_id != need.transaction_id:
            return
        await self._ledger.move_need(key, NeedState.PLANNING)
        now = self._clock.now().replace(microsecond=0)
        others = self._deliveries.planned_beside(key, unseen=beside)
        site = self._ledger.site
        problem = planning_problem(need, transaction, site, others, now, self._ledger.plans.get(key))
        try:
            plan = await self._solve(problem)
        except PlanError as err:
            _log.error("EVSE %s: no plan: %s", key, err)
            await self._ledger.move_need(key, NeedState.REJECTED, str(err))
            return
        if not self._still_wanted(key, need):
            return
        stored = stored_plan(problem, plan, need, site, number=self._ledger.next_plan_number(), created_at=now)
        await self._ledger.add_plan(stored)
        if self._still_wanted(key, need):
            self._deliveries.deliver(stored)

    async def _solve(self, problem: Problem) -> Plan:
        began_s = self._clock.monotonic()
        plan = await asyncio.to_thread(solve, problem)
        return dataclasses.replace(plan, solve_s=self._clock.monotonic() - began_s)

    def _still_wanted(self, key: EvseKey, need: ChargingNeed) -> bool:
        """Whether ``need`` was neither replaced nor ended while it was planned; a newer one is due by itself."""
        newest = self._ledger.needs.get(key)
        return newest is not None and newest.received_at == need.received_at and newest.state is not NeedState.ENDED
