"""A blueprint for a new device: a small meter that answers one line of text over TCP. Copy it, then replace every comment.

The first line of a driver's docstring says which products it serves; the next lines name the source of every fact below:
the maker's manual with its date, or a measurement.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, DeviceUnreachable, ReadingImplausible
from ladewerk.station.drivers.ports import Meter, MeterReading

# Times and limits of the device are constants with the unit in the name, and the reason where it is not plain.
_TIMEOUT_S: Final = 2.0
_ATTEMPTS: Final = 2


class Blueprint:
    """One meter of one phase. It keeps no connection: a device that is polled once a second can be asked anew each time."""

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self._host = host
        self._port = port
        self._clock = clock  # the only source of time: never the machine's

    async def read(self) -> MeterReading:
        # A method of a port returns a whole reading of one moment, or raises: never half of one, None or an old one.
        line = await self._ask("READ")
        try:
            voltage_v, current_a, energy_kwh = (float(field) for field in line.split(";"))
        except ValueError as err:
            raise ReadingImplausible(f"{self}: {line!r} is not VOLTS;AMPERES;KWH") from err
        if not (0 <= voltage_v <= 500 and 0 <= current_a <= 500 and energy_kwh >= 0):
            raise ReadingImplausible(f"{self}: {line!r} cannot be true")
        return MeterReading(
            read_at=self._clock.now(),
            # None is what the device does not tell; 0 would be a measurement.
            voltage_v=(voltage_v, None, None),
            current_a=(current_a, None, None),
            power_w=(voltage_v * current_a, None, None),
            # The port speaks Wh: convert here, at the edge, and nowhere else.
            energy_register_wh=energy_kwh * 1000,
        )

    async def _ask(self, question: str) -> str:
        # The driver repeats what may go lost. What still fails is one line with the device, the place and the remedy, and
        # the exceptions of the transport end here.
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    return await self._exchange(question)
            except (OSError, EOFError, TimeoutError) as err:
                if attempt == _ATTEMPTS:
                    raise DeviceUnreachable(
                        f"{self}: {str(err) or 'no answer'}; look at its power, its address and the network"
                    ) from err
        raise AssertionError("unreachable")

    async def _exchange(self, question: str) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(f"{question}\n".encode())
            # readuntil, not readline: a line that was cut off must not pass for a whole one.
            return (await reader.readuntil(b"\n")).decode("ascii", errors="replace").strip()
        finally:
            # Cancelled or failed, nothing stays open.
            writer.close()

    def __str__(self) -> str:
        return f"blueprint meter at {self._host}:{self._port}"


@asynccontextmanager
async def open_blueprint(host: str, port: int, *, clock: Clock) -> AsyncIterator[Blueprint]:
    """The meter at ``host``. ConfigError for settings that cannot work, before anything is started."""
    if not 0 < port < 65536:
        raise ConfigError("meter.port", f"a TCP port is 1 to 65535, not {port}")
    # What is opened here (a serial port, a client) is closed when the block ends, however it ends.
    yield Blueprint(host, port, clock)


# mypy checks with this line that the driver is what it claims to be.
_: tuple[type[Meter], ...] = (Blueprint,)
