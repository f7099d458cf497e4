"""Plain threads talk over a real WebSocket to a CSMS that runs in another thread."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from ladewerk.clock import SystemClock
from ladewerk.errors import CallRefused, CallTimedOut, ConfigError, Disconnected, LocalProtocolError
from ladewerk.ocpp import (
    Admission,
    CallNotSent,
    Context,
    Handshake,
    Peer,
    Router,
    WebSocketChannel,
    connect_sync,
    serve,
    v21,
)
from ladewerk.ocpp.facade import PlainPeer, in_thread

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
HEARTBEAT = v21.HeartbeatRequest()
ANSWER = v21.HeartbeatResponse(current_time=NOW)
STREAM = v21.NotifyPeriodicEventStream(data=(v21.StreamDataElementType(t=0.0, v="1"),), id=1, pending=0, basetime=NOW)


@dataclass
class Csms:
    """Where it listens, the station once it is there, and a gate that heartbeats wait at."""

    url: str
    loop: asyncio.AbstractEventLoop
    peer: asyncio.Future[Peer[None]]
    over: asyncio.Event
    gate: asyncio.Event
    heard: list[str] = field(default_factory=list)

    def open_gate(self) -> None:
        self.loop.call_soon_threadsafe(self.gate.set)

    def reset(self) -> v21.ResetResponse:
        async def ask() -> v21.ResetResponse:
            return await (await self.peer).call(v21.ResetRequest(type=v21.ResetEnumType.ON_IDLE))

        return asyncio.run_coroutine_threadsafe(ask(), self.loop).result()

    def hang_up(self) -> None:
        async def close() -> None:
            await (await self.peer).close("maintenance")

        asyncio.run_coroutine_threadsafe(close(), self.loop).result()


@contextmanager
def running_csms() -> Iterator[Csms]:
    router = Router[None]()
    made: list[Csms] = []
    listening = threading.Event()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        await made[0].gate.wait()
        return ANSWER

    @router.on(v21.DataTransferRequest)
    async def transfer(_: Context[None], request: v21.DataTransferRequest) -> v21.DataTransferResponse:
        made[0].heard.append(str(request.data))
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED)

    @router.observe(v21.NotifyPeriodicEventStream)
    async def stream(_: Context[None], message: v21.NotifyPeriodicEventStream) -> None:
        made[0].heard.append(f"stream {message.id}")

    async def admit(handshake: Handshake) -> Admission:
        return Admission.ACCEPT if handshake.identity == "LW-1" else Admission.UNKNOWN

    async def serve_station(channel: WebSocketChannel) -> None:
        peer = Peer(channel, version=channel.version, router=router, state=None, clock=SystemClock())
        made[0].peer.set_result(peer)
        await peer.run()

    async def main() -> None:
        async with serve("127.0.0.1", 0, admit=admit, serve_channel=serve_station) as listener:
            url = f"ws://127.0.0.1:{listener.port}"
            loop = asyncio.get_running_loop()
            made.append(Csms(url, loop, loop.create_future(), asyncio.Event(), asyncio.Event()))
            listening.set()
            await made[0].over.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert listening.wait(60)
    try:
        yield made[0]
    finally:
        made[0].open_gate()
        made[0].loop.call_soon_threadsafe(made[0].over.set)
        thread.join()


@pytest.fixture
def csms() -> Iterator[Csms]:
    with running_csms() as made:
        yield made


@pytest.fixture
def station(csms: Csms) -> Iterator[PlainPeer]:
    with connect_sync(csms.url, identity="LW-1") as made:
        yield made


def transfer(data: object) -> v21.DataTransferRequest:
    return v21.DataTransferRequest(vendor_id="x", data=data)


def test_a_plain_call_returns_the_typed_answer(csms: Csms, station: PlainPeer) -> None:
    csms.open_gate()
    answer = station.call(HEARTBEAT)
    assert answer.current_time == NOW


def test_calls_of_a_thread_go_out_in_their_order(csms: Csms, station: PlainPeer) -> None:
    wait([station.submit(transfer(number)) for number in range(50)])
    assert csms.heard == [str(number) for number in range(50)]


def test_many_threads_call_at_once(csms: Csms, station: PlainPeer) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: station.call(transfer(number)), range(40)))
    assert {answer.status for answer in answers} == {v21.DataTransferStatusEnumType.ACCEPTED}
    assert sorted(map(int, csms.heard)) == list(range(40))


def test_a_send_goes_out_before_what_is_said_later(csms: Csms, station: PlainPeer) -> None:
    station.send(STREAM)
    station.call(transfer("later"))
    assert csms.heard == ["stream 1", "later"]


def test_errors_are_raised_where_the_call_stands(station: PlainPeer) -> None:
    with pytest.raises(CallRefused, match="NotSupported"):
        station.call(v21.AuthorizeRequest(id_token=v21.IdTokenType(id_token="a", type="Local")))
    with pytest.raises(LocalProtocolError, match="vendorId"):
        station.call(v21.DataTransferRequest(vendor_id="x" * 256))
    with pytest.raises(CallTimedOut, match=r"gave no answer to Heartbeat within 0\.05 s"):
        station.call(HEARTBEAT, timeout_s=0.05)


def test_the_queue_is_bounded(csms: Csms) -> None:
    with connect_sync(csms.url, identity="LW-1", calls_at_once=2) as station:
        waiting = [station.submit(HEARTBEAT) for _ in range(2)]
        with pytest.raises(CallNotSent, match=r"LW-1 left no room for a call within 0.05 s"):
            station.call(HEARTBEAT, ttl_s=0.05)
        csms.open_gate()
        assert [one.result() for one in waiting] == [ANSWER, ANSWER]
        assert station.call(HEARTBEAT) == ANSWER


def test_calls_fail_at_once_when_the_csms_hangs_up(csms: Csms, station: PlainPeer) -> None:
    waiting = [station.submit(HEARTBEAT) for _ in range(3)]
    csms.hang_up()
    for one in waiting:
        with pytest.raises(Disconnected, match="maintenance"):
            one.result(60)
    with pytest.raises(Disconnected, match="maintenance"):
        station.call(HEARTBEAT)
    assert "maintenance" in (station.peer.why_ended or "")


def test_calls_fail_at_once_when_the_block_ends(csms: Csms) -> None:
    with connect_sync(csms.url, identity="LW-1") as station:
        waiting = station.submit(HEARTBEAT)
    with pytest.raises(Disconnected, match="we closed the connection"):
        waiting.result(60)
    for act in (lambda: station.call(HEARTBEAT), lambda: station.send(STREAM)):
        with pytest.raises(Disconnected, match="we closed the connection"):
            act()
    assert not [thread.name for thread in threading.enumerate() if thread.name == "ocpp LW-1"]


def test_a_connection_that_does_not_come_about_raises_at_the_with(csms: Csms) -> None:
    with pytest.raises(Disconnected, match="404"), connect_sync(csms.url, identity="stranger"):
        pass
    with pytest.raises(ConfigError), connect_sync(csms.url, identity="not:allowed"):
        pass


def test_plain_functions_handle_what_the_csms_asks_and_may_call(csms: Csms) -> None:
    router = Router[None]()
    stations: list[PlainPeer] = []

    def reset(_: Context[None], request: v21.ResetRequest) -> v21.ResetResponse:
        stations[0].call(transfer(request.type.value))
        return v21.ResetResponse(status=v21.ResetStatusEnumType.SCHEDULED)

    router.on(v21.ResetRequest)(in_thread(reset))
    with connect_sync(csms.url, identity="LW-1", router=router) as station:
        stations.append(station)
        station.call(transfer("here"))
        assert csms.reset().status is v21.ResetStatusEnumType.SCHEDULED
        assert csms.heard == ["here", "OnIdle"]


def test_an_async_handler_that_would_block_its_own_connection_is_told(csms: Csms) -> None:
    router = Router[None]()
    stations: list[PlainPeer] = []

    @router.on(v21.ResetRequest)
    async def reset(_: Context[None], __: v21.ResetRequest) -> v21.ResetResponse:
        with pytest.raises(LocalProtocolError, match=r"awaits ctx\.peer\.call"):
            stations[0].call(HEARTBEAT)
        return v21.ResetResponse(status=v21.ResetStatusEnumType.REJECTED)

    with connect_sync(csms.url, identity="LW-1", router=router) as station:
        stations.append(station)
        station.call(transfer("here"))
        assert csms.reset().status is v21.ResetStatusEnumType.REJECTED
