"""The JSON of `ladewerk composite`: what it says, and what is said about a wrong one."""

import json
import random
from contextlib import suppress
from typing import Any

import pytest

from ladewerk.charging.request import answer_to_json, question_from_json
from ladewerk.errors import ConfigError

TIME = "a time such as 2024-01-17T18:00:00Z is expected"
STATION = {"evses": 2, "max_current_a": 32, "voltage_v": 230, "phases": 3}
DEFAULT = {
    "id": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [
        {
            "id": 1,
            "startSchedule": "2024-01-17T18:00:00Z",
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
        }
    ],
}


def request(*profiles: Any, **more: Any) -> dict[str, Any]:
    return {
        "now": "2024-01-17T18:00:00Z",
        "version": "2.1",
        "evse_id": 1,
        "duration_s": 600,
        "unit": "A",
        "station": STATION,
        "transactions": [{"evse_id": 1, "transaction_id": "t-1", "start": "2024-01-17T17:55:00Z"}],
        "profiles": [{"evse_id": 1, "profile": profile} for profile in profiles],
        **more,
    }


def changed(path: str, value: Any, wire: dict[str, Any] = DEFAULT) -> dict[str, Any]:
    """A copy of ``wire`` with another value at ``path``; None takes the field away."""
    copy: Any = json.loads(json.dumps(wire))
    *way, last = path.split(".")
    place = copy
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return dict(copy)


def answer(*profiles: Any, **more: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(answer_to_json(question_from_json(json.dumps(request(*profiles, **more)).encode())))
    return read


def refusal(text: bytes | dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as refused:
        question_from_json(text if isinstance(text, bytes) else json.dumps(text).encode())
    return str(refused.value)


def test_an_answer_says_what_was_asked_and_the_periods() -> None:
    assert answer(DEFAULT) == {
        "unit": "A",
        "schedule_start": "2024-01-17T18:00:00Z",
        "duration_s": 600,
        "periods": [{"start_s": 0, "limit": 16.0, "phases": 3}],
    }


def test_offsets_may_differ_and_a_time_of_a_profile_may_have_none() -> None:
    east = changed("chargingSchedule.0.startSchedule", "2024-01-17T19:05:00+01:00")
    naive = changed("chargingSchedule.0.startSchedule", "2024-01-17T18:05:00")
    expected = [{"start_s": 0, "limit": 32.0, "phases": 3}, {"start_s": 300, "limit": 16.0, "phases": 3}]
    assert answer(east)["periods"] == answer(naive)["periods"] == expected
    assert answer(naive, now="2024-01-17T13:00:00-05:00")["periods"] == expected


def test_transactions_and_profiles_may_be_left_out() -> None:
    bare = {key: value for key, value in request().items() if key not in ("transactions", "profiles")}
    assert json.loads(answer_to_json(question_from_json(json.dumps(bare).encode())))["periods"][0]["limit"] == 32


def test_the_station_may_say_its_time_zone_and_the_transaction_what_is_known_of_it() -> None:
    local = changed("chargingSchedule.0.useLocalTime", True)
    berlin = {**STATION, "time_zone": "Europe/Berlin"}
    assert [one["limit"] for one in answer(local, station=berlin, duration_s=7200)["periods"]] == [16]
    assert [one["limit"] for one in answer(local, duration_s=7200)["periods"]] == [16]
    assert answer(local, station=berlin, now="2024-01-17T16:59:50Z")["periods"][1]["start_s"] == 10
    capped = changed("chargingSchedule.0.limitAtSoC", {"soc": 80, "limit": 6})
    running = {"evse_id": 1, "transaction_id": "t-1", "start": "2024-01-17T17:55:00Z", "soc": 81, "priority": True}
    assert answer(capped, transactions=[{**running, "delay_seed": 1}])["periods"][0]["limit"] == 6
    assert answer(changed("maxOfflineDuration", 60), offline_s=61)["periods"][0]["limit"] == 32


def test_what_only_21_knows_is_told_where_a_profile_has_it() -> None:
    period = {"startPeriod": 0, "limit": 16, "setpoint": 20, "dischargeLimit": -6, "operationMode": "CentralSetpoint"}
    each = {"startPeriod": 60, "limit": 16, "limit_L2": 8}
    profile = changed("chargingSchedule.0.chargingSchedulePeriod", [period, each])
    assert answer(profile)["periods"] == [
        {
            "start_s": 0,
            "limit": 16,
            "phases": 3,
            "setpoint": 16,
            "discharge_limit": -6,
            "operation_mode": "CentralSetpoint",
        },
        {"start_s": 60, "limit": 16, "limit_L2": 8, "limit_L3": 16, "phases": 3},
    ]


def test_which_phase_is_used_makes_no_period_of_its_own() -> None:
    first = {"startPeriod": 0, "limit": 16, "numberPhases": 1, "phaseToUse": 1}
    second = {"startPeriod": 60, "limit": 16, "numberPhases": 1, "phaseToUse": 2}
    profile = changed("chargingSchedule.0.chargingSchedulePeriod", [first, second])
    assert answer(profile)["periods"] == [{"start_s": 0, "limit": 16, "phases": 1}]


OLD = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]},
}


def test_in_16_a_tx_profile_may_name_no_transaction_and_a_later_one_takes_its_place() -> None:
    assert answer(OLD, version="1.6")["periods"][0]["limit"] == 10
    later = changed("chargingSchedule.chargingSchedulePeriod.0.limit", 8, changed("chargingProfileId", 2, OLD))
    assert answer(OLD, later, version="1.6")["periods"][0]["limit"] == 8
    named = {**OLD, "transactionId": 1}
    running = [{"evse_id": 1, "transaction_id": "1", "start": "2024-01-17T17:55:00Z"}]
    assert answer(named, version="1.6", transactions=running)["periods"][0]["limit"] == 10


def test_a_schedule_of_16_may_have_an_id_though_16_has_none() -> None:
    assert answer(changed("chargingSchedule.id", 0, OLD), version="1.6")["periods"][0]["limit"] == 10


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("now", "2024-01-17T18:00:00", f"$.now: {TIME}, with an offset"),
        ("now", "soon", f"$.now: {TIME}"),
        ("now", None, "$.now: a value is expected, the field is missing"),
        ("now", "9998-01-17T18:00:00Z", "$.now: a year from 1970 to 9000 is expected, not 9998"),
        ("nw", 1, "$.nw: no such field is expected"),
        ("version", "2.2", "$.version: 1.6, 2.0.1 or 2.1 is expected, not '2.2'"),
        ("evse_id", 3, "$.evse_id: 0 to 2 is expected, there is no EVSE 3"),
        ("evse_id", -1, "$.evse_id: expected `int` >= 0"),
        ("duration_s", -1, "$.duration_s: expected `int` >= 0"),
        ("duration_s", 10**9, "$.duration_s: expected `int` <= 31622400"),
        ("duration_s", 1.5, "$.duration_s: expected `int`, got `float`"),
        ("unit", "kW", "$.unit: W or A is expected, not 'kW'"),
        ("station.evses", 0, "$.station.evses: expected `int` >= 1"),
        ("station.max_current_a", 0, "$.station.max_current_a: expected `float` > 0.0"),
        ("station.phases", 4, "$.station.phases: expected `int` <= 3"),
        (
            "station.time_zone",
            "Mars",
            "$.station.time_zone: the name of a time zone is expected, such as Europe/Berlin, not 'Mars'",
        ),
        ("transactions.0.evse_id", 3, "$.transactions[0].evse_id: 1 to 2 is expected, there is no EVSE 3"),
        ("transactions.0.start", "2024", f"$.transactions[0].start: {TIME}"),
        ("profiles.0.evse_id", 3, "$.profiles[0]: cannot be installed, InvalidValue: there is no EVSE 3"),
        ("profiles.0.profile", 5, "$.profiles[0].profile: expected `object`, got `int`"),
        ("offline_s", -1, "$.offline_s: expected `float` >= 0.0"),
    ],
)
def test_a_wrong_request_gets_its_path_and_what_was_expected(path: str, value: Any, why: str) -> None:
    assert refusal(changed(path, value, request(DEFAULT))) == why


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("stackLevel", -1, ".stackLevel: expected `int` >= 0"),
        ("stackLevel", None, ".stackLevel: a value is expected, the field is missing"),
        ("chargingSchedule.0.startSchedule", "soon", f".chargingSchedule[0].startSchedule: {TIME}"),
        ("chargingSchedule", {}, ".chargingSchedule: expected `array`, got `object`"),
        ("chargingSchedule.0.limt", 1, ".chargingSchedule[0].limt: no such field is expected"),
        ("chargingProfileKind", "X", ".chargingProfileKind: Absolute, Recurring, Relative or Dynamic is expected, not 'X'"),
        ("transactionId", 5, ".transactionId: expected `str`, got `int`"),
    ],
)
def test_a_wrong_profile_gets_its_path_and_what_was_expected(path: str, value: Any, why: str) -> None:
    assert refusal(request(changed(path, value))).startswith(f"$.profiles[0].profile{why}")


def test_a_profile_that_is_nested_too_deeply_is_told() -> None:
    deep = json.dumps(request({"customData": "here"})).replace('"here"', "[" * 700 + "]" * 700)
    assert refusal(deep.encode()).startswith("$.profiles[0].profile: a charging profile is expected: ")


def test_a_period_of_201_has_a_limit_and_one_of_21_may_have_none() -> None:
    silent = changed("chargingSchedule.0.chargingSchedulePeriod.0.limit", None)
    path = "$.profiles[0].profile.chargingSchedule[0].chargingSchedulePeriod[0].limit"
    assert refusal(request(silent, version="2.0.1")) == f"{path}: a value is expected, the field is missing"
    assert answer(silent)["periods"][0]["limit"] == 32
    assert answer(DEFAULT, version="2.0.1")["periods"][0]["limit"] == 16


def test_a_number_that_16_does_not_bound_and_21_does_gets_its_path_in_the_words_of_16() -> None:
    many = changed("chargingSchedule.chargingSchedulePeriod.0.numberPhases", 4, OLD)
    path = "$.profiles[0].profile.chargingSchedule.chargingSchedulePeriod[0].numberPhases"
    assert refusal(request(many, version="1.6")) == f"{path}: expected `int` <= 3"
    assert "$.profiles[0].profile: expected `object`" in refusal(request([], version="1.6"))
    purpose = changed("chargingProfilePurpose", "ChargingStationMaxProfile", OLD)
    assert "ChargePointMaxProfile, TxDefaultProfile or TxProfile is expected" in refusal(request(purpose, version="1.6"))


@pytest.mark.parametrize(
    ("profiles", "why"),
    [
        ([changed("chargingProfilePurpose", "TxProfile")], "[0]: cannot be installed, MissingParam: "),
        ([DEFAULT, changed("id", 2)], "[1]: cannot be installed, DuplicateProfile: "),
        ([changed("chargingSchedule.0.startSchedule", None)], "[0]: cannot be installed, InvalidSchedule: "),
    ],
)
def test_a_set_that_could_not_be_installed_gets_its_reason_code(profiles: list[Any], why: str) -> None:
    assert refusal(request(*profiles)).startswith(f"$.profiles{why}")


def test_in_16_a_tx_profile_without_a_transaction_is_refused() -> None:
    assert "TxNotFound" in refusal(request(OLD, version="1.6", transactions=[]))


def test_the_same_id_on_several_evses_is_what_many_stations_have_and_in_its_own_place_the_later_holds() -> None:
    both = request(DEFAULT, changed("chargingSchedule.0.chargingSchedulePeriod.0.limit", 10))
    both["profiles"].append({"evse_id": 2, "profile": DEFAULT})
    question = question_from_json(json.dumps({**both, "evse_id": 0}).encode())
    assert [limit.limit for _, limit in question.limits()] == [(26,)]


def test_one_evse_has_one_transaction() -> None:
    twice = request()["transactions"] * 2
    why = "$.transactions[1].evse_id: one transaction for each EVSE is expected, EVSE 1 has two"
    assert refusal(request(transactions=twice)) == why


def test_the_ends_of_the_calendar_are_reached_by_nothing() -> None:
    schedule = {"startPeriod": 10**15, "limit": 8}
    far = changed("chargingSchedule.0.chargingSchedulePeriod", [{"startPeriod": 0, "limit": 16}, schedule])
    for start in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-01-17T18:00:00Z"):
        wire = changed("chargingSchedule.0.startSchedule", start, far)
        for more in ({}, {"duration": 10**15}, {"useLocalTime": True}):
            wire["chargingSchedule"][0].update(more)
            assert answer(wire)["periods"][0]["limit"] in (16, 32)
            recurring = {**wire, "chargingProfileKind": "Recurring", "recurrencyKind": "Weekly"}
            assert answer(recurring, now="1970-01-01T00:00:00Z")["periods"][0]["limit"] == 16


_VALUES = [None, True, -1, 0, 1.5, 10**20, "", "A", "2024-01-17T18:00:00", [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("seed", range(300))
def test_whatever_stands_in_a_request_it_is_answered_or_refused(seed: int) -> None:
    draw = random.Random(seed)
    wire: Any = json.loads(json.dumps(request(DEFAULT, version=draw.choice(("1.6", "2.0.1", "2.1")))))
    if draw.random() < 0.3:
        wire["profiles"][0]["profile"] = json.loads(json.dumps(OLD))
    for _ in range(draw.randint(1, 3)):
        place = wire
        while True:
            inner = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw.choice(inner) if inner else None
            if key is None or not isinstance(place[key], dict | list) or draw.random() < 0.2:
                break
            place = place[key]
        if key is not None:
            place[key] = json.loads(json.dumps(draw.choice(_VALUES)))
    with suppress(ConfigError):
        assert b"periods" in answer_to_json(question_from_json(json.dumps(wire).encode()))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 5000])
def test_what_is_no_json_is_told(text: bytes) -> None:
    assert refusal(text).startswith("$: ")
