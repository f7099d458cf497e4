"""The files for the three terminals describe the evening of the demonstration."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from ladewerk.csms.config import load_config as load_csms
from ladewerk.demo.scenario import Scenario
from ladewerk.simulator.app import build_world
from ladewerk.simulator.config import load_config as load_simulator

EVENING = Path(__file__).parents[2] / "examples" / "evening"
SCENARIO = Scenario(mode="balanced", seed=1)


def test_the_site_is_the_demonstration_s() -> None:
    site = load_csms(EVENING / "csms.toml").site
    assert site is not None
    said = msgspec.json.decode(msgspec.json.encode(site))
    for name, value in SCENARIO.site().items():
        assert said[name] == value


def test_the_expected_load_is_the_house_s_own_forecast() -> None:
    site = load_csms(EVENING / "csms.toml").site
    assert site is not None
    house = build_world(load_simulator(EVENING / "simulator.toml"), SCENARIO.start).household
    forecast = house.forecast(SCENARIO.start, SCENARIO.depart_at + timedelta(hours=2))
    assert [step.start_at for step in site.base_load] == [segment.start for segment in forecast.segments()]
    assert [step.power_w for step in site.base_load] == pytest.approx([s.value for s in forecast.segments()], abs=0.5)
