"""Nothing that a peer says stays: however much it says, a connection holds what it held before."""

import asyncio
import gc
import logging
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ladewerk.clock import LoopClock
from ladewerk.ocpp import v21
from ladewerk.ocpp.loopback import LoopbackChannel, LoopbackLink
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
TIME = '"timestamp":"2026-01-05T17:00:00Z"'
FRAMES = 300
MOST_BYTES_A_FRAME = 80
"""Whatever is kept of a frame takes more; what only moves about within its bounds takes less."""

router = Router[None]()


@router.on(v21.StatusNotificationRequest)
async def status(_: Context[None], __: v21.StatusNotificationRequest) -> v21.StatusNotificationResponse:
    return v21.StatusNotificationResponse()


@router.on(v21.DataTransferRequest)
async def transfer(_: Context[None], __: v21.DataTransferRequest) -> v21.DataTransferResponse:
    return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED)


@router.on(v21.TransactionEventRequest)
async def event(_: Context[None], __: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
    return v21.TransactionEventResponse()


@router.on(v21.MeterValuesRequest)
async def values(_: Context[None], __: v21.MeterValuesRequest) -> v21.MeterValuesResponse:
    return v21.MeterValuesResponse()


router.in_order(v21.TransactionEventRequest, lambda request: request.transaction_info.transaction_id)

# By the number of the frame; each has an id of its own and names something that was not named before.
SAYINGS: dict[str, tuple[tuple[Version, ...], Callable[[int], str]]] = {
    "calls": (tuple(Version), lambda n: f'[2,"{n}","DataTransfer",{{"vendorId":"v{n}"}}]'),
    "unknown actions": (tuple(Version), lambda n: f'[2,"{n}","Action{n}",{{}}]'),
    "refused payloads": (tuple(Version), lambda n: f'[2,"{n}","DataTransfer",{{"x{n}":1}}]'),
    "foreign results": (tuple(Version), lambda n: f'[3,"{n}",{{}}]'),
    "foreign errors": (tuple(Version), lambda n: f'[4,"{n}","Code{n}","",{{}}]'),
    "unknown types": (tuple(Version), lambda n: f'[{n + 10},"{n}"]'),
    "sends": (
        (Version.V21,),
        lambda n: (
            f'[6,"{n}","NotifyPeriodicEventStream",{{"data":[],"id":{n},"pending":0,"basetime":"2026-01-05T17:00:00Z"}}]'
        ),
    ),
    "transactions": (
        (Version.V201, Version.V21),
        lambda n: (
            f'[2,"{n}","TransactionEvent",{{"eventType":"Started",{TIME},"triggerReason":"Authorized","seqNo":0,'
            f'"transactionInfo":{{"transactionId":"{n}"}}}}]'
        ),
    ),
    "connectors": (
        (Version.V16,),
        lambda n: f'[2,"{n}","StatusNotification",{{"connectorId":{n},"errorCode":"GroundFailure","status":"Faulted"}}]',
    ),
    "running transactions": (
        (Version.V16,),
        lambda n: (
            f'[2,"{n}","MeterValues",{{"connectorId":{n},"transactionId":{n},'
            f'"meterValue":[{{{TIME},"sampledValue":[{{"value":"1"}}]}}]}}]'
        ),
    ),
    "transactions of nobody": (
        (Version.V16,),
        lambda n: f'[2,"{n}","StopTransaction",{{"transactionId":{n},"meterStop":1,{TIME}}}]',
    ),
}
CASES = [
    pytest.param(version, say, id=f"{version}-{what}") for what, (versions, say) in SAYINGS.items() for version in versions
]


@pytest.mark.parametrize(("version", "say"), CASES)
def test_a_connection_keeps_no_more_however_much_is_said(
    version: Version, say: Callable[[int], str], caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> int:
        near, far = LoopbackLink("LW-1").open()
        clock = LoopClock(asyncio.get_running_loop(), NOW)
        async with Peer(far, version=version, router=router, state=None, clock=clock):
            await _say(near, say, range(FRAMES))
            held = _held()
            await _say(near, say, range(FRAMES, 2 * FRAMES))
            return _held() - held

    caplog.set_level(logging.CRITICAL, "ladewerk")  # the log is kept by pytest
    tracemalloc.start()
    try:
        kept = asyncio.run(test())
    finally:
        tracemalloc.stop()
    assert kept < MOST_BYTES_A_FRAME * FRAMES


def _held() -> int:
    """Bytes."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def _say(near: LoopbackChannel, say: Callable[[int], str], numbers: range) -> None:
    """And hear what is answered to it, and to a CALL behind it that is always answered."""
    for number in numbers:
        await near.send(say(number))
        await near.send(f'[2,"behind {number}","",{{}}]')
        while f'"behind {number}"' not in await near.receive():
            pass
