"""What one charging schedule period allows, and what is left of it where several hold at once.

An *amount* is a tuple of one number (A on each phase in use, W over all of them) or of three (L1, L2, L3: A or W of each
phase). Amps and watts stay apart until the phases are known: :func:`agree` chooses the phases first and converts then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.electrical import NOMINAL_VOLTAGE_V, current_a, power_w
from ladewerk.ocpp import v21

Unit = v21.ChargingRateUnitEnumType
Mode = v21.OperationModeEnumType
Amount = tuple[float, ...]

ALL_PHASES: Final = 3
"""K01.FR.49: what a period without numberPhases means."""

_DIGITS: Final = 6
"""Limits are compared and told to a millionth: what lies below comes from binary fractions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One schedule period of one profile, in the unit it was given in; ``None`` is not said.

    ``phases`` are as the profile says them, not yet those of the station.
    """

    unit: Unit
    phases: int = ALL_PHASES
    phase_to_use: int | None = None
    limit: Amount | None = None
    discharge: Amount | None = None
    setpoint: Amount | None = None
    mode: Mode = Mode.CHARGING_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What holds at one moment after all profiles are merged, in one unit, on ``phases``.

    ``limit`` of three numbers is that of each phase. ``discharge`` is 0 or less; ``setpoint`` lies within both.
    """

    phases: int
    limit: Amount
    phase_to_use: int | None = None
    discharge: Amount | None = None
    setpoint: Amount | None = None
    mode: Mode = Mode.CHARGING_ONLY

    @property
    def lowest(self) -> float:
        """What a vehicle that draws alike on all its phases keeps to on each: the least amount."""
        return min(self.limit)


@dataclass(frozen=True, slots=True)
class Circuit:
    """What converts between A and W: the phases an EVSE has and its nominal voltage, line to neutral (K01.FR.50).

    One that is not ``switchable`` is drawn from on all its phases, however few a profile names.
    """

    phases: int = ALL_PHASES
    voltage_v: float = NOMINAL_VOLTAGE_V
    switchable: bool = True


def rate_of(period: v21.ChargingSchedulePeriodType, unit: Unit, cap: float | None = None) -> Rate:
    """What ``period`` says; ``cap`` is the amount that limitAtSoC allows (K01.FR.100).

    Idle allows nothing (Q10.FR.01: it has no limit of its own).
    """
    mode = Mode.CHARGING_ONLY if period.operation_mode is UNSET else period.operation_mode
    limit = _amount(period.limit, period.limit_l2, period.limit_l3)
    setpoint = _amount(period.setpoint, period.setpoint_l2, period.setpoint_l3)
    if mode is Mode.IDLE:
        limit = (0.0,)
    if cap is not None:
        limit = (cap,) if limit is None else tuple(min(each, cap) for each in limit)
        setpoint = None if setpoint is None else tuple(min(each, cap) for each in setpoint)
    return Rate(
        unit=unit,
        phases=ALL_PHASES if period.number_phases is UNSET else period.number_phases,
        phase_to_use=None if period.phase_to_use is UNSET else period.phase_to_use,
        limit=limit,
        discharge=_amount(period.discharge_limit, period.discharge_limit_l2, period.discharge_limit_l3),
        setpoint=setpoint,
        mode=mode,
    )


def _amount(l1: float | UnsetType, l2: float | UnsetType, l3: float | UnsetType) -> Amount | None:
    """L2 and L3 where they are said; a phase that is not said may draw what L1 may."""
    if l1 is UNSET:
        return None
    if l2 is UNSET and l3 is UNSET:
        return (l1,)
    return (l1, l1 if l2 is UNSET else l2, l1 if l3 is UNSET else l3)


def agree(rates: Sequence[Rate], rating_a: float, unit: Unit, circuit: Circuit) -> Limit:
    """The lowest of ``rates``, in ``unit``; the rating (A per phase) where none has a limit (K08.FR.04).

    Phases first: the lowest of all rates and the circuit (2.1 part 2, 3.8), then A and W are converted.
    """
    phases = min((rate.phases for rate in rates if circuit.switchable), default=circuit.phases)
    circuit = replace(circuit, phases=min(phases, circuit.phases))
    chosen = next((rate.phase_to_use for rate in rates if rate.phase_to_use is not None), None)
    said = [rate for rate in rates if rate.limit is not None] or [Rate(unit=Unit.A, limit=(rating_a,))]
    limits = [_converted(rate.limit, rate.unit, unit, circuit, chosen) for rate in said]
    discharge = [_converted(rate.discharge, rate.unit, unit, circuit, chosen) for rate in rates]
    setpoint = [_converted(rate.setpoint, rate.unit, unit, circuit, chosen) for rate in rates]
    width = max(len(amount) for amount in (*limits, *discharge, *setpoint) if amount is not None)
    limit = _merged(min, limits, unit, width)
    assert limit is not None
    mode = next((rate.mode for rate in rates if rate.mode is not Mode.CHARGING_ONLY), Mode.CHARGING_ONLY)
    merged = Limit(
        phases=circuit.phases,
        limit=limit,
        phase_to_use=chosen if circuit.phases == 1 else None,
        discharge=_merged(max, discharge, unit, width),
        setpoint=_merged(min, setpoint, unit, width),
        mode=mode,
    )
    return _capped(merged, unit)


def _converted(amount: Amount | None, given: Unit, asked: Unit, circuit: Circuit, phase: int | None) -> Amount | None:
    """``amount`` in the asked unit on the phases in use."""
    if amount is None:
        return None
    if len(amount) > 1 and circuit.phases < ALL_PHASES:
        # Which phases is not known, but for one that is chosen: none may draw more than the least of them.
        each = amount[phase - 1] if phase and circuit.phases == 1 else min(amount, key=abs)
        amount = (each if given is Unit.A else each * circuit.phases,)
    if given is asked:
        return amount
    phases = circuit.phases if len(amount) == 1 else 1
    convert = current_a if asked is Unit.A else power_w
    return tuple(convert(each, phases=phases, voltage_v=circuit.voltage_v) for each in amount)


def _merged(
    rule: Callable[[Sequence[float]], float], amounts: Sequence[Amount | None], unit: Unit, width: int = 1
) -> Amount | None:
    """``rule`` over what is said, phase by phase as soon as one of them is, or ``width`` wants it."""
    said = [amount for amount in amounts if amount is not None]
    if not said:
        return None
    width = max(width, *map(len, said))
    return tuple(map(rule, zip(*(_widened(amount, width, unit) for amount in said), strict=True)))


def _widened(amount: Amount, width: int, unit: Unit) -> Amount:
    if len(amount) == width:
        return amount
    return (amount[0] if unit is Unit.A else amount[0] / width,) * width


def _capped(merged: Limit, unit: Unit) -> Limit:
    """K08.FR.08: a setpoint is neither above the limit nor, where one is said, below the discharge limit."""
    if merged.setpoint is None:
        return merged
    setpoint = _merged(min, [merged.setpoint, merged.limit], unit)
    if merged.discharge is not None:
        setpoint = _merged(max, [setpoint, merged.discharge], unit)
    return replace(merged, setpoint=setpoint)


def summed(limits: Sequence[Limit], unit: Unit) -> Limit:
    """What several EVSEs may draw together; ``phases`` the highest of theirs.

    A setpoint is the station's only where every EVSE has one.
    """

    def total(amounts: Sequence[Amount | None]) -> Amount | None:
        return _merged(sum, amounts, unit)

    setpoints = [limit.setpoint for limit in limits]
    added = total([limit.limit for limit in limits])
    assert added is not None
    return Limit(
        phases=max(limit.phases for limit in limits),
        limit=added,
        discharge=total([limit.discharge for limit in limits]),
        setpoint=None if None in setpoints else total(setpoints),
        mode=next((limit.mode for limit in limits if limit.mode is not Mode.CHARGING_ONLY), Mode.CHARGING_ONLY),
    )


def as_rate(limit: Limit, unit: Unit) -> Rate:
    """A merged limit as one more rate, to be merged with others."""
    return Rate(
        unit=unit,
        phases=limit.phases,
        phase_to_use=limit.phase_to_use,
        limit=limit.limit,
        discharge=limit.discharge,
        setpoint=limit.setpoint,
        mode=limit.mode,
    )


def raised(limit: Limit, generated: Sequence[Rate], unit: Unit, circuit: Circuit) -> Limit:
    """``limit`` with what is generated locally on top (2.1 part 2, 3.6), on the phases it already has."""
    circuit = replace(circuit, phases=limit.phases)
    more = [_converted(rate.limit, rate.unit, unit, circuit, limit.phase_to_use) for rate in generated]
    added = _merged(sum, [limit.limit, *more], unit)
    assert added is not None
    return replace(limit, limit=added)


def rounded(limit: Limit) -> Limit:
    """``limit`` without the noise of binary fractions."""

    def whole(amount: Amount | None) -> Amount | None:
        return None if amount is None else tuple(round(each, _DIGITS) for each in amount)

    told = whole(limit.limit)
    assert told is not None
    return replace(limit, limit=told, discharge=whole(limit.discharge), setpoint=whole(limit.setpoint))
