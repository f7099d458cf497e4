"""The text of a configuration file with one unit changed: every other line, comments too, stays as a person wrote it."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER: Final = re.compile(r"\s*\[[^\[]")


def with_unit(text: str, name: str, settings: Mapping[str, Any] | None) -> str | None:
    """``text`` with ``settings`` as the table of the unit called ``name``, or without that unit where they are None.

    The comments inside the unit's own tables go with them. None where the unit does not stand in tables of its own, such as
    in ``units = {...}``: then only a person can change it. ``text`` is TOML.
    """
    kept, place = _without(text.splitlines(keepends=True), ("units", name))
    if settings is not None:
        kept[place:place] = _table(f"units.{name}", settings, behind=kept[:place])
    changed = "".join(kept)
    document = tomllib.loads(text)
    units = {key: value for key, value in document.get("units", {}).items() if key != name}
    wanted = {**document, "units": units if settings is None else {**units, name: dict(settings)}}
    return changed if _document(changed) == wanted else None


def with_station(text: str, changes: Mapping[str, Any]) -> str | None:
    """``text`` with ``changes`` in its table ``[station]``; None takes a key out. Every other line stays.

    None where that cannot be done line by line, such as for a value over several lines: then only a person can change it.
    """
    lines = text.splitlines(keepends=True)
    headers = [index for index, line in enumerate(lines) if _HEADER.match(line)]
    first = next((index for index in headers if _path(lines[index]) == ("station",)), None)
    if first is None:
        return None
    end = next((index for index in headers if index > first), len(lines))
    table = lines[first + 1 : end]
    for key, value in changes.items():
        said = re.compile(rf"\s*{re.escape(key)}\s*=")
        place = next((index for index, line in enumerate(table) if said.match(line)), None)
        written = [] if value is None else [f"{_key(key)} = {_value(value)}\n"]
        table[slice(0, 0) if place is None else slice(place, place + 1)] = written
    changed = "".join([*lines[: first + 1], *table, *lines[end:]])
    document = tomllib.loads(text)
    wanted = {key: value for key, value in {**document["station"], **changes}.items() if value is not None}
    return changed if _document(changed) == {"units": {}, **document, "station": wanted} else None


def _document(text: str) -> dict[str, Any] | None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    return {**document, "units": document.get("units", {})}


def _without(lines: Sequence[str], path: tuple[str, ...]) -> tuple[list[str], int]:
    """The lines that belong to no table below ``path``, and where the first of those that do stood, else their end.

    Blank lines and comments in front of a table belong to it.
    """
    kept: list[str] = []
    place: int | None = None
    ours = False
    pending: list[str] = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            pending.append(line)
            continue
        if _HEADER.match(line):
            is_ours = _path(line)[: len(path)] == path
            if is_ours and place is None:
                place = len(kept) + len(pending)
            if not is_ours or not ours:
                kept += pending
            pending, ours = [], is_ours
        if not ours:
            kept += [*pending, line]
        pending = []
    kept += pending
    return kept, len(kept) if place is None else place


def _path(header: str) -> tuple[str, ...]:
    try:
        table: Any = tomllib.loads(header)
    except tomllib.TOMLDecodeError:
        return ()
    names = []
    while isinstance(table, dict) and table:
        name, table = next(iter(table.items()))
        names.append(name)
    return tuple(names)


def _table(name: str, settings: Mapping[str, Any], *, behind: Sequence[str]) -> list[str]:
    blank = [] if not behind or not behind[-1].strip() or behind[-1].lstrip().startswith("#") else ["\n"]
    if behind and not behind[-1].endswith("\n"):
        blank = ["\n", "\n"]
    return [*blank, f"[{name}]\n", *(f"{_key(key)} = {_value(value)}\n" for key, value in settings.items())]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    """A TOML value on one line."""
    match value:
        case str():
            # A JSON text is a TOML text, but for DEL.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool():
            return str(value).lower()
        case Mapping():
            return f"{{ {', '.join(f'{_key(key)} = {_value(one)}' for key, one in value.items())} }}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return repr(value)
