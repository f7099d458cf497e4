"""One measured figure and the way it is printed."""

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``value`` is the median of what was measured; ``aim`` is what the project promises, in the same unit."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    runs: int = 1


def median_row(name: str, values: Sequence[float], unit: str, *, aim: float | None = None) -> Row:
    """The median of ``values``."""
    return Row(name=name, value=statistics.median(values), unit=unit, aim=aim, runs=len(values))


def table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown, with the machine they were measured on."""
    lines = [f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}", ""]
    lines += ["| measured | median | aim | runs |", "| --- | ---: | ---: | ---: |"]
    for row in rows:
        aim = "" if row.aim is None else f"< {row.aim:g} {row.unit}"
        lines.append(f"| {row.name} | {row.value:.4g} {row.unit} | {aim} | {row.runs} |")
    return "\n".join(lines)


def as_json(rows: Sequence[Row]) -> str:
    """The rows for a script."""
    return json.dumps([{"name": r.name, "value": r.value, "unit": r.unit, "aim": r.aim, "runs": r.runs} for r in rows])
