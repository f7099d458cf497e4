"""Frames no station would send, from one that was let in: answered, or the end of the connection, and none waits for it."""

import json
import zlib
from collections.abc import Callable

import pytest
from websockets.asyncio.client import ClientConnection

from ladewerk.ocpp.frames import DEFAULT_LIMITS
from ladewerk.refusals import Why
from tests.hostile.scene import Scene, Stage, closed_with

Say = Callable[[ClientConnection], None]

TEXT, CONTINUED, FINAL, COMPRESSED, PING = 0x1, 0x0, 0x80, 0x40, 0x9


def framed(head: int, data: bytes = b"") -> bytes:
    """A masked frame as it is on the wire; the mask is zeros."""
    if len(data) < 126:
        size = bytes([0x80 | len(data)])
    elif len(data) < 65536:
        size = b"\xfe" + len(data).to_bytes(2, "big")
    else:
        size = b"\xff" + len(data).to_bytes(8, "big")
    return bytes([head]) + size + b"\0\0\0\0" + data


def deflated(data: bytes) -> bytes:
    """As RFC 7692 has it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -11)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


BIG = DEFAULT_LIMITS.max_bytes + 1

ENDED = {
    "one byte too many": (framed(FINAL | TEXT, b" " * BIG), 1009),
    "a size of 2**62": (bytes([FINAL | TEXT]) + b"\xff" + (2**62).to_bytes(8, "big") + b"\0\0\0\0", 1009),
    "a bomb": (framed(FINAL | TEXT | COMPRESSED, deflated(b'[2,"1","Heartbeat",{"' + b"a" * 50_000_000)), 1009),
    "a bomb in parts": (
        framed(TEXT | COMPRESSED, deflated(b"a" * 120_000)[:100])
        + framed(FINAL | CONTINUED, deflated(b"a" * 120_000)[100:]),
        1009,
    ),
    "parts of a byte": (framed(TEXT) + framed(CONTINUED, b"a") * BIG, 1009),
    "parts of nothing": (framed(TEXT) + framed(CONTINUED) * (BIG + 1), 1008),
    "no UTF-8": (framed(FINAL | TEXT, b"\xff\xfe"), 1007),
    "an op-code that is none": (framed(FINAL | 0x3), 1002),
    "a frame without a mask": (bytes([FINAL | TEXT, 2]) + b"[]", 1002),
}
REFUSED = {
    "nested": b'[2,"1","DataTransfer",' + b'{"data":' * 6000 + b"1" + b"}" * 6000 + b"]",
    "nested in text": b'[2,"1","DataTransfer",{"vendorId":"v","data":' + b"[" * 50_000 + b"}]",
    "many keys": b'[2,"1","DataTransfer",{' + b",".join([b'"":0'] * 8300) + b"}]",
    "a number without end": b'[2,"1","StatusNotification",{"evseId":1' + b"0" * 50_000 + b"}]",
    "an action without end": b'[2,"1","' + b"A" * 50_000 + b'",{}]',
    "a lone surrogate": b'[2,"1","Authorize",{"idToken":{"idToken":"\\ud800","type":"Local"}}]',
    "infinity": b'[2,"1","MeterValues",{"evseId":1,"meterValue":[{"timestamp":"2026-01-05T17:00:00Z",'
    b'"sampledValue":[{"value":1e999}]}]}]',
    "a year that is none": b'[2,"1","StatusNotification",{"evseId":1,"connectorId":1,"connectorStatus":"Available",'
    b'"timestamp":"222222017-01-01T00:00:00Z"}]',
}


@pytest.mark.parametrize("case", ENDED)
def test_what_no_limit_allows_ends_the_connection(stage: Stage, case: str) -> None:
    async def test(scene: Scene) -> None:
        data, code = ENDED[case]
        before = scene.count(Why.BAD_FRAMES)
        async with scene.attack(), scene.station("ROGUE-1", compression=True) as socket:
            socket.transport.write(data)
            assert await closed_with(socket) == code
        assert scene.count(Why.BAD_FRAMES) == before + 1
        assert scene.lines("refused (bad_frames): station ROGUE-1 is put out")

    stage.run(test)


def test_what_cannot_be_meant_is_answered_with_an_error(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        async with scene.attack():
            for case, data in REFUSED.items():
                async with scene.station("ROGUE-1") as socket:
                    socket.transport.write(framed(FINAL | TEXT, data))
                    answer = json.loads(await socket.recv())
                    assert answer[0] == 4, (case, answer)
                    assert len(answer[3]) <= 255
                    # The connection lives on.
                    await socket.send('[2,"2","Heartbeat",{}]')
                    assert json.loads(await socket.recv())[:2] == [3, "2"], case

    stage.run(test)


def test_who_goes_on_sending_nonsense_is_put_out_and_that_fills_no_log(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        before = len(scene.log.lines)
        async with scene.attack():
            for _ in range(5):
                async with scene.station("ROGUE-1") as socket:
                    socket.transport.write(framed(FINAL | TEXT, b"{") * 500)
                    assert await closed_with(socket) == 1002
            async with scene.station("ROGUE-1") as socket:
                # Answers to what nobody asked end nothing, and could be sent for ever.
                socket.transport.write(framed(FINAL | TEXT, b'[3,"never-asked",{}]') * 5000)
                await socket.send('[2,"2","Heartbeat",{}]')
                assert json.loads(await socket.recv())[:2] == [3, "2"]
        assert len(scene.log.lines) - before < 100

    stage.run(test)


def test_who_says_more_than_can_be_done_waits_alone(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        calls = b"".join(framed(FINAL | TEXT, b'[2,"%d","Heartbeat",{}]' % one) for one in range(3000))
        pings = framed(FINAL | PING, b"?") * 20_000
        async with scene.station("ROGUE-1") as socket, scene.station("ROGUE-2") as other:
            before = len(scene.healthy.answered)
            async with scene.attack():
                other.transport.write(pings)
                socket.transport.write(calls)
                await scene.beats(3)
                assert len(scene.healthy.answered) > before
                heard = [json.loads(await socket.recv()) for _ in range(3000)]
            assert sorted(int(one[1]) for one in heard) == list(range(3000))

    stage.run(test)
