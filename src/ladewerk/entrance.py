"""Where connections come in: so many may stand in the door, of one address and in all, and none of them for long.

Who has said what it wants is inside, and bounded apart. A door that is full makes room by sending away whoever stood there
longest, if that had its second: a station that says its name at once gets in while thousands stand about.
"""

import asyncio
import ipaddress
import resource
import socket
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from ladewerk.refusals import Refusals, Why

PATIENCE_S: Final = 10.0
"""How long a handshake may take."""

_ITS_SECOND_S: Final = 1.0
_AT_ONCE: Final = 32
"""Connections taken before the others have their turn: the backlog of a flood never ends by itself."""

_NO_FILES_S: Final = 0.1
_FILES_KEPT: Final = 256
"""Of those that the process may open: for the database, the pages and whatever else keeps the stations inside served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many there may be in all, and of one address (an IPv6 network of 64 bits is one); None is any number."""

    most: int
    most_per_address: int | None = None


def room_by_files() -> Room:
    """As many as the process may open files, less what it needs itself."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Room(most=1_000_000 if most == resource.RLIM_INFINITY else max(_FILES_KEPT, most - _FILES_KEPT))


DOOR: Final = Room(most=2000, most_per_address=500)
"""Many stations may be behind one address, and all of them come at once after a power cut."""


class Visit:
    """One connection from ``remote``, from the moment it was taken."""

    __slots__ = ("_entrance", "_is_inside", "_is_over", "network", "remote", "since_s", "task")

    def __init__(self, entrance: "Entrance", remote: str, since_s: float) -> None:
        self._entrance = entrance
        self._is_inside = False
        self._is_over = False
        self.remote = remote
        self.network = network_of(remote)
        self.since_s = since_s
        self.task: asyncio.Task[None] | None = None

    def let_in(self) -> None:
        """It has said what it wants: it stands in the door no longer."""
        if not self._is_inside and not self._is_over:
            self._is_inside = True
            self._entrance.moved_in(self)

    def leave(self) -> None:
        """The connection is gone."""
        if not self._is_over:
            self._is_over = True
            self._entrance.left(self, was_inside=self._is_inside)

    def greeted(self) -> None:
        """Whoever did not come in has gone."""
        if not self._is_inside:
            self.leave()


class Entrance:
    """Takes the connections of ``listener`` until it is closed, and hands each socket to ``greet`` in a task of its own.

    ``greet`` owns the socket, and closes it when it is cancelled: in the door nobody has more than :data:`PATIENCE_S`. Once
    :meth:`Visit.let_in` was called, the visit lasts until :meth:`Visit.leave`; without, until ``greet`` returns.
    """

    def __init__(
        self,
        listener: socket.socket,
        greet: Callable[[socket.socket, Visit], Awaitable[None]],
        *,
        door: Room,
        house: Room,
        refusals: Refusals | None,
    ) -> None:
        self._listener = listener
        self._greet = greet
        self._door = door
        self._house = house
        self._refusals = refusals
        self._loop = asyncio.get_running_loop()
        self._standing: OrderedDict[Visit, None] = OrderedDict()
        self._standing_of: Counter[str] = Counter()
        self._inside_of: Counter[str] = Counter()
        self._inside = 0
        self._taking = asyncio.create_task(self._take(), name="take connections")

    async def close(self) -> None:
        """Take no more; who still stands in the door is sent away."""
        self._taking.cancel()
        await asyncio.wait([self._taking])
        tasks = [visit.task for visit in self._standing if visit.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _take(self) -> None:
        taken_at_once = 0
        while True:
            try:
                taken, address = await self._loop.sock_accept(self._listener)
            except OSError as err:
                # No file is left to the process, or who came is gone already.
                self._note(Why.CROWDED, "", f"no connection can be taken: {err}")
                self._cut_oldest(least_s=0.0)
                await asyncio.sleep(_NO_FILES_S)
                continue
            self._receive(taken, str(address[0]))
            taken_at_once += 1
            if taken_at_once >= _AT_ONCE:
                taken_at_once = 0
                await asyncio.sleep(0)

    def _receive(self, taken: socket.socket, remote: str) -> None:
        visit = Visit(self, remote, self._loop.time())
        if not self._has_room(visit.network):
            taken.close()
            self._note(Why.CROWDED, remote, "too many connections")
            return
        self._standing[visit] = None
        self._standing_of[visit.network] += 1
        visit.task = self._loop.create_task(self._stand(taken, visit))

    def _has_room(self, network: str) -> bool:
        house, door = self._house, self._door
        # Who stands in the door will be inside.
        if self._inside + len(self._standing) >= house.most:
            return self._cut_oldest()
        alike = self._inside_of[network] + self._standing_of[network]
        if house.most_per_address is not None and alike >= house.most_per_address:
            return self._cut_oldest(network)
        if door.most_per_address is not None and self._standing_of[network] >= door.most_per_address:
            return self._cut_oldest(network)
        return len(self._standing) < door.most or self._cut_oldest()

    def _cut_oldest(self, network: str | None = None, *, least_s: float = _ITS_SECOND_S) -> bool:
        """Send away who has stood in the door longest, unless it has just come."""
        oldest = next((one for one in self._standing if network is None or one.network == network), None)
        if oldest is None or self._loop.time() - oldest.since_s < least_s:
            return False
        self._cut(oldest, "said nothing while others waited")
        return True

    def _cut(self, visit: Visit, why: str) -> None:
        self._note(Why.SLOW, visit.remote, why)
        visit.leave()
        if visit.task is not None:
            visit.task.cancel()

    async def _stand(self, taken: socket.socket, visit: Visit) -> None:
        timer = self._loop.call_at(visit.since_s + PATIENCE_S, self._too_slow, visit)
        try:
            await self._greet(taken, visit)
        finally:
            timer.cancel()
            visit.greeted()

    def _too_slow(self, visit: Visit) -> None:
        if visit in self._standing:
            self._cut(visit, "did not finish its handshake in time")

    def _note(self, why: Why, remote: str, what: str) -> None:
        if self._refusals is not None:
            self._refusals.note(why, remote, what)

    # Called by the visits

    def moved_in(self, visit: Visit) -> None:
        """It stands in the door no longer."""
        self._forget_standing(visit)
        self._inside_of[visit.network] += 1
        self._inside += 1

    def left(self, visit: Visit, *, was_inside: bool) -> None:
        """It is over."""
        if was_inside:
            self._inside -= 1
            _take_one(self._inside_of, visit.network)
        else:
            self._forget_standing(visit)

    def _forget_standing(self, visit: Visit) -> None:
        del self._standing[visit]
        _take_one(self._standing_of, visit.network)


def _take_one(counted: Counter[str], network: str) -> None:
    counted[network] -= 1
    if not counted[network]:
        del counted[network]  # addresses are many


def network_of(address: str) -> str:
    """What counts as one address: whoever has an IPv6 address has 2**64 of them."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))
