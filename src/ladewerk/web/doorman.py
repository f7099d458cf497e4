"""One port for two protocols: TLS goes on to the application, plain HTTP is sent to the https address of the same place."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)

_HANDSHAKE_S: Final = 10.0
_MOST_AT_THE_DOOR: Final = 100
_MOST_HEAD: Final = 8192
_TLS_HANDSHAKE: Final = 0x16
"""The first byte of a TLS connection (RFC 8446, 5.1); no HTTP method begins with it."""


class Doorman:
    """Takes the connections of ``listener`` until it is closed."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._context = context
        self._protocol = protocol
        self._at_the_door: set[asyncio.Task[None]] = set()
        self._taking = asyncio.create_task(self._take())

    async def close(self) -> None:
        """Take no more; who is still at the door is sent away."""
        tasks = [self._taking, *self._at_the_door]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                taken, _ = await loop.sock_accept(self._listener)
            except OSError as err:
                _log.warning("no connection can be taken: %s", err)
                await asyncio.sleep(1.0)
                continue
            if len(self._at_the_door) >= _MOST_AT_THE_DOOR:
                taken.close()
                continue
            task = asyncio.create_task(self._let_in(taken))
            self._at_the_door.add(task)
            task.add_done_callback(self._at_the_door.discard)

    async def _let_in(self, taken: socket.socket) -> None:
        """Nobody stays at the door for longer than a handshake may take."""
        handed_on = False
        try:
            async with asyncio.timeout(_HANDSHAKE_S):
                await _readable(taken)
                first = taken.recv(1, socket.MSG_PEEK)
                if first and first[0] == _TLS_HANDSHAKE:
                    handed_on = True
                    await asyncio.get_running_loop().connect_accepted_socket(self._protocol, taken, ssl=self._context)
                elif first:
                    await _send_on(taken)
        except (TimeoutError, OSError) as err:
            _log.debug("a connection was not let in: %s", err)
        finally:
            if not handed_on:
                taken.close()


async def _readable(taken: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(taken, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(taken)


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


async def _send_on(taken: socket.socket) -> None:
    """Answer one plain request with the same address under https."""
    loop = asyncio.get_running_loop()
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MOST_HEAD:
        more = await loop.sock_recv(taken, 4096)
        if not more:
            break
        head += more
    await loop.sock_sendall(taken, _answer(head))


def _answer(head: bytes) -> bytes:
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ")
    host = next((line[5:].strip() for line in lines[1:] if line[:5].lower() == b"host:"), b"")
    # Nothing but what an address may consist of is repeated.
    clean = (
        bool(host) and len(words) == 3 and words[1].startswith(b"/") and all(0x21 <= byte < 0x7F for byte in host + words[1])
    )
    if not clean:
        return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    where = b"https://" + host + words[1]
    return b"HTTP/1.1 308 Permanent Redirect\r\nLocation: " + where + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
