"""The JSON form of a problem and of a plan."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

import msgspec

from ladewerk.electrical import MINIMUM_OFFER_A, NOMINAL_VOLTAGE_V
from ladewerk.errors import PlanError
from ladewerk.optimizer.battery import Battery, LowRate, V2g
from ladewerk.optimizer.moments import moment_from, zone_from
from ladewerk.optimizer.problem import DEFAULT_VALUE_OF_TIME_PER_H, Mode, Need, Plan, Problem, Site, check
from ladewerk.optimizer.wire_refusals import check_keys, malformed, not_fitting, utf8_from

Series = float | list[float]

MOST_SLOTS: Final = 10_000
MOST_EVS: Final = 20_000
MOST_EV_SLOTS: Final = 5_000_000
"""Slots times EVs: what a machine can still hold."""

_TOLD = (
    *("id", "current_a", "power_w", "energy_wh", "missing_wh"),
    *("complete_at", "cost", "cost_if_at_once", "complete_if_at_once", "reasons", "summary"),
)
"""What is said of a car, in order."""
_TOLD_OF_ALL = ("objective", "bound", "gap", "solver", "solve_s")


class _Site(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    limit_w: Series | None = None
    base_load_w: Series | None = None
    phase_limit_a: tuple[float, float, float] | None = None
    export_price_per_kwh: float = 0.0
    pv_w: Series | None = None
    peak_price_per_kw: float = 0.0


class _LowRate(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    above_a: float
    cost_per_kwh: float


class _V2g(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    max_current_a: float
    min_current_a: float = 0.0
    round_trip_efficiency: float = 0.85
    wear_cost_per_kwh: float = 0.05
    min_soc: float = 0.2
    max_soc: float = 1.0


class _Battery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    capacity_wh: float | None = None
    soc: float | None = None
    low_rate: _LowRate | None = None
    rest_cost_per_kwh_h: float = 0.0
    hold_current_a: float | None = None
    v2g: _V2g | None = None


class _Need(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str
    energy_wh: float
    max_current_a: float
    mode: Mode = Mode.BALANCED
    arrival: str | None = None
    departure: str | None = None
    min_current_a: float = MINIMUM_OFFER_A
    phases: tuple[int, ...] = (1, 2, 3)
    voltage_v: float = NOMINAL_VOLTAGE_V
    priority: float = 1.0
    value_of_time_per_h: float = DEFAULT_VALUE_OF_TIME_PER_H
    start_cost: float = 0.0
    current_step_a: float | None = None
    last_current_a: list[float] | None = None
    battery: _Battery | None = None


class _Problem(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    start: str
    slot_s: Series
    price_per_kwh: Series
    evs: list[_Need]
    timezone: str | None = None
    slots: int | None = None
    currency: str = "EUR"
    site: _Site = msgspec.field(default_factory=_Site)


def problem_from_json(text: bytes | str) -> Problem:
    """Read and check a problem. Raises PlanError with the JSON path and what was expected there."""
    text = utf8_from(text)
    try:
        raw = msgspec.json.decode(text, type=_Problem)
    except msgspec.ValidationError as err:
        raise not_fitting(str(err), fields_at) from err
    except (msgspec.DecodeError, RecursionError) as err:
        raise malformed(text, str(err)) from err
    check_keys(text)
    zone = None if raw.timezone is None else zone_from("$.timezone", raw.timezone)
    start = moment_from("$.start", raw.start, zone)
    count = _slot_count(raw)
    problem = Problem(
        start=start,
        slot_s=_series(raw.slot_s, count),
        price_per_kwh=_series(raw.price_per_kwh, count),
        currency=raw.currency,
        site=_site(raw.site, count),
        evs=tuple(_need(f"$.evs[{index}]", need, zone) for index, need in enumerate(raw.evs)),
    )
    check(problem)
    return problem


def plan_to_json(plan: Plan, summaries: Mapping[str, str] | None = None) -> bytes:
    """The plan as indented JSON, numbers without the noise behind the sixth decimal.

    ``summaries`` are the sentences by car where they are not to be in English.
    """
    evs = [{name: getattr(ev, name) for name in _TOLD} for ev in plan.evs]
    for told in evs:
        told["summary"] = told["summary"] if summaries is None else summaries[told["id"]]
    whole = {"evs": evs, "site": plan.site, **{name: getattr(plan, name) for name in _TOLD_OF_ALL}}
    return msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(whole))), indent=2)


_OBJECTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "$": _Problem,
    "$.site": _Site,
    "$.evs[]": _Need,
    "$.evs[].battery": _Battery,
    "$.evs[].battery.low_rate": _LowRate,
    "$.evs[].battery.v2g": _V2g,
}
"""The objects of a problem by their paths."""


def fields_at(path: str) -> tuple[str, ...]:
    """The fields of the object at ``path``."""
    return _OBJECTS[re.sub(r"\[\d+\]", "[]", path)].__struct_fields__


def fields() -> tuple[str, ...]:
    """Every field that a problem may have, as ``site.limit_w`` and ``evs[].battery.soc``."""
    return tuple(f"{path}.{name}"[2:] for path, kind in _OBJECTS.items() for name in kind.__struct_fields__)


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
        path = "$.slot_s" if isinstance(raw.slot_s, list) else "$.slots"
        raise PlanError(path, f"at most {MOST_SLOTS} slots are expected, not {count}")
    most_evs = min(MOST_EVS, MOST_EV_SLOTS // max(1, count))
    if len(raw.evs) > most_evs:
        raise PlanError("$.evs", f"at most {most_evs} EVs are expected with {count} slots, not {len(raw.evs)}")
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


def _need(path: str, raw: _Need, zone: tzinfo | None) -> Need:
    return Need(
        id=raw.id,
        energy_wh=raw.energy_wh,
        max_current_a=raw.max_current_a,
        mode=raw.mode,
        arrival=_moment(f"{path}.arrival", raw.arrival, zone),
        departure=_moment(f"{path}.departure", raw.departure, zone),
        min_current_a=raw.min_current_a,
        phases=raw.phases,
        voltage_v=raw.voltage_v,
        priority=raw.priority,
        value_of_time_per_h=raw.value_of_time_per_h,
        start_cost=raw.start_cost,
        current_step_a=raw.current_step_a,
        last_current_a=None if raw.last_current_a is None else tuple(raw.last_current_a),
        battery=None if raw.battery is None else _battery(raw.battery),
    )


def _moment(path: str, text: str | None, zone: tzinfo | None) -> datetime | None:
    return None if text is None else moment_from(path, text, zone)


def _battery(raw: _Battery) -> Battery:
    return Battery(
        capacity_wh=raw.capacity_wh,
        soc=raw.soc,
        low_rate=None if raw.low_rate is None else LowRate(**msgspec.structs.asdict(raw.low_rate)),
        rest_cost_per_kwh_h=raw.rest_cost_per_kwh_h,
        hold_current_a=raw.hold_current_a,
        v2g=None if raw.v2g is None else V2g(**msgspec.structs.asdict(raw.v2g)),
    )


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value
