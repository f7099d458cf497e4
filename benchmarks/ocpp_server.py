"""A CSMS of ``ladewerk.ocpp`` or of PyPI's ``ocpp``, as a process.

``python -m benchmarks.ocpp_server ours|theirs [CERTIFICATE KEY]``: with a certificate, ours is encrypted.
It prints its port. Both answer TransactionEvent and Heartbeat at once, and DataTransfer after half a second; theirs
BootNotification, too.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SLOW_S = 0.5
_HOST = "127.0.0.1"


async def ours() -> None:
    from ladewerk.clock import SystemClock
    from ladewerk.ocpp import Admission, Context, Handshake, Peer, Router, ServerTls, WebSocketChannel, serve, v21

    router = Router[None]()

    @router.on(v21.TransactionEventRequest)
    async def event(_: Context[None], __: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
        return v21.TransactionEventResponse()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    @router.on(v21.DataTransferRequest)
    async def transfer(_: Context[None], __: v21.DataTransferRequest) -> v21.DataTransferResponse:
        await asyncio.sleep(SLOW_S)
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED)

    async def admit(_: Handshake) -> Admission:
        return Admission.ACCEPT

    async def serve_station(channel: WebSocketChannel) -> None:
        await Peer(channel, version=channel.version, router=router, state=None, clock=SystemClock()).run()

    tls = ServerTls(certificate=Path(sys.argv[2]), key=Path(sys.argv[3])) if len(sys.argv) > 2 else None
    async with serve(_HOST, 0, admit=admit, serve_channel=serve_station, tls=tls) as listener:
        print(listener.port, flush=True)
        await asyncio.Event().wait()


async def theirs() -> None:
    import ocpp.messages
    from ocpp.routing import on
    from ocpp.v21 import ChargePoint, call_result
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.exceptions import ConnectionClosed
    from websockets.typing import Subprotocol

    ocpp.messages.ASYNC_VALIDATION = False  # its faster setting

    class Csms(ChargePoint):  # type: ignore[misc]  # the library is untyped
        @on("TransactionEvent")  # type: ignore[untyped-decorator]
        async def event(self, **_: Any) -> Any:
            return call_result.TransactionEvent()

        @on("Heartbeat")  # type: ignore[untyped-decorator]
        async def heartbeat(self, **_: Any) -> Any:
            return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())  # noqa: TID251  # as its users do

        @on("BootNotification")  # type: ignore[untyped-decorator]
        async def boot(self, **_: Any) -> Any:
            now = datetime.now(UTC).isoformat()  # noqa: TID251  # as its users do
            return call_result.BootNotification(current_time=now, interval=300, status="Accepted")

        @on("DataTransfer")  # type: ignore[untyped-decorator]
        async def transfer(self, **_: Any) -> Any:
            await asyncio.sleep(SLOW_S)
            return call_result.DataTransfer(status="Accepted")

    async def serve_station(connection: ServerConnection) -> None:
        try:
            await Csms("CS", connection).start()
        except ConnectionClosed:
            return

    async with serve(serve_station, _HOST, 0, subprotocols=[Subprotocol("ocpp2.1")]) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run({"ours": ours, "theirs": theirs}[sys.argv[1]]())
