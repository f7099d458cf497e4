import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from ladewerk.simulator.app import Simulator
from ladewerk.simulator.config import MeterConfig, SimulatorConfig
from ladewerk.simulator.faults import Faults

Play = Callable[..., None]


@asynccontextmanager
async def client(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulator.meter_url, timeout=5.0, trust_env=False) as http:
        yield http


async def status(http: httpx.AsyncClient) -> dict[str, float | None]:
    answer: dict[str, float | None] = (await http.get("/rpc/EM.GetStatus?id=0")).json()
    return answer


async def registers(http: httpx.AsyncClient) -> dict[str, float]:
    answer: dict[str, float] = (await http.get("/rpc/EMData.GetStatus?id=0")).json()
    return answer


async def charge(simulator: Simulator) -> None:
    simulator.world.plug_in()
    await asyncio.sleep(30)
    assert simulator.world.vehicle.current_a == 16


def test_status_has_the_names_and_units_of_the_real_one(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await charge(simulator)
        async with client(simulator) as http:
            told = await status(http)
        names = ("current", "voltage", "act_power", "aprt_power", "pf", "freq")
        sums = ("n_current", "total_current", "total_act_power", "total_aprt_power", "user_calibrated_phase")
        assert set(told) == {"id", *sums, *(f"{phase}_{name}" for phase in "abc" for name in names)}
        for phase in "abc":
            assert told[f"{phase}_current"] == pytest.approx(16, rel=0.01)
            assert told[f"{phase}_voltage"] == pytest.approx(230, abs=1)
            assert told[f"{phase}_act_power"] == pytest.approx(3680, rel=0.01)
        assert told["total_act_power"] == pytest.approx(11_040, rel=0.01)

    play(scenario)


def test_registers_advance_once_a_minute(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await charge(simulator)
        seen = []
        async with client(simulator) as http:
            for _ in range(13):
                seen.append((await registers(http))["total_act"])
                await asyncio.sleep(10)
        steps = [b - a for a, b in itertools.pairwise(seen) if b != a]
        assert len(steps) == 2
        assert steps[1] == pytest.approx(11_040 / 60, rel=0.01)

    play(scenario)


def test_a_meter_begins_with_what_it_has_counted_before(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            told = await registers(http)
        assert told == {
            "id": 0,
            **{f"{phase}_total_act_energy": 1000.5 for phase in "abc"},
            **{f"{phase}_total_act_ret_energy": 0.0 for phase in "abc"},
            "total_act": 3001.5,
            "total_act_ret": 0.0,
        }

    config = SimulatorConfig(
        meter_port=0, pins_port=0, panel_port=0, serial_link=None, meter=MeterConfig(register_wh=1000.5)
    )
    play(scenario, config)


def test_reset_counters_answers_null_and_starts_again_at_0(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            answer = await http.post("/rpc/EMData.ResetCounters", json={"id": 0})
            assert (answer.status_code, answer.text) == (200, "null")
            assert (await registers(http))["total_act"] == 0

    play(scenario)


def test_all_three_ways_of_asking_give_the_same_answer(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            by_get = (await http.get("/rpc/EM.GetStatus", params={"id": 0})).json()
            by_post = (await http.post("/rpc/EM.GetStatus", json={"id": 0})).json()
            frame = {"id": 17, "src": "me", "method": "EM.GetStatus", "params": {"id": 0}}
            by_frame = (await http.post("/rpc", json=frame)).json()
        assert by_get == by_post == by_frame["result"]
        assert (by_frame["id"], by_frame["src"]) == (17, "shellypro3em-a0dd6c9e4f10")

    play(scenario)


def test_it_says_what_it_is(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            info = (await http.get("/rpc/Shelly.GetDeviceInfo")).json()
            assert (await http.get("/shelly")).json() == info
        assert (info["app"], info["gen"], info["profile"], info["auth_en"]) == ("Pro3EM", 2, "triphase", False)

    play(scenario)


def test_each_connection_is_closed_after_its_answer(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            assert (await http.get("/shelly")).headers["connection"] == "close"

    play(scenario)


@pytest.mark.parametrize(
    ("target", "status_code", "code"),
    [
        ("EM.ResetCounters?id=0", 404, 404),  # the call that never existed
        ("EM1.GetStatus?id=0", 404, 404),  # the other profile's
        ("EM.GetStatus", 500, -103),
        ("EM.GetStatus?id=1", 500, -105),
    ],
)
def test_errors_come_bare_or_in_the_frame(play: Play, target: str, status_code: int, code: int) -> None:
    async def scenario(simulator: Simulator) -> None:
        method, _, query = target.partition("?")
        params = {"id": int(query.removeprefix("id="))} if query else {}
        async with client(simulator) as http:
            bare = await http.get(f"/rpc/{target}")
            framed = await http.post("/rpc", json={"id": 1, "method": method, "params": params})
        assert (bare.status_code, bare.json()["code"]) == (status_code, code)
        assert (framed.status_code, framed.json()["error"]) == (200, bare.json())

    play(scenario)


@pytest.mark.parametrize(("path", "body"), [("/rpc", b"{"), ("/rpc", b'{"id":1}'), ("/rpc/EM.GetStatus", b"[1]")])
def test_what_is_no_request_is_refused(play: Play, path: str, body: bytes) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            answer = await http.post(path, content=body)
        assert answer.status_code >= 400
        assert answer.json()["code"] == -103

    play(scenario)


def test_other_paths_are_not_found(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            assert (await http.get("/status")).status_code == 404
            assert (await http.get("/rpc")).status_code == 404

    play(scenario)


# Faults


def test_a_silent_meter_takes_the_request_and_never_answers(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(Faults(meter_silent=True))
        async with client(simulator) as http:
            with pytest.raises(httpx.ReadTimeout):
                await status(http)
            simulator.world.set_faults(Faults())
            assert (await status(http))["id"] == 0

    play(scenario)


def test_a_meter_can_break_every_connection_off(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(Faults(meter_refuses=True))
        async with client(simulator) as http:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await status(http)

    play(scenario)


def test_a_frozen_meter_repeats_itself_until_it_thaws(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            simulator.world.set_faults(Faults(meter_frozen=True))
            before, counted = await status(http), await registers(http)
            await charge(simulator)
            await asyncio.sleep(120)
            assert (await status(http), await registers(http)) == (before, counted)
            simulator.world.set_faults(Faults())
            assert (await status(http))["total_act_power"] == pytest.approx(11_040, rel=0.01)
            assert (await registers(http))["total_act"] > counted["total_act"]

    play(scenario)


def test_a_phase_can_be_null(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await charge(simulator)
        simulator.world.set_faults(Faults(meter_null_phases=("b",)))
        async with client(simulator) as http:
            told = await status(http)
        assert [told[f"{phase}_act_power"] is None for phase in "abc"] == [False, True, False]
        assert told["total_act_power"] == pytest.approx(2 * 3680, rel=0.01)

    play(scenario)


def test_a_reversed_clamp_and_errors_are_told_as_the_device_does(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await charge(simulator)
        simulator.world.set_faults(Faults(meter_reversed_phases=("b",), meter_errors=("phase_sequence",)))
        async with client(simulator) as http:
            told: dict[str, Any] = (await http.get("/rpc/EM.GetStatus?id=0")).json()
            before = await registers(http)
            await asyncio.sleep(120)
            after = await registers(http)
            simulator.world.set_faults(Faults())
            assert "errors" not in await status(http)
        assert [told[f"{phase}_act_power"] > 0 for phase in "abc"] == [True, False, True]
        assert told["errors"] == ["phase_sequence"]
        assert after["b_total_act_ret_energy"] > before["b_total_act_ret_energy"] == 0
        assert after["b_total_act_energy"] - before["b_total_act_energy"] < 1 + 3680 / 60

    play(scenario)


def test_in_the_other_profile_each_clamp_is_a_meter_of_its_own(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await charge(simulator)
        async with client(simulator) as http:
            was = (await http.get("/rpc/Shelly.SetProfile", params={"name": "monophase"})).json()
            assert was == {"profile_was": "triphase"}
            assert (await http.get("/shelly")).json()["profile"] == "monophase"
            told = [(await http.get(f"/rpc/EM1.GetStatus?id={number}")).json() for number in range(3)]
            counted = [(await http.get(f"/rpc/EM1Data.GetStatus?id={number}")).json() for number in range(3)]
            assert (await http.get("/rpc/EM1.GetStatus?id=3")).json()["code"] == -105
            assert (await http.get("/rpc/EM.GetStatus?id=0")).status_code == 404
            assert (await http.get("/rpc/EM1Data.ResetCounters?id=0")).text == "null"
        assert [one["id"] for one in told] == [0, 1, 2]
        assert all(one["act_power"] == pytest.approx(3680, rel=0.01) for one in told)
        assert set(told[0]) == {"id", "current", "voltage", "act_power", "aprt_power", "pf", "freq", "calibration"}
        assert set(counted[0]) == {"id", "total_act_energy", "total_act_ret_energy"}

    play(scenario)


def test_a_restart_shows_in_its_uptime_and_leaves_the_counters(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await asyncio.sleep(100)
        async with client(simulator) as http:
            before = await registers(http)
            assert (await http.get("/rpc/Sys.GetStatus")).json()["uptime"] == 100
            await http.get("/rpc/Shelly.Reboot")
            await asyncio.sleep(5)
            assert (await http.get("/rpc/Sys.GetStatus")).json()["uptime"] == 5
            assert await registers(http) == before

    play(scenario)


def test_it_lists_what_it_can_be_asked(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with client(simulator) as http:
            methods = (await http.get("/rpc/Shelly.ListMethods")).json()["methods"]
            assert {"EM.GetStatus", "EMData.GetStatus", "Sys.GetStatus", "Shelly.GetDeviceInfo"} <= set(methods)
            assert "EM1.GetStatus" not in methods
            assert (await http.get("/rpc/Shelly.SetProfile?name=cover")).json()["code"] == -103

    play(scenario)
