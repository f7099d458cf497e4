"""The station's side of the dead-man: starts the supervisor, beats while the boards are being read, says goodbye.

Where systemd watches as well (``WatchdogSec=`` in the unit file), each beat goes to it too.
"""

import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from ladewerk.station import supervisor
from ladewerk.station.config import StationConfig

_log = logging.getLogger(__name__)

Beat = Callable[[], None]
"""To be called as long as everything goes its way."""


class DeadMan:
    """The supervisor of this process. A supervisor that dies is replaced with the next beat."""

    def __init__(self, boards: Sequence[str], silence_s: float, environment: Mapping[str, str]) -> None:
        self._command = [
            *(sys.executable, "-I", "-S", supervisor.__file__),
            *(str(os.getpid()), str(silence_s), *boards),
        ]
        self._environment = environment
        self._systemd = _notify_socket(environment)
        self._pid, self._line = self._start()
        self._tell_systemd(b"READY=1")

    def beat(self) -> None:
        """Everything goes its way."""
        try:
            os.write(self._line, supervisor.BEAT)
        except BrokenPipeError:
            _log.error("the supervisor (process %d) is gone; starting another", self._pid)
            os.close(self._line)
            os.waitpid(self._pid, 0)
            self._pid, self._line = self._start()
            os.write(self._line, supervisor.BEAT)
        self._tell_systemd(b"WATCHDOG=1")

    def let_go(self) -> None:
        """The program ends, and what the boards do is not known: the supervisor goes on alone."""
        os.close(self._line)

    def goodbye(self) -> None:
        """The boards are safe and the program ends."""
        self._tell_systemd(b"STOPPING=1")
        with suppress(BrokenPipeError):  # a supervisor that is gone needs no goodbye
            os.write(self._line, supervisor.GOODBYE)
        os.close(self._line)
        os.waitpid(self._pid, 0)

    def _start(self) -> tuple[int, int]:
        """Process and the line to it."""
        ear, line = os.pipe()
        try:
            # Its own session: what the terminal sends to the foreground is meant for the program.
            pid = os.posix_spawn(
                sys.executable, self._command, self._environment, setsid=True, file_actions=[(os.POSIX_SPAWN_DUP2, ear, 0)]
            )
        finally:
            os.close(ear)
        return pid, line

    def _tell_systemd(self, state: bytes) -> None:
        """sd_notify(3)."""
        if self._systemd is not None:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                    line.sendto(state, self._systemd)
            except OSError as err:
                _log.warning("systemd does not listen: %s", err)


def _notify_socket(environment: Mapping[str, str]) -> str | None:
    name = environment.get("NOTIFY_SOCKET")
    # An @ stands for the zero byte of an abstract address.
    return "\0" + name[1:] if name is not None and name.startswith("@") else name


@contextmanager
def watched(config: StationConfig) -> Iterator[Beat]:
    """A supervisor for the boards of ``config``, which takes over if the context is left by an exception or never."""
    boards = [f"{unit.evse.device}:{unit.evse.address}" for unit in config.units.values()]
    dead_man = DeadMan(boards, config.station.supervisor_s, os.environ)
    try:
        yield dead_man.beat
    except BaseException:
        dead_man.let_go()
        raise
    dead_man.goodbye()
