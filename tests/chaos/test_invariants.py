"""The invariants see what they are for: a station or a site that is set up carelessly does not pass."""

from dataclasses import replace

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
        buttons=(),
        unit={
            "self_test": "never",
            "max_current_a": 16.0,
            "direct_current_a": 10.0,
            "safety": SafetyConfig(**{"meter_silent_s": 30.0, **safety}),
        },
        site={"limit_w": 17_250.0},
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


@pytest.mark.parametrize(("fallback_a", "seen"), [(16.0, True), (None, False)])
@pytest.mark.parametrize("version", ["2.1", "1.6"])
def test_more_than_the_site_has_is_seen(version: str, fallback_a: float | None, *, seen: bool) -> None:
    """Nothing breaks; but what the units may draw without a plan is more than there is, by order of the operator."""
    site: Args = {"limit_w": 4500.0, "fallback_a": fallback_a}
    careless = replace(script({}), site=site, versions=(version,))
    assert bool([line for line in rehearse(careless).broken if "site: site limit:" in line]) is seen
