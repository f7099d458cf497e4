"""The one way in which a command goes to a station: checked and written down before, followed up when it is answered.

What is done around a command besides is in :mod:`ladewerk.csms.follow_ups`, by its type.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ladewerk.csms import batches
from ladewerk.csms.dossiers.reports import Variable
from ladewerk.csms.dossiers.shelves import Shelf
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.stations.invitations import invited_by
from ladewerk.errors import CallFailed, CallRefused, Disconnected, LadewerkError, LocalProtocolError, StoreError
from ladewerk.ocpp import CallNotSent
from ladewerk.ocpp.messages import Payload, Request

Q = TypeVar("Q", bound=Payload)
R = TypeVar("R", bound=Payload)

_log = logging.getLogger(__name__)


class CommandRefused(LadewerkError):
    """A command that is not sent; ``fault`` says which value of it must not be."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.field}: {fault.text}")
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp(Generic[Q, R]):
    """What is done around one kind of command; the first argument is the station's identity.

    ``before`` may raise CommandRefused. ``refused`` is told why the station surely does nothing of it: a CALLERROR, or it
    was never sent; ``unanswered`` why nobody knows, and of a CALLERROR where there is no ``refused``.
    """

    before: Callable[[str, Q], Awaitable[None]] | None = None
    answered: Callable[[str, Q, R], Awaitable[None]] | None = None
    refused: Callable[[str, Q, str], Awaitable[None]] | None = None
    unanswered: Callable[[str, Q, str], Awaitable[None]] | None = None


def together(first: FollowUp[Q, R], second: FollowUp[Q, R]) -> FollowUp[Q, R]:
    """Both, one after the other; where the first refuses the command, the second hears nothing of it."""

    async def before(station: str, request: Q) -> None:
        for each in (first.before, second.before):
            if each is not None:
                await each(station, request)

    async def answered(station: str, request: Q, answer: R) -> None:
        for each in (first.answered, second.answered):
            if each is not None:
                await each(station, request, answer)

    async def refused(station: str, request: Q, why: str) -> None:
        for each in (first.refused or first.unanswered, second.refused or second.unanswered):
            if each is not None:
                await each(station, request, why)

    async def unanswered(station: str, request: Q, why: str) -> None:
        for each in (first.unanswered, second.unanswered):
            if each is not None:
                await each(station, request, why)

    return FollowUp(before=before, answered=answered, refused=refused, unanswered=unanswered)


FollowUps = Mapping[type[Payload], FollowUp[Any, Any]]


class Commands:
    """Sends commands of operators, of programs and of the CSMS itself."""

    def __init__(self, connections: Connections, variables: Shelf[Variable], follow_ups: FollowUps) -> None:
        """``variables`` are those that stations have told."""
        self._connections = connections
        self._variables = variables
        self._follow_ups = follow_ups

    async def send(self, station_id: str, request: Request[R]) -> R:
        """Send ``request`` and return the answer.

        Raises CommandRefused for one that is not sent, Disconnected where the station is not here, and what
        :meth:`ladewerk.ocpp.Peer.call` raises; StoreError where it could not be written down, and then it is not sent.
        What the station takes only in parts goes out in parts; where one fails, those before it hold.
        """
        for place in batches.bounds_of(request):
            most = batches.most_of(await self._variables.get(station_id, place.name))
            if most is not None:
                answers = [await self._send(station_id, part) for part in batches.parts(request, most)]
                return batches.together(request, answers)
        return await self._send(station_id, request)

    async def _send(self, station_id: str, request: Request[R]) -> R:
        connection = self._connections.of(station_id)
        if connection is None:
            raise Disconnected(f"{station_id} is not connected")
        follow_up = self._follow_ups.get(type(request), FollowUp())
        if follow_up.before is not None:
            await follow_up.before(station_id, request)
        connection.session.invited.update(invited_by(request))
        try:
            answer = await connection.peer.call(request)
        except (CallFailed, LocalProtocolError) as err:
            match err:
                case LocalProtocolError() | CallNotSent():
                    hear = follow_up.refused
                case CallRefused():
                    hear = follow_up.refused or follow_up.unanswered
                case _:
                    hear = follow_up.unanswered
            if hear is not None:
                await _written(station_id, hear(station_id, request, str(err)))
            raise
        if follow_up.answered is not None:
            await _written(station_id, follow_up.answered(station_id, request, answer))
        return answer


async def _written(station_id: str, work: Awaitable[None]) -> None:
    """What the station did holds, whether it can be written down or not: who asked hears of it."""
    try:
        await work
    except StoreError as err:
        _log.error("station %s: what came of a command could not be written down: %s", station_id, err)
