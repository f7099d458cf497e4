"""A CSMS that keeps transaction events in order, answers for what is late, forgives, and shows what becomes of each CALL.

python examples/ocpp/csms.py [PORT]        then, beside it:  python examples/ocpp/station.py PORT
"""

import asyncio
import sys

from ladewerk.clock import SystemClock
from ladewerk.ocpp import Admission, Context, Handshake, Leniency, Peer, ResponseSent, Router, WebSocketChannel, serve, v21

router = Router[None]()
router.in_order(v21.TransactionEventRequest, lambda request: request.transaction_info.transaction_id)


@router.on(v21.BootNotificationRequest)
async def boot(ctx: Context[None], request: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
    accepted = v21.RegistrationStatusEnumType.ACCEPTED
    return v21.BootNotificationResponse(current_time=ctx.received_at, interval=300, status=accepted)


@router.on(v21.TransactionEventRequest)
async def transaction_event(ctx: Context[None], request: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
    return v21.TransactionEventResponse()


@router.default(v21.TransactionEventRequest)
def not_ready(ctx: Context[None], request: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
    return v21.TransactionEventResponse()


def show(report: ResponseSent) -> None:
    print(report.action, report.status.value, flush=True)


async def admit(handshake: Handshake) -> Admission:
    return Admission.ACCEPT if handshake.identity == "LW-0001" else Admission.UNKNOWN


async def serve_station(channel: WebSocketChannel) -> None:
    peer = Peer(channel, version=channel.version, router=router, state=None, clock=SystemClock(), leniency=Leniency())
    peer.response_sent.connect(show)
    await peer.run()
    print("gone:", peer.why_ended, flush=True)


async def main(port: int) -> None:
    async with serve("127.0.0.1", port, admit=admit, serve_channel=serve_station) as listener:
        print("listening on", listener.port, flush=True)
        await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9000))
