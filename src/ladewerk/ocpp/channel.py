"""The link a peer talks over, as a port: a WebSocket, or a pair in memory."""

from collections.abc import Awaitable, Generator
from typing import Final, Protocol


class Channel(Protocol):
    """Carries whole frames in order between a charging station and its CSMS.

    Once it is gone, receiving and sending raise Disconnected, for ever.
    """

    @property
    def identity(self) -> str:
        """The charging station at one end of it."""
        ...

    async def receive(self) -> str | bytes:
        """The next frame."""
        ...

    def send(self, text: str) -> Awaitable[None]:
        """Hand over one frame, and await what is returned before the next one: there is room then.

        It is AT_ONCE where the frame is on its way and there is room already, so that nobody need wait to know.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye with a close code of RFC 6455; a channel that is gone already stays so."""
        ...


class _AtOnce:
    """Awaiting it takes no time."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


AT_ONCE: Final[Awaitable[None]] = _AtOnce()
