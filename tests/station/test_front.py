"""Buttons and lamps beside the socket of a whole station."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ladewerk.simulator.config import FrontConfig
from ladewerk.station.config import ButtonsConfig, LampsConfig
from ladewerk.station.unit.state import SelfTest

WIRED = FrontConfig()


@pytest.fixture
def place_with_front(place_at: Any) -> Any:
    """A place whose station knows the buttons and lamps of its simulated hardware."""

    def wired(pins_url: str) -> dict[str, object]:
        return {
            "buttons": ButtonsConfig(pins=pins_url, start_pin=WIRED.start_pin, stop_pin=WIRED.stop_pin),
            "lamps": LampsConfig(
                pins=pins_url,
                ready_pin=WIRED.ready_pin,
                charging_pin=WIRED.charging_pin,
                fault_pin=WIRED.fault_pin,
            ),
        }

    # Buttons are looked at twenty times a second: a fast loop gets through half a minute of self-test slowly.
    return lambda folder: place_at(folder, wired=wired, self_test=SelfTest.NEVER)


def lit(place: Any) -> list[str]:
    return [name for name, on in place.simulator.front.lamps().items() if on]


def test_D01_D02_the_buttons_begin_and_end_direct_charging(tmp_path: Path, place_with_front: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_with_front(tmp_path) as place:
            await place.until_true(lambda: lit(place) == ["ready"])
            place.simulator.world.plug_in()
            await place.until("plugged")
            place.simulator.front.press("start")
            await place.until("direct")
            await place.until_true(lambda: lit(place) == ["charging"])
            assert place.simulator.world.board.configured_a == 16
            assert place.csms.needs == []
            place.simulator.front.press("stop")
            await place.until("plugged")
            assert not place.simulator.world.lock.locked
            assert place.simulator.world.board.configured_a == 0
            await place.until_true(lambda: lit(place) == ["ready"])

    paced(scenario)


def test_the_start_button_carries_out_a_plan_that_is_there(tmp_path: Path, place_with_front: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_with_front(tmp_path) as place:
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.submit()
            await place.until("planned")
            place.simulator.front.press("start")
            await place.until("charging")

    paced(scenario)


def test_B14_B15_a_button_without_a_reason_gives_a_hint_and_changes_nothing(
    tmp_path: Path, place_with_front: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_with_front(tmp_path) as place:
            await place.until_true(lambda: lit(place) == ["ready"])
            for button, hint in (("start", "no_vehicle"), ("stop", "nothing_running")):
                place.simulator.front.press(button)
                await place.until_true(
                    lambda hint=hint: hint in [message["code"] for message in place.station.view()["messages"]]
                )
            assert place.unit()["state"] == "idle"

    paced(scenario)


def test_B17_B18_buttons_do_not_clear_a_fault_and_the_lamp_shows_it(
    tmp_path: Path, place_with_front: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_with_front(tmp_path) as place:
            world = place.simulator.world
            world.plug_in()
            await place.until("plugged")
            place.simulator.front.press("start")
            await place.until("direct")
            world.set_faults(msgspec.structs.replace(world.faults, board_silent=True))
            await place.until("fault")
            await place.until_true(lambda: lit(place) == ["fault"])
            for told, button in enumerate(("start", "stop"), start=1):
                place.simulator.front.press(button)
                await place.until_true(
                    lambda told=told: (
                        [message["code"] for message in place.station.view()["messages"]].count("error_latched") == told
                    )
                )
            assert place.unit()["state"] == "fault"

    paced(scenario)
