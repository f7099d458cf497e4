"""The published outcomes of validating, installing, clearing and updating profiles, one scenario for each.

The data name what happens and what follows, not the profiles: those are in ``scenarios_*``, made from the name of the test.
"""

from collections import Counter

import pytest

from tests.conformance.cases import Json, load
from tests.conformance.outcomes import ACCEPTED, LIBOCPP, LIBOCPP_ALONE, REJECTED, Outcome
from tests.conformance.scenarios_16 import V16
from tests.conformance.scenarios_21 import V21
from tests.conformance.scenarios_201 import V201

SCENARIOS = {
    f"{version}/{name}": scenario
    for version, scenarios in (("2.0.1", V201), ("2.1", V21), ("1.6", V16))
    for name, scenario in scenarios.items()
}
CASES: list[Json] = load("profile_validation.json")


def name_of(case: Json) -> str:
    return f"{case['ocpp']}/{case['test']}"


def test_all_outcomes_are_there() -> None:
    assert Counter(case["ocpp"] for case in CASES) == {"2.0.1": 87, "2.1": 51, "1.6": 50}
    assert {name_of(case) for case in CASES} == set(SCENARIOS) | set(LIBOCPP_ALONE)
    assert not set(SCENARIOS) & set(LIBOCPP_ALONE)


@pytest.mark.parametrize("case", [case for case in CASES if name_of(case) not in LIBOCPP_ALONE], ids=name_of)
def test_what_is_asked_for_has_its_outcome(case: Json) -> None:
    found = SCENARIOS[name_of(case)]()
    outcomes = found if isinstance(found, list) else [found]
    if case["status"]:
        assert [outcome.status for outcome in outcomes] == case["status"]
    if case["reasonCode"]:
        assert [outcome.reason for outcome in outcomes] == case["reasonCode"]
    if case["expected"] and not case["status"]:
        assert [_as_libocpp(outcome, wanted) for outcome, wanted in zip(outcomes, case["expected"], strict=True)] == [
            True for _ in case["expected"]
        ]


def _as_libocpp(outcome: Outcome, wanted: str) -> bool:
    if wanted in ("Valid", "true") or wanted.startswith("not "):
        return outcome == ACCEPTED
    if wanted == "false":
        return outcome.status in (REJECTED, "Unknown")
    return outcome.status == REJECTED and outcome.reason == LIBOCPP[wanted]
