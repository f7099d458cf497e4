"""What a driver asks for: energy until a departure, and how to weigh money against time."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ladewerk.electrical import MINIMUM_OFFER_A

LONGEST_STAY: Final = timedelta(days=14)
LARGEST_BATTERY_WH: Final = 1_000_000.0


class Mode(StrEnum):
    """How a plan weighs cost against completion."""

    BALANCED = "balanced"
    SHORTEST = "shortest"
    CHEAPEST = "cheapest"


MODE_NUMBER: Final[Mapping[Mode, int]] = {Mode.BALANCED: 0, Mode.SHORTEST: 1, Mode.CHEAPEST: 2}
"""``customData.mode`` of NotifyEVChargingNeeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """One request: ``energy_wh`` from now until ``depart_at``, between the two currents per phase where it charges."""

    mode: Mode
    energy_wh: float
    depart_at: datetime
    min_current_a: float
    max_current_a: float

    def missing(self, session_energy_wh: float) -> "Needs":
        """The same need with what is still to be charged."""
        return replace(self, energy_wh=max(0.0, self.energy_wh - session_energy_wh))


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why one field of a request cannot be used; ``code`` with ``params`` is for translation, ``text`` for reading."""

    field: str
    code: str
    params: Mapping[str, object]
    text: str


def read_needs(raw: object, *, now: datetime, max_current_a: float) -> Needs | tuple[FieldError, ...]:
    """Check a request as it came from a page or a file.

    ``raw`` is decoded JSON: {mode, energy_wh, depart_at, min_current_a?, max_current_a?}. Every field is checked, so that
    all hints can be shown at once. Raises nothing.
    """
    if not isinstance(raw, Mapping):
        return (FieldError("", "not_an_object", {}, "a JSON object with mode, energy_wh and depart_at was expected"),)
    reader = _FieldReader(raw)
    known = {"mode", "energy_wh", "depart_at", "min_current_a", "max_current_a"}
    for name in sorted(str(key) for key in raw if key not in known):
        reader.refuse(name, "unknown_field", f"{name} is not a field of a request; it takes {', '.join(sorted(known))}")
    mode = reader.mode()
    energy_wh = reader.number("energy_wh", low=1, high=LARGEST_BATTERY_WH, unit="Wh")
    depart_at = reader.departure(now)
    highest_a = reader.number("max_current_a", low=MINIMUM_OFFER_A, high=max_current_a, unit="A", default=max_current_a)
    lowest_a = reader.number("min_current_a", low=0, high=max_current_a, unit="A", default=MINIMUM_OFFER_A)
    if lowest_a is not None and highest_a is not None and lowest_a > highest_a:
        reader.refuse(
            "min_current_a",
            "above_maximum",
            f"the minimum of {lowest_a:g} A lies above the maximum of {highest_a:g} A",
            max=highest_a,
        )
    if reader.errors or mode is None or energy_wh is None or depart_at is None or highest_a is None or lowest_a is None:
        return tuple(reader.errors)
    return Needs(mode=mode, energy_wh=energy_wh, depart_at=depart_at, min_current_a=lowest_a, max_current_a=highest_a)


class _FieldReader:
    """Takes the fields of a request one by one and notes what is wrong with each."""

    def __init__(self, raw: Mapping[object, object]) -> None:
        self._raw = raw
        self.errors: list[FieldError] = []

    def refuse(self, field: str, code: str, text: str, **params: object) -> None:
        self.errors.append(FieldError(field, code, params, text))

    def mode(self) -> Mode | None:
        value = self._raw.get("mode")
        if value is None or value == "":
            self.refuse("mode", "missing", "choose a mode: " + ", ".join(Mode))
            return None
        if value not in tuple(Mode):
            self.refuse("mode", "unknown_mode", f"{value!r} is not a mode; it is one of " + ", ".join(Mode))
            return None
        return Mode(str(value))

    def number(self, field: str, *, low: float, high: float, unit: str, default: float | None = None) -> float | None:
        value = self._raw.get(field)
        if value is None or value == "":
            if default is None:
                self.refuse(field, "missing", f"{field} is missing")
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.refuse(field, "not_a_number", f"{field} is a number of {unit}, not {value!r}")
            return None
        if not low <= value <= high:
            self.refuse(
                field, "out_of_range", f"{field} lies between {low:g} and {high:g} {unit}, not {value:g}", min=low, max=high
            )
            return None
        return float(value)

    def departure(self, now: datetime) -> datetime | None:
        value = self._raw.get("depart_at")
        if value is None or value == "":
            self.refuse("depart_at", "missing", "depart_at is missing")
            return None
        try:
            depart_at = datetime.fromisoformat(str(value))
        except ValueError:
            self.refuse("depart_at", "not_a_time", f"{value!r} is not an ISO 8601 time such as {_example(now)}")
            return None
        if depart_at.utcoffset() is None:
            self.refuse("depart_at", "no_offset", f"{value!r} has no offset from UTC; write it as {_example(now)}")
            return None
        if depart_at <= now:
            self.refuse("depart_at", "in_the_past", f"the departure {depart_at.isoformat()} is over")
            return None
        if depart_at > now + LONGEST_STAY:
            days = LONGEST_STAY.days
            self.refuse("depart_at", "too_far", f"the departure lies more than {days} days ahead", days=days)
            return None
        return depart_at


def _example(now: datetime) -> str:
    return (now + timedelta(hours=8)).isoformat(timespec="minutes")
