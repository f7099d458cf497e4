"""What is asked of the optimizer and what it answers, as frozen values; knows no JSON and solves nothing.

Series (``price_per_kwh``, ``limit_w``, ``base_load_w``, ``pv_w``, ``current_a``, ``power_w``, ``reasons``) have one value
per slot, in order of time. Powers are sums over the phases in use, currents are per phase.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ladewerk.electrical import MINIMUM_OFFER_A, NOMINAL_VOLTAGE_V, power_w
from ladewerk.errors import PlanError
from ladewerk.optimizer.battery import Battery, check_battery
from ladewerk.optimizer.checks import check_name, check_number

DEFAULT_VALUE_OF_TIME_PER_H = 0.10
"""What an hour of waiting is worth to a driver who has not said it, in the problem's currency."""


class Mode(StrEnum):
    """What a driver wants most."""

    BALANCED = "balanced"
    """Least cost plus :attr:`Need.value_of_time_per_h` for each hour until completion."""
    SHORTEST = "shortest"
    """Earliest completion, then least cost."""
    CHEAPEST = "cheapest"
    """Least cost, whenever that is by the departure."""


class Reason(StrEnum):
    """Why a car draws in a slot what it draws."""

    CAR_LIMIT = "car limit"
    CABLE_LIMIT = "cable limit"
    SITE_LIMIT = "site limit"
    PHASE_LIMIT = "phase limit"
    PRICE = "price"
    PRIORITY = "priority"
    MINIMUM_CURRENT = "minimum current"
    COMPLETE = "complete"
    ABSENT = "absent"
    START_COST = "start cost"
    PV_SURPLUS = "pv surplus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The grid connection the cars share, and what else hangs on it."""

    limit_w: tuple[float, ...] | None = None
    """Most the site may draw: base load plus EVs less PV. None: not limited."""
    base_load_w: tuple[float, ...] | None = None
    """Everything but the EVs. None: nothing."""
    phase_limit_a: tuple[float, float, float] | None = None
    """Most current on L1, L2, L3; the base load counts a third on each, PV does not help."""
    export_price_per_kwh: float = 0.0
    """What a kWh of PV would earn if it were not drawn."""
    pv_w: tuple[float, ...] | None = None
    """PV production, positive. None: nothing."""
    peak_price_per_kw: float = 0.0
    """Price of each kW of the site's highest draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one car needs, and what it and its cable can do: one entry of ``evs``."""

    id: str
    energy_wh: float
    max_current_a: float
    mode: Mode = Mode.BALANCED
    arrival: datetime | None = None
    """None: there from the beginning."""
    departure: datetime | None = None
    """None: there to the end."""
    min_current_a: float = MINIMUM_OFFER_A
    """Least current above 0 that it draws; 0 for any."""
    phases: tuple[int, ...] = (1, 2, 3)
    voltage_v: float = NOMINAL_VOLTAGE_V
    """Line to neutral."""
    priority: float = 1.0
    """Weight of its missing energy against another car's."""
    value_of_time_per_h: float = DEFAULT_VALUE_OF_TIME_PER_H
    start_cost: float = 0.0
    """Cost of each change from 0 to a current."""
    current_step_a: float | None = None
    """Currents are multiples of this; None: any current."""
    last_current_a: tuple[float, ...] | None = None
    """The last plan, over this problem's slots; a current in the first slot says that the car charges already."""
    battery: Battery | None = None

    def power_w(self, current_a: float) -> float:
        """Power of ``current_a`` on all its phases."""
        return power_w(current_a, phases=len(self.phases), voltage_v=self.voltage_v)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Slots one after the other from ``start``, a price in each, a site, and the cars that need energy."""

    start: datetime
    slot_s: tuple[float, ...]
    price_per_kwh: tuple[float, ...]
    evs: tuple[Need, ...]
    currency: str = "EUR"
    site: Site = Site()

    def slot_starts(self) -> tuple[datetime, ...]:
        """The start of each slot and, last, the end of the horizon."""
        # In UTC: adding to a local time would stumble over the clock change.
        starts = [self.start.astimezone(UTC)]
        for length_s in self.slot_s:
            starts.append(starts[-1] + timedelta(seconds=length_s))
        return tuple(start.astimezone(self.start.tzinfo) for start in starts)

    def need(self, ev_id: str) -> Need:
        """The car named ``ev_id``; KeyError if there is none."""
        for need in self.evs:
            if need.id == ev_id:
                return need
        raise KeyError(ev_id)


class Account(Protocol):
    """What is told about a car's plan, worked out only when somebody asks."""

    @property
    def cost_if_at_once(self) -> float: ...

    @property
    def complete_if_at_once(self) -> datetime | None: ...

    @property
    def reasons(self) -> tuple[Reason, ...]: ...

    def sentence(self, ev: "EvPlan") -> str:
        """The summary of ``ev``, in English."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EvPlan:
    """What one car draws, why, and what that costs."""

    id: str
    current_a: tuple[float, ...]
    power_w: tuple[float, ...]
    energy_wh: float
    missing_wh: float
    """Energy asked for that cannot be had by the departure; 0 if all of it can."""
    complete_at: datetime | None
    """End of the slot in which the energy is reached; None if it is not."""
    cost: float
    """Money for the energy, without start costs and the value of time."""
    account: Account = field(repr=False, compare=False)

    @property
    def cost_if_at_once(self) -> float:
        """Money for the energy if the car charged from its arrival on as fast as the limits let it."""
        return self.account.cost_if_at_once

    @property
    def complete_if_at_once(self) -> datetime | None:
        """When the energy would be reached then; None if it would not."""
        return self.account.complete_if_at_once

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the car draws what it draws, one per slot."""
        return self.account.reasons

    @property
    def summary(self) -> str:
        """One sentence in English; other languages by :func:`ladewerk.optimizer.summarize`."""
        return self.account.sentence(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """What the site draws in total: base load plus EVs less PV."""

    power_w: tuple[float, ...]
    peak_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The answer to a problem, with the proof of how good it is."""

    evs: tuple[EvPlan, ...]
    site: SitePlan
    objective: float
    """Sum over the cars of their mode's cost: money, start costs, value of time in balanced mode."""
    bound: float
    """No plan with as little missing energy has a lower objective."""
    gap: float
    """Distance of ``objective`` from ``bound``, relative to the objective; 0 is proven best, 1 is unknown."""
    solver: str
    solve_s: float = 0.0
    """Filled by the caller, who has a clock."""

    def ev(self, ev_id: str) -> EvPlan:
        """The plan of the car named ``ev_id``; KeyError if there is none."""
        for ev in self.evs:
            if ev.id == ev_id:
                return ev
        raise KeyError(ev_id)


def check(problem: Problem) -> None:
    """Raise PlanError with the JSON path of the first value that contradicts another or itself."""
    slots = len(problem.slot_s)
    if problem.start.utcoffset() is None:
        raise PlanError("$.start", "a time with an offset is expected, for example 2026-01-05T17:00:00+01:00")
    if slots == 0:
        raise PlanError("$.slot_s", "at least one slot is expected")
    for index, length_s in enumerate(problem.slot_s):
        check_number(f"$.slot_s[{index}]", length_s, at_least=1.0, at_most=7 * 86400)
    _check_series("$.price_per_kwh", problem.price_per_kwh, slots, at_least=None)
    check_name("$.currency", problem.currency)
    _check_site(problem.site, slots)
    if not problem.evs:
        raise PlanError("$.evs", "at least one EV is expected")
    seen: set[str] = set()
    for index, need in enumerate(problem.evs):
        path = f"$.evs[{index}]"
        check_name(f"{path}.id", need.id)
        if need.id in seen:
            raise PlanError(f"{path}.id", f"an id that no other EV has is expected, not {need.id!r}")
        seen.add(need.id)
        _check_need(path, need, slots)


def _check_site(site: Site, slots: int) -> None:
    for name, series in (("limit_w", site.limit_w), ("base_load_w", site.base_load_w), ("pv_w", site.pv_w)):
        if series is not None:
            _check_series(f"$.site.{name}", series, slots, at_least=0.0)
    if site.phase_limit_a is not None:
        if len(site.phase_limit_a) != 3:
            raise PlanError("$.site.phase_limit_a", f"three limits, L1 to L3, are expected, not {len(site.phase_limit_a)}")
        for index, limit_a in enumerate(site.phase_limit_a):
            check_number(f"$.site.phase_limit_a[{index}]", limit_a, at_least=0.0)
    check_number("$.site.export_price_per_kwh", site.export_price_per_kwh)
    check_number("$.site.peak_price_per_kw", site.peak_price_per_kw, at_least=0.0)


def _check_need(path: str, need: Need, slots: int) -> None:
    check_number(f"{path}.energy_wh", need.energy_wh, at_least=0.0, at_most=10_000_000)
    check_number(f"{path}.max_current_a", need.max_current_a, at_least=0.1, at_most=10_000)
    check_number(f"{path}.min_current_a", need.min_current_a, at_least=0.0)
    if need.min_current_a > need.max_current_a:
        raise PlanError(
            f"{path}.min_current_a",
            f"at most max_current_a ({need.max_current_a:g} A) is expected, not {need.min_current_a:g} A",
        )
    check_number(f"{path}.voltage_v", need.voltage_v, at_least=1.0, at_most=1000)
    check_number(f"{path}.priority", need.priority, above=0.0)
    check_number(f"{path}.value_of_time_per_h", need.value_of_time_per_h, at_least=0.0)
    check_number(f"{path}.start_cost", need.start_cost, at_least=0.0)
    if need.current_step_a is not None:
        check_number(f"{path}.current_step_a", need.current_step_a, at_least=0.01, at_most=need.max_current_a)
    if not need.phases or len(set(need.phases)) != len(need.phases) or not set(need.phases) <= {1, 2, 3}:
        raise PlanError(f"{path}.phases", f"different ones of 1, 2, 3 are expected, not {list(need.phases)}")
    for name, moment in (("arrival", need.arrival), ("departure", need.departure)):
        if moment is not None and moment.utcoffset() is None:
            raise PlanError(f"{path}.{name}", "a time with an offset is expected, for example 2026-01-06T06:30:00+01:00")
    if (
        need.arrival is not None
        and need.departure is not None
        and need.departure.astimezone(UTC) <= need.arrival.astimezone(UTC)
    ):
        raise PlanError(f"{path}.departure", f"a time after the arrival ({need.arrival.isoformat()}) is expected")
    if need.last_current_a is not None:
        _check_series(f"{path}.last_current_a", need.last_current_a, slots, at_least=None if _gives_back(need) else 0.0)
    if need.battery is not None:
        check_battery(f"{path}.battery", need.battery, energy_wh=need.energy_wh, max_current_a=need.max_current_a)


def _gives_back(need: Need) -> bool:
    return need.battery is not None and need.battery.v2g is not None


def _check_series(path: str, series: Sequence[float], slots: int, *, at_least: float | None) -> None:
    if len(series) != slots:
        raise PlanError(path, f"one value per slot, {slots}, is expected, not {len(series)}")
    for index, value in enumerate(series):
        check_number(f"{path}[{index}]", value, at_least=at_least)
