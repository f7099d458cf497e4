"""The link a peer talks over, as a port: a WebSocket, or a pair in memory."""

from typing import Protocol


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

    async def send(self, text: str) -> None:
        """Hand over one frame; returns when there is room for the next."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye with a close code of RFC 6455; a channel that is gone already stays so."""
        ...
