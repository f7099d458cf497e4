"""Reading a scenario from a TOML file: every mistake is found before anything starts, with its line."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ladewerk.errors import ConfigError
from ladewerk.settings import explained, read_toml
from ladewerk.simulator.acts import WORDS, AnyAct, Refused, UnitAct, check_vehicle, unit_of
from ladewerk.simulator.scenario import Condition, Scenario, Step, TimeOfDay, Wait


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    steps: list[dict[str, Any]]
    title: str = ""


class _Timing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a step says besides its act."""

    at: TimeOfDay | None = None
    after_s: Wait | None = None
    when: Condition | None = None
    within_s: Wait | None = None


_EXPECTED: Final = {
    "do": "expected one of " + ", ".join(f'"{word}"' for word in WORDS),
    "at": 'expected a time such as "18:05" or "18:05:30"',
    "when.pilot": 'expected "A", "B", "C" or "D"',
    "button": 'expected "start" or "stop"',
    "household_w": 'expected watts, or "model"',
    "pv_w": 'expected watts, or "model"',
}


def load_scenario(path: Path, units: Collection[str]) -> Scenario:
    """The scenario in the file at ``path``, for a site with these units. ConfigError with file, line and key."""
    document = read_toml(path, _Document)
    if not document.steps:
        raise ConfigError(f"{path}: steps", "expected at least one [[steps]]")
    text = path.read_text(encoding="utf-8").splitlines()
    names = dict.fromkeys(units)
    steps = [_step(_Place(path, text, number), said, names) for number, said in enumerate(document.steps)]
    return Scenario(title=document.title or path.stem, steps=tuple(steps))


class _Place:
    """A step in the file."""

    def __init__(self, path: Path, text: list[str], number: int) -> None:
        self._path = path
        begins = [line for line, content in enumerate(text) if re.match(r"\s*\[\[\s*steps\s*\]\]", content)]
        self._first = begins[number] if number < len(begins) else 0
        last = begins[number + 1] if number + 1 < len(begins) else len(text)
        self._lines = text[self._first : last]
        self._number = number

    def refuse(self, key: str, why: str) -> ConfigError:
        """What is wrong with a key of it, with the line that the last part of the key stands in, or its first."""
        at = re.compile(rf"\b{re.escape(key.rpartition('.')[2])}\b") if key else None
        offset = next((n for n, line in enumerate(self._lines) if at and at.search(line)), 0)
        where = f"{self._path}: line {self._first + offset + 1}: steps[{self._number}]"
        return ConfigError(f"{where}.{key}" if key else where, why)

    def explain(self, err: msgspec.ValidationError) -> ConfigError:
        """The same of what msgspec found."""
        key, why = explained(str(err), _EXPECTED)
        return self.refuse(key, why)


def _step(place: _Place, said: dict[str, Any], units: Mapping[str, None]) -> Step:
    timing_keys = _Timing.__struct_fields__
    try:
        timing = msgspec.convert({key: value for key, value in said.items() if key in timing_keys}, _Timing)
        # Of the union's own type, which mypy takes for a value.
        act: Any = msgspec.convert({key: value for key, value in said.items() if key not in timing_keys}, AnyAct)
    except msgspec.ValidationError as err:
        raise place.explain(err) from err
    if timing.at is not None and timing.after_s is not None:
        raise place.refuse("after_s", "expected either at or after_s")
    if timing.within_s is not None and timing.when is None:
        raise place.refuse("within_s", "expected a condition, when, that it limits")
    if isinstance(act, UnitAct):
        _check_unit(place, "unit", act.unit, units)
    if timing.when is not None:
        _check_unit(place, "when.unit", timing.when.unit, units)
    if wrong := check_vehicle(act):
        key, _, why = wrong.partition(": ")
        raise place.refuse(key, why)
    return Step(act=act, at=timing.at, after_s=timing.after_s or 0.0, when=timing.when, within_s=timing.within_s)


def _check_unit(place: _Place, key: str, unit: str | None, units: Mapping[str, None]) -> None:
    found = unit_of(UnitAct(unit=unit), units)
    if isinstance(found, Refused):
        raise place.refuse(key, found.text)
