"""The units of a running station as its configuration wants them: opened, changed and closed while the others go on.

What is wanted is compared with what is here. A unit in a session is let finish before it is changed, and stopped before it
is removed; what needs the board or the number of a unit that still runs waits for that one. All that can be done at once is
done or, where a device cannot be opened, undone as a whole.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, DeviceFault
from ladewerk.station.config import UnitConfig
from ladewerk.station.control import UnitControl
from ladewerk.station.dead_man import Watch
from ladewerk.station.front import light, listen
from ladewerk.station.hardware import Hardware, Lines, OpenHardware
from ladewerk.station.messages import Messages
from ladewerk.station.smart_charging.needs_file import NeedsFile
from ladewerk.station.unit.actions import Level
from ladewerk.station.unit.events import StopPressed
from ladewerk.station.unit.state import RUNNING, Phase, UnitState
from ladewerk.station.units import Units

Make = Callable[[str, UnitConfig, Hardware], UnitControl]


@dataclass(frozen=True, slots=True)
class _Present:
    """A unit that is here: its settings, its devices, and the context that closes them."""

    config: UnitConfig
    hardware: Hardware
    opened: AsyncExitStack


@dataclass(frozen=True, slots=True)
class _Former:
    """What a changed unit was."""

    config: UnitConfig
    state: UnitState


class Roster:
    """Opens the units in two steps, their devices first, and keeps them as :meth:`apply` wants them from then on."""

    def __init__(
        self,
        wanted: Mapping[str, UnitConfig],
        folder: Path,
        *,
        units: Units,
        clock: Clock,
        watch: Watch,
        messages: Messages,
        open_hardware: OpenHardware,
    ) -> None:
        self._wanted = dict(wanted)
        self._open_hardware = open_hardware
        self._folder = folder
        self._units = units
        self._clock = clock
        self._watch = watch
        self._messages = messages
        self._lines = Lines()
        self._present: dict[str, _Present] = {}
        self._at_work: dict[str, list[asyncio.Task[None]]] = {}
        self._make: Make | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._changing = asyncio.Lock()
        self._working = asyncio.Event()
        self._woken = asyncio.Event()

    @property
    def wanted(self) -> Mapping[str, UnitConfig]:
        """The settings that hold now, or as soon as the sessions that they wait for are over."""
        return self._wanted

    def waits(self, name: str) -> bool:
        """Whether what is wanted of a unit waits for the end of a session."""
        return name in self._changes(self._wanted)

    # The beginning and the end

    async def open(self) -> None:
        """Open the devices of all units and tell every board to offer no current. Raises ConfigError, DeviceFault."""
        for name, config in self._wanted.items():
            self._present[name] = await self._open_devices(name, config)

    async def admit(self, make: Make) -> None:
        """Make the units of the devices that are open; ``make`` is called for later ones too."""
        self._make = make
        for name in self._present:
            self._admit(name)
        async with asyncio.TaskGroup() as telling:
            for unit in self._units:
                telling.create_task(unit.make_safe())
        self._units.each(lambda unit: unit.changed.connect(self._look))

    async def run(self) -> None:
        """Let all units work, and make them what is wanted as soon as their sessions let them, for ever."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for name in self._present:
                self._let_work(name)
            self._working.set()
            while True:
                await self._woken.wait()
                self._woken.clear()
                async with self._changing:
                    await self._catch_up()

    async def close(self) -> None:
        """No current on any board, then every device is closed. The units stay listed: each says whether it is safe."""
        async with asyncio.TaskGroup() as ending:
            for unit in self._units:
                ending.create_task(unit.shut_down())
        for one in self._present.values():
            await one.opened.aclose()

    # Changes

    async def apply(self, wanted: Mapping[str, UnitConfig]) -> frozenset[str]:
        """Make the units what is ``wanted``, which has been checked; the names of those that wait for a session's end.

        Raises ConfigError or DeviceFault where a device cannot be opened: then nothing has changed.
        """
        await self._working.wait()
        async with self._changing:
            changes = self._changes(wanted)
            waiting = self._waiting(changes)
            await self._carry_out({name: new for name, new in changes.items() if name not in waiting})
            told, self._wanted = self._wanted, dict(wanted)
            for name in sorted(waiting):
                if told.get(name) == wanted.get(name):
                    continue
                unit = self._units.named(name)
                going = changes[name] is None
                self._messages.say(Level.INFO, "unit_removal_waits" if going else "unit_change_waits", {"unit": name})
                if unit is not None and going:
                    unit.handle(StopPressed())
            return waiting

    def _look(self, unit: UnitControl) -> None:
        if not _is_busy(unit.state) and self._changes(self._wanted):
            self._woken.set()

    def _changes(self, wanted: Mapping[str, UnitConfig]) -> dict[str, UnitConfig | None]:
        """What has to become of which unit; None where it has to go."""
        here = {name: one.config for name, one in self._present.items()}
        return {name: wanted.get(name) for name in {**here, **wanted} if here.get(name) != wanted.get(name)}

    def _waiting(self, changes: Mapping[str, UnitConfig | None]) -> frozenset[str]:
        """Which changes have to wait: those of units in a session, and what collides with one that waits."""
        busy = {unit.unit_id for unit in self._units if _is_busy(unit.state)}
        waiting = busy & changes.keys()
        while True:
            kept = [self._present[name].config for name in waiting if name in self._present]
            more = {name for name, new in changes.items() if new is not None and any(_collide(new, old) for old in kept)}
            if more <= waiting:
                return frozenset(waiting)
            waiting |= more

    async def _catch_up(self) -> None:
        changes = self._changes(self._wanted)
        waiting = self._waiting(changes)
        due = {name: new for name, new in changes.items() if name not in waiting}
        try:
            await self._carry_out(due)
        except (ConfigError, DeviceFault) as err:
            self._messages.say(Level.ERROR, "unit_change_failed", {"why": str(err)})
            here = {name: self._present[name].config for name in due if name in self._present}
            self._wanted = {name: config for name, config in self._wanted.items() if name not in due} | here

    async def _carry_out(self, changes: Mapping[str, UnitConfig | None]) -> None:
        """Close what goes or changes, open what comes or has changed; all of it undone where a device cannot be opened."""
        before = {name: self._present[name].config for name in changes if name in self._present}
        former = {name: _Former(before[name], unit.state) for name in before if (unit := self._units.named(name))}
        self._guard(config for config in changes.values() if config is not None)
        for name in before:
            await self._close(name)
        try:
            for name, config in changes.items():
                if config is not None:
                    await self._open(name, config, former.get(name))
        except (ConfigError, DeviceFault):
            for name in changes.keys() & self._present.keys():
                await self._close(name)
            await self._bring_back(former)
            raise
        finally:
            self._guard()
        for name, config in changes.items():
            code = "unit_removed" if config is None else "unit_changed" if name in before else "unit_added"
            self._messages.say(Level.INFO, code, {"unit": name})

    async def _bring_back(self, former: Mapping[str, _Former]) -> None:
        for name, one in former.items():
            try:
                await self._open(name, one.config, one)
            except (ConfigError, DeviceFault) as err:
                self._messages.say(Level.ERROR, "unit_change_failed", {"why": str(err)})

    def _guard(self, coming: Iterable[UnitConfig] = ()) -> None:
        here = [one.config for one in self._present.values()]
        self._watch.guard(sorted({one for config in (*here, *coming) for one in config.guarded}))

    # One unit

    async def _open(self, name: str, config: UnitConfig, former: _Former | None) -> None:
        self._present[name] = await self._open_devices(name, config)
        unit = self._admit(name, former)
        await unit.make_safe()
        self._let_work(name)

    async def _open_devices(self, name: str, config: UnitConfig) -> _Present:
        async with AsyncExitStack() as opening:
            hardware = await opening.enter_async_context(self._open_hardware(name, config, self._lines, self._clock))
            return _Present(config, hardware, opening.pop_all())

    def _admit(self, name: str, former: _Former | None = None) -> UnitControl:
        assert self._make is not None
        one = self._present[name]
        unit = self._make(name, one.config, one.hardware)
        if former is not None:
            unit.state = _taken_over(unit.state, former, one.config)
        self._units.add(unit)
        return unit

    def _let_work(self, name: str) -> None:
        assert self._tasks is not None
        unit, one = self._units.named(name), self._present[name]
        assert unit is not None
        jobs = [unit.act(), unit.move_lock()]
        if one.hardware.buttons is not None:
            jobs.append(listen(unit, one.hardware.buttons, self._messages))
        if one.hardware.lamps is not None:
            jobs.append(light(unit, one.hardware.lamps, self._clock))
        path = one.config.needs_path(self._folder)
        if path is not None:
            jobs.append(NeedsFile(path, unit, self._messages).run())
        self._at_work[name] = [self._tasks.create_task(job) for job in jobs]

    async def _close(self, name: str) -> None:
        """End what a unit does, leave its board without a current, and let go of its devices."""
        unit, one = self._units.named(name), self._present.pop(name)
        assert unit is not None
        tasks = self._at_work.pop(name, [])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await unit.withdraw()
        self._units.remove(unit)
        await one.opened.aclose()


def _is_busy(state: UnitState) -> bool:
    """In a session, or its lock is being driven."""
    return state.phase in RUNNING | {Phase.FINISHING} or (state.unlocking and state.phase is not Phase.FAULT)


def _collide(one: UnitConfig, other: UnitConfig) -> bool:
    return one.evse_id == other.evse_id or one.evse.board == other.evse.board


def _taken_over(state: UnitState, former: _Former, config: UnitConfig) -> UnitState:
    """A changed unit begins anew, but a latched error stays latched, and a vehicle that was served needs no transaction."""
    before = former.state
    if before.phase is Phase.FAULT:
        return replace(state, phase=Phase.FAULT, fault=before.fault)
    same_devices = (former.config.evse, former.config.meter) == (config.evse, config.meter)
    if before.phase is not Phase.PLUGGED or before.in_transaction or not same_devices:
        return state
    return replace(
        state,
        phase=Phase.PLUGGED,
        evse=before.evse,
        evse_seen_s=before.evse_seen_s,
        meter=before.meter,
        meter_seen_s=before.meter_seen_s,
    )
