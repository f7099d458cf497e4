"""Meter values of OCPP 2.1 as those of OCPP 1.6, whose numbers are texts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.station.words import OLD_UNIT
from ladewerk.ocpp.v21 import types as v21

_REGISTER: Final = "Energy.Active.Import.Register"
_MEASURANDS: Final = frozenset(str(name) for name in v16.Measurand)
_LOCATIONS: Final = frozenset(str(name) for name in v16.Location)
_PHASES: Final = frozenset(str(name) for name in v16.Phase)
_UNITS: Final = frozenset(str(name) for name in v16.UnitOfMeasure)
_STOP_UNITS: Final = frozenset(str(name) for name in v16.StopTransactionUnitOfMeasure)
_TO_WH: Final = {"": 1.0, "Wh": 1.0, "kWh": 1000.0}


def old_meter_values(values: Iterable[v21.MeterValueType] | UnsetType) -> tuple[v16.MeterValue, ...]:
    """What of ``values`` 1.6 has words for; empty if nothing is."""
    found = []
    for value in () if values is UNSET else values:
        samples = tuple(_samples(value.sampled_value, _UNITS))
        if samples:
            found.append(v16.MeterValue(timestamp=value.timestamp, sampled_value=samples))
    return tuple(found)


def old_transaction_data(values: Iterable[v21.MeterValueType] | UnsetType) -> tuple[v16.StopTransactionMeterValue, ...]:
    """The same for StopTransaction, whose schema has fewer units."""
    found = []
    for value in () if values is UNSET else values:
        samples = tuple(
            v16.StopTransactionSampledValue(
                value=sample.value,
                context=sample.context,
                format=sample.format,
                measurand=sample.measurand,
                phase=sample.phase,
                location=sample.location,
                unit=UNSET if sample.unit is UNSET else v16.StopTransactionUnitOfMeasure(sample.unit),
            )
            for sample in _samples(value.sampled_value, _STOP_UNITS)
        )
        if samples:
            found.append(v16.StopTransactionMeterValue(timestamp=value.timestamp, sampled_value=samples))
    return tuple(found)


def register_wh(values: Iterable[v21.MeterValueType] | UnsetType) -> int | None:
    """The newest reading of the import register at the outlet in whole Wh, None if there is none."""
    found = None
    for value in () if values is UNSET else values:
        for sample in value.sampled_value:
            factor = _TO_WH.get(_unit(sample))
            if factor is not None and _is_register(sample):
                found = round(_number(sample) * factor)
    return found


def _is_register(sample: v21.SampledValueType) -> bool:
    return sample.measurand in (UNSET, _REGISTER) and sample.phase is UNSET and sample.location in (UNSET, "Outlet")


def _samples(samples: Sequence[v21.SampledValueType], units: frozenset[str]) -> Iterator[v16.SampledValue]:
    for sample in samples:
        unit = _unit(sample)
        unit = OLD_UNIT.get(unit, unit)
        if not _has_words(sample) or unit not in units | {""}:
            continue
        yield _sample(sample, unit, _written(_number(sample)), UNSET)
        if sample.signed_meter_value is not UNSET:
            signed = v16.ValueFormat.SIGNED_DATA
            yield _sample(sample, unit, sample.signed_meter_value.signed_meter_data, signed)


def _has_words(sample: v21.SampledValueType) -> bool:
    return (
        (sample.measurand is UNSET or str(sample.measurand) in _MEASURANDS)
        and (sample.location is UNSET or str(sample.location) in _LOCATIONS)
        and (sample.phase is UNSET or str(sample.phase) in _PHASES)
    )


def _sample(sample: v21.SampledValueType, unit: str, value: str, form: v16.ValueFormat | UnsetType) -> v16.SampledValue:
    return v16.SampledValue(
        value=value,
        context=UNSET if sample.context is UNSET else v16.ReadingContext(sample.context),
        format=form,
        measurand=UNSET if sample.measurand is UNSET else v16.Measurand(sample.measurand),
        phase=UNSET if sample.phase is UNSET else v16.Phase(sample.phase),
        location=UNSET if sample.location is UNSET else v16.Location(sample.location),
        unit=v16.UnitOfMeasure(unit) if unit else UNSET,
    )


def _unit(sample: v21.SampledValueType) -> str:
    said = sample.unit_of_measure
    return "" if said is UNSET or said.unit is UNSET else said.unit


def _number(sample: v21.SampledValueType) -> float:
    said = sample.unit_of_measure
    if said is UNSET or said.multiplier is UNSET:
        return sample.value
    return float(sample.value * 10.0**said.multiplier)


def _written(number: float) -> str:
    text = f"{number:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
