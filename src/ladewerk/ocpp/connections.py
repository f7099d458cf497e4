"""Which connection of a station counts when it has several: the newest authenticated one, whoever opens or closes late.

The standards say nothing about a station that connects twice. After a half-open loss it does so long before its CSMS notices
that the old connection is dead, so the new one must win at once; and the end of the old one, which comes late, must not take
the new one away.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

C = TypeVar("C")


class NewestConnections(Generic[C]):
    """At most one connection of each station. A ``generation`` is a number that grows with each authentication.

    :attr:`ladewerk.ocpp.WebSocketChannel.generation` is one. Identities know no case.
    """

    def __init__(self) -> None:
        self._live: dict[str, tuple[int, C]] = {}

    def of(self, identity: str) -> C | None:
        """The connection that counts; None while the station is away."""
        _, connection = self._live.get(identity.lower(), (0, None))
        return connection

    def enter(self, identity: str, generation: int, connection: C) -> C | None:
        """Take ``connection`` in unless a newer one is here; the loser, which is yours to close, or None.

        The loser may be ``connection`` itself: then nothing is to be said on it any more.
        """
        older_generation, older = self._live.get(identity.lower(), (0, None))
        if older is not None and older_generation > generation:
            return connection
        self._live[identity.lower()] = generation, connection
        return older

    def leave(self, identity: str, generation: int) -> bool:
        """Forget the connection of that generation. False where another one has taken its place, which then stays."""
        here, _ = self._live.get(identity.lower(), (None, None))
        if here != generation:
            return False
        del self._live[identity.lower()]
        return True

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[C]:
        return iter([connection for _, connection in self._live.values()])
