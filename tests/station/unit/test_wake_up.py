"""A vehicle that sleeps through the end of a pause, and the short pauses that wake it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from ladewerk.simulator.vehicle import WokenBy
from ladewerk.station.config import UnitConfig
from ladewerk.station.unit.actions import Say
from ladewerk.station.unit.state import Phase
from ladewerk.station.unit.wake_up import WakeUp
from tests.station.unit_bench import B, Bench, C


def after_a_pause(**rule: Any) -> Bench:
    """A vehicle that does not notice that a current is offered again."""
    bench = Bench(wake_up=WakeUp(**rule))
    bench.second()
    bench.charging((120, 16.0), (60, 0.0), (7200, 16.0), energy_wh=50_000)
    bench.pilot, bench.drawn_a = B, 0.0
    while bench.phase() is not Phase.WAITING:
        bench.second()
    while bench.phase() is Phase.WAITING:
        bench.second()
    return bench


def attempts(bench: Bench) -> int:
    return len([one for one in bench.actions if isinstance(one, Say) and one.code == "vehicle_woken"])


def test_it_is_woken_by_a_pause_and_left_alone_after_some_attempts() -> None:
    bench = after_a_pause(after_s=60, pause_s=10, attempts=3)
    bench.second(59)
    assert (attempts(bench), bench.state.offer_a) == (0, 16.0)
    bench.second(3)
    assert (attempts(bench), bench.state.offer_a) == (1, 0.0)
    bench.second(11)
    assert bench.state.offer_a == 16.0
    bench.second(1000)
    assert (attempts(bench), bench.state.offer_a) == (3, 16.0)
    assert bench.phase() is Phase.CHARGING


def test_one_that_has_charged_since_the_pause_is_never_disturbed() -> None:
    bench = after_a_pause()
    bench.pilot, bench.drawn_a = C, 15.8
    bench.second(10)
    bench.pilot, bench.drawn_a = B, 0.0
    bench.second(600)
    assert attempts(bench) == 0
    assert bench.state.offer_a == 16.0


def test_one_that_wakes_is_left_alone() -> None:
    bench = after_a_pause(after_s=60, pause_s=10, attempts=3)
    bench.second(75)
    bench.pilot, bench.drawn_a = C, 15.8
    bench.second(300)
    assert attempts(bench) == 1


def test_no_attempts_are_none() -> None:
    bench = after_a_pause(attempts=0)
    bench.second(600)
    assert attempts(bench) == 0


def test_the_settings_reach_the_rule() -> None:
    settings = {
        "evse_id": 1,
        "evse": {"driver": "evse-wb", "device": "/dev/a"},
        "meter": {"driver": "shelly-3em", "url": "http://127.0.0.1:1"},
        "wake_up": {"after_s": 30, "attempts": 1},
    }
    assert msgspec.convert(settings, UnitConfig).rules().wake_up == WakeUp(after_s=30.0, attempts=1)


def test_a_simulated_vehicle_that_fell_asleep_charges_again(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            place.csms.periods = [(0, 16.0), (180, 0.0), (600, 16.0)]
            world = place.simulator.world
            vehicle = world.vehicle
            vehicle.model = replace(vehicle.model, sleeps_after_s=60.0, woken_by=WokenBy.PAUSE, wake_pause_s=5.0)
            await place.until_true(lambda: place.station.link.is_up)
            world.plug_in()
            await place.until("plugged")
            assert (await place.submit(energy_wh=20_000)).status_code == 202
            await place.until("planned")
            await place.press("start")
            await place.until_true(lambda: place.unit()["power_w"] > 3000)
            await place.until("waiting", within_s=400)
            await place.until_true(lambda: vehicle.asleep, within_s=200)
            await place.until_true(lambda: place.unit()["power_w"] > 3000, within_s=800)
            assert "vehicle_woken" in [message["code"] for message in place.station.view()["messages"]]

    paced(scenario)
