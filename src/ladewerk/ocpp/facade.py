"""OCPP for code that does not know asyncio: a connection that plain threads call, with a loop of its own in a thread behind.

Calls go out in the order they are made and raise what went wrong where they stand.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import Any, TypeVar

from ladewerk.clock import SystemClock
from ladewerk.errors import Disconnected, LocalProtocolError
from ladewerk.ocpp.calls import Priority
from ladewerk.ocpp.channel import Channel
from ladewerk.ocpp.messages import OneWay, Payload, Request
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.reports import CallNotSent
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.session import DEFAULT_TIMEOUT_S
from ladewerk.ocpp.transaction_numbers import BegunTransactions
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.version_codecs import codec_for
from ladewerk.ocpp.websocket import ClientTls, connect

S = TypeVar("S")
P = TypeVar("P", bound=Payload)
R = TypeVar("R", bound=Payload)
T = TypeVar("T")

CALLS_AT_ONCE = 64
"""Calls of one connection that wait for their answers; a thread that makes another one waits for room."""


class PlainPeer:
    """The other end of a connection, for any thread but the connection's own; made by :func:`connect_sync`."""

    def __init__(self, peer: Peer[None], loop: asyncio.AbstractEventLoop, *, calls_at_once: int, timeout_s: float) -> None:
        self.peer = peer
        """For its signals, whose slots run in the connection's thread, and for ``why_ended``."""
        self._loop = loop
        self._thread = threading.current_thread()
        self._timeout_s = timeout_s
        self._room = threading.BoundedSemaphore(calls_at_once)
        self._gate = threading.Lock()
        self._shut = False

    def call(
        self,
        request: Request[R],
        *,
        timeout_s: float | None = None,
        priority: int = Priority.NORMAL,
        ttl_s: float | None = None,
    ) -> R:
        """As :meth:`ladewerk.ocpp.Peer.call`, but it blocks until the answer is there."""
        return _outcome(self.submit(request, timeout_s=timeout_s, priority=priority, ttl_s=ttl_s))

    def submit(
        self,
        request: Request[R],
        *,
        timeout_s: float | None = None,
        priority: int = Priority.NORMAL,
        ttl_s: float | None = None,
    ) -> "Future[R]":
        """Queue a call and go on; its future has the answer or what :meth:`call` would raise.

        Waits for room in the queue as long as the turn may take; then CallNotSent. Cancelling the future cancels the call.
        """
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        patience_s = limit_s if ttl_s is None else ttl_s
        self._check_thread()
        if not self._room.acquire(timeout=patience_s):
            raise CallNotSent(f"{self.peer.identity} left no room for a call within {patience_s:g} s")
        try:
            future = self._submit(self.peer.call(request, timeout_s=limit_s, priority=priority, ttl_s=ttl_s))
        except Disconnected:
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        return future

    def send(self, message: OneWay) -> None:
        """Send a message that nothing answers (OCPP 2.1); raises Disconnected or LocalProtocolError."""
        self._check_thread()
        _outcome(self._submit(self.peer.send(message)))

    def _submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        with self._gate:
            if not self._shut:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise Disconnected(self.peer.why_ended or "the connection is closed")

    def _check_thread(self) -> None:
        if threading.current_thread() is self._thread:
            raise LocalProtocolError("an async handler awaits ctx.peer.call: blocking here would block the connection")

    async def shut(self) -> None:
        """Take nothing more; what was taken before has begun when this returns."""
        with self._gate:
            self._shut = True
        await asyncio.sleep(0)


@contextmanager
def connect_sync(
    url: str,
    *,
    identity: str,
    router: Router[None] | None = None,
    versions: Sequence[Version] = (Version.V21, Version.V201),
    password: str | bytes | None = None,
    tls: ClientTls | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    calls_at_once: int = CALLS_AT_ONCE,
    begun: BegunTransactions | None = None,
) -> Iterator[PlainPeer]:
    """Connect the station ``identity`` to the CSMS at ``url`` and serve it in a thread until the block ends.

    ``router`` answers the CSMS; plain functions serve as handlers by :func:`in_thread`. At a CSMS of 1.6 ``begun`` knows the
    transactions of the connections before; without it they cannot be told on. Raises what
    :func:`ladewerk.ocpp.connect` raises. At the end of the block calls still open fail with Disconnected.
    """

    async def serve(opened: "Future[tuple[PlainPeer, asyncio.Event]]") -> None:
        loop = asyncio.get_running_loop()
        async with (
            connect(url, identity=identity, versions=versions, password=password, tls=tls) as channel,
            _peer(channel, channel.version, router, timeout_s, begun) as peer,
        ):
            plain, over = PlainPeer(peer, loop, calls_at_once=calls_at_once, timeout_s=timeout_s), asyncio.Event()
            opened.set_result((plain, over))
            await over.wait()
            await plain.shut()

    def run(opened: "Future[tuple[PlainPeer, asyncio.Event]]") -> None:
        try:
            asyncio.run(serve(opened))
        except Exception as err:
            # Not caught but carried over: it is raised in the thread that waits for the block to begin.
            if opened.done():
                raise
            opened.set_exception(err)

    opening: Future[tuple[PlainPeer, asyncio.Event]] = Future()
    thread = threading.Thread(target=run, args=(opening,), name=f"ocpp {identity}", daemon=True)
    thread.start()
    plain, over = opening.result()
    try:
        yield plain
    finally:
        plain._loop.call_soon_threadsafe(over.set)
        thread.join()


def in_thread(handler: Callable[[Context[S], P], T]) -> Callable[[Context[S], P], Awaitable[T]]:
    """A plain function as a handler or observer: it runs in a worker thread, where it may block and call."""

    async def handle(ctx: Context[S], request: P) -> T:
        return await asyncio.to_thread(handler, ctx, request)

    return handle


def _peer(
    channel: Channel, version: Version, router: Router[None] | None, timeout_s: float, begun: BegunTransactions | None
) -> Peer[None]:
    served = Router[None]() if router is None else router
    codec = codec_for(version, channel.identity, begun=begun)
    return Peer(channel, version=version, router=served, state=None, clock=SystemClock(), timeout_s=timeout_s, codec=codec)


def _outcome(future: "Future[T]") -> T:
    try:
        return future.result()
    except CancelledError:
        raise Disconnected("the connection is closed") from None
    except BaseException:
        # Not caught: a thread that is interrupted, by KeyboardInterrupt too, leaves no call behind.
        future.cancel()
        raise
