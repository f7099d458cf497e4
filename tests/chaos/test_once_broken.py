"""What random scripts have found once, as the shortest script that shows it."""

from tests.chaos.rehearsal import rehearse
from tests.chaos.script import Act, Script


def test_a_plan_that_fails_at_its_beginning_leaves_nothing_behind() -> None:
    """It arrives late, begins by itself, and the meter is silent by then: the transaction ends within the answer."""
    script = Script(
        seed=1,
        lasts_s=200.0,
        stations={"LW-1": ("north",)},
        cars={"north": {}},
        cables_a={"north": 32},
        versions=("2.1",),
        buttons=(),
        unit={"self_test": "never", "direct_current_a": 10.0, "max_current_a": 16.0, "autostart": True},
        site={"limit_w": 17_250.0},
        acts=(
            Act(at_s=20.0, what="plug in", whom="north", args={}),
            Act(at_s=58.5, what="fault", whom="north", args={"meter_silent": True, "for_s": 60.0}),
            Act(at_s=60.0, what="ask", whom="north", args={"mode": "shortest", "energy_wh": 5000, "hours": 4.0}),
            Act(at_s=60.05, what="stall", whom="LW-1", args={"for_s": 20.0}),
        ),
    )
    verdict = rehearse(script)
    assert verdict.broken == ()
    assert '"fault": "meter_silent"' in verdict.record
