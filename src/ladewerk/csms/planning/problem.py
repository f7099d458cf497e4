"""Between the site and the optimizer: what is known becomes a problem, what comes back becomes a plan with its reasons."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Final

from ladewerk.csms.limit.loads import TOLERANCE, Load
from ladewerk.csms.planning.needs import LEAST_STAY, remaining_wh
from ladewerk.csms.planning.outlook import base_load_line, price_line
from ladewerk.csms.planning.plan_words import with_fuse
from ladewerk.csms.planning.site import Site
from ladewerk.csms.planning.zones import site_zone
from ladewerk.csms.records import ChargingNeed, PlanSlot, StoredPlan
from ladewerk.csms.smart_charging.profiles import SAME_A
from ladewerk.csms.transactions import Transaction
from ladewerk.electrical import energy_wh, power_w
from ladewerk.optimizer import LANGUAGES, Mode, Need, Plan, Problem, Reason, summarize
from ladewerk.optimizer import Site as PlannedSite
from ladewerk.optimizer.horizon import QUARTER_HOUR_S, horizon_slots, per_slot
from ladewerk.timeline import Timeline, combine

OPEN_STAY: Final = timedelta(hours=24)
"""How far ahead is planned for a car that has not said when it leaves."""

LONGEST_STAY: Final = timedelta(days=7)

_FINE_S: Final = (300, 60)
_FINE_SLOTS: Final = 24
_LEAST_SLOTS: Final = 4
"""Slots that a car is to be charged in at the least."""


_OF_FUSE: Final = {Reason.CAR_LIMIT: Reason.SITE_LIMIT}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A car to be planned: what it needs, its transaction, and its plan so far, which is kept where nothing is better.

    ``expected_at`` is when it usually leaves, for one that has not said it. ``most_a`` is what its EVSE and the fuses before
    that let it have, on the phases ``wired``; None is not limited. ``fuse`` names the one of them that leaves it no more.
    """

    need: ChargingNeed
    transaction: Transaction
    last: StoredPlan | None = None
    expected_at: datetime | None = None
    most_a: float | None = None
    wired: tuple[int, ...] = (1, 2, 3)
    fuse: str | None = None
    in_turn: bool = False
    """Planned after others behind that fuse, with what they leave."""

    @property
    def max_current_a(self) -> float:
        """What it can be given per phase, and not less than it needs at all."""
        most_a = self.need.max_current_a
        return most_a if self.most_a is None else max(self.need.min_current_a, min(most_a, self.most_a))

    def held_by(self, reasons: Sequence[Reason]) -> str | None:
        """The fuse that leaves it less than it could take, of a plan with these ``reasons``."""
        less = Reason.SITE_LIMIT in reasons if self.in_turn else self.max_current_a < self.need.max_current_a
        return self.fuse if less else None

    @property
    def ev_id(self) -> str:
        """Its name in the problem."""
        return f"{self.need.station_id}/{self.need.evse_id}"

    def leaves_at(self, now: datetime) -> datetime:
        """Until when it is planned for."""
        depart_at = self.expected_at if self.need.depart_at is None else self.need.depart_at
        # A car still here after its departure has none that a plan could keep.
        gone = depart_at is None or depart_at < now + LEAST_STAY
        return now + OPEN_STAY if depart_at is None or gone else min(depart_at, now + LONGEST_STAY)

    def is_over(self, now: datetime) -> bool:
        """Whether the plan of this transaction has no current left to give, and the car is still here."""
        last = self.last
        if last is None or last.transaction_id != self.transaction.transaction_id:
            return False
        given = [slot.start_at + timedelta(seconds=slot.duration_s) for slot in last.slots if slot.current_a > 0]
        return max(given, default=last.ends_at()) <= now

    def current_line(self) -> Timeline[float] | None:
        """The current of its plan so far; None if it has none in this transaction."""
        last = self.last
        return current_line(last) if last is not None and last.transaction_id == self.transaction.transaction_id else None


def planning_problem(cars: Sequence[Waiting], site: Site, others: Timeline[Load], now: datetime) -> Problem:
    """What to ask the optimizer for ``cars`` together; ``others`` is what all further EVSEs may draw."""
    end = max(car.leaves_at(now) for car in cars)
    prices = price_line(site, now, end)
    beside = others.map(lambda load: load.power_w)
    load = combine(_sum, base_load_line(site, now), beside).within(now, end)
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
        site=PlannedSite(
            limit_w=(site.limit_w,) * len(slot_s),
            base_load_w=per_slot(load, now, slot_s),
            phase_limit_a=None if site.limit_a is None else (site.limit_a,) * 3,
        ),
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
        max_current_a=car.max_current_a,
        phases=car.wired[: need.phases],
        voltage_v=site.voltage_v,
        value_of_time_per_h=site.value_of_time_per_h,
        last_current_a=None if before is None else tuple(before.at(begin) or 0.0 for begin in begins),
    )


def with_fallbacks(problem: Problem, plan: Plan, fallback_w: Mapping[str, float]) -> Problem | None:
    """``problem`` with room for what the cars may always draw, by their id, however little is planned for them.

    None where ``plan`` leaves that room already.
    """
    site = problem.site
    if site.limit_w is None or site.base_load_w is None or not any(fallback_w.values()):
        return None
    excess = []
    for slot, limit_w in enumerate(site.limit_w):
        counted = sum(max(ev.power_w[slot], fallback_w.get(ev.id, 0.0)) for ev in plan.evs)
        excess.append(max(0.0, site.base_load_w[slot] + counted - limit_w))
    if max(excess) <= TOLERANCE.power_w:
        return None
    load = tuple(load_w + more_w for load_w, more_w in zip(site.base_load_w, excess, strict=True))
    return dataclasses.replace(problem, site=dataclasses.replace(site, base_load_w=load))


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
    fuse = car.held_by(ev.reasons)
    said = {language: summarize(problem, plan, car.ev_id, language) for language in LANGUAGES}
    return StoredPlan(
        number=number,
        station_id=need.station_id,
        evse_id=need.evse_id,
        transaction_id=need.transaction_id or "",
        created_at=created_at,
        mode=need.mode,
        phases=min(need.phases, len(car.wired)),
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
                # Of a car that a fuse holds back it is not the car that draws no more.
                reason=str(ev.reasons[index] if fuse is None else _OF_FUSE.get(ev.reasons[index], ev.reasons[index])),
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
        max_current_a=car.max_current_a,
        fuse=fuse,
        summary=with_fuse(said, fuse),
    )


def is_kept(car: Waiting, plan: StoredPlan) -> bool:
    """Whether ``plan`` is what ``car`` is to draw already: then nobody need be told."""
    before = car.current_line()
    if before is None:
        return False
    return all(abs((before.at(slot.start_at) or 0.0) - slot.current_a) < SAME_A for slot in plan.slots)


def moved_wh(car: Waiting, plan: StoredPlan) -> float:
    """The energy that ``plan`` gives at another time than the plan so far does."""
    before = car.current_line()
    if before is None:
        return math.inf
    new = current_line(plan)
    start, end = plan.slots[0].start_at, max(plan.ends_at(), before.end or plan.ends_at())
    differing_as = 0.0
    for segment in combine(_difference, before, new).within(start, end).segments():
        differing_as += segment.value * ((segment.end or end) - segment.start).total_seconds()
    return energy_wh(power_w(differing_as, phases=plan.phases, voltage_v=plan.voltage_v), 1.0) / 2


def _difference(values: Sequence[float | None]) -> float:
    before, after = (value or 0.0 for value in values)
    return abs(before - after)


def _sum(values: Sequence[float | None]) -> float:
    return sum(value for value in values if value is not None)
