"""What is wrong with the JSON of a request, in words that say what was expected there."""

import re
from collections.abc import Mapping
from typing import Final

from ladewerk.charging.installation import Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Mode, Unit
from ladewerk.errors import ConfigError
from ladewerk.ocpp import v21

_TIME: Final = "a time such as 2024-01-17T18:00:00Z"

_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "version": ("1.6", "2.0.1", "2.1"),
    "unit": tuple(Unit),
    "chargingRateUnit": tuple(Unit),
    "chargingProfilePurpose": tuple(Purpose),
    "chargingProfileKind": tuple(Kind),
    "recurrencyKind": tuple(v21.RecurrencyKindEnumType),
    "operationMode": tuple(Mode),
}
_VALUES_OF_16: Final[Mapping[str, tuple[str, ...]]] = {
    **_VALUES,
    "chargingProfilePurpose": ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"),
    "chargingProfileKind": ("Absolute", "Recurring", "Relative"),
}


def complaint(message: str, *, before: str = "$", old: bool = False) -> ConfigError:
    """The words of msgspec (``what - at `path```) in those of a user; ``before`` is where the JSON stands itself.

    ``old`` is OCPP 1.6, whose values are fewer.
    """
    what, at, path = message.rpartition(" - at `")
    what, path = (what, path.rstrip("`")) if at else (message, "$")
    path = f"{before}{path.removeprefix('$')}"
    named = what.split("`")[1] if "`" in what else ""
    if what.startswith("Object missing required field `"):
        return ConfigError(f"{path}.{named}", "a value is expected, the field is missing")
    if what.startswith("Object contains unknown field `"):
        return ConfigError(f"{path}.{named}", "no such field is expected")
    values = (_VALUES_OF_16 if old else _VALUES).get(path.rpartition(".")[2])
    if what.startswith("Invalid enum value") and values:
        given = what.removeprefix("Invalid enum value ")
        return ConfigError(path, f"{', '.join(values[:-1])} or {values[-1]} is expected, not {given}")
    if what.startswith("Invalid RFC3339"):
        return ConfigError(path, f"{_TIME} is expected")
    if what.startswith("Expected `datetime`"):
        return ConfigError(path, f"{_TIME} is expected, with an offset")
    return ConfigError(path, re.sub(r"^Expected ", "expected ", what))
