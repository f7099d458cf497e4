import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest

from ladewerk.simulator import panel as panel_module
from ladewerk.simulator.acts import WORDS, Refused
from ladewerk.simulator.app import Simulator
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, UnitConfig, on_free_ports
from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.vehicle import Pilot
from ladewerk.simulator.vehicle_settings import VehicleChange

Play = Callable[..., None]


def panel(simulator: Simulator) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=simulator.panel_url, timeout=5.0, trust_env=False)


def test_the_page_is_all_there_and_asks_no_other_host(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            page = await http.get("/")
            named = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
            answers = [await http.get(path) for path in named]
            scripts = [answer for answer in answers if answer.url.path.endswith(".js")]
            imported = [
                answer.url.join(path) for answer in scripts for path in re.findall(r'(?:from|import) "([^"]+)"', answer.text)
            ]
            answers += [await http.get(url) for url in imported]
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert len(named) > 4
        assert len(imported) > 4
        assert {answer.status_code for answer in answers} == {200}
        assert "//" not in page.text.replace("<!doctype", "")

    play(scenario)


def test_every_answer_tells_browsers_what_is_allowed(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            for path in ("/", "/api/state", "/assets/kit/dom.js", "/assets/kit/../../__init__.py", "/x"):
                headers = (await http.get(path)).headers
                assert "default-src 'self'" in headers["content-security-policy"]
                assert headers["x-content-type-options"] == "nosniff"

    play(scenario)


def test_the_page_can_say_every_fault_and_refusal() -> None:
    source = Path(panel_module.__file__)
    texts = json.loads((source.parent / "web" / "page" / "i18n" / "en.json").read_text("utf-8"))
    wanted = {f"{group}.{name}" for group in ("fault", "fault_hint") for name in Faults.__struct_fields__}
    wanted |= {f"failure.{failure.value}" for failure in BoardFailure} | {f"pilot.{pilot.value}" for pilot in Pilot}
    wanted |= {f"problem.{code}" for code in re.findall(r'_refusal\(\d+, "([a-z_]+)"', source.read_text("utf-8"))}
    wanted |= {f"problem.{code}" for code in get_args(get_type_hints(Refused)["code"])}
    assert wanted - set(texts) == set()


async def act(http: httpx.AsyncClient, do: str, **rest: object) -> httpx.Response:
    return await http.post("/api/acts", json={"do": do, **rest})


async def unit(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/api/state")).json()["units"]["garage"]
    return found


def test_plugging_in_and_out(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            assert (await unit(http))["plugged"] is False
            assert (await act(http, "plug in")).status_code == 200
            await asyncio.sleep(30)
            state = await unit(http)
            assert (state["plugged"], state["pilot"], state["contactor_closed"], state["current_a"]) == (True, "C", True, 16)
            again = await act(http, "plug in")
            assert (again.status_code, again.json()["code"]) == (409, "plugged")
            assert (await act(http, "unplug")).status_code == 200
            gone = await act(http, "unplug")
            assert (gone.status_code, gone.json()["code"]) == (409, "not_plugged")

    play(scenario)


def test_a_locked_plug_cannot_be_pulled(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.plug_in()
        simulator.world.drive_lock(locking=True, unlocking=False)
        await asyncio.sleep(1)
        async with panel(simulator) as http:
            refused = await act(http, "unplug")
            assert (await unit(http))["lock"]["position"] == 1
        assert (refused.status_code, refused.json()["code"]) == (409, "locked")

    play(scenario)


def test_faults_that_are_named_are_set_and_the_others_stay(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            assert (await act(http, "set faults", faults={"board_silent": True})).status_code == 200
            await act(http, "set faults", faults={"board_failure": "diode"})
            assert simulator.world.faults == Faults(board_silent=True, board_failure=BoardFailure.DIODE)
            assert simulator.world.board.diode_failed
            assert (await unit(http))["faults"]["board_silent"] is True
            await act(http, "repair")
            assert simulator.world.faults == Faults()

    play(scenario)


def test_a_fault_ends_by_itself_unless_it_is_set_anew(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            await act(http, "set faults", faults={"meter_silent": True, "board_loses_every": 2}, for_s=60)
            await act(http, "set faults", faults={"relay_welded": True})
            await act(http, "set faults", faults={"board_loses_every": 3})
            await asyncio.sleep(59)
            assert simulator.world.faults.meter_silent
            await asyncio.sleep(2)
            assert simulator.world.faults == Faults(relay_welded=True, board_loses_every=3)

    play(scenario)


def test_what_is_no_act_is_refused_with_its_place_and_changes_nothing(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        before = simulator.world.vehicle_settings
        async with panel(simulator) as http:
            for body, said in (
                (b"{", "truncated"),
                (b"{}", "`do`"),
                (b'{"do": "explode"}', "$.do"),
                (b'{"do": "plug in", "unnit": "x"}', "`unnit`"),
                (b'{"do": "press", "button": "reset"}', "$.button"),
                (b'{"do": "set faults", "faults": {"bord_silent": true}}', "`bord_silent` - at `$.faults`"),
                (b'{"do": "set faults", "faults": {"board_failure": "fire"}}', "$.faults.board_failure"),
                (b'{"do": "set faults", "faults": {"board_loses_every": 0}}', "$.faults.board_loses_every"),
                (b'{"do": "set faults", "faults": {"vehicle_swings_a": -1}}', "$.faults.vehicle_swings_a"),
                (b'{"do": "set faults", "faults": {"meter_null_phases": ["d"]}}', "$.faults.meter_null_phases"),
                (b'{"do": "set vehicle", "vehicle": {"soc": 1.5}}', "$.vehicle.soc"),
                (b'{"do": "set vehicle", "vehicle": {"charge": 0.5}}', "`charge`"),
                (b'{"do": "set house", "pv_w": -1}', "$.pv_w"),
            ):
                answer = await http.post("/api/acts", content=body)
                assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
                assert said in answer.json()["text"]
            for do, rest, code in (
                ("set vehicle", {"vehicle": {"model": "ufo"}}, "no_vehicle"),
                ("set vehicle", {"vehicle": {"min_current_a": 20}}, "no_vehicle"),
                ("plug in", {"unit": "cellar"}, "no_unit"),
                ("end", {}, "no_scenario"),
            ):
                answer = await act(http, do, **rest)
                assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert simulator.world.faults == Faults()
        assert simulator.world.vehicle_settings == before

    play(scenario)


def test_the_battery_is_set_and_a_full_one_takes_nothing(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.plug_in()
        await asyncio.sleep(30)
        async with panel(simulator) as http:
            assert (await act(http, "set vehicle", vehicle={"soc": 1})).status_code == 200
            state = await unit(http)
            assert (state["soc"], state["pilot"], state["current_a"]) == (1, "B", 0)
            await act(http, "set vehicle", vehicle={"soc": 0.25})
            await asyncio.sleep(30)
            state = await unit(http)
            assert (state["pilot"], state["current_a"]) == ("C", 16)
            assert 0.25 < state["soc"] < 0.26

    play(scenario)


def test_another_vehicle_keeps_the_charge_and_draws_on_its_own_phases(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.plug_in()
        await asyncio.sleep(30)
        async with panel(simulator) as http:
            assert "vw-id3-pure" in (await http.get("/api/vehicles")).json()
            await act(http, "set vehicle", vehicle={"model": "vw-id3-pure", "max_current_a": 10})
            await asyncio.sleep(30)
            state = await unit(http)
        assert (state["phases"], state["current_a"], state["vehicle"]["capacity_wh"]) == (2, 10, 45_000)
        assert [round(phase["current_a"]) for phase in state["meter"]["phases"]] == [10, 10, 0]
        assert 0.4 < state["soc"] < 0.41

    play(scenario)


def test_the_house_is_turned_by_hand_and_given_back(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.plug_in()
        await asyncio.sleep(30)
        async with panel(simulator) as http:
            await act(http, "set house", household_w=3000, pv_w=9000)
            site = (await http.get("/api/state")).json()["site"]
            assert (site["household_w"], site["pv_w"], site["household_by_hand"]) == (3000, 9000, True)
            assert site["grid_w"] == pytest.approx(3000 + 11_040 - 9000)
            await act(http, "set house", pv_w="model")
            site = (await http.get("/api/state")).json()["site"]
            assert (site["household_w"], site["pv_w"], site["pv_by_hand"]) == (3000, 0, False)

    play(scenario)


def test_a_finger_is_on_a_button_for_as_long_as_said(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            await act(http, "press", button="stop", for_s=5)
            await asyncio.sleep(4)
            assert simulator.world.is_pressed("stop")
            assert not simulator.world.is_pressed("start")
            await asyncio.sleep(2)
            assert not simulator.world.is_pressed("stop")

    play(scenario)


def test_registers_and_pins_are_shown_and_are_gone_with_the_power(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            state = await unit(http)
            assert (state["registers"]["1000"], state["registers"]["2017"]) == (32, 80)
            assert {(pin["pin"], pin["wire"]) for pin in state["pins"]} >= {(23, "lock"), (5, "start"), (21, "fault")}
            await act(http, "set faults", faults={"board_unpowered": True})
            assert (await unit(http))["registers"] == {}

    play(scenario)


def test_a_board_as_it_comes_is_switched_on_by_hand_and_a_bolt_pushed_open(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            assert simulator.world.board.address == 0
            await act(http, "set faults", faults={"board_unpowered": True}, for_s=5)
            await asyncio.sleep(6)
            assert (await act(http, "pull AN")).status_code == 200
            assert simulator.world.board.address == 1
            simulator.world.drive_lock(locking=True, unlocking=False)
            await asyncio.sleep(2)
            simulator.world.drive_lock(locking=False, unlocking=False)
            await act(http, "set faults", faults={"lock_stuck": True})
            await act(http, "release lock")
            assert (await unit(http))["lock"]["position"] == 0
            await act(http, "reboot meter")
            assert simulator.world.meter.booted_s == pytest.approx(simulator.world.at_s, abs=1)

    play(scenario, on_free_ports(SimulatorConfig(time_zone="UTC", board=BoardConfig(address=0))))


def test_units_are_told_apart_by_name(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            which = await act(http, "plug in")
            assert (which.status_code, which.json()["code"]) == (409, "which_unit")
            assert (await act(http, "plug in", unit="right")).status_code == 200
            await asyncio.sleep(30)
            state = (await http.get("/api/state")).json()
        assert {name: each["plugged"] for name, each in state["units"].items()} == {"left": False, "right": True}
        assert state["site"]["ev_power_w"] == pytest.approx(16 * 230)
        devices = {name: each["reached"]["board"] for name, each in state["units"].items()}
        assert devices == {name: each.serial_device for name, each in simulator.units.items()}
        assert len(set(devices.values())) == 2

    units = {"left": UnitConfig(), "right": UnitConfig(vehicle=VehicleChange(phases=1))}
    play(scenario, on_free_ports(SimulatorConfig(time_zone="UTC", units=units)))


def test_the_description_of_the_api_is_true(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.plug_in()
        async with panel(simulator) as http:
            document = (await http.get("/openapi.json")).json()
            for path, methods in document["paths"].items():
                if "get" in methods:
                    answer = await http.get(path)
                    schema = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
                    jsonschema.validate(answer.json(), {**schema, "components": document["components"]})
        taken = document["paths"]["/api/acts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert set(taken["discriminator"]["mapping"]) == set(WORDS)
        jsonschema.validate({"do": "set faults", "faults": {"board_silent": True}}, {**taken, **document})

    play(scenario)


def test_pages_of_other_origins_may_do_nothing(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            foreign = await http.post("/api/acts", json={"do": "plug in"}, headers={"Origin": "http://evil.example"})
            own = await http.post("/api/acts", json={"do": "plug in"}, headers={"Origin": simulator.panel_url})
        assert (foreign.status_code, own.status_code) == (403, 200)

    play(scenario)


def test_other_paths_and_methods_are_not_found(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            assert (await http.get("/api/acts")).status_code == 404
            assert (await http.get("/x")).status_code == 404
            assert (await http.get("/healthz")).status_code == 200

    play(scenario)


def test_the_clock_places_loop_time_in_the_calendar(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        await asyncio.sleep(100)
        async with panel(simulator) as http:
            clock = (await http.get("/api/clock")).json()
        assert clock["loop_s"] >= 100
        assert clock["speed"] is None  # as fast as possible
        assert datetime.fromisoformat(clock["origin"]) == datetime(2026, 1, 5, 16, 40, tzinfo=UTC)
        assert clock["real_monotonic_s"] > 0

    play(scenario)
