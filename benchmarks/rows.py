"""One measured figure and the way it is printed."""

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``value`` is the median of what was measured.

    ``aim`` is the most that the project promises, ``at_least`` the least, both in the same unit.
    """

    name: str
    value: float
    unit: str
    aim: float | None = None
    at_least: float | None = None
    runs: int = 1


def median_row(name: str, values: Sequence[float], unit: str, *, aim: float | None = None) -> Row:
    """The median of ``values``."""
    return Row(name=name, value=statistics.median(values), unit=unit, aim=aim, runs=len(values))


def table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown, with the machine they were measured on."""
    lines = [f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}", ""]
    lines += ["| measured | median | aim | runs |", "| --- | ---: | ---: | ---: |"]
    for row in rows:
        lines.append(f"| {row.name} | {row.value:.4g} {row.unit} | {_promise(row)} | {row.runs} |")
    return "\n".join(lines)


def _promise(row: Row) -> str:
    if row.at_least is not None:
        return f"> {row.at_least:g} {row.unit}"
    return "" if row.aim is None else f"< {row.aim:g} {row.unit}"


def as_json(rows: Sequence[Row]) -> str:
    """The rows for a script."""
    return json.dumps([asdict(row) for row in rows])
