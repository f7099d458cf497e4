import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from ladewerk.clock import ManualClock
from ladewerk.errors import ConfigError
from ladewerk.simulator.app import Simulator, build_world, running_simulator
from ladewerk.simulator.config import EventConfig, LockConfig, SimulatorConfig, on_free_ports
from ladewerk.simulator.world import Sample

Play = Callable[..., None]
START = datetime(2026, 1, 5, 16, 40, tzinfo=UTC)


def test_the_world_follows_the_clock(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        assert simulator.world.at == START
        await asyncio.sleep(3600)
        assert simulator.world.at == START + timedelta(hours=1)

    play(scenario)


def test_a_wall_clock_that_is_set_moves_nothing() -> None:
    async def scene() -> None:
        clock = ManualClock(START)
        async with running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator:
            clock.jump(-7200)
            clock.advance(60)
            assert simulator.world.at == START + timedelta(seconds=60)

    asyncio.run(scene())


def test_events_of_the_configuration_happen_in_time(play: Play) -> None:
    config = SimulatorConfig(
        meter_port=0,
        pins_port=0,
        panel_port=0,
        serial_link=None,
        time_zone="UTC",
        events=(EventConfig(at="17:40", do="plug in"), EventConfig(at="18:40", do="unplug")),
    )

    async def scenario(simulator: Simulator) -> None:
        samples: list[Sample] = []
        simulator.samples.connect(samples.append)
        await asyncio.sleep(3 * 3600)
        assert not simulator.world.vehicle.plugged
        plugged = [sample.at for sample in samples if sample.pilot != "A"]
        assert plugged[0] == START + timedelta(hours=1)
        assert plugged[-1] == START + timedelta(hours=2)  # the minute's sample, before the plug is pulled

    play(scenario, config)


def test_a_port_in_use_stops_the_start_and_leaves_nothing_behind(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        port = urlsplit(simulator.panel_url).port
        assert port is not None
        config = SimulatorConfig(meter_port=0, pins_port=0, panel_port=port, serial_link=None)
        with pytest.raises(ConfigError, match=r"^panel_port: .* in use"):
            async with running_simulator(config, ManualClock(START)):
                raise AssertionError

    play(scenario)


def test_settings_are_checked_before_anything_starts() -> None:
    async def scene() -> None:
        with pytest.raises(ConfigError, match=r"^lock:"):
            async with running_simulator(SimulatorConfig(lock=LockConfig(unlock_pin=23)), ManualClock(START)):
                raise AssertionError

    asyncio.run(scene())


def test_how_often_one_looks_changes_nothing() -> None:
    nights = []
    for every_s in (1, 47_000):
        world = build_world(SimulatorConfig(time_zone="UTC"), START)
        world.plug_in()
        for second in range(every_s, 47_001, every_s):
            world.advance_to_s(second)
            world.board.read(1000, 10)
        assert world.vehicle.battery.full
        nights.append(world.sample().drawn_wh)
    assert nights[0] == pytest.approx(nights[1])


def test_the_same_seed_gives_the_same_night() -> None:
    nights: list[list[Sample]] = []
    for seed in (3, 3, 4):
        samples: list[Sample] = []
        world = build_world(SimulatorConfig(seed=seed, time_zone="UTC"), START)
        world.samples.connect(samples.append)
        world.plug_in()
        world.advance_to_s(47_000)
        nights.append(samples)
    assert nights[0] == nights[1] != nights[2]
