"""A cable between browser and program that can really be cut, or go dead without a word."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_AT_ONCE = 65536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with which a close is an RST."""


class Cable:
    """Passes on every connection to ``port`` of this machine.

    ``asked`` are the first lines of what the browser sent, ``said`` how often more followed.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[str] = []
        self.said = 0
        self._is_cut = False
        self._ends: set[socket.socket] = set()
        self._dead: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="cable", daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks, and no other comes about."""
        with self._lock:
            self._is_cut = True
            for end in self._ends:
                _break(end)

    def mend(self) -> None:
        self._is_cut = False

    def go_dead(self) -> None:
        """What is connected stays so, and carries nothing any more; new connections work."""
        with self._lock:
            self._dead |= self._ends

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(("127.0.0.1", self._port)) as far:
            with self._lock:
                self._ends |= {near, far}
                if self._is_cut:
                    _break(near)
            back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
            back.start()
            self._carry(near, far, note=True)
            back.join()
            with self._lock:
                self._ends -= {near, far}

    def _carry(self, source: socket.socket, target: socket.socket, *, note: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(_AT_ONCE):
                if note and data.startswith(b"GET "):
                    self.asked.append(data.partition(b"\r\n")[0].decode())
                elif note:
                    self.said += 1
                if source not in self._dead:
                    target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _break(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def laid(port: int) -> Iterator[Cable]:
    """A cable, taken away again."""
    cable = Cable(port)
    try:
        yield cable
    finally:
        cable.close()
