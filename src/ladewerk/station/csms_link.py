"""The link to the CSMS: connect with back-off, boot, report, drain the journal, and all of it again when the link went.

What the station does never waits for this: units put events into the journal and needs into a queue, and the link delivers
them while there is one. Events go out one at a time in their order, so that none overtakes another.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from typing import Any, Final, TypeVar

from msgspec import UnsetType

from ladewerk import __version__
from ladewerk.clock import Clock
from ladewerk.errors import CallFailed, CallRefused, CallTimedOut, ConfigError, Disconnected, LocalProtocolError
from ladewerk.ocpp import (
    BackOff,
    BackOffSettings,
    BegunTransactions,
    ClientTls,
    ErrorCode,
    Peer,
    Router,
    Version,
    WebSocketChannel,
    codec_for,
    connect,
    v21,
)
from ladewerk.ocpp.messages import Payload, Request
from ladewerk.signals import Signal
from ladewerk.station.actions import Level
from ladewerk.station.config import StationTable
from ladewerk.station.journal import Entry, Journal
from ladewerk.station.messages import Messages

S = TypeVar("S")
R = TypeVar("R", bound=Payload)

_log = logging.getLogger(__name__)

_BOOT_RETRY_S: Final = 30.0
_HEARTBEAT_S: Final = 300.0
_ATTEMPTS: Final = 3
_ATTEMPT_INTERVAL_S: Final = 10.0
"""MessageAttempts and MessageAttemptInterval of TransactionEvent (OCPP 2.0.1 part 2, E13)."""
_LONGEST_WAIT_S: Final = 60.0
_PASSING: Final = frozenset({ErrorCode.INTERNAL_ERROR, ErrorCode.GENERIC_ERROR})
"""What a CSMS answers while something behind it is broken."""


class CsmsLink:
    """``changed`` announces that it went up or down; up means that the CSMS has accepted the station."""

    def __init__(
        self,
        settings: StationTable,
        *,
        journal: Journal,
        messages: Messages,
        clock: Clock,
        seed: int,
        boot_reason: v21.BootReasonEnumType,
        tls: ClientTls | None = None,
    ) -> None:
        self.url = settings.csms
        self.since: datetime | None = None
        self.reason: str | None = "not connected yet"
        self.version: Version | None = None
        self.changed: Signal[bool] = Signal()
        self.token_refused: Signal[tuple[str, v21.AuthorizationStatusEnumType]] = Signal()
        """The CSMS answered the event of a transaction, named by its id, that it does not accept who charges."""
        self.status_due = asyncio.Event()
        self.reported: dict[int, v21.ConnectorStatusEnumType] = {}
        self.boot_reason = boot_reason
        self._settings = settings
        self._tls = tls
        self._leniency = settings.leniency()
        self._begun = BegunTransactions()
        self._journal = journal
        self._messages = messages
        self._clock = clock
        self._back_off = BackOff(BackOffSettings(), random.Random(seed))
        self._accepted: Peer[Any] | None = None
        self._booted = False
        self._heartbeat_due = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """The CSMS has accepted the station on this connection."""
        return self._accepted is not None

    async def call(self, request: Request[R]) -> R:
        """Ask the CSMS. Raises CallFailed; Disconnected at once where the link is not up."""
        if self._accepted is None:
            raise Disconnected(self.reason or "not accepted by the CSMS yet")
        return await self._accepted.call(request)

    async def run(self, router: Router[S], state: S, report_status: Callable[[], Coroutine[Any, Any, None]]) -> None:
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
                        leniency=self._leniency,
                        codec=codec_for(channel.version, channel.identity, begun=self._begun),
                    )
                    await self._serve(peer, report_status)
                    why = peer.why_ended or "the connection ended"
            except (Disconnected, ConfigError) as err:
                # Certificate files are read anew each time: one that is gone now may be back with the next.
                why = str(err)
            await self._down(why)
            await asyncio.sleep(self._back_off.next_wait_s())

    def _connection(self) -> AbstractAsyncContextManager[WebSocketChannel]:
        return connect(
            self.url,
            identity=self._settings.identity,
            versions=self._settings.versions(),
            password=self._settings.password,
            tls=self._tls,
            compression=self._settings.compression,
            ping_s=self._settings.ping_s or None,
        )

    async def _serve(self, peer: Peer[S], report_status: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(self._work(peer, report_status))
            await peer.run()
            work.cancel()

    async def _work(self, peer: Peer[S], report_status: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            heartbeat_s = await self._boot(peer) if not self._booted else _HEARTBEAT_S
            self._up(peer)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat(peer, heartbeat_s))
                tasks.create_task(self._drain(peer))
                tasks.create_task(self._report(report_status))
        except* CallFailed as failures:
            first = failures.exceptions[0]
            _log.warning("the CSMS does not go on: %s", first)
            if isinstance(first, CallRefused) and first.code == ErrorCode.SECURITY_ERROR:
                # It does not know this station as booted: it has lost its memory, so begin anew.
                self._booted = False
            await peer.close("no answer")

    async def _boot(self, peer: Peer[S]) -> float:
        """Until the CSMS accepts the station; how often it wants a heartbeat, in s."""
        while True:
            answer = await peer.call(self.boot_request(self.boot_reason))
            interval_s = float(answer.interval) if answer.interval > 0 else None
            if answer.status is v21.RegistrationStatusEnumType.ACCEPTED:
                self._booted = True
                return interval_s or _HEARTBEAT_S
            self.reason = f"the CSMS answers {answer.status.value} to the station's boot"
            self.changed.emit(False)
            await asyncio.sleep(interval_s or _BOOT_RETRY_S)

    def boot_request(self, reason: v21.BootReasonEnumType) -> v21.BootNotificationRequest:
        """Who this station is."""
        return v21.BootNotificationRequest(
            charging_station=v21.ChargingStationType(
                model=self._settings.model,
                vendor_name=self._settings.vendor,
                serial_number=self._settings.identity[:25],
                firmware_version=__version__,
            ),
            reason=reason,
        )

    def _up(self, peer: Peer[S]) -> None:
        self._accepted, self.since, self.reason = peer, self._clock.now(), None
        self._journal.linked = True
        self._back_off.reset()
        self.report_all()
        self._messages.say(Level.INFO, "csms_connected", {})
        self.changed.emit(True)

    async def _down(self, why: str) -> None:
        was_up, self._accepted = self.is_up, None
        if was_up or self.since is None:
            self.since = self._clock.now()
        if was_up or self.reason != why:
            self._messages.say(Level.WARNING, "csms_lost", {"why": why})
        self.reason = why
        await self._journal.link_lost()
        if was_up:
            self.changed.emit(False)

    async def _beat(self, peer: Peer[S], period_s: float) -> None:
        while True:
            self._heartbeat_due.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(period_s):
                    await self._heartbeat_due.wait()
            await peer.call(v21.HeartbeatRequest())

    def beat_now(self) -> None:
        """Send a Heartbeat without waiting for its time."""
        self._heartbeat_due.set()

    def report_all(self) -> None:
        """Send the status of every connector, whether it changed or not."""
        self.reported.clear()
        self.status_due.set()

    async def _report(self, report_status: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await self.status_due.wait()
            self.status_due.clear()
            await report_status()

    async def _drain(self, peer: Peer[S]) -> None:
        while True:
            entry = await self._journal.next_unsent()
            transaction_id = entry.event.transaction_info.transaction_id
            try:
                failure = await self._deliver(peer, entry)
            except CallFailed:
                await self._journal.keep_begun(entry, self._begun.written(transaction_id))
                raise
            await self._journal.done(entry, delivered=failure is None, begun=self._begun.written(transaction_id))
            if failure is not None:
                params = {
                    "seq_no": entry.event.seq_no,
                    "transaction_id": transaction_id,
                    "why": str(failure),
                }
                self._messages.say(Level.ERROR, "event_given_up", params)

    async def _deliver(self, peer: Peer[S], entry: Entry) -> Exception | None:
        """None once delivered, the reason where no attempt can help. Raises CallFailed with the event still in the journal.

        A CSMS in trouble is tried for ever; one that finds the event itself wrong, as often as E13 says.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = await peer.call(entry.event)
            except (Disconnected, CallTimedOut):
                raise  # whether it arrived is not known: it goes out again over a new connection
            except LocalProtocolError as err:
                return err
            except CallFailed as err:
                if isinstance(err, CallRefused) and err.code == ErrorCode.SECURITY_ERROR:
                    raise
                if attempt >= _ATTEMPTS and not (isinstance(err, CallRefused) and err.code in _PASSING):
                    return err
                await asyncio.sleep(min(_ATTEMPT_INTERVAL_S * attempt, _LONGEST_WAIT_S))
            else:
                self._look_at_token(entry.event, answer)
                return None

    def _look_at_token(self, event: v21.TransactionEventRequest, answer: v21.TransactionEventResponse) -> None:
        said = answer.id_token_info
        if not isinstance(said, UnsetType) and said.status is not v21.AuthorizationStatusEnumType.ACCEPTED:
            self.token_refused.emit((event.transaction_info.transaction_id, said.status))
