"""GPIO pins behind pigpiod's socket protocol, with the plug lock's motor wired to them.

A command is four little-endian 32-bit words (command, p1, p2, length of an extension); the answer repeats the first three
and ends with the result, negative for an error. Source: pigpio, "Socket Interface" and "Error Codes".
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from ladewerk.simulator.config import FrontConfig, LockConfig
from ladewerk.simulator.listening import listening
from ladewerk.simulator.world import Button, World

_SET_MODE, _GET_MODE, _PULL, _READ, _WRITE, _VERSION = 0, 1, 2, 3, 4, 26
_INPUT, _OUTPUT = 0, 1
_PULL_UP: Final = 2
_BAD_GPIO, _BAD_MODE, _BAD_LEVEL, _BAD_PULL, _UNKNOWN_COMMAND = -3, -4, -5, -6, -88
_PIGPIO_VERSION: Final = 79
_LAST_GPIO: Final = 53
_LAST_MODE: Final = 7
"""Input, output and six alternative functions, which are wired to nothing here."""
_REQUEST: Final = struct.Struct("<4I")
_ANSWER: Final = struct.Struct("<3Ii")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinView:
    """One pin, and what hangs on it."""

    pin: int
    wire: str
    """lock, unlock, feedback, start, stop, ready, charging or fault."""
    output: bool
    level: int


class Pins:
    """Modes, levels and wires. Pins are inputs at first: a relay is on only while its pin is an output at its level."""

    def __init__(self, present: Callable[[], World], wiring: LockConfig, front: FrontConfig) -> None:
        self._present = present
        self._wiring = wiring
        self._buttons: dict[int, Button] = {front.start_pin: "start", front.stop_pin: "stop"}
        self._lamps = {"ready": front.ready_pin, "charging": front.charging_pin, "fault": front.fault_pin}
        self._modes: dict[int, int] = {}
        self._latches: dict[int, int] = {}
        self._pulls: dict[int, int] = {}

    def perform(self, command: int, pin: int, value: int) -> int:
        """Carry out one command; the result word."""
        if command == _VERSION:
            return _PIGPIO_VERSION
        if command not in (_SET_MODE, _GET_MODE, _PULL, _READ, _WRITE):
            return _UNKNOWN_COMMAND
        if pin > _LAST_GPIO:
            return _BAD_GPIO
        if command == _GET_MODE:
            return self._modes.get(pin, _INPUT)
        if command == _READ:
            return self._level(pin)
        return self._change(command, pin, value)

    def press(self, button: Button) -> None:
        """Press a button, as long as a finger does."""
        self._present().press(button)

    def wires(self) -> list[PinView]:
        """Every pin that something is wired to, with what stands on it."""
        wired: dict[int, str] = {self._wiring.lock_pin: "lock", self._wiring.unlock_pin: "unlock"}
        if self._wiring.feedback_pin is not None:
            wired[self._wiring.feedback_pin] = "feedback"
        wired |= self._buttons
        wired |= {pin: name for name, pin in self._lamps.items()}
        return [
            PinView(pin=pin, wire=name, output=self._modes.get(pin) == _OUTPUT, level=self._level(pin))
            for pin, name in sorted(wired.items())
        ]

    def lamps(self) -> dict[str, bool]:
        """Which lamps are lit."""
        return {name: self._modes.get(pin) == _OUTPUT and self._latches.get(pin) == 1 for name, pin in self._lamps.items()}

    def _change(self, command: int, pin: int, value: int) -> int:
        store, most, refusal = {
            _SET_MODE: (self._modes, _LAST_MODE, _BAD_MODE),
            _PULL: (self._pulls, _PULL_UP, _BAD_PULL),
            _WRITE: (self._latches, 1, _BAD_LEVEL),
        }[command]
        if value > most:
            return refusal
        store[pin] = value
        self._present().drive_lock(
            locking=self._is_on(self._wiring.lock_pin), unlocking=self._is_on(self._wiring.unlock_pin)
        )
        return 0

    def _is_on(self, pin: int) -> bool:
        """Whether the relay at an output is pulled."""
        on_level = 0 if self._wiring.active_low else 1
        return self._modes.get(pin) == _OUTPUT and self._latches.get(pin, 0) == on_level

    def _level(self, pin: int) -> int:
        if self._modes.get(pin, _INPUT) == _OUTPUT:
            return self._latches.get(pin, 0)
        if pin == self._wiring.feedback_pin and self._present().lock.contact_closed:
            return 0  # a switch to ground
        if pin in self._buttons and self._present().is_pressed(self._buttons[pin]):
            return 0
        return 1 if self._pulls.get(pin) == _PULL_UP else 0


@asynccontextmanager
async def serving_pins(pins: Pins, host: str, port: int) -> AsyncIterator[int]:
    """Serve the pins until the context ends; yields the port. ConfigError about ``pins_port`` where it is taken."""
    open_connections: set[_Connection] = set()
    async with listening(lambda: _Connection(pins, open_connections), host, port, key="pins_port") as bound:
        try:
            yield bound
        finally:
            for connection in tuple(open_connections):
                connection.hang_up()


class _Connection(asyncio.Protocol):
    """One client. As with the daemon, pins keep their levels when it goes."""

    def __init__(self, pins: Pins, open_connections: set["_Connection"]) -> None:
        self._pins = pins
        self._open = open_connections
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        while len(self._received) >= _REQUEST.size:
            command, pin, value, extension = _REQUEST.unpack_from(self._received)
            if extension:  # none of the commands known here has one; where the next one begins is anybody's guess
                self._transport.write(_ANSWER.pack(command, pin, value, _UNKNOWN_COMMAND))
                self._transport.close()
                return
            self._received = self._received[_REQUEST.size :]
            self._transport.write(_ANSWER.pack(command, pin, value, self._pins.perform(command, pin, value)))
