"""The invariants see what they are for: a station that is set up carelessly does not pass."""

import pytest

from ladewerk.station.config import SafetyConfig
from tests.chaos.rehearsal import rehearse
from tests.chaos.script import Act, Args, Script


def script(fault: Args, **safety: float) -> Script:
    """A car charges, and something breaks."""
    acts = (
        Act(at_s=20.0, what="plug in", whom="north", args={}),
        Act(at_s=40.0, what="direct", whom="north", args={}),
        Act(at_s=100.0, what="fault", whom="north", args={"for_s": 150.0, **fault}),
    )
    return Script(
        seed=1,
        lasts_s=300.0,
        stations={"LW-1": ("north",)},
        cars={"north": {"max_current_a": 32.0}},
        cables_a={"north": 32},
        versions=("2.1",),
        unit={
            "self_test": "never",
            "max_current_a": 16.0,
            "direct_current_a": 10.0,
            "safety": SafetyConfig(**{"meter_silent_s": 30.0, **safety}),
        },
        limit_w=17_250.0,
        acts=acts,
    )


@pytest.mark.parametrize(
    ("fault", "careless", "seen"),
    [
        ({"meter_silent": True}, {"meter_silent_s": 120.0}, "meter"),
        ({"meter_frozen": True}, {"meter_frozen_s": 120.0}, "frozen meter"),
        ({"vehicle_overdraws_a": 5.0}, {"soft_factor": 9.0, "hard_factor": 9.0}, "current"),
    ],
)
def test_a_careless_threshold_is_seen(fault: Args, careless: dict[str, float], seen: str) -> None:
    broken = rehearse(script(fault, **careless)).broken
    assert any(f"north: {seen}:" in line for line in broken), broken


@pytest.mark.parametrize("fault", [{"meter_silent": True}, {"meter_frozen": True}, {"vehicle_overdraws_a": 5.0}])
def test_the_thresholds_as_they_come_are_enough(fault: Args) -> None:
    assert rehearse(script(fault)).broken == ()
