"""The station, composed: settings in, a running station out.

The order of a start is safety first: the devices are opened and told to offer no current; what a killed program left open in
the journal is ended; only then the page is served, the hardware polled and the CSMS called.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from ladewerk.clock import Clock
from ladewerk.errors import LadewerkError
from ladewerk.ocpp import connect, v21
from ladewerk.ocpp.opening import Connect
from ladewerk.ocpp.peer import random_id
from ladewerk.station.config import StationConfig, UnitConfig, check
from ladewerk.station.config_file import ConfigFile
from ladewerk.station.control import UnitControl, poll_boards, poll_meters
from ladewerk.station.dead_man import UNWATCHED, Watch
from ladewerk.station.hardware import Hardware, OpenHardware, open_hardware
from ladewerk.station.history.opening import open_history
from ladewerk.station.link.alerts import Alerts
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.link.ocpp_side import OcppSide, open_ocpp_side
from ladewerk.station.machine_time import machine_start
from ladewerk.station.messages import Messages
from ladewerk.station.reconfiguration import Reconfiguration
from ladewerk.station.roster import Make, Roster
from ladewerk.station.smart_charging.charging_profiles import ChargingProfiles
from ladewerk.station.smart_charging.needs_delivery import deliver
from ladewerk.station.smart_charging.profile_memory import open_profile_memory
from ladewerk.station.smart_charging.spaced_queue import SpacedQueue
from ladewerk.station.transactions.interrupted import end_interrupted
from ladewerk.station.transactions.journal import Journal, open_journal
from ladewerk.station.unit.actions import Level
from ladewerk.station.unit.events import LinkChanged
from ladewerk.station.unit.needs import Needs
from ladewerk.station.unit.state import RUNNING, Phase
from ladewerk.station.units import Units
from ladewerk.station.view import Json, station_view
from ladewerk.station.wall_clock import Source, WallClock, is_time
from ladewerk.station.web.live import Live
from ladewerk.station.web.page_server import Served, serving_page
from ladewerk.station.web.seen import Seen

Job = Coroutine[Any, Any, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """By what a station reaches the world; the defaults are the real one, ``rehearsal`` has a simulated one in memory."""

    open_hardware: OpenHardware = open_hardware
    connect: Connect = connect
    serve_page: Callable[[StationConfig, Clock, Seen, Live], AbstractAsyncContextManager[Served]] = serving_page
    new_id: Callable[[], str] = random_id
    """Of transactions and messages: none that was there before."""
    machine_start: Callable[[], str] = machine_start
    """What the monotonic clock counts from: another one after each start of the machine."""


SURROUNDINGS: Final = Surroundings()


class Station:
    """A running station. ``web_url`` is its page and API; ``first_code`` is asked for there until a password is chosen;
    ``reset_asked`` is set when the CSMS wants it to begin anew."""

    def __init__(self, config: StationConfig, clock: WallClock, units: Units, link: CsmsLink, messages: Messages) -> None:
        self.web_url = ""
        self.first_code: str | None = None
        self.elsewhere: tuple[str, ...] = ()
        self.units = units
        self.link = link
        self.messages = messages
        self.reset_asked = asyncio.Event()
        self.next_boot = v21.BootReasonEnumType.REMOTE_RESET
        """Why it boots after such a reset."""
        self._config = config
        self._clock = clock
        self._changed = asyncio.Event()
        units.each(lambda unit: unit.changed.connect(lambda _unit: self._changed.set()))
        link.changed.connect(lambda _up: self._changed.set())

    def view(self) -> Json:
        """The same as GET /api/state."""
        return station_view(self._config, self.units, self.link, self.messages, self._clock)

    def begin_anew(self, reason: v21.BootReasonEnumType) -> None:
        """End in an orderly way; the program that runs the station begins it again."""
        self.next_boot = reason
        self.reset_asked.set()

    async def settled(self) -> None:
        """Wait until no unit is between a start and an end."""
        while any(unit.state.phase in RUNNING | {Phase.FINISHING} for unit in self.units):
            self._changed.clear()
            await self._changed.wait()


def _always() -> bool:
    return True


@asynccontextmanager
async def running_station(
    config: StationConfig,
    clock: Clock,
    *,
    boot_reason: v21.BootReasonEnumType = v21.BootReasonEnumType.POWER_UP,
    watch: Watch = UNWATCHED,
    file: ConfigFile | None = None,
    time_is_set: Callable[[], bool] = _always,
    surroundings: Surroundings = SURROUNDINGS,
) -> AsyncIterator[Station]:
    """Run a station until the context ends; then no current is offered and every device is closed.

    ``watch`` takes over when the program falls silent; ``file`` is where ``config`` comes from, and is followed from now on;
    ``time_is_set`` says whether ``clock`` is right, else the time is that of the CSMS.
    Raises ConfigError for settings that cannot work, before anything but the devices was touched; StoreError where the
    journal cannot be opened; DeviceFault for hardware that must not be used.
    """
    check(config)
    async with AsyncExitStack() as stack:
        wall = WallClock(clock, time_is_set)
        messages, units = Messages(wall), Units()
        roster = Roster(
            config.units,
            Path(config.folder),
            units=units,
            clock=wall,
            watch=watch,
            messages=messages,
            open_hardware=surroundings.open_hardware,
        )
        stack.push_async_callback(roster.close)
        await roster.open()
        journal = await stack.enter_async_context(open_journal(config.data_path))
        journal.damaged.connect(messages.say_damaged)
        history = await stack.enter_async_context(
            open_history(
                config.data_path,
                journal,
                messages,
                wall,
                limit_mb=config.station.history_mb,
                machine_start=surroundings.machine_start(),
            )
        )
        side = await stack.enter_async_context(
            open_ocpp_side(
                config,
                wall,
                units=units,
                journal=journal,
                messages=messages,
                boot_reason=boot_reason,
                open_channel=surroundings.connect,
                new_id=surroundings.new_id,
            )
        )
        await roster.admit(_maker(wall, messages, side))
        await end_interrupted(journal, units, messages, wall)
        memory = await stack.enter_async_context(open_profile_memory(config.data_path))
        profiles = ChargingProfiles(units, wall, memory, config.station.time_zone)
        await profiles.load()
        station = Station(config, wall, units, side.link, messages)
        live = Live(station.view)
        side.link.priced.connect(history.recorder.price)
        wall.found.connect(history.recorder.time_found)
        units.each(history.recorder.follow)
        units.removed.connect(history.recorder.forget)
        reconfiguration = Reconfiguration(config, file, roster, messages)
        seen = Seen(
            units,
            station.view,
            profiles,
            reconfiguration,
            side.desk,
            history.archive,
            time_zone=config.station.time_zone,
            login_tried=side.security_watch.login_tried,
        )
        served = await stack.enter_async_context(surroundings.serve_page(config, clock, seen, live))
        station.web_url, station.first_code, station.elsewhere = served.url, served.code, served.elsewhere
        jobs = [
            *side.jobs(profiles, messages, station.begin_anew),
            *_wire(config, wall, station, journal, profiles, live),
            wall.watch(),
            roster.run(),
            history.recorder.run(),
            history.recorder.tidy(),
            reconfiguration.watch_file(),
            poll_meters(units, config.station.poll_s),
            poll_boards(units, config.station.poll_s, watch.beat),
        ]
        async with _running(jobs):
            yield station


def _maker(clock: Clock, messages: Messages, side: OcppSide) -> Make:
    """How a unit is made of its settings and its devices."""

    def make(name: str, unit: UnitConfig, hardware: Hardware) -> UnitControl:
        return UnitControl(
            name,
            unit.evse_id,
            unit.rules(),
            evse=hardware.evse,
            meter=hardware.meter,
            lock=hardware.lock,
            clock=clock,
            books=side.books_of(unit.evse_id),
            messages=messages,
        )

    return make


def _wire(
    config: StationConfig, clock: WallClock, station: Station, journal: Journal, profiles: ChargingProfiles, live: Live
) -> list[Job]:
    """Connect what announces with what listens; all that then has to run."""
    units, link, messages = station.units, station.link, station.messages
    queue = SpacedQueue(config.station.spacing_s)

    def send_needs(wanted: tuple[UnitControl, Needs]) -> None:
        unit, needs = wanted
        queue.put(unit.unit_id, partial(deliver, unit, needs, link=link, journal=journal))

    def link_changed(up: bool) -> None:
        for unit in units:
            unit.handle(LinkChanged(up))
        live.changed()

    def journal_troubled(why: str | None) -> None:
        if why is None:
            messages.say(Level.INFO, "journal_written_again", {})
        else:
            messages.say(Level.ERROR, "journal_stuck", {"why": why})

    journal.troubled.connect(journal_troubled)
    link.changed.connect(link_changed)
    link.changed.connect(profiles.link_changed)
    clock.found.connect(profiles.time_found)
    _tell_of_time(clock, messages)
    messages.said.connect(lambda _message: live.changed())
    alerts = Alerts(messages, units, link, clock)
    jobs: list[Job] = [journal.write(), queue.run(), alerts.send()]
    jobs.append(profiles.keep_up())

    def listen_to(unit: UnitControl) -> None:
        unit.needs_to_send.connect(send_needs)
        unit.changed.connect(lambda _unit: live.changed())
        unit.handle(LinkChanged(link.is_up))

    units.each(listen_to)
    units.removed.connect(lambda _unit: live.changed())
    return jobs


def _tell_of_time(clock: WallClock, messages: Messages) -> None:
    if clock.source is Source.NONE:
        messages.say(Level.WARNING, "time_unknown", {})
    clock.found.connect(messages.time_found)

    def told(by: timedelta) -> None:
        # What counts from 1970 was no time: by how much it was wrong says nothing.
        first = not is_time(clock.now() - by)
        messages.say(Level.INFO, "time_known" if first else "time_set", {} if first else {"by_s": round(by.total_seconds())})

    clock.found.connect(told)


@asynccontextmanager
async def _running(jobs: list[Job]) -> AsyncIterator[None]:
    """Run ``jobs`` beside the context. One that fails ends the context with its exception; they all end with it."""
    failed: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            started = [tasks.create_task(job) for job in jobs]
            try:
                yield
            except Exception as err:  # noqa: BLE001 (kept apart from the group, and raised again below)
                failed = err
            for task in started:
                task.cancel()
    except* LadewerkError as failures:
        raise failures.exceptions[0] from None
    if failed is not None:
        raise failed
