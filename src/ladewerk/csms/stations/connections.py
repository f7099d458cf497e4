"""Which station is here, as whom, over which connection: the newest authenticated one of a station counts."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.records import StationRecord, station_key
from ladewerk.csms.stations.session import StationSession
from ladewerk.csms.stations.station_rules import Rules
from ladewerk.csms.store.ports import Store
from ladewerk.csms.supervision import Tasks
from ladewerk.csms.tokens import UnknownTokens
from ladewerk.csms.watching.frame_log import FrameLog
from ladewerk.errors import StoreError
from ladewerk.ocpp import (
    Channel,
    Forgiveness,
    FrameSeen,
    Leniency,
    NewestConnections,
    Peer,
    Router,
    StartedTransactions,
    Version,
    codec_for,
)
from ladewerk.refusals import Refusals, Why
from ladewerk.signals import Signal

_log = logging.getLogger(__name__)

_CODES: Final = {
    "1002": "frames that are none",
    "1007": "text that is none",
    "1008": "more than can be answered",
    "1009": "a message above what is taken",
}
_PUT_OUT: Final = re.compile(rf"closed here \(({'|'.join(_CODES)})\b")

_SETTLES_S: Final = 10.0
"""How long who stops waits for a database that is slow; a station without an answer says it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A live connection of a station."""

    session: StationSession
    peer: Peer[StationSession]
    version: Version
    since: datetime


class Connections:
    """The stations that are here. ``connected`` announces the key of a station that has come and was accepted."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        frame_log: FrameLog,
        clock: Clock,
        tasks: Tasks,
        *,
        rules: Rules,
        started: StartedTransactions,
        unknown_tokens: UnknownTokens,
        new_id: Callable[[], str],
        refusals: Refusals,
    ) -> None:
        self._refusals = refusals
        self._ledger = ledger
        self._store = store
        self._frame_log = frame_log
        self._clock = clock
        self._tasks = tasks
        self._rules = rules
        self._started = started
        self._unknown_tokens = unknown_tokens
        self._new_id = new_id
        self._live: NewestConnections[Connection] = NewestConnections()
        self.entered: Signal[Connection] = Signal()
        """A connection that counts now; nothing has passed on it yet."""
        self.connected: Signal[str] = Signal()

    def of(self, station_id: str) -> Connection | None:
        """The connection of a station, None while it is away."""
        return self._live.of(station_id)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._live)

    async def serve(self, channel: Channel, version: Version, router: Router[StationSession], *, generation: int) -> None:
        """Serve an admitted station until its connection ends. An older connection of it is closed."""
        identity = channel.identity
        key = station_key(identity)
        try:
            station = await self._known(identity, version)
        except StoreError as err:
            _log.error("station %s cannot be served: %s", identity, err)
            await channel.close(1011, "the CSMS cannot write to its database")
            return
        session = StationSession(
            station_id=station.station_id,
            generation=generation,
            ledger=self._ledger,
            store=self._store,
            unknown_tokens=self._unknown_tokens,
            clock=self._clock,
            refusals=self._refusals,
        )
        peer = Peer(
            channel,
            version=version,
            router=router,
            state=session,
            clock=self._clock,
            leniency=Leniency() if self._ledger.quirks_of(key).lenient else self._rules.of(identity).leniency,
            codec=codec_for(version, identity, started=self._started),
            new_id=self._new_id,
        )
        peer.forgave.connect(partial(_log_forgiveness, station.station_id))
        peer.frames.connect(partial(self._log_frame, station.station_id))
        connection = Connection(session=session, peer=peer, version=version, since=self._clock.now())
        loser = self._live.enter(identity, generation, connection)
        if loser is connection:
            await channel.close(1000, "the station has connected again")
            return
        if loser is not None:
            _log.warning("station %s connected again: its older connection is closed", station.station_id)
            self._tasks.start(loser.peer.close("the station has connected again"), name=f"close {station.station_id}")
        try:
            self.entered.emit(connection)
            # One that was never accepted is not to be spoken to before it is (B02, B03).
            if session.station.booted_at is not None:
                self.connected.emit(key)
            self._ledger.changed.emit(None)
            await peer.run()
            self._note_bad_frames(station.station_id, peer.why_ended or "")
        finally:
            self._live.leave(identity, generation)
            self._ledger.note_seen(key, self._clock.now())

    def _note_bad_frames(self, station_id: str, why_ended: str) -> None:
        """Count a station that was put out for what it sent."""
        found = _PUT_OUT.search(why_ended)
        if found is not None:
            self._refusals.note(Why.BAD_FRAMES, station_id, f"station {station_id} is put out: {_CODES[found[1]]}")

    async def _known(self, identity: str, version: Version) -> StationRecord:
        """The record of an admitted station; one that is let in unknown becomes known without a password."""
        key = station_key(identity)
        now = self._clock.now()
        station = self._ledger.stations.get(key)
        if station is None:
            await self._ledger.put_station(
                StationRecord(station_id=identity, approved_at=now, version=str(version), last_seen=now)
            )
        else:
            await self._ledger.change_station(key, version=str(version), last_seen=now)
        return self._ledger.stations[key]

    @asynccontextmanager
    async def settling(self) -> AsyncIterator[None]:
        """At its end wait until what stations have said is answered: who stops closes the connections after that."""
        try:
            yield
        finally:
            await asyncio.gather(*(connection.peer.settled(_SETTLES_S) for connection in self))

    def _log_frame(self, station_id: str, frame: FrameSeen) -> None:
        self._frame_log.add(frame.at, station_id, frame.sent, frame.text)


def _log_forgiveness(station_id: str, forgiveness: Forgiveness) -> None:
    what = "; ".join(f"{item.path}: {item.rule}" for item in forgiveness.items)
    _log.info("station %s: forgave in %s: %s", station_id, forgiveness.action, what)
