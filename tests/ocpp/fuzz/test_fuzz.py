"""The inputs that are kept go through whole peers, and whatever could be wrong would be noticed."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ladewerk.ocpp import v21
from ladewerk.ocpp.router import Context, Router
from tests.ocpp.fuzz import __main__ as command
from tests.ocpp.fuzz import corpus
from tests.ocpp.fuzz.mutation import mutated, seeds
from tests.ocpp.fuzz.target import CASES, Find, Hang, Target

NOW = datetime(2026, 1, 5, tzinfo=UTC)
Handler = Callable[[Context[None], v21.HeartbeatRequest], Awaitable[v21.HeartbeatResponse]]


def test_every_case_has_a_letter() -> None:
    assert len(CASES) == 24
    assert len({str(case) for case in CASES}) == 24


@pytest.mark.parametrize("file", [corpus.WRITTEN, corpus.FOUND], ids=lambda file: file.stem)
def test_nothing_is_wrong_with_what_is_kept(file: Path) -> None:
    with closing(Target()) as target:
        for data in corpus.read(file):
            target.take(data)


def test_nothing_is_wrong_with_valid_messages_of_every_version() -> None:
    with closing(Target()) as target:
        for data in seeds():
            target.take(data)


def test_a_seed_gives_the_same_inputs_again() -> None:
    one, other = random.Random(1), random.Random(1)
    for data in seeds()[::20]:
        assert mutated(data, one) == mutated(data, other)


def test_what_is_kept_is_kept_to_the_byte(tmp_path: Path) -> None:
    inputs = [bytes(range(256)), "aü\n+".encode(), b'a[2,"\\ud800"]', b""]
    corpus.write(tmp_path / "some.jsonl", [*inputs, inputs[0]])
    assert sorted(corpus.read(tmp_path / "some.jsonl")) == sorted(inputs)


# What would be noticed


LEFT: list[object] = []


async def fails(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    raise KeyError("oops")


async def spins(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    while True:
        pass


async def sleeps(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    await asyncio.sleep(10)
    return v21.HeartbeatResponse(current_time=NOW)


async def closes(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    await ctx.peer.close()
    return v21.HeartbeatResponse(current_time=NOW)


async def leaves_a_failed_task(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    async def failing() -> None:
        raise KeyError("oops")

    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    return v21.HeartbeatResponse(current_time=NOW)


async def leaves_a_task(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    LEFT_TASKS.append(asyncio.create_task(asyncio.sleep(1000)))
    return v21.HeartbeatResponse(current_time=NOW)


async def keeps_the_peer(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    LEFT.append(ctx.peer)
    return v21.HeartbeatResponse(current_time=NOW)


LEFT_TASKS: list[asyncio.Task[None]] = []


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (fails, "the handler of Heartbeat"),
        (spins, "of CPU"),
        (sleeps, "no answer to a Heartbeat"),
        (closes, "no answer to a Heartbeat"),
        (leaves_a_failed_task, "never retrieved"),
        (leaves_a_task, "tasks are left"),
        (keeps_the_peer, "left in memory"),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_is_wrong_is_noticed(handler: Handler, words: str) -> None:
    router = Router[None]()
    router.on(v21.HeartbeatRequest)(handler)
    with closing(Target({"csms": router, "station": router})) as target, pytest.raises(Find, match=words) as caught:
        target.take(b"a[]")
    assert (caught.type is Hang) == (handler is spins)
    LEFT.clear()
    LEFT_TASKS.clear()


# The command


def test_inputs_in_files_are_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "crash").write_bytes(b"a[2]")
    assert command.main([str(tmp_path / "crash")]) == 0
    assert capsys.readouterr().out == "1 inputs, nothing wrong\n"


def test_without_guidance_the_same_seed_tries_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--seeded", "--seconds", "0", "--seed", "7"]) == 0
    assert capsys.readouterr().out == "0 inputs from seed 7, nothing wrong\n"


def test_the_corpus_holds_frames_that_say_something() -> None:
    for data in corpus.read(corpus.WRITTEN):
        assert data == b"" or 0 <= data[0] - ord("a") < len(CASES), json.dumps(data.decode("utf-8", "replace"))
