"""The Shelly in the grid connection, over HTTP."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ladewerk.simulator.app import Simulator
from ladewerk.simulator.config import SimulatorConfig, SiteMeterConfig, UnitConfig, on_free_ports
from ladewerk.simulator.vehicle_settings import VehicleChange

Play = Callable[..., None]
PAIR = {"left": UnitConfig(), "right": UnitConfig(vehicle=VehicleChange(phases=1))}
CONFIG = on_free_ports(SimulatorConfig(time_zone="UTC", site_meter=SiteMeterConfig(), units=PAIR))


async def told(simulator: Simulator, method: str) -> dict[str, Any]:
    assert simulator.site_meter_url is not None
    async with httpx.AsyncClient(base_url=simulator.site_meter_url, trust_env=False) as http:
        answer: dict[str, Any] = (await http.get(f"/rpc/{method}?id=0")).json()
    return answer


def test_it_reads_house_roof_and_vehicles_phase_by_phase(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        site = simulator.site()
        site.set_house(household_w=3000, pv_w=0)
        for unit in site.units.values():
            unit.plug_in()
        await asyncio.sleep(60)
        status = await told(simulator, "EM.GetStatus")
        shown = [status[f"{phase}_act_power"] for phase in "abc"]
        assert shown == pytest.approx([1000 + 2 * 16 * 230, 1000 + 16 * 230, 1000 + 16 * 230], rel=0.01)
        simulator.site().set_house(household_w=3000, pv_w=30_000)
        status = await told(simulator, "EM.GetStatus")
        assert status["total_act_power"] == pytest.approx(simulator.site().grid_w, rel=0.01)
        assert status["b_act_power"] < 0 < status["b_current"]

    play(scenario, CONFIG)


def test_it_counts_what_flows_in_and_out_apart(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.site().set_house(household_w=0, pv_w=6000)
        simulator.site().look()
        before = await told(simulator, "EMData.GetStatus")
        await asyncio.sleep(1800)
        simulator.site().set_house(household_w=900, pv_w=0)
        simulator.site().look()
        await asyncio.sleep(1860)
        after = await told(simulator, "EMData.GetStatus")
        drawn_wh = {key: after[key] - before[key] for key in ("total_act", "total_act_ret")}
        assert drawn_wh["total_act_ret"] == pytest.approx(3000, rel=0.01)
        assert drawn_wh["total_act"] == pytest.approx(450, rel=0.1)

    play(scenario, CONFIG)


def test_what_the_vehicles_drew_is_counted_exactly(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.site().set_house(household_w=0, pv_w=0)
        simulator.site().look()
        simulator.site().units["right"].plug_in()
        before = await told(simulator, "EMData.GetStatus")
        await asyncio.sleep(3599)
        site = simulator.site()
        while site.at.second:  # the counters advance with the minute
            await asyncio.sleep(60 - site.at.second - site.at.microsecond / 1e6)
            site = simulator.site()
        after = await told(simulator, "EMData.GetStatus")
        assert after["a_total_act_energy"] - before["a_total_act_energy"] == pytest.approx(
            site.units["right"].drawn_wh, abs=70
        )
        assert after["b_total_act_energy"] == before["b_total_act_energy"]

    play(scenario, CONFIG)
