"""The sum of a site where the CSMS cannot take back from one vehicle what another one wants."""

import json

import pytest

from tests.chaos.rehearsal import rehearse
from tests.chaos.script import Act, Script

_BROKEN_S = 60.0
_FOR_S = 150.0


@pytest.mark.parametrize("how", ["stall", "cut"])
def test_what_one_station_cannot_be_told_the_vehicle_of_another_does_not_get(how: str) -> None:
    """One vehicle has the whole site; it cannot be told to leave it to the next, which is in a hurry and has to wait."""
    patient = {"mode": "shortest", "energy_wh": 20_000, "hours": 8.0}
    urgent = {"mode": "shortest", "energy_wh": 5000, "hours": 0.6}
    script = Script(
        seed=1,
        lasts_s=_BROKEN_S + _FOR_S + 120.0,
        stations={"LW-1": ("north",), "LW-2": ("middle",)},
        cars={"north": {"soc": 0.1}, "middle": {"soc": 0.1}},
        cables_a={"north": 32, "middle": 32},
        versions=("2.1",),
        buttons=(),
        unit={"self_test": "never", "direct_current_a": 10.0, "max_current_a": 16.0, "autostart": True},
        site={"limit_w": 11_000.0, "fallback_a": 0.0},
        acts=(
            Act(at_s=20.0, what="plug in", whom="north", args={}),
            Act(at_s=25.0, what="plug in", whom="middle", args={}),
            Act(at_s=40.0, what="ask", whom="north", args=patient),
            Act(at_s=_BROKEN_S, what=how, whom="LW-1", args={"for_s": _FOR_S}),
            Act(at_s=_BROKEN_S + 10.0, what="ask", whom="middle", args=urgent),
        ),
    )
    verdict = rehearse(script)
    assert verdict.broken == ()
    flows = [line for line in map(json.loads, verdict.record.splitlines()) if line["what"] == "flow"]
    first = {
        unit: next(line["at_s"] for line in flows if line["unit"] == unit and line["current_a"] > 5) for unit in script.cars
    }
    assert first["north"] < _BROKEN_S
    assert _BROKEN_S + _FOR_S < first["middle"] < script.lasts_s
