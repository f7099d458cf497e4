"""Plays a script: people act as the API lets them, things break and are repaired, programs die and start again."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from ladewerk.csms.planning.site import Site
from ladewerk.rehearsal.record import Record
from ladewerk.rehearsal.settable_clock import SettableClock
from ladewerk.rehearsal.stage import Casting, Stage
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, UnitConfig
from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.vehicle_settings import VehicleChange
from ladewerk.station.smart_charging.outside_limit import OutsideLimit, read_outside_limit
from ladewerk.station.unit.events import DirectPressed, NeedsGiven, ResetPressed, StartPressed, StopPressed
from ladewerk.station.unit.needs import Needs, read_needs
from ladewerk.station.unit.state import SelfTest
from tests.chaos.script import Act, Script

START: Final = datetime(2026, 1, 5, 20, 55, tzinfo=UTC)
"""Five minutes before energy becomes cheap: who can wait begins then, and all at once."""
_SUPERVISED_AFTER_S: Final = 1.0
_SOUND: Final = Faults()
_BUTTONS: Final[dict[str, type[StartPressed | StopPressed | DirectPressed | ResetPressed]]] = {
    "start": StartPressed,
    "stop": StopPressed,
    "direct": DirectPressed,
    "reset": ResetPressed,
}


def casting(script: Script) -> Casting:
    """Who takes part."""
    units = {
        name: UnitConfig(
            vehicle=VehicleChange(**car),
            board=BoardConfig(power_on_a=6, cable_limit_a=script.cables_a[name], address=number),
        )
        for station in script.stations.values()
        for number, name in enumerate(station, 1)
        for car in [script.cars[name]]
    }
    unit = script.unit | {
        "self_test": SelfTest(script.unit["self_test"]),
        "direct_current_a": min(script.unit["direct_current_a"], script.unit["max_current_a"]),
    }
    return Casting(
        start=START,
        seed=script.seed,
        simulator=SimulatorConfig(seed=script.seed, time_zone="Europe/Berlin", units=units),
        stations=script.stations,
        site=Site(**script.site, time_zone="Europe/Berlin"),
        unit=unit,
        table={"ocpp_versions": script.versions},
        buttons=script.buttons,
    )


class Player:
    """Acts on the stage."""

    def __init__(self, stage: Stage, limits: dict[str, dict[str, float]], record: Record) -> None:
        self._stage = stage
        self._limits = limits
        self._record = record
        self._wanted = dict.fromkeys(("csms", *stage.stations), 0)
        self._at_work: set[asyncio.Task[None]] = set()

    async def play(self, script: Script) -> None:
        """All acts at their times, then the rest of the script's time."""
        loop = asyncio.get_running_loop()
        self._stage.csms.start()
        for station in self._stage.stations.values():
            station.start()
        for act in script.acts:
            await asyncio.sleep(max(0.0, act.at_s - loop.time()))
            self._work(self.perform(act))
            await asyncio.sleep(0)
        await asyncio.sleep(max(0.0, script.lasts_s - loop.time()))

    async def heal(self) -> None:
        """Everything is repaired, started and connected again."""
        for task in list(self._at_work):
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)
        for name in self._stage.unit_names:
            world = self._stage.world(name)
            world.set_faults(_SOUND)
            world.board.write(1004, [4])
            world.settle()
        self._stage.csms.start()
        for name, station in self._stage.stations.items():
            if not self._stage.clocks[name].is_set:
                self._stage.clocks[name].set_right()
            self._stage.network.link(name).restore()
            station.start()

    def press(self, unit: str, button: str) -> str | None:
        """Press a button; why nothing came of it."""
        control = self._stage.control(unit)
        if control is None:
            return "the station is down"
        refused = control.handle(_BUTTONS[button]())
        return None if refused is None else refused.code

    async def perform(self, act: Act) -> None:
        """Let ``act`` happen, until it is over."""
        self._record.add("act", does=act.what, whom=act.whom, **act.args)
        stage, args = self._stage, act.args
        match act.what:
            case "plug in":
                stage.world(act.whom).plug_in()
            case "unplug":
                stage.world(act.whom).unplug()
            case "charge soc":
                stage.world(act.whom).set_soc(args["soc"])
            case "ask":
                self._ask(act)
            case "fault":
                await self._break(act.whom, {name: value for name, value in args.items() if name != "for_s"}, args["for_s"])
            case "clock" | "CSMS clock":
                await self._set_wrong(stage.clocks[act.whom or "csms"], args["by_s"], args["for_s"])
            case "limit":
                await self._limit(act)
            case "cut" | "stall" | "lose":
                await self._disturb(act)
            case "kill station" | "end station" | "power cut":
                await self._restart_station(act)
            case "kill CSMS" | "end CSMS":
                await self._restart_csms(act)
            case "push start":
                stage.world(act.whom).press("start")
            case "push stop":
                stage.world(act.whom).press("stop")
            case button:
                self.press(act.whom, button)

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    def _ask(self, act: Act) -> None:
        control = self._stage.control(act.whom)
        if control is None:
            return
        depart_at = control.now.at + timedelta(hours=act.args["hours"])
        body = {"mode": act.args["mode"], "energy_wh": act.args["energy_wh"], "depart_at": depart_at.isoformat()}
        needs = read_needs(body, now=control.now.at, max_current_a=control.state.rules.max_current_a)
        if isinstance(needs, Needs):
            control.handle(NeedsGiven(needs))

    async def _break(self, unit: str, faults: dict[str, Any], for_s: float) -> None:
        if "board_failure" in faults:
            faults["board_failure"] = BoardFailure(faults["board_failure"])
        self._set_faults(unit, faults)
        await asyncio.sleep(for_s)
        self._set_faults(unit, {name: getattr(_SOUND, name) for name in faults})

    def _set_faults(self, unit: str, faults: dict[str, Any]) -> None:
        world = self._stage.world(unit)
        world.set_faults(msgspec.structs.replace(world.faults, **faults))

    async def _set_wrong(self, clock: SettableClock, by_s: float, for_s: float) -> None:
        clock.jump(by_s)
        await asyncio.sleep(for_s)
        if clock.is_set:  # else it has been lost meanwhile
            clock.set_right()

    async def _limit(self, act: Act) -> None:
        seen = self._stage.seen.get(act.whom)
        if seen is None:
            return
        limit = read_outside_limit({"source": act.args["source"], "limit_a": act.args["limit_a"]})
        assert isinstance(limit, OutsideLimit)
        source = act.args["source"]
        if await seen.profiles.limit_from_outside(limit) is None:
            self._limits[act.whom][source] = act.args["limit_a"]
        await asyncio.sleep(act.args["for_s"])
        seen = self._stage.seen.get(act.whom)
        if seen is not None and await seen.profiles.release(source):
            del self._limits[act.whom][source]

    async def _disturb(self, act: Act) -> None:
        link = self._stage.network.link(act.whom)
        if act.what == "lose":
            link.lose("the link broke off")
            return
        if act.what == "stall":
            link.stall()
        else:
            link.cut()
        await asyncio.sleep(act.args["for_s"])
        if act.what == "stall" and act.args["for_s"] > 80:
            link.cut()  # no ping was answered for so long
        link.restore()

    async def _restart_station(self, act: Act) -> None:
        stage, name = self._stage, act.whom
        self._wanted[name] += 1
        turn = self._wanted[name]
        if act.what == "end station":
            await stage.stations[name].end()
        else:
            await stage.kill_station(name)
        if act.what == "power cut":
            for unit in stage.casting.stations[name]:
                self._set_faults(unit, {"board_unpowered": True})
        elif act.what == "kill station":
            self._work(self._supervise(name))
        await asyncio.sleep(act.args["for_s"])
        if act.what == "power cut":
            for unit in stage.casting.stations[name]:
                self._set_faults(unit, {"board_unpowered": False})
            if act.args["clock_after_s"]:
                stage.clocks[name].lose()
                self._work(self._set_clock(name, act.args["clock_after_s"]))
        if self._wanted[name] == turn:
            stage.stations[name].start()

    async def _set_clock(self, name: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self._stage.clocks[name].set_right()

    async def _supervise(self, name: str) -> None:
        await asyncio.sleep(_SUPERVISED_AFTER_S)
        if not self._stage.stations[name].is_started and not self._stage.supervise(name):
            self._work(self._supervise(name))

    async def _restart_csms(self, act: Act) -> None:
        self._wanted["csms"] += 1
        turn = self._wanted["csms"]
        await (self._stage.csms.end() if act.what == "end CSMS" else self._stage.csms.kill())
        await asyncio.sleep(act.args["for_s"])
        if self._wanted["csms"] == turn:
            self._stage.csms.start()
