"""The station's side of the dead-man: starts the supervisor, beats while the boards are being read, says goodbye.

Where systemd watches as well (``WatchdogSec=`` in the unit file), each beat goes to it too.
"""

import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from ladewerk.station import supervisor
from ladewerk.station.config import StationConfig

_log = logging.getLogger(__name__)


class Watch(Protocol):
    """What takes over when the program falls silent."""

    def beat(self) -> None:
        """Everything goes its way; called after each look at a board."""
        ...

    def guard(self, guarded: Sequence[str]) -> None:
        """Look after these boards and relays from now on, each as the supervisor takes it."""
        ...


class Unwatched:
    """Nobody watches: in a demo the boards are simulated in the same process."""

    def beat(self) -> None: ...

    def guard(self, guarded: Sequence[str]) -> None: ...


UNWATCHED: Final = Unwatched()


class DeadMan:
    """The supervisor of this process. A supervisor that dies is replaced with the next beat."""

    def __init__(self, guarded: Sequence[str], silence_s: float, environment: Mapping[str, str]) -> None:
        self._command = [sys.executable, "-I", "-S", supervisor.__file__, str(os.getpid()), str(silence_s)]
        self._guarded = tuple(guarded)
        self._environment = environment
        self._systemd = _notify_socket(environment)
        self._pid, self._line = self._start()
        self._ready = False

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
        if not self._ready:
            # The first board was looked at: before that, a slow start is no hanging program.
            self._ready = True
            self._tell_systemd(b"READY=1")
        self._tell_systemd(b"WATCHDOG=1")

    def guard(self, guarded: Sequence[str]) -> None:
        """Look after these from now on: a supervisor that knows them, and only then none that does not."""
        if tuple(guarded) == self._guarded:
            return
        self._guarded = tuple(guarded)
        former_pid, former_line = self._pid, self._line
        self._pid, self._line = self._start()
        os.write(self._line, supervisor.BEAT)
        _say_goodbye(former_pid, former_line)

    def let_go(self) -> None:
        """The program ends, and what the boards do is not known: the supervisor goes on alone."""
        os.close(self._line)

    def goodbye(self) -> None:
        """The boards are safe and the program ends."""
        self._tell_systemd(b"STOPPING=1")
        _say_goodbye(self._pid, self._line)

    def _start(self) -> tuple[int, int]:
        """Process and the line to it."""
        ear, line = os.pipe()
        try:
            # Its own session: what the terminal sends to the foreground is meant for the program.
            pid = os.posix_spawn(
                sys.executable,
                [*self._command, *self._guarded],
                self._environment,
                setsid=True,
                file_actions=[(os.POSIX_SPAWN_DUP2, ear, 0)],
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


def _say_goodbye(pid: int, line: int) -> None:
    with suppress(BrokenPipeError):  # a supervisor that is gone needs no goodbye
        os.write(line, supervisor.GOODBYE)
    os.close(line)
    os.waitpid(pid, 0)


def _notify_socket(environment: Mapping[str, str]) -> str | None:
    name = environment.get("NOTIFY_SOCKET")
    # An @ stands for the zero byte of an abstract address.
    return "\0" + name[1:] if name is not None and name.startswith("@") else name


@contextmanager
def watched(config: StationConfig) -> Iterator[Watch]:
    """A supervisor for what ``config`` names, which takes over if the context is left by an exception or never."""
    guarded = sorted({one for unit in config.units.values() for one in unit.guarded})
    dead_man = DeadMan(guarded, config.station.supervisor_s, os.environ)
    try:
        yield dead_man
    except BaseException:
        dead_man.let_go()
        raise
    dead_man.goodbye()


_: tuple[type[Watch], ...] = (DeadMan, Unwatched)
