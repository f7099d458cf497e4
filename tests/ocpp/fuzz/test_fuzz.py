"""Frames of every shape go through a whole peer: nothing crashes, hangs or is left unhandled, and the reader lives on.

The frames are those of the corpus, changed by structure (elements and fields dropped, doubled, swapped, replaced by what is
awkward) and by bytes. After each one the peer must still answer a Heartbeat. A find belongs into ``corpus.json``.
"""

import asyncio
import json
import logging
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import Disconnected
from ladewerk.ocpp import v21
from ladewerk.ocpp.lenient import Leniency
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version

CORPUS: list[str] = json.loads((Path(__file__).parent / "corpus.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
ROUNDS = 2500
FRAMES_A_PEER = 8
"""Fewer than the bad frames that close a link."""

TURNS_TO_ANSWER = 50
"""Turns of the loop that a peer has for an answer; it needs a handful."""

AWKWARD: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        1.0,
        1.5,
        10**30,
        -(2**63),
        1e308,
        "",
        "a",
        "é" * 300,
        "\ud800",
        "\x00\x1b",
        [],
        {},
        [[]],
        {"": {}},
    ),
    *("2026-01-05T17:00:00", "9999-12-31T23:59:59-23:59", "0000-00-00T00:00:00Z", "Accepted", "-1", {"vendorId": "x"}),
]


class FuzzChannel:
    """The near end is the fuzzer's: what it says, and what the peer said."""

    identity = "LW-1"

    def __init__(self) -> None:
        self.said: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.heard: list[str] = []

    async def receive(self) -> str | bytes:
        data = await self.said.get()
        if data is None:
            raise Disconnected("the fuzzer is through")
        return data

    async def send(self, text: str) -> None:
        self.heard.append(text)

    async def close(self, code: int, reason: str) -> None:
        del code, reason
        self.said.put_nowait(None)


def serving() -> Router[None]:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    @router.on(v21.DataTransferRequest)
    async def transfer(_: Context[None], request: v21.DataTransferRequest) -> v21.DataTransferResponse:
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED, data=request.data)

    @router.on(v21.TransactionEventRequest)
    async def event(_: Context[None], __: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
        return v21.TransactionEventResponse()

    @router.on(v21.StatusNotificationRequest)
    async def status(_: Context[None], __: v21.StatusNotificationRequest) -> v21.StatusNotificationResponse:
        return v21.StatusNotificationResponse()

    @router.on(v21.MeterValuesRequest)
    async def values(_: Context[None], __: v21.MeterValuesRequest) -> v21.MeterValuesResponse:
        return v21.MeterValuesResponse()

    router.in_order(v21.TransactionEventRequest, lambda request: request.transaction_info.transaction_id)
    return router


def mutated(chance: random.Random) -> str | bytes:
    """A frame of the corpus, changed up to four times."""
    text = chance.choice(CORPUS)
    with suppress(ValueError):
        tree = json.loads(text)
        for _ in range(chance.randrange(3)):
            tree = restructured(tree, chance)
        text = json.dumps(tree, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.6:
        return text
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(chance.randrange(1, 4)):
        chew(data, chance)
    return bytes(data) if chance.random() < 0.5 else data.decode("utf-8", "replace")


def restructured(tree: Any, chance: random.Random) -> Any:
    """``tree`` with one place changed, somewhere in it."""
    if not isinstance(tree, list | dict) or not tree or chance.random() < 0.1:
        return chance.choice(AWKWARD)
    key: Any = chance.choice(list(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
    match chance.randrange(6):
        case 0:
            del tree[key]
        case 1 if isinstance(tree, list):
            tree.insert(key, tree[key])
        case 1 if isinstance(tree, dict):
            tree[f"{key}{key}"] = tree[key]
        case 2:
            tree[key] = chance.choice(AWKWARD)
        case 3:
            for _ in range(chance.randrange(60)):
                tree[key] = [tree[key]] if chance.random() < 0.5 else {"a": tree[key]}
        case _:
            tree[key] = restructured(tree[key], chance)
    return tree


def chew(data: bytearray, chance: random.Random) -> None:
    """Change some bytes."""
    at = chance.randrange(len(data) + 1)
    match chance.randrange(4):
        case 0:
            del data[at : at + chance.randrange(1, 8)]
        case 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 4)))
        case 2:
            data[at:at] = chance.choice(
                [b"[", b"{", b'"', b"\\", b"\\u", b",", b":", b"1e999", b"\xff", b"\x00", b"]", b"}"]
            )
        case _:
            data[at:at] = data[max(0, at - 20) : at] * chance.randrange(1, 50)


class Errors(logging.Handler):
    """Errors in the log: whatever a peer sends, none of it is one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def watched() -> Iterator[Errors]:
    errors, logger = Errors(), logging.getLogger("ladewerk.ocpp")
    logger.addHandler(errors)
    quiet, logger.propagate = logger.propagate, False
    try:
        yield errors
    finally:
        logger.propagate = quiet
        logger.removeHandler(errors)


async def fuzz(version: Version, leniency: Leniency | None, rounds: int, seed: int) -> None:
    loop, chance, router = asyncio.get_running_loop(), random.Random(seed), serving()
    unhandled: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: unhandled.append(context))
    frames = [*CORPUS, *(mutated(chance) for _ in range(rounds))]
    with watched() as errors:
        for begin in range(0, len(frames), FRAMES_A_PEER):
            channel, clock = FuzzChannel(), LoopClock(loop, NOW)
            async with Peer(channel, version=version, router=router, state=None, clock=clock, leniency=leniency) as peer:
                for number, frame in enumerate(frames[begin : begin + FRAMES_A_PEER]):
                    calling = asyncio.create_task(peer.call(v21.ClearCacheRequest()))
                    await feed(channel, frame, f"alive-{number}")
                    assert_alive(channel, f"alive-{number}", frame)
                    calling.cancel()
                    await asyncio.wait([calling])
                    assert len(asyncio.all_tasks()) < 10, frame
            assert (errors.lines, unhandled) == ([], []), frames[begin : begin + FRAMES_A_PEER]


async def feed(channel: FuzzChannel, frame: str | bytes, alive: str) -> None:
    """Say ``frame`` in answer to what is open, then a Heartbeat, and wait for the answer to that."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    open_id = next((json.loads(text)[1] for text in channel.heard if text.startswith("[2,")), "@")
    channel.heard.clear()
    channel.said.put_nowait(frame.replace("@", open_id) if isinstance(frame, str) else frame.replace(b"@", open_id.encode()))
    channel.said.put_nowait(f'[2,"{alive}","Heartbeat",{{}}]')
    for _ in range(TURNS_TO_ANSWER):
        await asyncio.sleep(0)
        if any(alive in text for text in channel.heard):
            return


def assert_alive(channel: FuzzChannel, alive: str, frame: str | bytes) -> None:
    answers = [json.loads(text) for text in channel.heard]
    assert [3, alive] in [answer[:2] for answer in answers], (frame, answers)
    assert len(answers) <= 4, (frame, answers)


CASES = [
    (Version.V21, None),
    (Version.V21, Leniency()),
    (Version.V201, None),
    (Version.V16, None),
    (Version.V16, Leniency()),
]


@pytest.mark.parametrize(("version", "leniency"), CASES)
def test_no_frame_ends_the_reader_or_goes_unhandled(version: Version, leniency: Leniency | None) -> None:
    run(version, leniency, ROUNDS, seed=1)


def run(version: Version, leniency: Leniency | None, rounds: int, seed: int) -> None:
    asyncio.run(fuzz(version, leniency, rounds, seed))


def main(rounds: int = 100_000, seed: int | None = None) -> int:
    """Fuzz every case; what is wrong stops it and is raised, with the frame."""
    begin = random.SystemRandom().randrange(2**32) if seed is None else seed
    for version, leniency in CASES:
        sys.stdout.write(f"{version} {'lenient' if leniency else 'strict'}: {rounds} frames from seed {begin}\n")
        run(version, leniency, rounds, begin)
    return 0
