"""Docstrings of the generated classes: fields, types, limits and units, from the structure of the schemas alone."""

import re

from ladewerk.ocpp.codegen.model import Field, FieldType, Items, Kind, Named, Simple, Struct

# Units that a numeric field's name makes plain (OCPP uses SI units throughout); the first that fits.
_UNITS = (
    (re.compile(r"(ApparentPower(_L\d)?)$"), "VA"),
    (re.compile(r"(ReactivePower(_L\d)?)$"), "var"),
    (re.compile(r"^ev(se)?(Min|Max)\w*Power$|^(min|max)(Disch|Ch)argePower(_L\d)?$"), "W"),
    (re.compile(r"^ev(se)?(Min|Max|Target)\w*EnergyRequest$|^energyAmount$|^evEnergyCapacity$|^energy$"), "Wh"),
    (re.compile(r"^ev(se)?(Min|Max)\w*Current$|^(min|max)\w*Current$"), "A"),
    (re.compile(r"^ev(se)?(Min|Max)\w*Voltage$|^(min|max)Voltage$"), "V"),
    (re.compile(r"^(duration|maxOfflineDuration|startPeriod|randomizedDelay|timeout|messageTimeout)$"), "s"),
    (re.compile(r"^(interval|retryInterval|dynUpdateInterval)$"), "s"),
    (re.compile(r"^(soC|soH|stateOfCharge|fullSoC|bulkSoC|targetSoC|minSoC|maxSoC)$"), "%"),
)


def of_struct(struct: Struct, role: str) -> list[str]:
    """The lines of a class docstring, unquoted and not indented."""
    if not struct.fields:
        return [f"{role}. No fields."]
    return [f"{role}.", "", *(_line(field) for field in struct.fields), ""]


def _line(field: Field) -> str:
    parts = [field.wire, _described(field.type), "required" if field.required else "optional"]
    unit = _unit(field)
    return f"{field.name}: {', '.join(parts)}{f'; {unit}' if unit else ''}"


def _unit(field: Field) -> str | None:
    if not isinstance(field.type, Simple) or field.type.kind not in (Kind.WHOLE, Kind.NUMBER):
        return None
    return next((unit for pattern, unit in _UNITS if pattern.search(field.wire)), None)


def _described(kind: FieldType) -> str:
    match kind:
        case Named(name):
            return name
        case Items(of, low, high):
            return f"{_span(low, high)}items of {_described(of)}"
        case Simple(Kind.TEXT, None, None):
            return "string"
        case Simple(Kind.TEXT, None, high):
            return f"string up to {high} characters"
        case Simple(simple, low, high, step):
            bounds = "" if low is None and high is None else f" {_range(low, high)}"
            return f"{simple.value}{bounds}{'' if step is None else f' in steps of {step}'}"


def _span(low: int | None, high: int | None) -> str:
    if high is None:
        return "" if low is None else f"{low} or more "
    return f"{low or 0} to {high} "


def _range(low: float | None, high: float | None) -> str:
    if high is None:
        return f"from {low:g}"
    return f"up to {high:g}" if low is None else f"from {low:g} to {high:g}"
