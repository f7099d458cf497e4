"""The JSON form of a problem and of a plan."""

from datetime import datetime
from typing import Annotated

import msgspec

from ladewerk.electrical import MINIMUM_OFFER_A, NOMINAL_VOLTAGE_V
from ladewerk.errors import PlanError
from ladewerk.optimizer.problem import DEFAULT_VALUE_OF_TIME_PER_H, Mode, Need, Plan, Problem, Site, check

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Series = float | list[float]
MOST_SLOTS = 10_000
_TOLD = (
    *("id", "current_a", "power_w", "energy_wh", "missing_wh"),
    *("complete_at", "cost", "cost_if_at_once", "reasons", "summary"),
)
"""What is said of a car, in order."""


class _Site(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    limit_w: Series | None = None
    base_load_w: Series | None = None
    phase_limit_a: tuple[float, float, float] | None = None
    export_price_per_kwh: float = 0.0
    pv_w: Series | None = None
    peak_price_per_kw: float = 0.0


class _Need(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str
    energy_wh: float
    max_current_a: float
    mode: Mode = Mode.BALANCED
    arrival: Moment | None = None
    departure: Moment | None = None
    min_current_a: float = MINIMUM_OFFER_A
    phases: tuple[int, ...] = (1, 2, 3)
    voltage_v: float = NOMINAL_VOLTAGE_V
    priority: float = 1.0
    value_of_time_per_h: float = DEFAULT_VALUE_OF_TIME_PER_H
    start_cost: float = 0.0
    current_step_a: float | None = None
    last_current_a: list[float] | None = None


class _Problem(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    start: Moment
    slot_s: Series
    price_per_kwh: Series
    evs: list[_Need]
    slots: int | None = None
    currency: str = "EUR"
    site: _Site = msgspec.field(default_factory=_Site)


def problem_from_json(text: bytes | str) -> Problem:
    """Read and check a problem. Raises PlanError with the JSON path and what was expected there."""
    try:
        raw = msgspec.json.decode(text, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise _as_plan_error(str(err)) from err
    count = _slot_count(raw)
    problem = Problem(
        start=raw.start,
        slot_s=_series(raw.slot_s, count),
        price_per_kwh=_series(raw.price_per_kwh, count),
        currency=raw.currency,
        site=_site(raw.site, count),
        evs=tuple(_need(need) for need in raw.evs),
    )
    check(problem)
    return problem


def plan_to_json(plan: Plan) -> bytes:
    """The plan as indented JSON, numbers without the noise behind the sixth decimal."""
    return msgspec.json.format(msgspec.json.encode(_rounded(_builtins(plan))), indent=2)


def _as_plan_error(message: str) -> PlanError:
    """msgspec says "Expected `float`, got `str` - at `$.slot_s`"; without a path the document itself is at fault."""
    why, found, path = message.rpartition(" - at `")
    return PlanError(path.rstrip("`"), why) if found else PlanError("$", message)


def _slot_count(raw: _Problem) -> int:
    if isinstance(raw.slot_s, list):
        count = len(raw.slot_s)
        if raw.slots is not None and raw.slots != count:
            raise PlanError("$.slots", f"{count}, the number of values in slot_s, is expected, not {raw.slots}")
    else:
        series = [raw.price_per_kwh, raw.site.limit_w, raw.site.base_load_w, raw.site.pv_w]
        lengths = [len(one) for one in series if isinstance(one, list)]
        if raw.slots is None and not lengths:
            raise PlanError("$.slots", "the number of slots is expected, since no series says it")
        count = raw.slots if raw.slots is not None else lengths[0]
        if count < 1:
            raise PlanError("$.slots", f"a number of at least 1 is expected, not {count}")
    if count > MOST_SLOTS:
        raise PlanError("$.slots", f"at most {MOST_SLOTS} slots are expected, not {count}")
    return count


def _series(value: Series, count: int) -> tuple[float, ...]:
    return tuple(value) if isinstance(value, list) else (value,) * count


def _said(value: Series | None, count: int) -> tuple[float, ...] | None:
    return None if value is None else _series(value, count)


def _site(raw: _Site, count: int) -> Site:
    return Site(
        limit_w=_said(raw.limit_w, count),
        base_load_w=_said(raw.base_load_w, count),
        phase_limit_a=raw.phase_limit_a,
        export_price_per_kwh=raw.export_price_per_kwh,
        pv_w=_said(raw.pv_w, count),
        peak_price_per_kw=raw.peak_price_per_kw,
    )


def _need(raw: _Need) -> Need:
    return Need(
        id=raw.id,
        energy_wh=raw.energy_wh,
        max_current_a=raw.max_current_a,
        mode=raw.mode,
        arrival=raw.arrival,
        departure=raw.departure,
        min_current_a=raw.min_current_a,
        phases=raw.phases,
        voltage_v=raw.voltage_v,
        priority=raw.priority,
        value_of_time_per_h=raw.value_of_time_per_h,
        start_cost=raw.start_cost,
        current_step_a=raw.current_step_a,
        last_current_a=None if raw.last_current_a is None else tuple(raw.last_current_a),
    )


def _builtins(plan: Plan) -> object:
    """The plan with what each car's account tells in place of the account."""
    evs = [{name: getattr(ev, name) for name in _TOLD} for ev in plan.evs]
    return msgspec.to_builtins(
        {
            "evs": evs,
            "site": plan.site,
            "objective": plan.objective,
            "bound": plan.bound,
            "gap": plan.gap,
            "solver": plan.solver,
            "solve_s": plan.solve_s,
        }
    )


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value
