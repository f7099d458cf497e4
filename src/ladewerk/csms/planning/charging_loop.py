"""Closes the loop from needs to plans: what changes is planned anew, in a thread, and handed over for delivery.

All cars of the site are planned together. Whoever's plan stays as it was hears nothing of it.
"""

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.ledger import EvseKey, Ledger
from ladewerk.csms.limit.fallbacks import Fallbacks
from ladewerk.csms.limit.fuses import SITE, share_of
from ladewerk.csms.limit.loads import Load
from ladewerk.csms.limit.outlets import Outlets
from ladewerk.csms.planning.fuse_planning import alone_problem, crowded, idle_load, left_w, planned_load, turns
from ladewerk.csms.planning.habits import MOST_STAYS, expected_departure, known_token, past_stays, usual_energy_wh
from ladewerk.csms.planning.needs import ASSUMED_LEAST_WH, assumed_need, remaining_wh
from ladewerk.csms.planning.problem import Waiting, is_kept, moved_wh, planning_problem, stored_plan, with_fallbacks
from ladewerk.csms.records import ChargingNeed, NeedState, StoredPlan
from ladewerk.csms.smart_charging.delivery import Deliveries
from ladewerk.csms.store.ports import Remembered
from ladewerk.csms.supervision import Tasks
from ladewerk.csms.transactions import Transaction
from ladewerk.errors import PlanError, StoreError
from ladewerk.optimizer import Plan, Problem, solve
from ladewerk.optimizer.habits import Stay
from ladewerk.signals import Signal, connected
from ladewerk.timeline import Timeline

_LOOKS_EVERY_S: Final = 60.0
_ROUNDS: Final = 15
"""Every so many looks the site is planned anew though nobody asked: cars draw other than planned, forecasts move on."""

_WORTH_WH: Final = 250.0
"""What is moved less than this in such a round leaves all plans as they are: a profile is written into a station's flash."""

_UNSAID: Final = timedelta(seconds=60)
"""How long after the beginning of a transaction somebody may still say what its car needs."""

_ENDING: Final = timedelta(minutes=1)
"""A station ends the session with its plan, and takes a while to say so: only then is a car still here that wants more."""

_FAR = datetime.max.replace(tzinfo=UTC)

_STUCK_S: Final = 120.0
"""A search for a plan takes seconds at most; the writes around it wait for 20 s each."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A search for a plan and its ``gap`` to the proven bound; None where none was found."""

    duration_s: float
    gap: float | None


class ChargingLoop:
    """Plans the site whenever somebody is due."""

    def __init__(
        self, ledger: Ledger, outlets: Outlets, fallbacks: Fallbacks, deliveries: Deliveries, clock: Clock, tasks: Tasks
    ) -> None:
        self._ledger = ledger
        self._outlets = outlets
        self._fallbacks = fallbacks
        self._deliveries = deliveries
        self._clock = clock
        self._tasks = tasks
        self._due: set[EvseKey] = set()
        self._wake = asyncio.Event()
        self._began_s: float | None = None
        self._tasks_of_mine: tuple[asyncio.Task[None], ...] = ()
        self.planned: Signal[Planned] = Signal()

    def trouble(self) -> str | None:
        """Why nobody is planned for; None while all is well."""
        if not self._tasks_of_mine or any(task.done() for task in self._tasks_of_mine):
            return "does not run"
        if self._began_s is not None and self._clock.monotonic() - self._began_s > _STUCK_S:
            return f"has been at one round for more than {_STUCK_S:.0f} s"
        return None

    @asynccontextmanager
    async def running(self, remembered: Remembered) -> AsyncIterator["ChargingLoop"]:
        """Plan until the context ends. Needs that had no plan yet when the CSMS stopped get one now."""
        planned = {(plan.station_id, plan.evse_id) for plan in (*remembered.plans, *remembered.accepted_plans)}
        for key, need in self._ledger.needs.items():
            if (need.station_id, need.evse_id) not in planned:
                self._plan_soon(key)
        self._tasks_of_mine = (
            self._tasks.start(self._run(), name="charging loop"),
            self._tasks.start(self._look_after(), name="look after the plans"),
        )
        with connected(
            self._ledger.need_said.connect(self._plan_soon),
            self._ledger.site_changed.connect(lambda _none: self._plan_all_soon()),
            self._deliveries.stale.connect(self._plan_soon),
        ):
            try:
                yield self
            finally:
                for task in self._tasks_of_mine:
                    task.cancel()

    def _plan_soon(self, key: EvseKey) -> None:
        self._due.add(key)
        self._wake.set()

    def _plan_all_soon(self) -> None:
        for key in self._ledger.needs:
            self._plan_soon(key)

    async def _look_after(self) -> None:
        """Notice what nobody announces: needs that nobody says, plans that are over, and time going by."""
        looks = 0
        while True:
            await asyncio.sleep(_LOOKS_EVERY_S)
            looks += 1
            try:
                await self._assume_needs()
            except StoreError as err:
                _log.warning("no need can be assumed: %s", err)
            now = self._clock.now()
            for key, car in self._waiting().items():
                if car.is_over(now - _ENDING) and remaining_wh(car.need, car.transaction) > 0:
                    self._due.add(key)
            if self._due or looks % _ROUNDS == 0:
                self._wake.set()

    async def _assume_needs(self) -> None:
        """Give a need to each car that would else be left with less than its EVSE could have."""
        now = self._clock.now()
        if len(self._outlets.known) < 2:
            return
        for key, outlet in list(self._outlets.known.items()):
            transaction = self._ledger.open_transaction(key)
            if transaction is None or outlet.fallback is None or outlet.fallback.current_a >= outlet.rating.current_a:
                continue
            if now - (transaction.started_at or transaction.updated_at) < _UNSAID:
                continue
            need = self._ledger.needs.get(key)
            said = need is not None and need.transaction_id == transaction.transaction_id
            if said and (need is None or not need.assumed or remaining_wh(need, transaction) > ASSUMED_LEAST_WH / 2):
                continue
            usual_wh = usual_energy_wh(transaction, await self._stays_of(transaction), self._ledger.site, now)
            rating_a = outlet.rating.current_a
            await self._ledger.take_need(assumed_need(transaction, usual_wh=usual_wh, max_current_a=rating_a, now=now))

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            due, self._due = self._due, set()
            # A task of its own: what goes wrong with one round must not end the planning.
            self._began_s = self._clock.monotonic()
            await asyncio.wait([self._tasks.start(self._plan(frozenset(due)), name="plan the site")])
            self._began_s = None

    async def _plan(self, due: Set[EvseKey]) -> None:
        """Plan everyone anew for the sake of those who are ``due``, or of time itself."""
        for key in sorted(due & self._waiting().keys()):
            await self._ledger.move_need(key, NeedState.PLANNING)
        cars = await self._expecting(self._waiting())
        if not cars or (due and not due & cars.keys()):
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
        sub_fuses = [fuse for fuse in self._outlets.fuses(now) if fuse.name != SITE]
        soon = self._outlets.soon(self._fallbacks.reachable(), now)
        for key, car in cars.items():
            stays = [] if car.need.depart_at is not None else await self._stays_of(car.transaction)
            share = share_of(key, soon, sub_fuses, cars.keys(), now)
            found[key] = dataclasses.replace(
                car,
                expected_at=expected_departure(car, stays, self._ledger.site, now),
                most_a=share.current_a,
                fuse=share.fuse,
                wired=self._outlets.of(key).wired,
            )
        return found

    async def _stays_of(self, transaction: Transaction) -> list[Stay]:
        """What a driver did before; nothing where the database does not say, since a plan needs no habits."""
        id_token = known_token(transaction)
        if id_token is None:
            return []
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
        site = self._ledger.site
        problem = planning_problem(list(cars.values()), site, self._taken_beside(cars.keys(), now), now)
        plan = await self._solve(problem)
        fallback_w = {cars[key].ev_id: least_w for key, least_w in self._outlets.set_aside_w(cars.keys(), now).items()}
        tighter = with_fallbacks(problem, plan, fallback_w)
        if tighter is not None:
            problem, plan = tighter, await self._solve(tighter)
        drafts = {key: stored_plan(problem, plan, car, site, number=0, created_at=now) for key, car in cars.items()}
        drafts |= await self._in_turns(cars, drafts, now)
        if not due and all(moved_wh(cars[key], draft) < _WORTH_WH for key, draft in drafts.items()):
            return
        for key, draft in drafts.items():
            if not self._still_wanted(key, cars[key].need) or (key not in due and is_kept(cars[key], draft)):
                continue
            stored = dataclasses.replace(draft, number=self._ledger.next_plan_number())
            await self._ledger.add_plan(stored)
            if self._still_wanted(key, cars[key].need):
                self._deliveries.deliver(stored)

    async def _in_turns(
        self, cars: Mapping[EvseKey, Waiting], drafts: Mapping[EvseKey, StoredPlan], now: datetime
    ) -> dict[EvseKey, StoredPlan]:
        """Other plans for those cars of which a fuse does not bear the joint one."""
        if not self._ledger.site.fuses:
            return {}
        soon, fuses, site = self._outlets.soon(self._fallbacks.reachable(), now), self._outlets.fuses(now), self._ledger.site
        lines = {key: outlet.may_draw() for key, outlet in soon.items() if key not in cars}
        lines |= {key: planned_load(draft, soon[key]) for key, draft in drafts.items()}
        turn_of = turns(cars.keys(), crowded(lines, [fuse for fuse in fuses if fuse.name != SITE], now))
        # Nobody has anything yet but what it always may draw.
        lines |= {key: idle_load(soon[key], now) for key in turn_of}
        found: dict[EvseKey, StoredPlan] = {}
        for key, fuse in turn_of.items():
            car = dataclasses.replace(cars[key], fuse=fuse, in_turn=True, most_a=soon[key].rating.current_a)
            left = left_w(key, soon[key], lines, fuses, now, phases=min(car.need.phases, len(car.wired)))
            problem = alone_problem(car, site, left, now)
            plan = await self._solve(problem)
            found[key] = stored_plan(problem, plan, car, site, number=0, created_at=now)
            lines[key] = planned_load(found[key], soon[key])
        return found

    def _taken_beside(self, keys: Set[EvseKey], now: datetime) -> Timeline[Load]:
        return self._outlets.taken_beside(keys, self._fallbacks.reachable(), now)

    async def _solve(self, problem: Problem) -> Plan:
        began_s = self._clock.monotonic()
        gap = None
        try:
            plan = await asyncio.to_thread(solve, problem)
            gap = plan.gap
        finally:
            duration_s = self._clock.monotonic() - began_s
            self.planned.emit(Planned(duration_s=duration_s, gap=gap))
        return dataclasses.replace(plan, solve_s=duration_s)

    def _still_wanted(self, key: EvseKey, need: ChargingNeed) -> bool:
        """Whether ``need`` was neither replaced nor ended while it was planned; a newer one is due by itself."""
        newest = self._ledger.needs.get(key)
        return newest is not None and newest.received_at == need.received_at and newest.state is not NeedState.ENDED
