"""A pseudo-terminal with a Modbus slave at its far end."""

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ladewerk.errors import ConfigError
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.modbus_rtu import FrameReader, Registers, answer


@asynccontextmanager
async def serving_serial(registers: Registers, *, link: str | None, faults: Callable[[], Faults]) -> AsyncIterator[str]:
    """Answer on a new serial device until the context ends; yields its path.

    ``link`` is a name for it that stays the same from run to run, a symbolic link that is removed at the end. ConfigError
    about ``serial_link`` where that cannot be made, or is something else already.
    """
    # The answers come at once. At 9600 baud an exchange takes some 40 ms, for which nothing on either side is waiting.
    ours, theirs = pty.openpty()
    try:
        # Open on this side too: else reading ours fails whenever nobody has theirs open.
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        device = os.ttyname(theirs)
        name = _make_link(link, device) if link is not None else None
        slave = _Slave(ours, registers, faults)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, slave.readable)
        try:
            yield device if name is None else str(name)
        finally:
            loop.remove_reader(ours)
            if name is not None and name.is_symlink() and str(name.readlink()) == device:
                name.unlink()
    finally:
        os.close(ours)
        os.close(theirs)


class _Slave:
    def __init__(self, terminal: int, registers: Registers, faults: Callable[[], Faults]) -> None:
        self._terminal = terminal
        self._registers = registers
        self._faults = faults
        self._frames = FrameReader()
        self._answers = 0

    def readable(self) -> None:
        data = os.read(self._terminal, 4096)
        for request in self._frames.feed(data, asyncio.get_running_loop().time()):
            if self._faults().board_silent:
                continue
            reply = answer(request, self._registers)
            if reply is not None and not self._lost():
                self._send(reply)

    def _lost(self) -> bool:
        self._answers += 1
        every = self._faults().board_loses_every
        return every is not None and self._answers % every == 0

    def _send(self, reply: bytes) -> None:
        try:
            os.write(self._terminal, reply)
        except BlockingIOError:
            # Nobody reads, and the terminal is full: on a wire the bytes would be gone too.
            return


def _make_link(link: str, device: str) -> Path:
    path = Path(link).expanduser()
    try:
        if path.is_symlink() and str(path.readlink()).startswith("/dev/pts/"):
            path.unlink()  # left behind by a simulator that was killed
        elif os.path.lexists(path):
            raise ConfigError("serial_link", f"{path} exists and is no link to a pseudo-terminal; choose another name")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(device)
    except OSError as err:
        raise ConfigError("serial_link", f"{path} cannot be made: {err.strerror}") from err
    return path
