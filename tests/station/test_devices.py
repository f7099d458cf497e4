"""The whole station on devices that drop, forget and lie: what the car gets meanwhile, and what the operator is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ladewerk.simulator.app import Simulator
from ladewerk.simulator.bridge import Framing
from ladewerk.simulator.config import BoardConfig, MeterConfig, SimulatorConfig

ORDERED_A = 10.0


async def charge_directly(place: Any) -> None:
    """At :data:`ORDERED_A`, until the car takes it."""
    place.simulator.world.plug_in()
    await place.until("plugged")
    await place.press("direct")
    await place.until("direct")
    await place.until_true(lambda: place.simulator.world.vehicle.current_a == pytest.approx(ORDERED_A, abs=0.5))


def breaks(simulator: Simulator, **faults: object) -> None:
    simulator.world.set_faults(msgspec.structs.replace(simulator.world.faults, **faults))


@pytest.fixture(params=["rtu", "modbus-tcp"])
def bridge(request: pytest.FixtureRequest) -> Framing:
    framing: Framing = request.param
    return framing


def test_a_bridge_that_is_away_for_some_seconds_costs_nothing(
    tmp_path: Path, place_at: Any, paced: Callable[..., None], bridge: Framing
) -> None:
    async def scenario() -> None:
        hardware = SimulatorConfig(board=BoardConfig(bridge=bridge))
        async with place_at(tmp_path, hardware=hardware, direct_current_a=ORDERED_A) as place:
            await charge_directly(place)
            seen_s = place.clock.monotonic()
            breaks(place.simulator, bridge_refuses=True)
            await place.until_true(lambda: place.clock.monotonic() > seen_s + 6)
            breaks(place.simulator, bridge_refuses=False)
            await place.until_true(lambda: place.clock.monotonic() > seen_s + 30)
            assert place.unit()["state"] == "direct"
            assert place.simulator.world.vehicle.current_a == pytest.approx(ORDERED_A, abs=0.5)

    paced(scenario)


def test_a_bridge_that_stays_away_ends_in_a_fault_and_takes_the_current_when_it_is_back(
    tmp_path: Path, place_at: Any, paced: Callable[..., None], bridge: Framing
) -> None:
    async def scenario() -> None:
        hardware = SimulatorConfig(board=BoardConfig(bridge=bridge))
        async with place_at(tmp_path, hardware=hardware, direct_current_a=ORDERED_A) as place:
            await charge_directly(place)
            breaks(place.simulator, bridge_refuses=True)
            await place.until("fault", within_s=60)
            breaks(place.simulator, bridge_refuses=False)
            await place.until_true(lambda: place.simulator.world.vehicle.current_a == 0, within_s=15)
            assert place.simulator.world.board.configured_a == 0

    paced(scenario)


def test_a_board_that_loses_its_supply_while_charging_gets_its_current_back_with_the_next_look(
    tmp_path: Path, place_at: Any, paced: Callable[..., None]
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, direct_current_a=ORDERED_A) as place:
            await charge_directly(place)
            board = place.simulator.world.board
            board.power_cycle()
            place.simulator.world.settle()
            assert board.configured_a == 32  # as it comes
            await place.until_true(lambda: board.configured_a == ORDERED_A, within_s=place.config.station.poll_s + 2)
            assert place.unit()["state"] == "direct"

    paced(scenario)


def test_a_board_that_loses_its_supply_while_nothing_charges_offers_nothing_again(
    tmp_path: Path, place_at: Any, paced: Callable[..., None]
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            place.simulator.world.plug_in()
            await place.until("plugged")
            board = place.simulator.world.board
            board.power_cycle()
            place.simulator.world.settle()
            await place.until_true(lambda: board.configured_a == 0, within_s=place.config.station.poll_s + 2)

    paced(scenario)


def test_a_clamp_the_wrong_way_round_ends_the_charging(tmp_path: Path, place_at: Any, paced: Callable[..., None]) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, direct_current_a=ORDERED_A) as place:
            await charge_directly(place)
            breaks(place.simulator, meter_reversed_phases=("b",))
            await place.until("fault", within_s=60)
            assert place.simulator.world.board.configured_a == 0

    paced(scenario)


@pytest.mark.parametrize("meter", [MeterConfig(), MeterConfig(profile="monophase")], ids=["three phases", "one phase each"])
def test_counters_reset_by_others_change_no_transaction(
    tmp_path: Path, place_at: Any, paced: Callable[..., None], meter: MeterConfig
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, hardware=SimulatorConfig(meter=meter), direct_current_a=ORDERED_A) as place:
            await charge_directly(place)
            await place.until_true(lambda: place.unit()["session_energy_wh"] > 200, within_s=900)
            place.simulator.world.meter.reset()
            await place.until_true(lambda: place.unit()["session_energy_wh"] > 500, within_s=1800)
            await place.press("stop")
            await place.until("plugged")
            await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
            drawn_wh = place.simulator.world.sample().drawn_wh
            registers_wh = [
                value.value
                for event in place.csms.events
                for one in event.meter_value or ()
                for value in one.sampled_value
                if value.measurand == "Energy.Active.Import.Register"
            ]
            assert registers_wh == sorted(registers_wh)
            minute_wh = 3 * 230 * ORDERED_A / 60
            # A minute may be lost at the reset, and another is not yet counted at the end; looks are 63 s apart at times.
            assert drawn_wh - 2.2 * minute_wh <= registers_wh[-1] - registers_wh[0] <= drawn_wh * 1.003

    paced(scenario)
