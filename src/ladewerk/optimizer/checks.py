"""What a single number or name of a problem must be; the refusal names its JSON path."""

import math
from typing import Final

from ladewerk.errors import PlanError

LONGEST_NAME: Final = 100


def check_number(
    path: str, value: float, *, above: float | None = None, at_least: float | None = None, at_most: float = 1e9
) -> None:
    """Raise PlanError with ``path`` where ``value`` is no finite number within these bounds."""
    if not math.isfinite(value):
        raise PlanError(path, f"a finite number is expected, not {value}")
    if above is not None and value <= above:
        raise PlanError(path, f"a number above {above:g} is expected, not {value:g}")
    if at_least is not None and value < at_least:
        raise PlanError(path, f"a number of at least {at_least:g} is expected, not {value:g}")
    if abs(value) > at_most:
        raise PlanError(path, f"a number of at most {at_most:g} is expected, not {value:g}")


def check_name(path: str, name: str) -> None:
    """Raise PlanError with ``path`` where ``name`` cannot be shown in a table, on a terminal and in a picture."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise PlanError(path, f"1 to {LONGEST_NAME} characters that can be printed are expected, not {name[:20]!r}")
