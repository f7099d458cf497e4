"""The published tables of operation modes."""

from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.charging.installation import Purpose
from ladewerk.charging.modes import refused_fields, refused_mode
from ladewerk.charging.rates import Mode
from ladewerk.ocpp.v21 import ChargingSchedulePeriodType
from tests.conformance.cases import Json, load

TABLES: Json = load("operation_mode_tables_ocpp21.json") or {}
_FIELDS = {"limit": 1.0, "dischargeLimit": -1.0, "setpoint": 1.0, "setpointReactive": 1.0}
_NAMES = {"dischargeLimit": "discharge_limit", "setpointReactive": "setpoint_reactive"}


def rows(table: str) -> list[Json]:
    return list(TABLES.get(table, []))


def period(mode: str, **said: Any) -> ChargingSchedulePeriodType:
    return ChargingSchedulePeriodType(start_period=0, operation_mode=Mode(mode), **said)


def test_all_rows_are_there() -> None:
    assert [len(rows(table)) for table in TABLES] == [42, 34]


@pytest.mark.parametrize("row", rows("allowed_operation_mode_per_purpose"))
def test_a_purpose_has_its_modes(row: Json) -> None:
    assert (refused_mode(Purpose(row["purpose"]), period(row["operationMode"])) is None) is row["allowed"]


@pytest.mark.parametrize("row", rows("limits_and_setpoints_per_operation_mode"))
def test_a_mode_has_its_limits_and_setpoints(row: Json) -> None:
    said = {_NAMES.get(name, name): value if row[name] else UNSET for name, value in _FIELDS.items()}
    assert (refused_fields(period(row["operationMode"], **said)) is None) is row["valid"]
