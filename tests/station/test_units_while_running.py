"""Units added, changed and removed while the station runs, beside two that charge: by the file and over the API."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ladewerk.ocpp import v21
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig
from ladewerk.station.app import Station, running_station
from ladewerk.station.config import load_config
from ladewerk.station.config_file import ConfigFile
from tests.station.conftest import START, SetClock, TinyCsms

STATION = """\
# Written by a person.
[station]
identity = "LW-0001"
csms = "{csms}"
web = "127.0.0.1:0"
open = true
data = "data"
poll_s = 3.0   # one bus each
"""
UNIT = """
# The {name}'s.
[units.{name}]
evse_id = {evse_id}
self_test = "never"
evse = {{ driver = "evse-wb", device = "{device}" }}
meter = {{ driver = "shelly-3em", url = "{meter}" }}
lock = {{ driver = "motor", pins = "{pins}", lock_pin = 23, unlock_pin = 24 }}
"""
NAMES = ("left", "middle", "right")


@dataclass
class Noted:
    """What would watch boards and locks."""

    guarded: list[list[str]] = field(default_factory=list)
    beats: int = 0

    def beat(self) -> None:
        self.beats += 1

    def guard(self, guarded: Any) -> None:
        self.guarded.append(list(guarded))


@dataclass
class Row:
    """Three simulated units and one station for as many of them as its file names."""

    clock: SetClock
    simulators: dict[str, Simulator]
    csms: TinyCsms
    path: Path
    watch: Noted
    station: Station
    client: httpx.AsyncClient

    def unit(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.station.view()["units"] if one["id"] == name), None)

    def codes(self) -> list[str]:
        return [message["code"] for message in self.station.view()["messages"]]

    async def until(self, holds: Callable[[], bool], within_s: float = 120) -> None:
        deadline_s = self.clock.monotonic() + within_s
        while not holds():
            assert self.clock.monotonic() < deadline_s, [message["text"] for message in self.station.view()["messages"]]
            await asyncio.sleep(1.5)

    async def charge(self, name: str) -> None:
        await self.until(lambda: self.state(name) == "idle" and bool(self.unit(name)))
        self.simulators[name].world.plug_in()
        await self.until(lambda: bool((self.unit(name) or {}).get("allowed", {}).get("direct")))
        assert (await self.client.post(f"/api/units/{name}/direct")).status_code == 200
        await self.until(lambda: (self.unit(name) or {}).get("power_w", 0) > 3000)

    def state(self, name: str) -> str | None:
        unit = self.unit(name)
        return None if unit is None else unit["state"]

    def table(self, name: str, evse_id: int) -> str:
        simulator = self.simulators[name]
        return UNIT.format(
            name=name,
            evse_id=evse_id,
            device=simulator.serial_device,
            meter=simulator.meter_url,
            pins=simulator.pins_url,
        )

    def settings(self, name: str, evse_id: int) -> dict[str, Any]:
        simulator = self.simulators[name]
        return {
            "evse_id": evse_id,
            "self_test": "never",
            "evse": {"driver": "evse-wb", "device": simulator.serial_device},
            "meter": {"driver": "shelly-3em", "url": simulator.meter_url},
            "lock": {"driver": "motor", "pins": simulator.pins_url, "lock_pin": 23, "unlock_pin": 24},
        }

    def write(self, *tables: str) -> None:
        self.path.write_text(STATION.format(csms=self.csms.url) + "".join(tables))


@asynccontextmanager
async def row(folder: Path, begin: tuple[str, ...]) -> AsyncIterator[Row]:
    clock = SetClock(asyncio.get_running_loop(), START)
    csms, watch = TinyCsms(clock), Noted()
    async with AsyncExitStack() as stack:
        settings = SimulatorConfig(meter_port=0, pins_port=0, panel_port=0, serial_link=None)
        simulators = {name: await stack.enter_async_context(running_simulator(settings, clock)) for name in NAMES}
        await stack.enter_async_context(csms.serving())
        path = folder / "station.toml"
        one = Row(clock, simulators, csms, path, watch, None, None)  # type: ignore[arg-type]  # filled in below
        one.write(*(one.table(name, evse_id) for evse_id, name in enumerate(begin, start=1)))
        file = ConfigFile(path)
        one.station = await stack.enter_async_context(running_station(load_config(path), clock, watch=watch, file=file))
        one.client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=one.station.web_url,
                timeout=None,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        )
        await one.until(lambda: one.station.link.is_up)
        yield one


def test_s2_a_unit_of_the_file_comes_and_goes_while_another_charges(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left", "middle")) as here:
            await here.charge("left")
            transaction = here.unit("left")["transaction_id"]  # type: ignore[index]
            here.write(here.table("left", 1), here.table("middle", 2), here.table("right", 3))
            await here.until(lambda: here.state("right") == "idle")
            await here.charge("right")
            assert (3, "Available") in here.csms.connectors
            simulators = here.simulators.values()
            wired = {f"{one.serial_device}:1" for one in simulators} | {f"{one.pins_url}#23=0,24=0" for one in simulators}
            assert here.watch.guarded[-1] == sorted(wired)
            here.write(here.table("left", 1), here.table("right", 3))
            await here.until(lambda: here.unit("middle") is None)
            await here.until(lambda: here.csms.connectors[-1] == (2, "Unavailable"))
            assert len(here.watch.guarded[-1]) == 4
            left, right = here.unit("left"), here.unit("right")
            assert left is not None
            assert right is not None
            assert (left["state"], right["state"], left["transaction_id"]) == ("direct", "direct", transaction)
            assert left["set_current_a"] == 16.0
            ended = [event for event in here.csms.events if event.event_type.value == "Ended"]
            assert ended == []
            assert here.csms.boots[0] is here.csms.boots[-1], "the link stays"
            assert here.simulators["middle"].world.board.configured_a == 0

    paced(scenario)


def test_s2_a_unit_that_charges_is_stopped_before_it_is_removed(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, NAMES) as here:
            await here.charge("left")
            await here.charge("middle")
            answer = await here.client.delete("/api/units/middle")
            assert (answer.status_code, answer.json()) == (202, {"waits": True})
            assert (await here.client.get("/api/units/middle")).status_code == 404
            await here.until(lambda: here.unit("middle") is None)
            world = here.simulators["middle"].world
            assert (world.board.configured_a, world.lock.locked) == (0, False)
            assert "[units.middle]" not in here.path.read_text()
            assert here.path.read_text().startswith("# Written by a person.\n")
            assert "# one bus each" in here.path.read_text()
            await here.until(lambda: here.csms.connectors[-1] == (2, "Unavailable"))
            (ended,) = [event for event in here.csms.events if event.event_type.value == "Ended"]
            assert ended.evse.id == 2  # type: ignore[union-attr]
            assert ended.transaction_info.stopped_reason is v21.ReasonEnumType.LOCAL
            assert here.state("left") == "direct"
            answer = await here.client.put("/api/units/middle", json=here.settings("middle", 2))
            assert (answer.status_code, answer.json()) == (200, {"waits": False})
            await here.charge("middle")
            assert here.state("left") == "direct"

    paced(scenario)


def test_s2_a_unit_that_charges_is_changed_after_its_session(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left", "middle")) as here:
            await here.charge("left")
            settings = (await here.client.get("/api/units/left")).json()["settings"]
            assert settings == here.settings("left", 1)
            changed = {**settings, "direct_current_a": 8.0}
            answer = await here.client.put("/api/units/left", json=changed)
            assert (answer.status_code, answer.json()) == (202, {"waits": True})
            assert (await here.client.get("/api/units/left")).json() == {"settings": changed, "waits": True}
            assert (await here.client.put("/api/units/middle", json={**here.settings("middle", 2), "phases": 1})).is_success
            assert here.unit("middle")["phases"] == 1  # type: ignore[index]
            await asyncio.sleep(30)
            assert here.unit("left")["set_current_a"] == 16.0  # type: ignore[index]
            await here.client.post("/api/units/left/stop")
            await here.until(lambda: here.codes()[-1] == "unit_changed")
            assert here.state("left") == "plugged"
            await here.client.post("/api/units/left/direct")
            await here.until(lambda: here.unit("left")["set_current_a"] == 8.0)  # type: ignore[index]

    paced(scenario)


def test_s2_a_wrong_file_changes_nothing_and_says_where(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left", "middle")) as here:
            await here.charge("left")
            good = here.path.read_text()
            for wrong, why in [
                (good + "[units.right]\nevse_id = 3\nevse = {", "is not TOML"),
                (good + here.table("right", 3).replace("driver", "drover", 1), "units.right.evse.drover: no such setting"),
                (good + here.table("right", 2), "units.right.evse_id: is the same as units.middle.evse_id"),
                (
                    good + here.table("right", 3).replace("/dev/pts/", "/dev/no/"),
                    "is not there",
                ),
            ]:
                said = len(here.codes())
                here.path.write_text(wrong)
                await here.until(lambda said=said: len(here.codes()) > said)  # type: ignore[misc]
                message = here.station.view()["messages"][-1]
                assert (message["code"], message["level"]) == ("settings_refused", "error")
                assert why in message["text"]
                assert (here.state("left"), here.state("middle"), here.state("right")) == ("direct", "idle", None)
            here.path.write_text(good.replace('"LW-0001"', '"LW-0002"'))
            await here.until(lambda: here.codes()[-1] == "settings_need_restart")
            assert here.station.view()["messages"][-1]["params"] == {"keys": "station.identity"}
            assert here.state("left") == "direct"

    paced(scenario)


def test_s2_what_the_api_cannot_set_is_said_beside_the_setting(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left",)) as here:
            good, before = here.settings("right", 2), here.path.read_text()
            for settings, at in [
                ({**good, "evse": {**good["evse"], "driver": "x"}}, "evse.driver"),
                ({**good, "colour": "red"}, "colour"),
                ({**good, "evse_id": 1}, "evse_id"),
                ({**good, "evse": {"driver": "evse-wb", "device": "/dev/nothing"}}, "evse.device"),
            ]:
                answer = await here.client.put("/api/units/right", json=settings)
                assert answer.status_code == 422, answer.text
                (error,) = answer.json()["errors"]
                assert (error["field"], error["code"]) == (at, "not_a_setting")
                assert here.unit("right") is None
                assert here.path.read_text() == before
            assert (await here.client.put("/api/units/right", content=b"[")).status_code == 422
            assert (await here.client.delete("/api/units/left")).status_code == 422, "a station has a unit"
            assert (await here.client.delete("/api/units/attic")).status_code == 404
            meter = {**good["meter"], "password": "secret"}
            assert (await here.client.put("/api/units/right", json={**good, "meter": meter})).status_code == 200
            shown = (await here.client.get("/api/units/right")).json()["settings"]
            assert shown["meter"]["password"] == "********"
            assert (await here.client.put("/api/units/right", json={**shown, "phases": 1})).status_code == 200
            assert 'password = "secret"' in here.path.read_text()

    paced(scenario)
    assert list(tmp_path.glob(".station.toml.*")) == []


def test_s2_a_latched_error_stays_latched_when_the_unit_is_changed(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left",)) as here:
            await here.charge("left")
            world = here.simulators["left"].world
            world.set_faults(msgspec.structs.replace(world.faults, meter_silent=True))
            await here.until(lambda: here.state("left") == "fault")
            world.set_faults(msgspec.structs.replace(world.faults, meter_silent=False))
            assert (await here.client.put("/api/units/left", json={**here.settings("left", 1), "phases": 1})).is_success
            await asyncio.sleep(30)
            assert here.state("left") == "fault"
            assert (await here.client.post("/api/units/left/reset")).status_code == 200
            assert here.state("left") == "plugged"

    paced(scenario)


def test_s2_a_unit_whose_board_is_silent_goes_all_the_same(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left", "middle")) as here:
            await here.charge("left")
            await here.charge("middle")
            world = here.simulators["middle"].world
            world.set_faults(msgspec.structs.replace(world.faults, board_silent=True))
            assert (await here.client.delete("/api/units/middle")).status_code == 202
            await here.until(lambda: here.unit("middle") is None)
            assert "order_failed" in here.codes()
            assert here.state("left") == "direct"

    paced(scenario)


def test_s2_two_units_change_places_as_soon_as_both_are_free(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left", "middle")) as here:
            await here.charge("left")
            here.write(here.table("left", 2), here.table("middle", 1))
            await here.until(lambda: here.codes().count("unit_change_waits") == 2)
            assert [unit["id"] for unit in here.station.view()["units"]] == ["left", "middle"]
            await here.client.post("/api/units/left/stop")
            await here.until(lambda: here.codes().count("unit_changed") == 2)
            assert [unit["id"] for unit in here.station.view()["units"]] == ["middle", "left"]

    paced(scenario)
