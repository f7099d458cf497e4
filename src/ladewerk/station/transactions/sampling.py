"""Meter values as OCPP samples: which measurands, in which context, and when they are due (OCPP 2.x part 2, J01 and J02)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.ocpp import v21
from ladewerk.station.unit.state import UnitState

Measurand = v21.MeasurandEnumType
Context = v21.ReadingContextEnumType

_BRIEF: Final = (
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER,
    Measurand.POWER_ACTIVE_IMPORT,
    Measurand.CURRENT_IMPORT,
    Measurand.CURRENT_OFFERED,
)
_PHASES: Final = (v21.PhaseEnumType.L1, v21.PhaseEnumType.L2, v21.PhaseEnumType.L3)
_TO_NEUTRAL: Final = (v21.PhaseEnumType.L1_N, v21.PhaseEnumType.L2_N, v21.PhaseEnumType.L3_N)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """The settings of SampledDataCtrlr and AlignedDataCtrlr; an interval of 0 sends nothing."""

    updated_s: float = 60.0
    started: Sequence[Measurand] = _BRIEF
    updated: Sequence[Measurand] = _BRIEF
    ended: Sequence[Measurand] = _BRIEF
    aligned_s: float = 0.0
    aligned: Sequence[Measurand] = _BRIEF
    aligned_while_idle: bool = False
    """Clock-aligned values only where no transaction is open (SendDuringIdle)."""


def with_register(measurands: Sequence[Measurand]) -> Sequence[Measurand]:
    """What was charged is the difference of two readings: a beginning and an end always have theirs, as 1.6 wants."""
    register = Measurand.ENERGY_ACTIVE_IMPORT_REGISTER
    return measurands if register in measurands else (register, *measurands)


def aligned_now(before: datetime, now: datetime, step_s: float) -> bool:
    """Whether a step of ``step_s`` from midnight UTC lies between ``before`` and ``now``; 0 has none."""
    return step_s > 0 and _steps(before, step_s) != _steps(now, step_s)


def _steps(at: datetime, step_s: float) -> tuple[int, int]:
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    return at.toordinal(), int(seconds // step_s)


def meter_values(
    state: UnitState, at: datetime, context: Context, measurands: Sequence[Measurand]
) -> tuple[v21.MeterValueType, ...] | UnsetType:
    """The last meter reading and the offer as samples; UNSET where no meter ever answered, or nothing is asked for."""
    if state.meter is None:
        return UNSET
    samples = tuple(sample for one in measurands for sample in _READ[one](state, context))
    return (v21.MeterValueType(timestamp=at, sampled_value=samples),) if samples else UNSET


_Samples = Iterator[v21.SampledValueType]


def _sample(
    value: float, measurand: Measurand, context: Context, unit: str, phase: v21.PhaseEnumType | UnsetType = UNSET
) -> v21.SampledValueType:
    return v21.SampledValueType(
        value=round(value, 3),
        measurand=measurand,
        context=context,
        phase=phase,
        location=v21.LocationEnumType.OUTLET,
        unit_of_measure=v21.UnitOfMeasureType(unit=unit),
    )


def _register(state: UnitState, context: Context) -> _Samples:
    assert state.meter is not None
    yield _sample(state.meter.energy_register_wh, Measurand.ENERGY_ACTIVE_IMPORT_REGISTER, context, "Wh")


def _power(state: UnitState, context: Context) -> _Samples:
    assert state.meter is not None
    yield _sample(state.meter.total_power_w, Measurand.POWER_ACTIVE_IMPORT, context, "W")


def _current(state: UnitState, context: Context) -> _Samples:
    assert state.meter is not None
    for phase, value in zip(_PHASES, state.meter.current_a, strict=True):
        if value is not None:
            yield _sample(value, Measurand.CURRENT_IMPORT, context, "A", phase)


def _voltage(state: UnitState, context: Context) -> _Samples:
    assert state.meter is not None
    for phase, value in zip(_TO_NEUTRAL, state.meter.voltage_v, strict=True):
        if value is not None:
            yield _sample(value, Measurand.VOLTAGE, context, "V", phase)


def _offered(state: UnitState, context: Context) -> _Samples:
    yield _sample(state.offer_a, Measurand.CURRENT_OFFERED, context, "A")


def _power_offered(state: UnitState, context: Context) -> _Samples:
    assert state.meter is not None
    volts = [value for value in state.meter.voltage_v[: state.rules.phases] if value is not None]
    yield _sample(state.offer_a * sum(volts), Measurand.POWER_OFFERED, context, "W")


_READ: Final[Mapping[Measurand, Callable[[UnitState, Context], _Samples]]] = {
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER: _register,
    Measurand.POWER_ACTIVE_IMPORT: _power,
    Measurand.CURRENT_IMPORT: _current,
    Measurand.VOLTAGE: _voltage,
    Measurand.CURRENT_OFFERED: _offered,
    Measurand.POWER_OFFERED: _power_offered,
}
