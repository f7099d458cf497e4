"""The published cases as requests for ``ladewerk composite``, and its answers in the words of the cases."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "conformance"

Json = dict[str, Any]


def load(name: str) -> Any:
    """A file of cases; nothing where they are missing, so that the modules can be imported there."""
    path = FOLDER / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def parameters(cases: list[Json]) -> list[Any]:
    """One test a case, named by its id."""
    return [pytest.param(case, id=case["id"]) for case in cases]


@cache
def _fixture(path: str) -> str:
    return (FOLDER / "fixtures" / path).read_text(encoding="utf-8")


def profile(given: str | Json) -> Json:
    """A profile, in place or by the path of its fixture."""
    read: Json = json.loads(_fixture(given)) if isinstance(given, str) else given
    return read


def _profiles(case: Json) -> list[Json]:
    entries = []
    for one in case["profiles"]:
        evse_id = one.get("evseId", one.get("connectorId"))
        listed = [*one.get("profiles", []), *one.get("profiles_inline", [])]
        listed += [one[key] for key in ("profile", "profile_inline") if key in one]
        for given in listed:
            wire = profile(given)
            if "installed_as" in one:  # the source test installs the file under another purpose
                wire = {**wire, "chargingProfilePurpose": one["installed_as"]}
            entries.append({"evse_id": evse_id, "profile": wire})
    return entries


def _transactions(case: Json, now: str) -> list[Json]:
    found = []
    for one in case["transactions"]:
        start = one["start"] or now
        evse_id = one.get("evseId", one.get("connectorId"))
        if evse_id:
            begun = now if start.startswith("now") else start
            found.append({"evse_id": evse_id, "transaction_id": str(one["transactionId"]), "start": begun})
    return found


def request_of(case: Json, version: str) -> Json:
    """The question that a composite case asks.

    ``defaults`` give the station's limit in A and in W apart: the rating is the one of the asked unit. A window that ends
    before it begins (``ZeroDuration``) is one of no length at its earlier end.
    """
    asked, defaults = case["request"], case["defaults"]
    begin, end = (datetime.fromisoformat(asked[key]) for key in ("from", "to"))
    duration_s = int((end - begin).total_seconds())
    now = asked["from"] if duration_s >= 0 else asked["to"]
    phases, voltage_v = defaults["numberPhases"], defaults["supplyVoltage"]
    in_amps = asked["chargingRateUnit"] == "A"
    request = {
        "now": now,
        "version": version,
        "evse_id": asked.get("evseId", asked.get("connectorId")),
        "duration_s": max(0, duration_s),
        "unit": asked["chargingRateUnit"],
        "station": {
            "evses": case.get("evses", case.get("connectors")),
            "max_current_a": defaults["limitA"] if in_amps else defaults["limitW"] / (phases * voltage_v),
            "voltage_v": voltage_v,
            "phases": phases,
        },
        "transactions": _transactions(case, now),
        "profiles": _profiles(case),
    }
    if case.get("offlineSeconds"):
        request["offline_s"] = case["offlineSeconds"]
    return request


_WORDS = {
    "startPeriod": "start_s",
    "numberPhases": "phases",
    "dischargeLimit": "discharge_limit",
    "dischargeLimit_L2": "discharge_limit_L2",
    "dischargeLimit_L3": "discharge_limit_L3",
    "operationMode": "operation_mode",
}
_NOT_TOLD = frozenset({"stackLevel"})
"""libocpp's own."""


def differences(expected: list[Json], found: list[Json]) -> list[str]:
    """What a case gives and the answer has otherwise; fields that the case leaves out or gives as null are not compared."""
    wrong = [] if len(expected) == len(found) else [f"{len(found)} periods, expected {len(expected)}"]
    for number, (wanted, period) in enumerate(zip(expected, found, strict=False)):
        for key, value in wanted.items():
            if key in _NOT_TOLD or value is None or value == "ChargingOnly or absent":
                continue
            got = period.get(_WORDS.get(key, key))
            exact = key in ("startPeriod", "numberPhases", "operationMode")
            if got is None or (got != value if exact else abs(got - value) > 1e-5):
                wrong.append(f"period {number}: {key} {got}, expected {value}")
    return wrong
