"""One connection for all who talk to the same CSMS as the same station, for as long as any of them does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

from ladewerk.errors import Disconnected

C = TypeVar("C")


class SharedConnections(Generic[C]):
    """Connections by address and identity; the last user of one closes it.

    ``open_connection`` opens one, usually a peer on a channel: a station that connects twice would lose its first
    connection, for at the CSMS the newest counts.
    """

    def __init__(self, open_connection: Callable[[str, str], AbstractAsyncContextManager[C]]) -> None:
        self._open_connection = open_connection
        self._held: dict[tuple[str, str], _Held[C]] = {}

    @asynccontextmanager
    async def use(self, url: str, identity: str) -> AsyncIterator[C]:
        """The connection of ``identity`` to ``url``, opened if nobody uses it yet.

        When a use ends with Disconnected, the next one begins with a new connection. Raises what opening raises.
        """
        key = url.rstrip("/"), identity.lower()
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held(self._open_connection(url, identity))
        held.users += 1
        try:
            yield await asyncio.shield(held.opened)
        except Disconnected:
            self._forget(key, held)
            raise
        finally:
            held.users -= 1
            if held.users == 0:
                self._forget(key, held)
                await held.end()

    def _forget(self, key: tuple[str, str], held: "_Held[C]") -> None:
        if self._held.get(key) is held:
            del self._held[key]


class _Held(Generic[C]):
    """A connection held open by a task of its own, so that no user's end takes it from the others."""

    def __init__(self, opening: AbstractAsyncContextManager[C]) -> None:
        self.users = 0
        self.opened: asyncio.Future[C] = asyncio.get_running_loop().create_future()
        self._unused = asyncio.Event()
        self._holder = asyncio.create_task(self._hold(opening), name="shared connection")

    async def _hold(self, opening: AbstractAsyncContextManager[C]) -> None:
        try:
            async with opening as connection:
                self.opened.set_result(connection)
                await self._unused.wait()
        except Exception as err:
            # Not caught but carried over: it is raised where the connection is asked for.
            if self.opened.done():
                raise
            self.opened.set_exception(err)
            self.opened.exception()  # seen, even if the user who asked has gone

    async def end(self) -> None:
        if not self.opened.done():
            self._holder.cancel()
        self._unused.set()
        await asyncio.wait([self._holder])
        if not self._holder.cancelled():
            self._holder.result()
