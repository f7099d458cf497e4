"""What the fuzzers feed: one input is a connection's life, judged by what must hold whatever a peer says.

The first byte of an input chooses the case, each line behind it is a frame. ``@`` in a frame stands for the message id of
the CALL of ours that is open. A line ``+`` lets time pass, ``-`` gives up the calls of ours, ``!`` cuts the link, ``.``
closes it.

What must hold: nothing is raised, left unhandled or logged as an error; an input takes less than a second of CPU; after each
frame a Heartbeat is answered unless the link was given up with good reason; answers stay in proportion; and when the link is
gone nothing of the connection is left in memory.
"""

import asyncio
import gc
import json
import logging
import signal
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from types import FrameType
from typing import Any
from uuid import uuid4

from ladewerk.clock import LoopClock
from ladewerk.errors import CallFailed, Disconnected
from ladewerk.ocpp.lenient import Leniency
from ladewerk.ocpp.messages import Request
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Router
from ladewerk.ocpp.session import BAD_FRAMES_TOLERATED
from ladewerk.ocpp.version import Version
from tests.ocpp.fuzz.ends import ROUTERS, calls

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
FRAMES_MOST = 16
PAUSE_S = 12.5
"""Two of them and a handler that is not ready is answered for; three, and a CALL of ours has expired."""

CPU_LIMIT_S = 1.0
TURNS_TO_ANSWER = 60
"""Turns of the loop that a peer has for an answer; it needs a handful."""

TURNS_TO_END = 2000


class Find(AssertionError):
    """Something does not hold; the text says what."""


class Hang(Find):
    """An input took more than a second of CPU."""


@dataclass(frozen=True, slots=True)
class Case:
    """Who we are: an end of a connection of ``version``."""

    version: Version
    end: str
    leniency: Leniency | None
    binary: bool

    def __str__(self) -> str:
        reading = "strict" if self.leniency is None else "lenient"
        return f"{self.end} of {self.version}, {reading}, {'binary' if self.binary else 'text'} frames"


CASES: tuple[Case, ...] = tuple(
    Case(version, end, leniency, binary)
    for binary in (False, True)
    for leniency in (None, Leniency())
    for end in ROUTERS
    for version in (Version.V21, Version.V201, Version.V16)
)
"""Chosen by the first byte: ``a`` is the first."""

_FIRST = ord("a")


class HandTurnedLoop(asyncio.SelectorEventLoop):
    """An event loop that runs turn by turn and whose time passes when it is told to: it never waits."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__()

    def time(self) -> float:
        return self.now_s

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.call_soon(self.stop)
            self.run_forever()


class Wire:
    """A channel whose other end is the fuzzer: what it says, and what it was told."""

    identity = "LW-1"

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.closed_with: int | None = None
        self._said: asyncio.Queue[str | bytes | None] = asyncio.Queue()

    def say(self, data: str | bytes | None) -> None:
        """None cuts the link."""
        self._said.put_nowait(data)

    async def receive(self) -> str | bytes:
        data = await self._said.get()
        if data is None:
            self._said.put_nowait(None)
            raise Disconnected("the link was cut")
        return data

    async def send(self, text: str) -> None:
        self.heard.append(text)

    async def close(self, code: int, reason: str) -> None:
        del reason
        self.closed_with = code
        self.say(None)


class Target:
    """Takes one input after the other; what is left of one must not reach the next."""

    def __init__(self, routers: Mapping[str, Router[None]] = ROUTERS) -> None:
        self._routers = routers
        self._loop = HandTurnedLoop()
        self._unhandled: list[str] = []
        self._loop.set_exception_handler(lambda _, context: self._unhandled.append(_told(context)))
        gc.collect()

    def take(self, data: bytes) -> None:
        """Raises Find, or whatever came out of the library."""
        if not data:
            return
        case = CASES[(data[0] - _FIRST) % len(CASES)]
        with _cpu_limit(case), _errors_logged() as errors:
            life = _Life(case, self._routers[case.end], self._loop)
            left = weakref.ref(life.peer)
            life.lead(data[1:].split(b"\n")[:FRAMES_MOST])
            del life
            gc.collect()
            gc.freeze()  # what is left now are caches: the next time they need not be looked through
        problems = [*self._unhandled, *errors.lines]
        self._unhandled.clear()
        if asyncio.all_tasks(self._loop):
            problems.append(f"tasks are left: {asyncio.all_tasks(self._loop)}")
        if left() is not None:
            problems.append("the connection is left in memory")
        if problems:
            raise Find(f"{case}: " + "; ".join(problems))

    def close(self) -> None:
        """To be called in the end: what was frozen for speed is looked through again."""
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.turn(3)
        self._loop.close()
        gc.unfreeze()


class _Life:
    """One connection from its beginning to its end."""

    def __init__(self, case: Case, router: Router[None], loop: HandTurnedLoop) -> None:
        self._case = case
        self._router = router
        self._loop = loop
        self._wire = Wire()
        self._ours: list[asyncio.Task[str]] = []
        self._malformed_most = 0
        self._over = False
        self._runner = loop.create_task(self._serve())
        loop.turn(2)

    async def _serve(self) -> None:
        clock = LoopClock(self._loop, NOW)
        self.peer: Peer[None] = Peer(
            self._wire,
            version=self._case.version,
            router=self._router,
            state=None,
            clock=clock,
            leniency=self._case.leniency,
        )
        for name in ("frames", "request_received", "response_sent", "response_received", "forgave"):
            getattr(self.peer, name).connect(_shown)
        await self.peer.run()

    def lead(self, lines: list[bytes]) -> None:
        for line, request in zip(lines, cycle(calls(self._case.end, self._case.version)), strict=False):
            if self._over:
                break
            self._take(line, request)
        self._end()

    def _take(self, line: bytes, request: Request[Any]) -> None:
        match line:
            case b"+":
                self._loop.now_s += PAUSE_S
                self._loop.turn(5)
            case b"-":
                for call in self._ours:
                    call.cancel()
                self._loop.turn(3)
            case b"!":
                self._wire.say(None)
                self._over = True
            case b".":
                closing = self._loop.create_task(self.peer.close("enough"))
                self._until(closing, "close() does not return")
                self._over = True
            case _:
                self._ours.append(self._loop.create_task(self._call(request)))
                self._loop.turn(3)
                self._say(line)

    async def _call(self, request: Request[Any]) -> str:
        """A call of ours; that it fails is no surprise."""
        try:
            return repr(await self.peer.call(request))
        except CallFailed as err:
            return repr(err)

    def _say(self, line: bytes) -> None:
        frame = line.replace(b"@", self._open_id().encode())
        self._wire.heard.clear()
        self._malformed_most += 1
        self._wire.say(_as_sent(frame, binary=self._case.binary))
        beat = uuid4().hex
        self._wire.say(f'[2,"{beat}","Heartbeat",{{}}]')
        for _ in range(TURNS_TO_ANSWER):
            self._loop.turn()
            if any(beat in text for text in self._wire.heard):
                break
        else:
            self._check_given_up()
        self._check_proportion(frame)

    def _open_id(self) -> str:
        calls = (text for text in reversed(self._wire.heard) if text.startswith("[2,"))
        return next((str(json.loads(text)[1]) for text in calls), "nobody")

    def _check_given_up(self) -> None:
        self._over = True
        if self._wire.closed_with == 1002 and self._malformed_most > BAD_FRAMES_TOLERATED:
            return
        raise Find(f"{self._case}: no answer to a Heartbeat but {self._wire.heard}, closed with {self._wire.closed_with}")

    def _check_proportion(self, frame: bytes) -> None:
        answers = [text for text in self._wire.heard if not text.startswith(("[2,", "[6,"))]
        if len(answers) > 2 or sum(map(len, answers)) > 4 * len(frame) + 4096:
            raise Find(f"{self._case}: {len(answers)} answers of {sum(map(len, answers))} characters to {len(frame)} bytes")

    def _end(self) -> None:
        self._wire.say(None)
        self._until(self._runner, "the peer does not end")
        for call in self._ours:
            self._until(call, "a call does not end")

    def _until(self, task: "asyncio.Task[Any]", what: str) -> None:
        for turns in range(TURNS_TO_END):
            if task.done():
                break
            self._loop.turn()
            if turns % 20 == 19:
                self._loop.now_s += 1  # handlers have some seconds of grace
        else:
            raise Hang(f"{self._case}: {what}")
        if not task.cancelled():
            task.result()


def _as_sent(frame: bytes, *, binary: bool) -> str | bytes:
    """Text where it can be: a WebSocket refuses a text frame that is no UTF-8 by itself."""
    if not binary:
        try:
            return frame.decode()
        except UnicodeDecodeError:
            pass
    return frame


def _shown(report: object) -> None:
    """Reports end up in logs."""
    repr(report)


def _told(context: dict[str, Any]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r}"


class _Errors(logging.Handler):
    """Errors in the log: whatever a peer says, none of it is one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _errors_logged() -> Iterator[_Errors]:
    errors, logger = _Errors(), logging.getLogger("ladewerk.ocpp")
    logger.addHandler(errors)
    quiet, logger.propagate = logger.propagate, False
    try:
        yield errors
    finally:
        logger.propagate = quiet
        logger.removeHandler(errors)


class _Cut(BaseException):
    """Ends what takes too long; no handler of exceptions is to stop it."""


@contextmanager
def _cpu_limit(case: Case) -> Iterator[None]:
    """Raise Hang behind a second of CPU: by CPU, since other programs may need the machine too."""
    hung = False

    def cut(_: int, __: FrameType | None) -> None:
        nonlocal hung
        hung = True
        raise _Cut

    before = signal.signal(signal.SIGPROF, cut)
    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
    try:
        with suppress(_Cut):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if hung:
            raise Hang(f"{case}: more than {CPU_LIMIT_S:g} s of CPU")
