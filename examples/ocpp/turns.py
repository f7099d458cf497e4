"""Whose turn comes first, what is never said late, and what is handled in order; both ends in one program.

python examples/ocpp/turns.py
"""

import asyncio
from datetime import UTC, datetime

from ladewerk.clock import SystemClock
from ladewerk.ocpp import CallNotSent, Context, LoopbackLink, Peer, Priority, ReplyTimes, Router, Version, v21

csms_router, station_router = Router[None](), Router[None]()
free, stored = asyncio.Event(), asyncio.Event()

# Events of one transaction are handled one after the other, those of others beside them.
csms_router.in_order(v21.TransactionEventRequest, lambda event: event.transaction_info.transaction_id)


@csms_router.on(v21.TransactionEventRequest)
async def event(ctx: Context[None], event: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
    if (event.transaction_info.transaction_id, event.seq_no) == ("A", 0):
        await stored.wait()  # the database is slow
    print("handled event", event.seq_no, "of", event.transaction_info.transaction_id)
    return v21.TransactionEventResponse()


@csms_router.default(v21.TransactionEventRequest)
def not_ready(ctx: Context[None], event: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
    return v21.TransactionEventResponse()


@station_router.on(v21.GetBaseReportRequest)
async def report(ctx: Context[None], request: v21.GetBaseReportRequest) -> v21.GetBaseReportResponse:
    await free.wait()
    print("reported", request.request_id)
    return v21.GetBaseReportResponse(status=v21.GenericDeviceModelStatusEnumType.ACCEPTED)


@station_router.on(v21.ResetRequest)
async def reset(ctx: Context[None], request: v21.ResetRequest) -> v21.ResetResponse:
    print("reset")
    return v21.ResetResponse(status=v21.ResetStatusEnumType.ACCEPTED)


def base_report(number: int) -> v21.GetBaseReportRequest:
    return v21.GetBaseReportRequest(request_id=number, report_base=v21.ReportBaseEnumType.FULL_INVENTORY)


def transaction_event(transaction_id: str, seq_no: int) -> v21.TransactionEventRequest:
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.UPDATED,
        timestamp=datetime.now(UTC),
        trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id=transaction_id),
    )


async def command(station: Peer[None]) -> None:
    reports = [asyncio.create_task(station.call(base_report(1)))]  # the station is slow with it
    await asyncio.sleep(0)
    # While it is open, others wait. The highest priority goes first, whenever it came.
    reports += [asyncio.create_task(station.call(base_report(2), priority=Priority.BACKGROUND))]
    resetting = asyncio.create_task(station.call(v21.ResetRequest(type=v21.ResetEnumType.ON_IDLE), priority=Priority.URGENT))
    # What has not had its turn in time is never said at all.
    try:
        await station.call(v21.UnlockConnectorRequest(evse_id=1, connector_id=1), ttl_s=0.1)
    except CallNotSent as err:
        print("not sent:", err)
    free.set()
    await asyncio.gather(*reports)
    await resetting


async def tell(csms: Peer[None]) -> None:
    # The first is answered by default while its handler goes on. The next of the same transaction waits for that handler,
    # although it is answered in time as well; the other transaction need not wait.
    for transaction_id, seq_no in (("A", 0), ("A", 1), ("B", 0)):
        await csms.call(transaction_event(transaction_id, seq_no))
    stored.set()


async def main() -> None:
    here, there = LoopbackLink("LW-0001").open()
    soon = ReplyTimes(timeout_s=0.5, network_s=0.2, lead_s=0.1)  # as if stations waited for half a second
    async with (
        Peer(there, version=Version.V21, router=csms_router, state=None, clock=SystemClock(), reply=soon) as station,
        Peer(here, version=Version.V21, router=station_router, state=None, clock=SystemClock()) as csms,
    ):
        await command(station)
        await tell(csms)


asyncio.run(main())
