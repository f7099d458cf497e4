"""The other end is a library that nobody here wrote: PyPI's ``ocpp``, as station against our CSMS end and the reverse."""

import asyncio
import importlib
from types import ModuleType
from typing import Any

import pytest
from ocpp.routing import on
from websockets.asyncio.client import connect as plain_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as plain_serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ladewerk.clock import SystemClock
from ladewerk.ocpp import v21
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake, WebSocketChannel, connect, serve
from tests.ocpp.charging_talk import BOOT, HOST, NOW, PROFILE, STARTED, run

VERSIONS = [(Version.V201, "ocpp.v201"), (Version.V21, "ocpp.v21")]


def stations_of(library: ModuleType) -> type[Any]:
    class Station(library.ChargePoint):  # type: ignore[misc, name-defined]  # the library is untyped
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.profiles: list[tuple[int, dict[str, Any]]] = []

        @on("SetChargingProfile")  # type: ignore[untyped-decorator]
        async def set_profile(self, evse_id: int, charging_profile: dict[str, Any], **_: Any) -> Any:
            self.profiles.append((evse_id, charging_profile))
            return library.call_result.SetChargingProfile(status="Accepted")

    return Station


def csms_of(library: ModuleType) -> type[Any]:
    class Csms(library.ChargePoint):  # type: ignore[misc, name-defined]  # the library is untyped
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.transaction_events: list[dict[str, Any]] = []

        @on("BootNotification")  # type: ignore[untyped-decorator]
        async def boot(self, **_: Any) -> Any:
            return library.call_result.BootNotification(current_time=NOW.isoformat(), interval=300, status="Accepted")

        @on("Heartbeat")  # type: ignore[untyped-decorator]
        async def heartbeat(self, **_: Any) -> Any:
            return library.call_result.Heartbeat(current_time=NOW.isoformat())

        @on("TransactionEvent")  # type: ignore[untyped-decorator]
        async def transaction_event(self, **event: Any) -> Any:
            self.transaction_events.append(event)
            return library.call_result.TransactionEvent()

    return Csms


class OurCsms:
    """Handlers of our side, with what they saw."""

    def __init__(self) -> None:
        self.router = Router[None]()
        self.events: list[v21.TransactionEventRequest] = []
        self.answers: asyncio.Queue[v21.SetChargingProfileResponse] = asyncio.Queue()
        self.router.on(v21.BootNotificationRequest)(self.boot)
        self.router.on(v21.HeartbeatRequest)(self.heartbeat)
        self.router.on(v21.TransactionEventRequest)(self.transaction_event)
        self.router.observe(v21.TransactionEventRequest)(self.plan)

    async def boot(self, _: Context[None], request: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
        assert request == BOOT
        return v21.BootNotificationResponse(current_time=NOW, interval=300, status=v21.RegistrationStatusEnumType.ACCEPTED)

    async def heartbeat(self, _: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=NOW)

    async def transaction_event(
        self, _: Context[None], request: v21.TransactionEventRequest
    ) -> v21.TransactionEventResponse:
        self.events.append(request)
        return v21.TransactionEventResponse()

    async def plan(self, ctx: Context[None], _: v21.TransactionEventRequest) -> None:
        self.answers.put_nowait(await ctx.peer.call(PROFILE))

    async def admit(self, handshake: Handshake) -> Admission:
        return Admission.ACCEPT if handshake.identity == "LW-1" else Admission.UNKNOWN

    async def serve(self, channel: WebSocketChannel) -> None:
        await Peer(channel, version=channel.version, router=self.router, state=None, clock=SystemClock()).run()


@pytest.mark.parametrize(("version", "name"), VERSIONS)
def test_their_station_against_our_csms_end(version: Version, name: str) -> None:
    library = importlib.import_module(name)

    async def test() -> None:
        ours = OurCsms()
        async with serve(
            HOST, 0, versions=[Version.V21, Version.V201], admit=ours.admit, serve_channel=ours.serve
        ) as listener:
            url = f"ws://{HOST}:{listener.port}/LW-1"
            async with plain_connect(url, subprotocols=[Subprotocol(version)], proxy=None) as connection:
                station = stations_of(library)("LW-1", connection)
                listening = asyncio.create_task(station.start())
                boot = library.call.BootNotification(
                    charging_station={"model": "Garage", "vendor_name": "Ladewerk"}, reason="PowerUp"
                )
                assert (await station.call(boot)).status == "Accepted"
                assert (await station.call(library.call.Heartbeat())).current_time.startswith("2026-01-05T17:40:00")
                started = library.call.TransactionEvent(
                    event_type="Started",
                    timestamp="2026-01-05T17:40:00Z",
                    trigger_reason="CablePluggedIn",
                    seq_no=0,
                    transaction_info={"transaction_id": "t-1", "charging_state": "EVConnected"},
                    evse={"id": 1},
                    meter_value=[
                        {
                            "timestamp": "2026-01-05T17:40:00Z",
                            "sampled_value": [{"value": 16.5, "measurand": "Current.Import"}],
                        }
                    ],
                )
                await station.call(started)
                assert (await ours.answers.get()).status is v21.ChargingProfileStatusEnumType.ACCEPTED
                ((evse_id, profile),) = station.profiles
                assert (evse_id, profile["transaction_id"]) == (1, "t-1")
                periods = profile["charging_schedule"][0]["charging_schedule_period"]
                assert [(period["start_period"], period["limit"]) for period in periods] == [(0, 16.0), (1800, 0.0)]
                assert ours.events[0].offline is not True
                assert ours.events[0].meter_value == STARTED.meter_value
                listening.cancel()

    run(test())


@pytest.mark.parametrize(("version", "name"), VERSIONS)
def test_our_station_end_against_their_csms(version: Version, name: str) -> None:
    library = importlib.import_module(name)
    router = Router[None]()
    installed: list[v21.SetChargingProfileRequest] = []

    @router.on(v21.SetChargingProfileRequest)
    async def set_profile(_: Context[None], request: v21.SetChargingProfileRequest) -> v21.SetChargingProfileResponse:
        installed.append(request)
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)

    async def test() -> None:
        arrived: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def serve_theirs(connection: ServerConnection) -> None:
            csms = csms_of(library)("LW-1", connection)
            arrived.set_result(csms)
            try:
                await csms.start()
            except ConnectionClosed:
                return

        async with plain_serve(serve_theirs, HOST, 0, subprotocols=[Subprotocol(version)]) as server:
            url = f"ws://{HOST}:{server.sockets[0].getsockname()[1]}"
            async with (
                connect(url, identity="LW-1", versions=[version]) as channel,
                Peer(channel, version=channel.version, router=router, state=None, clock=SystemClock()) as peer,
            ):
                csms = await arrived
                assert (await peer.call(BOOT)).status is v21.RegistrationStatusEnumType.ACCEPTED
                assert (await peer.call(v21.HeartbeatRequest())).current_time == NOW
                assert await peer.call(STARTED) == v21.TransactionEventResponse()
                (event,) = csms.transaction_events
                assert (event["event_type"], event["transaction_info"]["transaction_id"]) == ("Started", "t-1")
                answer = await csms.call(
                    library.call.SetChargingProfile(
                        evse_id=1,
                        charging_profile={
                            "id": 7,
                            "stack_level": 0,
                            "charging_profile_purpose": "TxProfile",
                            "charging_profile_kind": "Absolute",
                            "transaction_id": "t-1",
                            "charging_schedule": [
                                {
                                    "id": 1,
                                    "start_schedule": "2026-01-05T17:40:00Z",
                                    "duration": 3600,
                                    "charging_rate_unit": "A",
                                    "charging_schedule_period": [
                                        {"start_period": 0, "limit": 16.0, "number_phases": 3},
                                        {"start_period": 1800, "limit": 0.0, "number_phases": 3},
                                    ],
                                }
                            ],
                        },
                    )
                )
                assert answer.status == "Accepted"
                assert installed == [PROFILE]

    run(test())
