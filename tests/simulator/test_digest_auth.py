"""The simulated meter's password, asked by a client that others wrote and by the station's driver."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from ladewerk.clock import LoopClock
from ladewerk.simulator.app import Simulator
from ladewerk.simulator.config import MeterConfig, SimulatorConfig, on_free_ports
from ladewerk.station.drivers.shelly import open_shelly

Play = Callable[..., None]
STATUS = "/rpc/EM.GetStatus?id=0"


def locked(firmware: str = "1.4.4") -> SimulatorConfig:
    meter = msgspec.convert({"password": "secret", "firmware": firmware}, MeterConfig)
    return msgspec.structs.replace(on_free_ports(SimulatorConfig()), meter=meter)


def client(simulator: Simulator, password: str | None) -> httpx.AsyncClient:
    auth = None if password is None else httpx.DigestAuth("admin", password)
    return httpx.AsyncClient(base_url=simulator.meter_url, auth=auth, timeout=5.0, trust_env=False)


def test_what_it_is_it_tells_everybody_and_the_rest_to_who_knows_the_password(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator, None) as http:
            for path in ("/shelly", "/rpc/Shelly.GetDeviceInfo"):
                told = (await http.get(path)).json()
                assert (told["auth_en"], told["auth_domain"]) == (True, "shellypro3em-a0dd6c9e4f10")
            refused = await http.get(STATUS)
            assert refused.status_code == 401
            assert 'realm="shellypro3em-a0dd6c9e4f10"' in refused.headers["www-authenticate"]
            assert (
                await http.post("/rpc", json={"id": 1, "method": "EM.GetStatus", "params": {"id": 0}})
            ).status_code == 401
        async with client(simulator, "secret") as http:
            assert (await http.get(STATUS)).status_code == 200
            frame = {"id": 1, "method": "EM.GetStatus", "params": {"id": 0}}
            assert (await http.post("/rpc", json=frame)).json()["result"]["id"] == 0
        async with client(simulator, "guess") as http:
            assert (await http.get(STATUS)).status_code == 401

    play(scenario, locked())


def test_an_authorization_is_good_once_and_for_its_path(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator, "secret") as http:
            used = (await http.get(STATUS)).request.headers["authorization"]
        async with client(simulator, None) as http:
            assert (await http.get(STATUS, headers={"authorization": used})).status_code == 401
        async with client(simulator, "secret") as http:
            await http.get(STATUS)
            http.auth = None  # type: ignore[assignment]
            for bad in ("Digest", "Digest nonce", used.replace("nc=", "nc=x"), used.replace("EM.GetStatus", "EM.SetConfig")):
                assert (await http.get(STATUS, headers={"authorization": bad})).status_code == 401

    play(scenario, locked())


def test_a_nonce_lives_an_hour_and_dies_with_a_restart(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator, "secret") as http:
            assert len((await http.get(STATUS)).history) == 1
            assert len((await http.get(STATUS)).history) == 0
            await asyncio.sleep(3601)
            assert len((await http.get(STATUS)).history) == 1
            simulator.world.meter.reboot(simulator.world.at_s)
            assert len((await http.get(STATUS)).history) == 1

    play(scenario, locked())


async def fill_the_table(simulator: Simulator) -> None:
    async with client(simulator, None) as http:
        statuses = [(await http.get(STATUS)).status_code for _ in range(33)]
    assert statuses[-1] == 429


def test_firmware_2_answers_429_for_two_seconds_once_32_nonces_are_out(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await fill_the_table(simulator)
        async with client(simulator, "secret") as http:
            assert (await http.get(STATUS)).status_code == 429
            await asyncio.sleep(2.1)
            assert (await http.get(STATUS)).status_code == 200

    play(scenario, locked("2.0.0"))


def test_firmware_2_stays_locked_for_who_replays_a_dead_nonce(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await fill_the_table(simulator)
        dead = 'Digest username="admin", nonce="1", uri="/rpc", nc=00000001, cnonce="x", response="y"'
        async with client(simulator, None) as http:
            for _ in range(5):
                await asyncio.sleep(1.5)
                assert (await http.get(STATUS, headers={"authorization": dead})).status_code == 429

    play(scenario, locked("2.0.0"))


def test_firmware_1_keeps_as_many_nonces_as_it_is_asked_for(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator, None) as http:
            statuses = {(await http.get(STATUS)).status_code for _ in range(100)}
        assert statuses == {401}

    play(scenario, locked())


def test_the_driver_comes_through_while_others_fill_the_table(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        async with open_shelly(simulator.meter_url, clock=clock, password="secret") as meter:
            for _ in range(3):
                await fill_the_table(simulator)
                assert (await meter.read()).voltage_v[0] == pytest.approx(230, abs=1)

    play(scenario, locked("2.0.0"))


def test_an_hour_of_readings_takes_one_nonce(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        async with open_shelly(simulator.meter_url, clock=clock, password="secret") as meter:
            for _ in range(59):
                await meter.read()
                await asyncio.sleep(60)
            async with client(simulator, None) as http:
                challenge = (await http.get(STATUS)).headers["www-authenticate"]
        assert 'nonce="2"' in challenge

    play(scenario, locked("2.0.0"))
