"""Pins behind a pigpiod daemon, over its TCP protocol: another Raspberry Pi, or the simulator.

A command is four little-endian 32-bit words (command, p1, p2, 0); the answer repeats three and ends with the result, where
a negative number is an error. Source: pigpio, "Socket Interface" and "Error Codes".
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable
from ladewerk.station.drivers.pins import Pins

_MODES, _PUD, _READ, _WRITE = 0, 2, 3, 4
_INPUT, _OUTPUT = 0, 1
_PULL_DOWN, _PULL_UP = 1, 2
_DEFAULT_PORT: Final = 8888
_REQUEST = struct.Struct("<4I")
_ANSWER = struct.Struct("<3Ii")
_TIMEOUT_S: Final = 2.0


class PigpiodPins:
    """One connection, one command at a time; a lost connection is opened again by the next command."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._active_low: set[int] = set()

    async def claim_output(self, pin: int, *, active_low: bool = False) -> None:
        self._remember(pin, active_low)
        await self.write(pin, False)  # the level before the direction, or a relay clicks
        await self._command(_MODES, pin, _OUTPUT)

    async def claim_input(self, pin: int, *, active_low: bool = False) -> None:
        self._remember(pin, active_low)
        await self._command(_MODES, pin, _INPUT)
        await self._command(_PUD, pin, _PULL_UP if active_low else _PULL_DOWN)

    async def write(self, pin: int, on: bool) -> None:
        await self._command(_WRITE, pin, int(on != (pin in self._active_low)))

    async def read(self, pin: int) -> bool:
        return bool(await self._command(_READ, pin, 0)) != (pin in self._active_low)

    def _remember(self, pin: int, active_low: bool) -> None:
        if active_low:
            self._active_low.add(pin)
        else:
            self._active_low.discard(pin)

    async def _command(self, command: int, pin: int, value: int) -> int:
        """Ask, once more on a new connection if the old one was dead; the daemon may have been restarted since."""
        request = _REQUEST.pack(command, pin, value, 0)
        async with self._one_at_a_time:
            fresh = self._stream is None
            try:
                result = await self._exchange(request)
            except (OSError, EOFError, TimeoutError) as first:
                if fresh:
                    raise self._unreachable(first) from first
                try:
                    result = await self._exchange(request)
                except (OSError, EOFError, TimeoutError) as err:
                    raise self._unreachable(err) from err
        if result < 0:
            raise DeviceFault(
                f"pigpiod at {self._host}:{self._port} refuses pin {pin} (error {result}); "
                "look that the pin is a user GPIO of this board"
            )
        return result

    async def _exchange(self, request: bytes) -> int:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                if self._stream is None:
                    self._stream = await asyncio.open_connection(self._host, self._port)
                reader, writer = self._stream
                writer.write(request)
                answer = await reader.readexactly(_ANSWER.size)
        except BaseException:
            await self.close()  # an answer still under way would be taken for the next command's
            raise
        return int(_ANSWER.unpack(answer)[3])

    async def close(self) -> None:
        """Close the connection; the pins keep their levels."""
        if self._stream is not None:
            _, writer = self._stream
            self._stream = None
            writer.close()

    def _unreachable(self, err: Exception) -> DeviceUnreachable:
        return DeviceUnreachable(
            f"pigpiod at {self._host}:{self._port}: {str(err) or type(err).__name__}; "
            "look that the daemon runs and allows this host"
        )


@asynccontextmanager
async def open_pigpiod(url: str) -> AsyncIterator[PigpiodPins]:
    """The pins behind ``pigpiod://HOST:PORT`` (port 8888 if absent). ConfigError when the URL is no such URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORT
    except ValueError as err:
        raise ConfigError("lock.pins", f"{url!r}: {err}; expected pigpiod://HOST:PORT") from err
    if parts.scheme != "pigpiod" or not parts.hostname:
        raise ConfigError("lock.pins", f"{url!r} is not pigpiod://HOST:PORT")
    pins = PigpiodPins(parts.hostname, port)
    try:
        yield pins
    finally:
        await pins.close()


_: tuple[type[Pins], ...] = (PigpiodPins,)
