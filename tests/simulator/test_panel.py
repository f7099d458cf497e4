import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx

from ladewerk.simulator import panel as panel_module
from ladewerk.simulator.app import Simulator
from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.vehicle import Pilot

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
    assert wanted - set(texts) == set()


def test_plugging_in_and_out(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            assert (await http.get("/api/state")).json()["plugged"] is False
            assert (await http.post("/api/plug-in")).status_code == 200
            await asyncio.sleep(30)
            state = (await http.get("/api/state")).json()
            assert (state["plugged"], state["pilot"], state["contactor_closed"], state["current_a"]) == (True, "C", True, 16)
            again = await http.post("/api/plug-in")
            assert (again.status_code, again.json()["code"]) == (409, "plugged")
            assert (await http.post("/api/unplug")).status_code == 200
            gone = await http.post("/api/unplug")
            assert (gone.status_code, gone.json()["code"]) == (409, "not_plugged")

    play(scenario)


def test_a_locked_plug_cannot_be_pulled(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.plug_in()
        simulator.world.drive_lock(locking=True, unlocking=False)
        await asyncio.sleep(1)
        async with panel(simulator) as http:
            refused = await http.post("/api/unplug")
        assert (refused.status_code, refused.json()["code"]) == (409, "locked")

    play(scenario)


def test_faults_are_set_all_at_once(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            assert (await http.put("/api/faults", json={"board_silent": True})).status_code == 200
            assert simulator.world.faults == Faults(board_silent=True)
            await http.put("/api/faults", json={"board_failure": "diode"})
            assert (await http.get("/api/faults")).json()["board_silent"] is False
            assert simulator.world.board.diode_failed

    play(scenario)


def test_faults_that_do_not_exist_are_refused_and_change_nothing(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            for body in (
                b'{"bord_silent": true}',
                b'{"board_failure": "fire"}',
                b'{"board_loses_every": 0}',
                b'{"vehicle_swings_a": -1}',
                b'{"meter_null_phases": ["d"]}',
                b"{",
            ):
                assert (await http.put("/api/faults", content=body)).status_code == 422
        assert simulator.world.faults == Faults()

    play(scenario)


def test_the_battery_is_set_and_a_full_one_takes_nothing(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.plug_in()
        await asyncio.sleep(30)
        async with panel(simulator) as http:
            for body in (b'{"soc": 1.5}', b'{"charge": 0.5}', b"{"):
                assert (await http.put("/api/vehicle", content=body)).status_code == 422
            assert (await http.put("/api/vehicle", json={"soc": 1})).status_code == 200
            state = (await http.get("/api/state")).json()
            assert (state["soc"], state["pilot"], state["current_a"]) == (1, "B", 0)
            await http.put("/api/vehicle", json={"soc": 0.25})
            await asyncio.sleep(30)
            state = (await http.get("/api/state")).json()
            assert (state["pilot"], state["current_a"]) == ("C", 16)
            assert 0.25 < state["soc"] < 0.26

    play(scenario)


def test_pages_of_other_origins_may_do_nothing(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            foreign = await http.post("/api/plug-in", headers={"Origin": "http://evil.example"})
            own = await http.post("/api/plug-in", headers={"Origin": simulator.panel_url})
        assert (foreign.status_code, own.status_code) == (403, 200)

    play(scenario)


def test_other_paths_and_methods_are_not_found(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with panel(simulator) as http:
            assert (await http.get("/api/plug-in")).status_code == 404
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
