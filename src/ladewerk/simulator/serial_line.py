"""A pseudo-terminal with a Modbus slave at its far end."""

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ladewerk.errors import ConfigError
from ladewerk.simulator.board_line import BoardLine
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.modbus_rtu import FrameReader, Registers


@asynccontextmanager
async def serving_serial(
    registers: Registers, *, link: str | None, faults: Callable[[], Faults], paced: bool = False
) -> AsyncIterator[str]:
    """Answer on a new serial device until the context ends; yields its path. ``paced`` as of :class:`BoardLine`.

    ``link`` is a name for it that stays the same from run to run, a symbolic link that is removed at the end. ConfigError
    about ``serial_link`` where that cannot be made, or is something else already.
    """
    ours, theirs = pty.openpty()
    try:
        # Open on this side too: else reading ours fails whenever nobody has theirs open.
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        device = os.ttyname(theirs)
        name = _make_link(link, device) if link is not None else None
        slave = _Slave(ours, BoardLine(registers, faults, paced=paced))
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, slave.readable)
        try:
            yield device if name is None else str(name)
        finally:
            loop.remove_reader(ours)
            slave.open = False
            if name is not None and name.is_symlink() and str(name.readlink()) == device:
                name.unlink()
    finally:
        os.close(ours)
        os.close(theirs)


class _Slave:
    def __init__(self, terminal: int, line: BoardLine) -> None:
        self._terminal = terminal
        self._line = line
        self._frames = FrameReader()
        self.open = True

    def readable(self) -> None:
        data = os.read(self._terminal, 4096)
        for request in self._frames.feed(data, asyncio.get_running_loop().time()):
            self._line.ask(request, self._send)

    def _send(self, reply: bytes) -> None:
        if not self.open:
            return  # a late answer: the number of the terminal may be another file's by now
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
