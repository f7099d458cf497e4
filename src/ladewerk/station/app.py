"""The station, composed: settings in, a running station out.

The order of a start is safety first: the devices are opened and told to offer no current; what a killed program left open in
the journal is ended; only then the page is served, the hardware polled and the CSMS called.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

from ladewerk.clock import Clock
from ladewerk.errors import LadewerkError
from ladewerk.ocpp import v21
from ladewerk.settings import split_address
from ladewerk.station.actions import Level
from ladewerk.station.alerts import Alerts
from ladewerk.station.charging_profiles import ChargingProfiles
from ladewerk.station.config import StationConfig, check
from ladewerk.station.control import UnitControl, poll_boards, poll_meters
from ladewerk.station.csms_link import CsmsLink
from ladewerk.station.dead_man import Beat
from ladewerk.station.events import LinkChanged, TokenRefused
from ladewerk.station.front import light, listen
from ladewerk.station.handlers.reach import Reach
from ladewerk.station.handlers.table import station_router
from ladewerk.station.hardware import Hardware, open_hardware
from ladewerk.station.journal import Journal, open_journal
from ladewerk.station.messages import Messages
from ladewerk.station.moment import Moment
from ladewerk.station.needs import Needs
from ladewerk.station.needs_delivery import deliver
from ladewerk.station.needs_file import NeedsFile
from ladewerk.station.outside_limit import LimitNotices
from ladewerk.station.profile_memory import open_profile_memory
from ladewerk.station.spaced_queue import SpacedQueue
from ladewerk.station.status import StatusReport
from ladewerk.station.transaction import ended_by_power_loss
from ladewerk.station.unit_state import RUNNING, Phase
from ladewerk.station.units import Units
from ladewerk.station.view import Json, station_view
from ladewerk.station.web.app import web_app
from ladewerk.station.web.live import Live
from ladewerk.station.web.seen import Seen
from ladewerk.web.server import serving

Job = Coroutine[Any, Any, None]


def _unwatched() -> None:
    """Nobody watches: in a demo the boards are simulated in the same process."""


class Station:
    """A running station. ``web_url`` is its page and API; ``reset_asked`` is set when the CSMS wants it to begin anew."""

    def __init__(self, config: StationConfig, clock: Clock, units: Units, link: CsmsLink, messages: Messages) -> None:
        self.web_url = ""
        self.units = units
        self.link = link
        self.messages = messages
        self.reset_asked = asyncio.Event()
        self._config = config
        self._clock = clock
        self._changed = asyncio.Event()
        for unit in units:
            unit.changed.connect(lambda _unit: self._changed.set())
        link.changed.connect(lambda _up: self._changed.set())

    def view(self) -> Json:
        """The same as GET /api/state."""
        return station_view(self._config, self.units, self.link, self.messages, Moment.of(self._clock))

    async def settled(self) -> None:
        """Wait until no unit is between a start and an end."""
        while any(unit.state.phase in RUNNING | {Phase.FINISHING} for unit in self.units):
            self._changed.clear()
            await self._changed.wait()


@asynccontextmanager
async def running_station(
    config: StationConfig,
    clock: Clock,
    *,
    boot_reason: v21.BootReasonEnumType = v21.BootReasonEnumType.POWER_UP,
    beat: Beat = _unwatched,
) -> AsyncIterator[Station]:
    """Run a station until the context ends; then no current is offered and every device is closed.

    ``beat`` is called after each look at a board: what watches the program takes over when it falls silent.
    Raises ConfigError for settings that cannot work, before anything but the devices was touched; StoreError where the
    journal cannot be opened; DeviceFault for hardware that must not be used.
    """
    check(config)
    async with AsyncExitStack() as stack:
        hardware = await stack.enter_async_context(open_hardware(config, clock))
        messages = Messages(clock)
        journal = await stack.enter_async_context(open_journal(config.data_path))
        units = Units(
            [
                UnitControl(
                    name,
                    unit.evse_id,
                    unit.rules(),
                    evse=hardware[name].evse,
                    meter=hardware[name].meter,
                    lock=hardware[name].lock,
                    clock=clock,
                    journal=journal,
                    messages=messages,
                    meter_values_s=config.station.meter_values_s,
                )
                for name, unit in config.units.items()
            ]
        )
        stack.push_async_callback(_shut_down, units)
        await _make_safe(units)
        await _end_interrupted(journal, messages, clock)
        memory = await stack.enter_async_context(open_profile_memory(config.data_path))
        profiles = ChargingProfiles(units, clock, memory, config.station.time_zone)
        await profiles.load()
        link = CsmsLink(
            config.station,
            journal=journal,
            messages=messages,
            clock=clock,
            seed=crc32(config.station.identity.encode()),
            boot_reason=boot_reason,
            tls=config.client_tls(),
        )
        station = Station(config, clock, units, link, messages)
        live = Live(station.view)
        host, port = split_address("station.web", config.station.web)
        app = web_app(Seen(units, station.view, profiles), live)
        station.web_url = await stack.enter_async_context(serving(app, host, port))
        jobs = [
            *_wire(config, clock, station, journal, profiles, live),
            *_front(units, hardware, messages, clock),
            poll_boards(units, config.station.poll_s, beat),
        ]
        async with _running(jobs):
            yield station


def _wire(
    config: StationConfig, clock: Clock, station: Station, journal: Journal, profiles: ChargingProfiles, live: Live
) -> list[Job]:
    """Connect what announces with what listens; all that then has to run."""
    units, link, messages = station.units, station.link, station.messages
    queue = SpacedQueue(config.station.spacing_s)
    status = StatusReport(units, link, clock)
    reach = Reach(config, clock, units, link, profiles, station.reset_asked)

    def send_needs(wanted: tuple[UnitControl, Needs]) -> None:
        unit, needs = wanted
        queue.put(unit.unit_id, partial(deliver, unit, needs, link=link, journal=journal))

    def link_changed(up: bool) -> None:
        for unit in units:
            unit.handle(LinkChanged(up))
        live.changed()

    def token_refused(told: tuple[str, v21.AuthorizationStatusEnumType]) -> None:
        transaction_id, status = told
        unit = units.of_transaction(transaction_id)
        if unit is not None:
            unit.handle(TokenRefused(status.value))

    link.token_refused.connect(token_refused)
    link.changed.connect(link_changed)
    link.changed.connect(profiles.link_changed)
    messages.said.connect(lambda _message: live.changed())
    alerts = Alerts(messages, units, link, clock)
    jobs: list[Job] = [journal.write(), queue.run(), link.run(station_router(), reach, status.send), alerts.send()]
    notices = LimitNotices(link)
    profiles.outside_changed.connect(lambda told: notices.tell(*told))
    jobs += [profiles.keep_up(), notices.run()]
    for unit in units:
        unit.needs_to_send.connect(send_needs)
        unit.changed.connect(status.look)
        unit.changed.connect(lambda _unit: live.changed())
        jobs += [unit.act(), unit.move_lock()]
        path = config.needs_path(unit.unit_id)
        if path is not None:
            jobs.append(NeedsFile(Path(path), unit, messages).run())
    return [*jobs, poll_meters(units, config.station.poll_s)]


def _front(units: Units, hardware: Mapping[str, Hardware], messages: Messages, clock: Clock) -> list[Job]:
    """Listen to the buttons and light the lamps, where there are any."""
    devices = [(unit, hardware[unit.unit_id]) for unit in units]
    buttons = [(unit, device.buttons) for unit, device in devices if device.buttons is not None]
    listening = [listen(buttons, messages)] if buttons else []
    return [*listening, *(light(unit, device.lamps, clock) for unit, device in devices if device.lamps is not None)]


async def _make_safe(units: Units) -> None:
    async with asyncio.TaskGroup() as telling:
        for unit in units:
            telling.create_task(unit.make_safe())


async def _shut_down(units: Units) -> None:
    for unit in units:
        await unit.shut_down()


async def _end_interrupted(journal: Journal, messages: Messages, clock: Clock) -> None:
    """A transaction without an end belongs to a program that died: nobody knows what happened since, so it ends here."""
    for left in await journal.open_transactions():
        journal.append(ended_by_power_loss(left.transaction_id, left.evse_id, left.next_seq_no, Moment.of(clock)))
        messages.say(Level.WARNING, "transaction_interrupted", {"transaction_id": left.transaction_id})
    await journal.flush()


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
