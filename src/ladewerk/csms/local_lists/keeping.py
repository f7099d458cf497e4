"""Keeps the local authorization list of every station that has one as the tokens of the CSMS are.

A station is looked at when it has booted, when it connects with an older list, when tokens change, and once an hour for
tokens that become valid. What it has is asked of it (GetLocalListVersion); where that is what was last sent, it gets the
difference, else the whole list. Without a single token that was ever entered nothing is sent.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.local_lists.entries import (
    ITEMS,
    Batch,
    ListAtStation,
    ListState,
    difference,
    messages,
    next_version,
    whole_list,
)
from ladewerk.csms.stations.connections import Connection, Connections
from ladewerk.csms.store.ports import Store
from ladewerk.csms.supervision import Tasks
from ladewerk.csms.tokens import Token
from ladewerk.errors import CallFailed, CallRefused, LocalProtocolError, StoreError
from ladewerk.ocpp import v21
from ladewerk.signals import connected

_log = logging.getLogger(__name__)

_SHEET: Final = "list"
_TOGETHER_S: Final = 1.0
"""Tokens entered within this time go out together."""

_LOOK_AGAIN_S: Final = 3600.0
_AT_ONCE: Final = 20
"""Stations that are told at the same time."""

_LONGEST_S: Final = 600.0
"""For a station and its list: one that is slow on purpose, message by message, must not keep the others waiting."""

_PAGE: Final = 1000
_DIFFERENTIAL: Final = v21.UpdateEnumType.DIFFERENTIAL
_FULL: Final = v21.UpdateEnumType.FULL


class ListKeeping:
    """The lists of all stations."""

    def __init__(self, ledger: Ledger, connections: Connections, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._ledger = ledger
        self._connections = connections
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._number = 0
        self._tokens_at: tuple[int, list[Token]] = (0, [])
        self._reading = asyncio.Lock()
        self._known: dict[str, ListAtStation] = {}
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._tokens_changed = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ListKeeping"]:
        """Keep them until the context ends."""
        self._number = await self._store.token_changes.last()
        after = ("", "")
        while found := await self._store.dossiers.local_lists.some(after=after):
            self._known.update({filed.station: filed.value for filed in found})
            after = (found[-1].station, found[-1].name)
        following = (
            self._tasks.start(self._follow_tokens(), name="local lists: changed tokens"),
            self._tasks.start(self._look_each_hour(), name="local lists: tokens that become valid"),
        )
        with connected(
            self._ledger.station_booted.connect(self.look_at),
            self._connections.connected.connect(self._look_if_older),
            self._store.tokens_changed.connect(lambda _none: self._tokens_changed.set()),
        ):
            try:
                yield self
            finally:
                for task in following:
                    task.cancel()

    def of(self, key: str) -> ListAtStation | None:
        """The list of a station; None where none was ever sent."""
        return self._known.get(key)

    def look_at(self, key: str) -> None:
        """Bring the list of a station up to date."""
        if self._number == 0 and key not in self._known:
            return
        if key in self._busy:
            self._again.add(key)
            return
        self._busy.add(key)
        self._tasks.start(self._bring(key), name=f"local list of {key}")

    def _look_if_older(self, key: str) -> None:
        known = self._known.get(key)
        if known is None or known.state in (ListState.REFUSED, ListState.UNSUPPORTED):
            return
        if known.state is ListState.PENDING or known.number < self._number:
            self.look_at(key)

    async def forget(self, key: str) -> None:
        """Somebody else has sent a list to this station: the next one is whole."""
        if key in self._known:
            await self._note(key, msgspec.structs.replace(self._known[key], version=0, state=ListState.PENDING))

    async def _follow_tokens(self) -> None:
        while True:
            await self._tokens_changed.wait()
            await asyncio.sleep(_TOGETHER_S)
            self._tokens_changed.clear()
            try:
                self._number = await self._store.token_changes.last()
            except StoreError as err:
                _log.warning("the local lists of stations wait: %s", err)
                self._tokens_changed.set()
                continue
            self._look_at_all()

    async def _look_each_hour(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AGAIN_S)
            self._look_at_all()

    def _look_at_all(self) -> None:
        for key, station in self._ledger.stations.items():
            known = self._known.get(key)
            # One that knows no lists is asked again when it boots.
            if station.booted_at is not None and (known is None or known.state is not ListState.UNSUPPORTED):
                self.look_at(key)

    async def _bring(self, key: str) -> None:
        try:
            while True:
                self._again.discard(key)
                async with self._room:
                    await self._bring_once(key)
                if key not in self._again:
                    return
        except StoreError as err:
            _log.warning("station %s: its local list waits: %s", key, err)
        finally:
            self._busy.discard(key)

    async def _bring_once(self, key: str) -> None:
        connection = self._connections.of(key)
        before = self._known.get(key, ListAtStation())
        if connection is None:
            await self._note(key, msgspec.structs.replace(before, state=ListState.PENDING, reason="it is not connected"))
            return
        try:
            async with asyncio.timeout(_LONGEST_S):
                await self._update(key, connection, before)
        except TimeoutError:
            took_too_long = msgspec.structs.replace(
                before, version=0, state=ListState.REFUSED, reason="it took too long over its list"
            )
            await self._note(key, took_too_long)
        except CallRefused as refused:
            state = ListState.UNSUPPORTED if refused.is_for_good else ListState.REFUSED
            await self._note(key, msgspec.structs.replace(before, state=state, reason=str(refused)))
        except CallFailed as failed:
            await self._note(
                key, msgspec.structs.replace(before, version=0, state=ListState.PENDING, reason=f"no answer: {failed}")
            )
        except LocalProtocolError as bug:
            _log.error("station %s: its local list cannot be sent: %s", key, bug)
            await self._note(key, msgspec.structs.replace(before, state=ListState.REFUSED, reason=str(bug)))

    async def _update(self, key: str, connection: Connection, before: ListAtStation) -> None:
        """Ask what the station has, and bring it what it lacks."""
        has = (await connection.peer.call(v21.GetLocalListVersionRequest())).version_number
        now, version = self._clock.now(), connection.version
        after = ListAtStation(version=has, number=self._number, state=ListState.CURRENT, updated_at=now)
        tokens = await self._tokens()
        if before.updated_at is not None and before.version == has > 0:
            changed = await self._store.token_changes.since(before.number)
            some = difference(tokens, changed, before.updated_at, key, version, now)
            if not some:
                await self._note(key, after)
                return
            if await self._send(key, connection, _DIFFERENTIAL, some, after):
                return
        whole = whole_list(tokens, key, version, now)
        if has == 0 and not whole:
            await self._note(key, after)
            return
        await self._send(key, connection, _FULL, whole, after)

    async def _send(
        self,
        key: str,
        connection: Connection,
        kind: v21.UpdateEnumType,
        entries: list[v21.AuthorizationData],
        after: ListAtStation,
    ) -> bool:
        """Whether the station has taken ``entries`` and is at ``after`` but for its version; what came of it is noted."""
        batch = await self._batch(connection)
        version = after.version
        for request in messages(kind, entries, next_version(version, self._clock.now()), batch):
            answer = await connection.peer.call(request)
            if answer.status != "Accepted":
                reason = _why(answer)
                _log.warning("station %s does not take its local list: %s", key, reason)
                refused = ListAtStation(state=ListState.REFUSED, reason=reason, updated_at=after.updated_at)
                await self._note(key, refused)
                return False
            version = request.version_number
        await self._note(key, msgspec.structs.replace(after, version=version))
        return True

    async def _batch(self, connection: Connection) -> Batch:
        """What the station takes in one message; some do not say."""
        component = v21.ComponentType(name="LocalAuthListCtrlr")
        asked = tuple(
            v21.GetVariableDataType(component=component, variable=v21.VariableType(name=name))
            for name in ("ItemsPerMessage", "BytesPerMessage")
        )
        try:
            answer = await connection.peer.call(v21.GetVariablesRequest(get_variable_data=asked))
        except CallRefused:
            return Batch()
        said = {
            result.variable.name.casefold(): int(result.attribute_value)
            for result in answer.get_variable_result
            if result.attribute_value is not msgspec.UNSET and result.attribute_value.isdecimal()
        }
        return Batch(items=said.get("itemspermessage") or ITEMS, most_bytes=said.get("bytespermessage") or None)

    async def _tokens(self) -> list[Token]:
        """All of them; read once for all stations that are told together."""
        async with self._reading:
            number, tokens = self._tokens_at
            if number != self._number:
                number, tokens = self._number, []
                while page := await self._store.tokens("", tokens[-1].key if tokens else "", _PAGE):
                    tokens += page
                self._tokens_at = number, tokens
            return tokens

    async def _note(self, key: str, after: ListAtStation) -> None:
        if self._known.get(key) != after:
            await self._store.dossiers.local_lists.put(key, {_SHEET: after}, self._clock.now())
            self._known[key] = after
            self._ledger.changed.emit(None)


def _why(answer: v21.SendLocalListResponse) -> str:
    info = answer.status_info
    return str(answer.status) if info is msgspec.UNSET else f"{answer.status}: {info.reason_code}"
