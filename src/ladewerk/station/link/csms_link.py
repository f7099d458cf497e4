"""The link to the CSMS: connect with back-off, boot, report, drain the journal, and all of it again when the link went.

What the station does never waits for this: units put events into the journal and needs into a queue, and the link delivers
them while there is one. Events go out one at a time in their order, so that none overtakes another.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from msgspec import UNSET

from ladewerk import __version__
from ladewerk.errors import CallFailed, CallRefused, ConfigError, Disconnected
from ladewerk.ocpp import (
    BackOff,
    BackOffSettings,
    BegunTransactions,
    ClientTls,
    ErrorCode,
    Peer,
    Router,
    Version,
    codec_for,
    connect,
    v21,
)
from ladewerk.ocpp.messages import Payload, Request
from ladewerk.ocpp.opening import Connect, OpenChannel
from ladewerk.ocpp.peer import random_id
from ladewerk.ocpp.reports import ResponseReceived, ResponseSent
from ladewerk.signals import Signal
from ladewerk.station.config import StationTable
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.device_model.variable import Variable
from ladewerk.station.link.connection_profiles import ConnectionProfile, ConnectionProfiles
from ladewerk.station.link.csms_clock import CsmsClock
from ladewerk.station.messages import Messages
from ladewerk.station.transactions.delivery import drain
from ladewerk.station.transactions.journal import Journal
from ladewerk.station.unit.actions import Level
from ladewerk.station.wall_clock import WallClock

S = TypeVar("S")
R = TypeVar("R", bound=Payload)
ReportStatus = Callable[[], Coroutine[Any, Any, None]]
Registration = v21.RegistrationStatusEnumType

_log = logging.getLogger(__name__)

_BOOT_RETRY_S: Final = 30.0
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the CSMS answered to an event about the token in it."""

    event: v21.TransactionEventRequest
    info: v21.IdTokenInfoType


class CsmsLink:
    """``changed`` announces that it went up or down; up means that the CSMS has accepted the station."""

    def __init__(
        self,
        table: StationTable,
        *,
        model: DeviceModel,
        ways: ConnectionProfiles,
        journal: Journal,
        messages: Messages,
        clock: WallClock,
        seed: int,
        boot_reason: v21.BootReasonEnumType,
        tls: ClientTls | None = None,
        open_channel: Connect = connect,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self.since: datetime | None = None
        self.reason: str | None = "not connected yet"
        self.version: Version | None = None
        self.registration: Registration | None = None
        """What the CSMS last answered to a boot; None before it did."""
        self.csms_clock = CsmsClock(clock, model, messages)
        self.changed: Signal[bool] = Signal()
        self.token_refused: Signal[tuple[str, v21.AuthorizationStatusEnumType]] = Signal()
        """The CSMS answered the event of a transaction, named by its id, that it does not accept who charges."""
        self.token_told: Signal[Told] = Signal()
        self.priced: Signal[tuple[str, float]] = Signal()
        """The CSMS has said what a transaction, named by its id, costs so far."""
        self.failed: Signal[Exception] = Signal()
        """Why a connection could not be made, or ended."""
        self.answered: Signal[ResponseSent] = Signal()
        self.was_answered: Signal[ResponseReceived] = Signal()
        self.status_due = asyncio.Event()
        self.reported: dict[int, v21.ConnectorStatusEnumType] = {}
        self.boot_reason = boot_reason
        self._table = table
        self._model = model
        self._ways = ways
        self._tls = tls
        self._open = open_channel
        self._new_id = new_id
        self._leniency = table.leniency()
        self._begun = BegunTransactions()
        self._journal = journal
        self._messages = messages
        self._clock = clock
        self._random = random.Random(seed)
        self._back_off = self._new_back_off()
        self._peer: Peer[Any] | None = None
        self._accepted: Peer[Any] | None = None
        self._booted = False
        self._boot_due = asyncio.Event()
        self._heartbeat_due = asyncio.Event()
        self._spoke_s = 0.0
        self._beat_s = 0.0
        self._down_since_s: float | None = None
        model.changed.connect(self._setting_changed)

    @property
    def url(self) -> str:
        """The address that is called."""
        return self._ways.current.url

    @property
    def way(self) -> ConnectionProfile:
        """The connection profile in use."""
        return self._ways.current

    @property
    def is_up(self) -> bool:
        """The CSMS has accepted the station on this connection."""
        return self._accepted is not None

    async def call(self, request: Request[R]) -> R:
        """Ask the CSMS. Raises CallFailed; Disconnected at once where the link is not up."""
        if self._accepted is None:
            raise Disconnected(self.reason or "not accepted by the CSMS yet")
        return await self._ask(self._accepted, request)

    async def _ask(self, peer: Peer[Any], request: Request[R]) -> R:
        self._spoke_s = self._clock.monotonic()
        return await peer.call(request)

    async def run(self, router: Router[S], state: S, report_status: ReportStatus) -> None:
        """Keep the link, for ever; ``report_status`` sends the connectors' status each time :attr:`status_due` is set."""
        self._begun = BegunTransactions(await self._journal.begun())
        while True:
            try:
                async with self._connection() as channel:
                    self.version = channel.version
                    peer = Peer(
                        channel,
                        version=channel.version,
                        router=router,
                        state=state,
                        clock=self._clock,
                        timeout_s=float(self._model.whole(settings.MESSAGE_TIMEOUT)),
                        leniency=self._leniency,
                        codec=codec_for(channel.version, channel.identity, begun=self._begun),
                        new_id=self._new_id,
                    )
                    await self._serve(peer, report_status)
                    failure: Exception = Disconnected(peer.why_ended or "the connection ended")
            except (Disconnected, ConfigError) as err:
                # Certificate files are read anew each time: one that is gone now may be back with the next.
                failure = err
            await self._down(failure)
            await asyncio.sleep(self._back_off.next_wait_s())

    def _connection(self) -> AbstractAsyncContextManager[OpenChannel]:
        way = self._ways.next()
        return self._open(
            way.url,
            identity=way.identity,
            versions=self._table.versions(),
            password=way.password,
            tls=self._tls if way.url.startswith("wss:") else None,
            compression=self._table.compression,
            ping_s=self._model.whole(settings.PING_INTERVAL) or None,
        )

    async def _serve(self, peer: Peer[S], report_status: ReportStatus) -> None:
        self._peer = peer
        peer.response_sent.connect(self.answered.emit)
        peer.response_received.connect(self.was_answered.emit)
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(self._work(peer, report_status))
                await peer.run()
                work.cancel()
        finally:
            self._peer = None

    async def _work(self, peer: Peer[S], report_status: ReportStatus) -> None:
        try:
            if not self._booted:
                await self._boot(peer)
            self._up(peer)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat(peer))
                tasks.create_task(self._drain(peer))
                tasks.create_task(self._report(report_status))
        except* CallFailed as failures:
            first = failures.exceptions[0]
            _log.warning("the CSMS does not go on: %s", first)
            if isinstance(first, CallRefused) and first.code == ErrorCode.SECURITY_ERROR:
                # It does not know this station as booted: it has lost its memory, so begin anew.
                self._booted = False
            await peer.close("no answer")

    # Boot

    async def _boot(self, peer: Peer[S]) -> None:
        """Until the CSMS accepts the station, no sooner than it wants to be asked, unless it asks for it (B02, B03)."""
        while True:
            self._boot_due.clear()
            asked_s = self._clock.monotonic()
            answer = await self._ask(peer, self.boot_request(self.boot_reason))
            self.csms_clock.heard(answer.current_time, asked_s)
            self.registration = answer.status
            interval_s = float(answer.interval) if answer.interval > 0 else None
            if answer.status is Registration.ACCEPTED:
                self._booted = True
                self.reported.clear()
                if interval_s is not None:
                    await self._take_heartbeat(answer.interval)
                return
            self.reason = f"the CSMS answers {answer.status.value} to the station's boot"
            self.changed.emit(False)
            with suppress(TimeoutError):
                async with asyncio.timeout(interval_s or _BOOT_RETRY_S):
                    await self._boot_due.wait()

    async def _take_heartbeat(self, interval_s: int) -> None:
        """G02.FR.01: the interval of an accepted boot is that of the heartbeat."""
        most = settings.HEARTBEAT_INTERVAL.most
        wanted = str(min(interval_s, int(most or interval_s)))
        if wanted != self._model.text(settings.HEARTBEAT_INTERVAL):
            await self._model.put([(settings.HEARTBEAT_INTERVAL, wanted)])

    def boot_now(self) -> None:
        """Send a BootNotification without waiting for its time."""
        self._boot_due.set()

    def boot_request(self, reason: v21.BootReasonEnumType) -> v21.BootNotificationRequest:
        """Who this station is."""
        return v21.BootNotificationRequest(
            charging_station=v21.ChargingStationType(
                model=self._table.model,
                vendor_name=self._table.vendor,
                serial_number=self._table.identity[:25],
                firmware_version=__version__,
            ),
            reason=reason,
        )

    # Up and down

    def _up(self, peer: Peer[S]) -> None:
        away_s = None if self._down_since_s is None else self._clock.monotonic() - self._down_since_s
        self._accepted, self.since, self.reason = peer, self._clock.now(), None
        self._down_since_s = None
        self._ways.reached()
        self._journal.linked = True
        self._back_off = self._new_back_off()
        self._beat_s = self._clock.monotonic()
        if away_s is None or away_s > self._model.whole(settings.OFFLINE_THRESHOLD):
            self.report_all()  # B04.FR.01
        else:
            self.status_due.set()
        self._messages.say(Level.INFO, "csms_connected", {})
        self.changed.emit(True)

    def _new_back_off(self) -> BackOff:
        whole = self._model.whole
        return BackOff(
            BackOffSettings(
                wait_minimum_s=whole(settings.BACK_OFF_MINIMUM),
                random_range_s=whole(settings.BACK_OFF_RANGE),
                repeat_times=whole(settings.BACK_OFF_REPEATS),
            ),
            self._random,
        )

    async def _down(self, failure: Exception) -> None:
        why = str(failure)
        was_up, self._accepted = self.is_up, None
        if was_up or self.since is None:
            self.since = self._clock.now()
        if was_up:
            self._down_since_s = self._clock.monotonic()
        if was_up or self.reason != why:
            self._messages.say(Level.WARNING, "csms_lost", {"why": why})
            self.failed.emit(failure)
        self.reason = why
        await self._journal.link_lost()
        if was_up:
            self.changed.emit(False)

    async def reconnect(self, why: str) -> None:
        """End the connection; the next one is made by what is set by then (A01)."""
        if self._peer is not None:
            await self._peer.close(why)

    def _setting_changed(self, variable: Variable) -> None:
        if variable is settings.HEARTBEAT_INTERVAL:
            self._heartbeat_due.set()

    # While it is up

    async def _beat(self, peer: Peer[S]) -> None:
        """A Heartbeat after so much silence, and at least once a day, to see what time it is there (G02)."""
        while True:
            now_s = self._clock.monotonic()
            due_s = min(self._spoke_s + self._model.whole(settings.HEARTBEAT_INTERVAL), self._beat_s + _DAY_S)
            if due_s > now_s:
                with suppress(TimeoutError):
                    async with asyncio.timeout(due_s - now_s):
                        await self._heartbeat_due.wait()
                self._heartbeat_due.clear()
                continue
            await self.beat(peer)

    async def beat(self, peer: "Asked | None" = None) -> None:
        """Send a Heartbeat now. Raises CallFailed."""
        self._spoke_s = self._beat_s = asked_s = self._clock.monotonic()
        answer = await (peer or self).call(v21.HeartbeatRequest())
        self.csms_clock.heard(answer.current_time, asked_s)

    def report_all(self) -> None:
        """Send the status of every connector, whether it changed or not."""
        self.reported.clear()
        self.status_due.set()

    async def _report(self, report_status: ReportStatus) -> None:
        while True:
            await self.status_due.wait()
            self.status_due.clear()
            await report_status()

    async def _drain(self, peer: Peer[S]) -> None:
        async def call(event: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
            return await self._ask(peer, self._clock.dated(event))

        await drain(self._journal, call, self._look_at_answer, begun=self._begun, model=self._model, messages=self._messages)

    def _look_at_answer(self, event: v21.TransactionEventRequest, answer: v21.TransactionEventResponse) -> None:
        if answer.total_cost is not UNSET:
            self.priced.emit((event.transaction_info.transaction_id, answer.total_cost))
        said = answer.id_token_info
        if said is UNSET:
            return
        self.token_told.emit(Told(event=event, info=said))
        if said.status is not v21.AuthorizationStatusEnumType.ACCEPTED:
            self.token_refused.emit((event.transaction_info.transaction_id, said.status))


class Asked(Protocol):
    """Whom a request can be sent to."""

    async def call(self, request: Request[R]) -> R: ...
