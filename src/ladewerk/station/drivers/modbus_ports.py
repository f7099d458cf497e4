"""Where a Modbus line begins on this machine: a serial port, or the TCP connection to a bridge.

A port is one program's alone, by a lock that the kernel takes back from a program that dies: of the serial device itself,
and of a name in the abstract socket namespace for a bridge. The supervisor goes by the same locks.
"""

import asyncio
import fcntl
import os
import socket
import stat
import termios
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from ladewerk.errors import ConfigError, DeviceUnreachable
from ladewerk.station.drivers.modbus_frames import Framing, Rtu, Tcp

_CONNECT_S: Final = 0.75
_MOST_HEARD: Final = 4096
"""Many times the longest frame; a line that babbles fills no memory."""
_EXPECTED: Final = "expected such as /dev/serial0, tcp://192.168.1.30:8899 or modbus-tcp://192.168.1.30:502"


class Ear:
    """What has arrived at a port."""

    def __init__(self) -> None:
        self.heard = b""
        self.lost: str | None = None
        """Why nothing more will come."""
        self._news = asyncio.Event()

    def hear(self, data: bytes) -> None:
        self.heard = (self.heard + data)[-_MOST_HEARD:]
        self._news.set()

    def lose(self, why: str) -> None:
        self.lost = self.lost or why
        self._news.set()

    def forget(self) -> None:
        """What arrived before a question does not answer it."""
        self.heard = b""

    async def news(self) -> None:
        """Wait until more has arrived. Raises ConnectionError where nothing can."""
        if self.lost is not None:
            raise ConnectionError(self.lost)
        self._news.clear()
        await self._news.wait()


class Port(Protocol):
    """One end of a line. It is opened, lost and opened again as often as need be."""

    framing: Framing
    answer_s: float
    """How long an answer may take; waiting longer never helped anybody."""
    drop_when_silent: bool
    """Whether it is opened anew after a silence: on a connection that is closed, no late answer comes."""
    wiring: str
    """What to look at when the board is silent."""

    @property
    def ear(self) -> Ear | None:
        """None where it is not open."""
        ...

    def claim(self) -> None:
        """Make it this program's. ConfigError where it cannot be, now or ever."""
        ...

    async def open(self) -> Ear:
        """DeviceUnreachable with the remedy."""
        ...

    def send(self, data: bytes) -> None:
        """Raises OSError."""
        ...

    def close(self) -> None: ...

    def release(self) -> None:
        """Close it and let others have it."""
        ...


def port_of(device: str) -> Port:
    """The port that the setting ``device`` names. ConfigError where it names none."""
    if "://" not in device:
        return SerialPort(device)
    try:
        parts = urlsplit(device)
        host, port = parts.hostname, parts.port
    except ValueError as err:
        raise ConfigError("evse.device", f"{device!r}: {err}; {_EXPECTED}") from err
    if parts.scheme not in ("tcp", "modbus-tcp") or not host or not port or device.count("/") != 2 or parts.username:
        raise ConfigError("evse.device", f"{device!r} is no serial device and no bridge; {_EXPECTED}")
    return BridgePort(device, host, port, Rtu() if parts.scheme == "tcp" else Tcp())


class SerialPort:
    """A serial device at 9600 8N1."""

    answer_s = 0.5  # a whole exchange of ten registers takes 40 ms on the wire
    drop_when_silent = False
    wiring = "the common ground, TX and RX"

    def __init__(self, device: str) -> None:
        self.framing: Framing = Rtu()
        self.ear: Ear | None = None
        self._device = device
        self._line = -1

    def claim(self) -> None:
        try:
            self._open()
        except OSError as err:
            raise ConfigError("evse.device", self._why_not(err)) from err

    async def open(self) -> Ear:
        try:
            return self._open()
        except OSError as err:
            raise DeviceUnreachable(self._why_not(err)) from err

    def _open(self) -> Ear:
        if self.ear is not None:
            return self.ear
        line = os.open(self._device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _make_raw(line)
        except BaseException:
            os.close(line)
            raise
        self._line, self.ear = line, Ear()
        asyncio.get_running_loop().add_reader(line, self._readable)
        return self.ear

    def send(self, data: bytes) -> None:
        if os.write(self._line, data) < len(data):
            raise OSError("the line takes nothing more")

    def close(self) -> None:
        if self.ear is not None:
            self.ear = None
            asyncio.get_running_loop().remove_reader(self._line)
            os.close(self._line)

    release = close

    def _readable(self) -> None:
        assert self.ear is not None
        try:
            data = os.read(self._line, 256)
        except BlockingIOError:
            return
        except OSError as err:
            data, why = b"", err.strerror or str(err)
        else:
            why = "it was taken away"
        if data:
            self.ear.hear(data)
        else:
            asyncio.get_running_loop().remove_reader(self._line)
            self.ear.lose(why)

    def _why_not(self, err: OSError) -> str:
        """Why it cannot be opened, and what to do."""
        path = Path(self._device)
        if not path.exists():
            return f"{self._device} is not there; look at the cable and at `ls /dev/serial* /dev/ttyUSB* /dev/ttyAMA*`"
        if not stat.S_ISCHR(path.stat().st_mode):
            return f"{self._device} is no serial device; {_EXPECTED}"
        if not os.access(path, os.R_OK | os.W_OK):
            return f"{self._device} may not be used by this user; add it to group dialout and log in again"
        return (
            f"{self._device} cannot be opened as a serial port ({err.strerror or err}); another program, or a console "
            "on it, may hold it"
        )


def _make_raw(line: int) -> None:
    control = termios.CS8 | termios.CREAD | termios.CLOCAL
    try:
        attributes = [0, 0, control, 0, termios.B9600, termios.B9600, termios.tcgetattr(line)[6]]
        termios.tcsetattr(line, termios.TCSANOW, attributes)
        termios.tcflush(line, termios.TCIOFLUSH)
    except termios.error as err:
        raise OSError(*err.args) from err


class BridgePort:
    """A TCP bridge to an RS485 line. One that is not there yet, or drops the connection, is dialled again."""

    answer_s = 0.75  # a bridge waits for the end of a frame, and Wi-Fi is slow at times
    drop_when_silent = True
    wiring = "A and B of its line, that the bridge speaks 9600 baud 8N1"

    def __init__(self, device: str, host: str, port: int, framing: Framing) -> None:
        self.framing = framing
        self.ear: Ear | None = None
        self._device = device
        self._host = host
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._lock: socket.socket | None = None

    def claim(self) -> None:
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(lock_name(self._device))
        except OSError as err:
            lock.close()
            raise ConfigError("evse.device", f"{self._device} is in use by another program of this machine") from err
        self._lock = lock

    async def open(self) -> Ear:
        if self.ear is not None:
            return self.ear
        ear = Ear()
        try:
            async with asyncio.timeout(_CONNECT_S):
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_connection(lambda: _Connection(ear), self._host, self._port)
        except (OSError, TimeoutError) as err:
            why = str(err) or f"no connection within {_CONNECT_S:g} s"
            raise DeviceUnreachable(
                f"{self._device}: {why}; look at the bridge's power, its address and the network"
            ) from err
        self._transport, self.ear = transport, ear
        return ear

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def close(self) -> None:
        self.ear = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def release(self) -> None:
        self.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class _Connection(asyncio.Protocol):
    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def data_received(self, data: bytes) -> None:
        self._ear.hear(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ear.lose(str(exc) if exc is not None else "the bridge ended the connection")


def lock_name(device: str) -> str:
    """The abstract socket that belongs to who owns the bridge; ``supervisor.py`` has its own copy."""
    return f"\0ladewerk {device}"


_: tuple[type[Port], ...] = (SerialPort, BridgePort)
