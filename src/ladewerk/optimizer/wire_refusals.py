"""Why a text is no problem: one line with the JSON path and what was expected there."""

import difflib
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from ladewerk.errors import PlanError

_T = TypeVar("_T")

_KINDS: Final = {
    "float": "a number",
    "int": "a whole number",
    "str": "a text",
    "array": "a list",
    "object": "an object",
    "bool": "true or false",
    "null": "null",
}
_TOO_DEEP: Final = PlanError("$", "a problem is expected: this JSON is nested too deeply, or a number in it is endless")


def utf8_from(text: bytes | str) -> str:
    """``text`` without a byte order mark. Raises PlanError where it is empty or not UTF-8."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as err:
            raise PlanError("$", f"UTF-8 text is expected; byte {err.start} is not ({err.reason})") from err
    if not text.strip():
        raise PlanError("$", "a problem as JSON is expected, there is no text at all")
    return text


def malformed(text: str, message: str) -> PlanError:
    """What to say of a text that is not JSON; a number that JSON does not know is named by its path."""
    try:
        found = _first(json.loads(text, parse_constant=_Constant), "$", _Constant)
    except json.JSONDecodeError as err:
        return PlanError("$", f"JSON is expected; line {err.lineno}, column {err.colno}: {err.msg}")
    except (RecursionError, ValueError):
        return _TOO_DEEP
    if found is None:
        return PlanError("$", f"JSON is expected: {message}")
    return PlanError(found[0], f"a finite number is expected, not {found[1]}")


def not_fitting(message: str, fields: Callable[[str], tuple[str, ...]]) -> PlanError:
    """msgspec says "Expected `float`, got `str` - at `$.slot_s`"; ``fields`` are those of the object at a path."""
    why, found, path = message.rpartition(" - at `")
    why, path = (why, path.rstrip("`")) if found else (message, "$")
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", why, re.DOTALL):
        return _unknown(path, match[1], fields(path))
    if match := re.fullmatch(r"Object missing required field `(\w+)`", why):
        return PlanError(f"{path}.{match[1]}", "must be there, and is not")
    if match := re.fullmatch(r"Expected `([^`]+)`, got `(\w+)`", why):
        return PlanError(path, f"{_kinds(match[1])} is expected, not {_kinds(match[2])}")
    if match := re.fullmatch(r"Expected `array` of length (\d+)(?:, got (\d+))?", why):
        return PlanError(path, f"a list of {match[1]} values is expected" + (f", not of {match[2]}" if match[2] else ""))
    if match := re.fullmatch(r"Invalid enum value (.*)", why, re.DOTALL):
        return PlanError(path, f"balanced, shortest or cheapest is expected, not {match[1][:60]}")
    if why == "Number out of range":
        return PlanError(path, "a finite number is expected; this one is larger than numbers get")
    return PlanError(path, why.replace("`", ""))


def check_keys(text: str) -> None:
    """Raise PlanError where an object says the same key twice: one of the two would be dropped in silence."""
    try:
        found = _first(json.loads(text, object_pairs_hook=_object), "$", _Twice)
    except (RecursionError, ValueError) as err:
        raise _TOO_DEEP from err
    if found is not None:
        raise PlanError(f"{found[0]}{_key(found[1].name)}", "is expected once, and is there twice")


class _Constant(str):
    """NaN, Infinity or -Infinity where a number stands."""

    __slots__ = ()


class _Twice(dict[str, Any]):
    """An object in which the key ``name`` stands twice."""

    name = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    twice = _Twice(made)
    keys = [key for key, _ in pairs]
    twice.name = next(key for key in keys if keys.count(key) > 1)
    return twice


def _first(value: Any, path: str, kind: type[_T]) -> tuple[str, _T] | None:
    """Path and value of the first of ``kind``."""
    if isinstance(value, kind):
        return path, value
    inside: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        inside = ((_key(key), one) for key, one in value.items())
    elif isinstance(value, list):
        inside = ((f"[{index}]", one) for index, one in enumerate(value) if not isinstance(one, int | float))
    for step, one in inside:
        if (found := _first(one, path + step, kind)) is not None:
            return found
    return None


def _unknown(path: str, name: str, known: tuple[str, ...]) -> PlanError:
    close = difflib.get_close_matches(name, known, n=1)
    expected = f"did you mean {close[0]}?" if close else f"expected is one of {', '.join(known)}"
    return PlanError(f"{path}{_key(name)}", f"is not known; {expected}")


def _key(name: str) -> str:
    """``name`` as a step of a path; what is no plain word is quoted and cut."""
    return f".{name}" if re.fullmatch(r"\w{1,40}", name, re.ASCII) else f"[{json.dumps(name[:40])}]"


def _kinds(names: str) -> str:
    return " or ".join(_KINDS.get(name, name) for name in names.split(" | ") if name != "null" or names == "null")
