"""Problems from JSON, plans to JSON."""

import json
import random
from typing import Any

import pytest

from ladewerk.errors import PlanError
from ladewerk.optimizer import Mode, plan_to_json, problem_from_json, solve

SMALLEST: dict[str, Any] = {
    "start": "2026-01-05T17:00:00+01:00",
    "slot_s": 900,
    "price_per_kwh": [0.31, 0.22],
    "evs": [{"id": "ev-1", "energy_wh": 2000, "max_current_a": 16}],
}
WHOLE: dict[str, Any] = {
    "start": "2026-01-05T17:00:00+01:00",
    "slot_s": [900, 900, 420],
    "price_per_kwh": [0.31, 0.31, 0.22],
    "currency": "CHF",
    "site": {
        "limit_w": 17250,
        "base_load_w": [800, 950, 700],
        "phase_limit_a": [25, 25, 25],
        "export_price_per_kwh": 0.08,
        "pv_w": [0, 0, 0],
        "peak_price_per_kw": 0.0,
    },
    "evs": [
        {
            "id": "ev-1",
            "mode": "shortest",
            "energy_wh": 20000,
            "arrival": None,
            "departure": "2026-01-06T06:30:00+01:00",
            "min_current_a": 6,
            "max_current_a": 16,
            "phases": [1, 2, 3],
            "voltage_v": 230,
            "priority": 1.0,
            "value_of_time_per_h": 0.10,
            "start_cost": 0.0,
            "current_step_a": None,
            "last_current_a": [0, 0, 0],
        }
    ],
}


def test_the_mandatory_fields_are_enough() -> None:
    problem = problem_from_json(json.dumps(SMALLEST))
    need = problem.evs[0]
    assert problem.slot_s == (900.0, 900.0)
    assert problem.currency == "EUR"
    assert problem.site.limit_w is None
    assert (need.mode, need.min_current_a, need.phases, need.voltage_v) == (Mode.BALANCED, 6.0, (1, 2, 3), 230.0)


def test_every_field_is_read() -> None:
    problem = problem_from_json(json.dumps(WHOLE).encode())
    assert problem.slot_s == (900.0, 900.0, 420.0)
    assert problem.site.limit_w == (17250.0,) * 3
    assert problem.site.base_load_w == (800.0, 950.0, 700.0)
    assert problem.site.phase_limit_a == (25.0, 25.0, 25.0)
    assert problem.evs[0].mode is Mode.SHORTEST
    assert problem.evs[0].last_current_a == (0.0, 0.0, 0.0)


def test_one_number_for_all_needs_the_number_of_slots() -> None:
    flat = {**SMALLEST, "price_per_kwh": 0.3}
    with pytest.raises(PlanError, match=r"\$\.slots: the number of slots is expected"):
        problem_from_json(json.dumps(flat))
    assert problem_from_json(json.dumps({**flat, "slots": 4})).price_per_kwh == (0.3,) * 4


def test_any_series_says_how_many_slots_there_are() -> None:
    problem = {**SMALLEST, "price_per_kwh": 0.3, "site": {"base_load_w": [100, 200, 300]}}
    assert len(problem_from_json(json.dumps(problem)).slot_s) == 3


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"start": "2026-01-05T17:00:00"}, "$.start"),
        ({"start": 5}, "$.start"),
        ({"slot_s": "900"}, "$.slot_s"),
        ({"slot_s": [900, True]}, "$.slot_s[1]"),
        ({"slot_s": [900]}, "$.price_per_kwh"),
        ({"slots": 3}, "$.price_per_kwh"),
        ({"slots": 0}, "$.slots"),
        ({"slot_s": [900, 900], "slots": 3}, "$.slots"),
        ({"price_per_kwh": 0.3, "slots": 10**9}, "$.slots"),
        ({"surprise": 1}, "$.surprise"),
        ({"site": {"limit_kw": 17}}, "$.site.limit_kw"),
        ({"site": {"phase_limit_a": 25}}, "$.site.phase_limit_a"),
        ({"evs": [{"id": "a", "max_current_a": 16}]}, "$.evs[0].energy_wh"),
        ({"evs": [{"id": "a", "energy_wh": 1, "max_current_a": 16, "mode": "fast"}]}, "$.evs[0].mode"),
        ({"evs": [{"id": "a", "energy_wh": -1, "max_current_a": 16}]}, "$.evs[0].energy_wh"),
        ({"evs": [{"id": "a", "energy_wh": 1, "max_current_a": 16, "departure": "tomorrow"}]}, "$.evs[0].departure"),
        ({"site": {"peak_price_per_kw": -3}}, "$.site.peak_price_per_kw"),
    ],
)
def test_bad_input_is_named_with_its_json_path(change: dict[str, Any], path: str) -> None:
    with pytest.raises(PlanError) as refused:
        problem_from_json(json.dumps({**SMALLEST, **change}))
    assert refused.value.path == path
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff\xfe", json.dumps({**SMALLEST, "slot_s": float("nan")}).encode()])
def test_what_is_no_problem_at_all_is_refused(text: bytes) -> None:
    with pytest.raises(PlanError, match=r"^\$"):
        problem_from_json(text)


def test_whatever_is_done_to_a_problem_it_is_read_or_refused_in_one_line() -> None:
    whole = json.dumps({**WHOLE, "timezone": "Europe/Berlin"}).encode()
    for seed in range(1500):
        dice = random.Random(seed)
        text = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            at, other = dice.randrange(len(text)), dice.randrange(len(text))
            change = dice.random()
            if change < 0.4:
                text[at] = dice.randrange(256)
            elif change < 0.7:
                del text[at : at + dice.randint(1, 30)]
            else:
                text[at:at] = text[other : other + dice.randint(1, 40)]
        said = refusal(bytes(text))
        assert said.startswith("$"), seed
        assert said.isprintable(), seed


def refusal(text: bytes) -> str:
    """What is said of ``text``; nothing but where it begins if it is right."""
    try:
        problem_from_json(text)
    except PlanError as refused:
        return str(refused)
    return "$"


def test_the_answer_has_the_promised_form() -> None:
    answer = json.loads(plan_to_json(solve(problem_from_json(json.dumps(SMALLEST)))))
    assert set(answer) == {"evs", "site", "objective", "bound", "gap", "solver", "solve_s"}
    assert set(answer["site"]) == {"power_w", "peak_w"}
    [ev] = answer["evs"]
    names = "id current_a power_w energy_wh missing_wh complete_at cost cost_if_at_once complete_if_at_once reasons summary"
    assert set(ev) == set(names.split())
    assert ev["complete_at"].endswith("+01:00")
    assert ev["energy_wh"] == 2000.0
    assert len(ev["reasons"]) == len(ev["current_a"]) == len(ev["power_w"]) == 2
