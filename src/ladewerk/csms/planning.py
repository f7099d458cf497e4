"""Between the site and the optimizer: what is known becomes a problem, what comes back becomes a plan with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Final

from ladewerk.csms.needs import remaining_wh
from ladewerk.csms.outlook import base_load_line, price_line
from ladewerk.csms.pricing import site_zone
from ladewerk.csms.records import ChargingNeed, PlanSlot, StoredPlan
from ladewerk.csms.site import Site
from ladewerk.csms.transactions import Transaction
from ladewerk.electrical import power_w
from ladewerk.optimizer import LANGUAGES, Mode, Need, Plan, Problem, summarize
from ladewerk.optimizer import Site as PlannedSite
from ladewerk.optimizer.horizon import QUARTER_HOUR_S, horizon_slots, per_slot
from ladewerk.timeline import Timeline, combine

OPEN_STAY: Final = timedelta(hours=24)
"""How far ahead is planned for a car that has not said when it leaves."""

LONGEST_STAY: Final = timedelta(days=7)

_FINE_S: Final = (300, 60)
_FINE_SLOTS: Final = 24
SAME_A: Final = 0.05
"""Currents closer than this are the same: no board sets finer ones."""

_LEAST_SLOTS: Final = 4
"""Slots that a car is to be charged in at the least."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A car to be planned: what it needs, its transaction, and its plan so far, which is kept where nothing is better.

    ``expected_at`` is when it usually leaves, for one that has not said it.
    """

    need: ChargingNeed
    transaction: Transaction
    last: StoredPlan | None = None
    expected_at: datetime | None = None

    @property
    def ev_id(self) -> str:
        """Its name in the problem."""
        return f"{self.need.station_id}/{self.need.evse_id}"

    def leaves_at(self, now: datetime) -> datetime:
        """Until when it is planned for."""
        depart_at = self.expected_at if self.need.depart_at is None else self.need.depart_at
        return now + OPEN_STAY if depart_at is None else min(depart_at, now + LONGEST_STAY)

    def current_line(self) -> Timeline[float] | None:
        """The current of its plan so far; None if it has none in this transaction."""
        last = self.last
        return current_line(last) if last is not None and last.transaction_id == self.transaction.transaction_id else None


def planning_problem(cars: Sequence[Waiting], site: Site, others: Sequence[Timeline[float]], now: datetime) -> Problem:
    """What to ask the optimizer for ``cars`` together; ``others`` is what further cars are to draw, in watts."""
    end = max(car.leaves_at(now) for car in cars)
    prices = price_line(site, now, end)
    load = combine(_sum, base_load_line(site, now), *others).within(now, end)
    borders = [car.leaves_at(now) for car in cars]
    for car in cars:
        borders += fine_borders(now, car.need, remaining_wh(car.need, car.transaction), site.voltage_v)
    slot_s = horizon_slots(now, end, prices, load, moments=borders)
    begins = [now + timedelta(seconds=after_s) for after_s in accumulate((0.0, *slot_s[:-1]))]
    return Problem(
        # The summary says its times in the zone of the start.
        start=now.astimezone(site_zone(site)),
        slot_s=slot_s,
        price_per_kwh=per_slot(prices, now, slot_s),
        currency=site.currency,
        site=PlannedSite(limit_w=(site.limit_w,) * len(slot_s), base_load_w=per_slot(load, now, slot_s)),
        evs=tuple(_need(car, site, begins, now) for car in cars),
    )


def _need(car: Waiting, site: Site, begins: Sequence[datetime], now: datetime) -> Need:
    need, before = car.need, car.current_line()
    return Need(
        id=car.ev_id,
        mode=Mode(need.mode),
        energy_wh=remaining_wh(need, car.transaction),
        departure=car.leaves_at(now),
        min_current_a=need.min_current_a,
        max_current_a=need.max_current_a,
        phases=tuple(range(1, need.phases + 1)),
        voltage_v=site.voltage_v,
        value_of_time_per_h=site.value_of_time_per_h,
        last_current_a=None if before is None else tuple(before.at(begin) or 0.0 for begin in begins),
    )


def current_line(plan: StoredPlan) -> Timeline[float]:
    """The current of a plan over time, in ampere per phase; after its last slot nothing is said."""
    slots = plan.slots
    return Timeline.from_slots(slots[0].start_at, [s.duration_s for s in slots], [s.current_a for s in slots])


def fine_borders(now: datetime, need: ChargingNeed, missing_wh: float, voltage_v: float) -> list[datetime]:
    """Borders of finer slots for a car that is nearly done, so that its plan ends about when the energy is reached."""
    full_speed_s = missing_wh / power_w(need.max_current_a, phases=need.phases, voltage_v=voltage_v) * 3600
    if full_speed_s >= _LEAST_SLOTS * QUARTER_HOUR_S:
        return []
    length_s = next((length_s for length_s in _FINE_S if length_s * _LEAST_SLOTS <= full_speed_s), _FINE_S[-1])
    return [now + timedelta(seconds=length_s * number) for number in range(1, _FINE_SLOTS + 1)]


def stored_plan(problem: Problem, plan: Plan, car: Waiting, site: Site, *, number: int, created_at: datetime) -> StoredPlan:
    """The part of the answer that is for ``car``, with everything that explains it, up to when it leaves."""
    need, ev = car.need, plan.ev(car.ev_id)
    leaves_at = car.leaves_at(created_at)
    return StoredPlan(
        number=number,
        station_id=need.station_id,
        evse_id=need.evse_id,
        transaction_id=need.transaction_id or "",
        created_at=created_at,
        mode=need.mode,
        phases=need.phases,
        voltage_v=site.voltage_v,
        max_periods=need.max_periods,
        slots=tuple(
            PlanSlot(
                start_at=start_at.astimezone(UTC),
                duration_s=problem.slot_s[index],
                current_a=ev.current_a[index],
                power_w=ev.power_w[index],
                base_load_w=plan.site.power_w[index] - ev.power_w[index],
                limit_w=site.limit_w,
                price_per_kwh=problem.price_per_kwh[index],
                reason=str(ev.reasons[index]),
            )
            for index, start_at in enumerate(problem.slot_starts()[:-1])
            if start_at < leaves_at
        ),
        energy_wh=ev.energy_wh,
        missing_wh=ev.missing_wh,
        complete_at=None if ev.complete_at is None else ev.complete_at.astimezone(UTC),
        cost=ev.cost,
        cost_if_at_once=ev.cost_if_at_once,
        currency=problem.currency,
        peak_w=plan.site.peak_w,
        limit_w=site.limit_w,
        gap=plan.gap,
        solver=plan.solver,
        summary={language: summarize(problem, plan, car.ev_id, language) for language in LANGUAGES},
    )


def is_kept(car: Waiting, plan: StoredPlan) -> bool:
    """Whether ``plan`` is what ``car`` is to draw already: then nobody need be told."""
    before = car.current_line()
    if before is None:
        return False
    return all(abs((before.at(slot.start_at) or 0.0) - slot.current_a) < SAME_A for slot in plan.slots)


def _sum(values: Sequence[float | None]) -> float:
    return sum(value for value in values if value is not None)
