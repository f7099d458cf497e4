"""Closes the loop from needs to plans: what changes is planned anew, in a thread, and handed over for delivery.

All cars of the site are planned together. Whoever's plan stays as it was hears nothing of it.
"""

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ladewerk.clock import Clock
from ladewerk.csms.delivery import Deliveries
from ladewerk.csms.habits import MOST_STAYS, expected_departure, known_token, past_stays
from ladewerk.csms.ledger import EvseKey, Ledger
from ladewerk.csms.planning import Waiting, is_kept, planning_problem, stored_plan
from ladewerk.csms.records import ChargingNeed, NeedState
from ladewerk.csms.store.ports import Remembered
from ladewerk.csms.supervision import Tasks
from ladewerk.errors import PlanError, StoreError
from ladewerk.optimizer import Plan, Problem, solve
from ladewerk.optimizer.habits import Stay

_FAR = datetime.max.replace(tzinfo=UTC)

_log = logging.getLogger(__name__)


class ChargingLoop:
    """Plans the site whenever somebody is due."""

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
            # A task of its own: what goes wrong with one round must not end the planning.
            await asyncio.wait([self._tasks.start(self._plan(frozenset(due)), name="plan the site")])

    async def _plan(self, due: Set[EvseKey]) -> None:
        """Plan everyone anew for the sake of those who are ``due``."""
        for key in due & self._waiting().keys():
            await self._ledger.move_need(key, NeedState.PLANNING)
        cars = await self._expecting(self._waiting())
        if not due & cars.keys():
            return
        try:
            await self._plan_together(due, cars)
        except PlanError as err:
            if len(cars) > 1:
                _log.error("no joint plan: %s", err)
            # One who cannot be planned for must not keep the others from it.
            for key in sorted(due & cars.keys(), key=self._departure):
                await self._plan_alone(key, cars[key])

    def _waiting(self) -> dict[EvseKey, Waiting]:
        """Every car that has said what it needs and is still there, who leaves first before the others."""
        found: dict[EvseKey, Waiting] = {}
        for key in sorted(self._ledger.needs, key=self._departure):
            need, transaction = self._ledger.needs[key], self._ledger.open_transaction(key)
            if need.state is NeedState.ENDED or transaction is None or transaction.transaction_id != need.transaction_id:
                continue
            found[key] = Waiting(need, transaction, self._ledger.plans.get(key))
        return found

    async def _expecting(self, cars: Mapping[EvseKey, Waiting]) -> dict[EvseKey, Waiting]:
        """The cars, with the usual departure of those who have not said theirs."""
        now = self._clock.now()
        found: dict[EvseKey, Waiting] = {}
        for key, car in cars.items():
            token = known_token(car)
            stays = [] if token is None else await self._stays(token)
            found[key] = dataclasses.replace(car, expected_at=expected_departure(car, stays, self._ledger.site, now))
        return found

    async def _stays(self, id_token: str) -> list[Stay]:
        """What a driver did before; nothing where the database does not say, since a plan needs no habits."""
        try:
            return past_stays(await self._ledger.past_transactions(id_token, MOST_STAYS))
        except StoreError as err:
            _log.warning("no habits are known: %s", err)
            return []

    def _departure(self, key: EvseKey) -> tuple[datetime, EvseKey]:
        need = self._ledger.needs.get(key)
        return (_FAR if need is None or need.depart_at is None else need.depart_at, key)

    async def _plan_alone(self, key: EvseKey, car: Waiting) -> None:
        try:
            await self._plan_together({key}, {key: car})
        except PlanError as err:
            _log.error("EVSE %s: no plan: %s", key, err)
            await self._ledger.move_need(key, NeedState.REJECTED, str(err))

    async def _plan_together(self, due: Set[EvseKey], cars: Mapping[EvseKey, Waiting]) -> None:
        """One plan for ``cars``; those who are ``due`` get theirs in any case, the others if it has changed."""
        now = self._clock.now().replace(microsecond=0)
        others = self._deliveries.planned_beside(cars.keys())
        site = self._ledger.site
        problem = planning_problem(list(cars.values()), site, others, now)
        plan = await self._solve(problem)
        for key, car in cars.items():
            if not self._still_wanted(key, car.need):
                continue
            number = self._ledger.next_plan_number()
            stored = stored_plan(problem, plan, car, site, number=number, created_at=now)
            if key not in due and is_kept(car, stored):
                continue
            await self._ledger.add_plan(stored)
            if self._still_wanted(key, car.need):
                self._deliveries.deliver(stored)

    async def _solve(self, problem: Problem) -> Plan:
        began_s = self._clock.monotonic()
        plan = await asyncio.to_thread(solve, problem)
        return dataclasses.replace(plan, solve_s=self._clock.monotonic() - began_s)

    def _still_wanted(self, key: EvseKey, need: ChargingNeed) -> bool:
        """Whether ``need`` was neither replaced nor ended while it was planned; a newer one is due by itself."""
        newest = self._ledger.needs.get(key)
        return newest is not None and newest.received_at == need.received_at and newest.state is not NeedState.ENDED
