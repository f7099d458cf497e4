"""Meter values of OCPP 1.6, whose numbers are texts, as those of OCPP 2.1."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.words import NO_MEASURAND, READING_TRIGGER, UNIT
from ladewerk.ocpp.v21 import types as v21

Readings = Sequence[v16.MeterValue] | Sequence[v16.StopTransactionMeterValue]
Sample = v16.SampledValue | v16.StopTransactionSampledValue

_NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?\s*")
_LONGEST_NUMBER = 40
_REGISTER = "Energy.Active.Import.Register"


def meter_values(readings: Readings) -> tuple[v21.MeterValueType, ...]:
    """What of ``readings`` is numbers; empty if nothing is."""
    found = []
    for reading in readings:
        samples = tuple(sample for sample in _samples(reading.sampled_value) if sample is not None)
        if samples:
            found.append(v21.MeterValueType(timestamp=reading.timestamp, sampled_value=samples))
    return tuple(found)


def register(value_wh: int, at: datetime, context: str) -> v21.MeterValueType:
    """A reading of the meter when a transaction begins or ends."""
    sample = v21.SampledValueType(
        value=float(value_wh),
        measurand=v21.MeasurandEnumType(_REGISTER),
        context=v21.ReadingContextEnumType(context),
        unit_of_measure=v21.UnitOfMeasureType(unit="Wh"),
    )
    return v21.MeterValueType(timestamp=at, sampled_value=(sample,))


def trigger_of(values: Sequence[v21.MeterValueType]) -> v21.TriggerReasonEnumType:
    """Why these values were sent."""
    context = values[0].sampled_value[0].context
    return v21.TriggerReasonEnumType(READING_TRIGGER.get(str(context), "MeterValuePeriodic"))


def _samples(samples: Iterable[Sample]) -> Iterable[v21.SampledValueType | None]:
    taken = list(samples)
    signed = {_subject(sample): sample.value for sample in taken if sample.format == "SignedData"}
    for sample in taken:
        yield None if sample.format == "SignedData" else _sample(sample, signed.pop(_subject(sample), None))


def _subject(sample: Sample) -> tuple[Any, ...]:
    measurand = _REGISTER if sample.measurand is UNSET else str(sample.measurand)
    return measurand, sample.context, sample.phase, sample.location


def _sample(sample: Sample, signed: str | None) -> v21.SampledValueType | None:
    number = len(sample.value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(sample.value)
    if not number or sample.measurand in NO_MEASURAND:
        return None
    # 1.6 does not say how its data are encoded; whoever checks the signature has to know the station.
    proof = UNSET if signed is None else v21.SignedMeterValueType(signed_meter_data=signed, encoding_method="")
    return v21.SampledValueType(
        value=float(sample.value),
        measurand=UNSET if sample.measurand is UNSET else v21.MeasurandEnumType(sample.measurand),
        context=UNSET if sample.context is UNSET else v21.ReadingContextEnumType(sample.context),
        phase=UNSET if sample.phase is UNSET else v21.PhaseEnumType(sample.phase),
        location=UNSET if sample.location is UNSET else v21.LocationEnumType(sample.location),
        unit_of_measure=UNSET
        if sample.unit is UNSET
        else v21.UnitOfMeasureType(unit=UNIT.get(str(sample.unit), str(sample.unit))),
        signed_meter_value=proof,
    )
