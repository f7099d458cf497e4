"""One port for two protocols: TLS goes on to the application, plain HTTP is sent to the https address of the same place."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

from ladewerk.entrance import Visit

_MOST_HEAD: Final = 8192
_TLS_HANDSHAKE: Final = 0x16
"""The first byte of a TLS connection (RFC 8446, 5.1); no HTTP method begins with it."""


class Doorman:
    """Greets at an entrance: who speaks TLS goes on to ``connect``, which owns the socket then."""

    def __init__(
        self, context: ssl.SSLContext, connect: Callable[[socket.socket, Visit, ssl.SSLContext], Awaitable[None]]
    ) -> None:
        self._context = context
        self._connect = connect

    async def greet(self, taken: socket.socket, visit: Visit) -> None:
        """One connection; the entrance sees to it that nobody stands here for long."""
        handed_on = False
        try:
            await _readable(taken)
            first = taken.recv(1, socket.MSG_PEEK)
            if first and first[0] == _TLS_HANDSHAKE:
                handed_on = True
                await self._connect(taken, visit, self._context)
            elif first:
                await _send_on(taken)
        except OSError:
            return  # it has gone
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
