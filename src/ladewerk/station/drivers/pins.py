"""Digital pins by their BCM number, as relays, feedback switches, buttons and lamps see them."""

from typing import Protocol


class Pins(Protocol):
    """Outputs and inputs of one board.

    ``on`` is the state of the relay or switch; ``active_low`` says that a low level is on.
    Every method may raise :class:`~ladewerk.errors.DeviceUnreachable` (the pins cannot be reached now) or
    :class:`~ladewerk.errors.DeviceFault` (they refused).
    """

    async def claim_output(self, pin: int, *, active_low: bool = False) -> None:
        """Make ``pin`` an output that is off."""
        ...

    async def claim_input(self, pin: int, *, active_low: bool = False) -> None:
        """Make ``pin`` an input, pulled to its off level."""
        ...

    async def write(self, pin: int, on: bool) -> None:
        """Switch a claimed output; it has the level when the call returns."""
        ...

    async def read(self, pin: int) -> bool:
        """Whether a claimed input is on."""
        ...
