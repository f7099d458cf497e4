"""A whole charging place for tests: simulated hardware, the real station, and a small CSMS, on a loop that runs fast."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ladewerk.clock import Clock, LoopClock
from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import Admission, Context, Handshake, OtherEnd, Peer, Router, Version, WebSocketChannel, serve, v21
from ladewerk.paced_loop import PacedLoop
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports
from ladewerk.station.app import Station, running_station
from ladewerk.station.config import EvseConfig, LockConfig, MeterConfig, StationConfig, StationTable, UnitConfig

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
PERIODS = [(0, 16.0)]
_STEP_S = 1.5


@dataclass
class TinyCsms:
    """Accepts what a station sends, keeps it, and plans ``periods`` (start in s, A) from the moment a need arrives."""

    clock: Clock
    periods: list[tuple[int, float]] = field(default_factory=lambda: list(PERIODS))
    duration_s: int = 3600
    refuse_needs: str | None = None
    plans: bool = True
    total_cost: float | None = None
    token_status: v21.AuthorizationStatusEnumType | None = None
    """What it says of each id token; by default nothing."""
    tokens: dict[str, v21.IdTokenInfoType] = field(default_factory=dict)
    """What AuthorizeResponse says of a token; of others Unknown."""
    boot_answers: list[tuple[v21.RegistrationStatusEnumType, int]] = field(default_factory=list)
    """Status and interval of the next boots; then Accepted, 600 s."""
    asked: list[str] = field(default_factory=list)
    """The tokens of AuthorizeRequests."""
    meter_values: list[v21.MeterValuesRequest] = field(default_factory=list)
    device_reports: list[v21.NotifyReportRequest] = field(default_factory=list)
    security_events: list[v21.SecurityEventNotificationRequest] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    """What each connection was made with."""
    boots: list[v21.BootNotificationRequest] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    connectors: list[tuple[int, str]] = field(default_factory=list)
    """EVSE and status, as they were told."""
    events: list[v21.TransactionEventRequest] = field(default_factory=list)
    needs: list[v21.NotifyEVChargingNeedsRequest] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Technical code and value of each event of the device model."""
    reports: list[v21.ReportChargingProfilesRequest] = field(default_factory=list)
    limits: list[v21.NotifyChargingLimitRequest | v21.ClearedChargingLimitRequest] = field(default_factory=list)
    heartbeats: int = 0
    peer: Peer[None] | None = None
    port: int = 0
    wire: list[str] = field(default_factory=list)
    profile_id: int = 0
    stale: bool = False

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def router(self) -> Router[None]:
        router: Router[None] = Router()

        @router.on(v21.BootNotificationRequest)
        async def boot(_: Context[None], request: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
            self.boots.append(request)
            self.stale = False
            accepted = (v21.RegistrationStatusEnumType.ACCEPTED, 600)
            status, interval_s = self.boot_answers.pop(0) if self.boot_answers else accepted
            return v21.BootNotificationResponse(current_time=self.clock.now(), interval=interval_s, status=status)

        @router.on(v21.AuthorizeRequest)
        async def authorize(_: Context[None], request: v21.AuthorizeRequest) -> v21.AuthorizeResponse:
            self.asked.append(request.id_token.id_token)
            unknown = v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.UNKNOWN)
            return v21.AuthorizeResponse(id_token_info=self.tokens.get(request.id_token.id_token, unknown))

        @router.on(v21.MeterValuesRequest)
        async def meter_values(_: Context[None], request: v21.MeterValuesRequest) -> v21.MeterValuesResponse:
            self.meter_values.append(request)
            return v21.MeterValuesResponse()

        @router.on(v21.NotifyReportRequest)
        async def device_report(_: Context[None], request: v21.NotifyReportRequest) -> v21.NotifyReportResponse:
            self.device_reports.append(request)
            return v21.NotifyReportResponse()

        @router.on(v21.SecurityEventNotificationRequest)
        async def security(
            _: Context[None], request: v21.SecurityEventNotificationRequest
        ) -> v21.SecurityEventNotificationResponse:
            self.security_events.append(request)
            return v21.SecurityEventNotificationResponse()

        @router.on(v21.StatusNotificationRequest)
        async def status(_: Context[None], request: v21.StatusNotificationRequest) -> v21.StatusNotificationResponse:
            self.statuses.append(request.connector_status.value)
            self.connectors.append((request.evse_id, request.connector_status.value))
            return v21.StatusNotificationResponse()

        @router.on(v21.NotifyEventRequest)
        async def problem(_: Context[None], request: v21.NotifyEventRequest) -> v21.NotifyEventResponse:
            self.problems += [(event.tech_code or "", event.actual_value) for event in request.event_data]
            return v21.NotifyEventResponse()

        @router.on(v21.ReportChargingProfilesRequest)
        async def report(_: Context[None], request: v21.ReportChargingProfilesRequest) -> v21.ReportChargingProfilesResponse:
            self.reports.append(request)
            return v21.ReportChargingProfilesResponse()

        @router.on(v21.NotifyChargingLimitRequest)
        async def limit(_: Context[None], request: v21.NotifyChargingLimitRequest) -> v21.NotifyChargingLimitResponse:
            self.limits.append(request)
            return v21.NotifyChargingLimitResponse()

        @router.on(v21.ClearedChargingLimitRequest)
        async def released(_: Context[None], request: v21.ClearedChargingLimitRequest) -> v21.ClearedChargingLimitResponse:
            self.limits.append(request)
            return v21.ClearedChargingLimitResponse()

        @router.on(v21.HeartbeatRequest)
        async def heartbeat(_: Context[None], request: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
            self.heartbeats += 1
            return v21.HeartbeatResponse(current_time=self.clock.now())

        @router.on(v21.TransactionEventRequest)
        async def event(_: Context[None], request: v21.TransactionEventRequest) -> v21.TransactionEventResponse:
            if self.stale:
                raise RemoteProtocolError("SecurityError", "send a BootNotification first")
            self.events.append(request)
            cost: float | msgspec.UnsetType = msgspec.UNSET if self.total_cost is None else self.total_cost
            if self.token_status is None or isinstance(request.id_token, msgspec.UnsetType):
                return v21.TransactionEventResponse(total_cost=cost)
            info = v21.IdTokenInfoType(status=self.token_status)
            return v21.TransactionEventResponse(id_token_info=info, total_cost=cost)

        @router.on(v21.NotifyEVChargingNeedsRequest)
        async def needs(_: Context[None], request: v21.NotifyEVChargingNeedsRequest) -> v21.NotifyEVChargingNeedsResponse:
            self.needs.append(request)
            statuses = v21.NotifyEVChargingNeedsStatusEnumType
            if self.refuse_needs is not None:
                info = v21.StatusInfoType(reason_code="NoPlan", additional_info=self.refuse_needs)
                return v21.NotifyEVChargingNeedsResponse(status=statuses.REJECTED, status_info=info)
            return v21.NotifyEVChargingNeedsResponse(status=statuses.ACCEPTED)

        @router.observe(v21.NotifyEVChargingNeedsRequest)
        async def plan(ctx: Context[None], request: v21.NotifyEVChargingNeedsRequest) -> None:
            if self.plans and self.refuse_needs is None:
                await self.set_profile(ctx.peer, request.evse_id)

        return router

    async def set_profile(
        self, peer: OtherEnd, evse_id: int, transaction_id: str | None = None
    ) -> v21.SetChargingProfileResponse:
        self.profile_id = 7
        return await peer.call(
            v21.SetChargingProfileRequest(
                evse_id=evse_id,
                charging_profile=tx_profile(
                    self.profile_id,
                    transaction_id or self.events[-1].transaction_info.transaction_id,
                    self.periods,
                    start=self.clock.now(),
                    duration_s=self.duration_s,
                ),
            )
        )

    @asynccontextmanager
    async def serving(self, versions: tuple[Version, ...] = (Version.V21, Version.V201)) -> AsyncIterator[None]:
        async def admit(handshake: Handshake) -> Admission:
            self.passwords.append((handshake.basic_password or b"").decode())
            return Admission.ACCEPT

        async def run(channel: WebSocketChannel, *_: Any) -> None:
            peer: Peer[None] = Peer(channel, version=channel.version, router=self.router(), state=None, clock=self.clock)
            peer.frames.connect(lambda frame: self.wire.append(("< " if frame.sent else "> ") + frame.text))
            self.peer = peer
            await peer.run()

        async with serve("127.0.0.1", self.port, versions=versions, admit=admit, serve_channel=run) as listener:
            self.port = listener.port
            yield

    def triggers(self) -> list[str]:
        return [event.trigger_reason.value for event in self.events]


def tx_profile(
    profile_id: int, transaction_id: str, periods: list[tuple[int, float]], *, start: datetime, duration_s: int
) -> v21.ChargingProfileType:
    return v21.ChargingProfileType(
        id=profile_id,
        stack_level=0,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType.TX_PROFILE,
        charging_profile_kind=v21.ChargingProfileKindEnumType.ABSOLUTE,
        transaction_id=transaction_id,
        charging_schedule=(
            v21.ChargingScheduleType(
                id=1,
                start_schedule=start,
                duration=duration_s,
                charging_rate_unit=v21.ChargingRateUnitEnumType.A,
                charging_schedule_period=tuple(
                    v21.ChargingSchedulePeriodType(start_period=at, limit=limit, number_phases=3) for at, limit in periods
                ),
            ),
        ),
    )


class SetClock(LoopClock):
    """A clock on the wall that can be set, as NTP or a person does; no time passes."""

    off = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off

    def jump(self, by: timedelta) -> None:
        self.off += by


@dataclass
class Place:
    """Everything of one test."""

    clock: SetClock
    simulator: Simulator
    csms: TinyCsms
    config: StationConfig
    station: Station
    client: httpx.AsyncClient
    running: AsyncExitStack
    listening: AsyncExitStack
    """The CSMS's port; close it and the CSMS is gone."""

    def unit(self) -> dict[str, Any]:
        view: dict[str, Any] = self.station.view()["units"][0]
        return view

    async def until(self, state: str, *, within_s: float = 240) -> dict[str, Any]:
        """Let time pass until the unit shows ``state``."""
        return await self.until_true(lambda: self.unit()["state"] == state, within_s=within_s)

    async def until_true(self, holds: Callable[[], bool], *, within_s: float = 240) -> dict[str, Any]:
        deadline_s = self.clock.monotonic() + within_s
        while not holds():
            if self.clock.monotonic() > deadline_s:
                raise AssertionError(
                    f"not within {within_s} s; messages: {[m['text'] for m in self.station.view()['messages']]}"
                )
            await asyncio.sleep(_STEP_S)
        return self.unit()

    async def submit(self, energy_wh: float = 2000, hours: float = 4, **more: Any) -> httpx.Response:
        depart_at = (self.clock.now() + timedelta(hours=hours)).isoformat()
        body = {"mode": "balanced", "energy_wh": energy_wh, "depart_at": depart_at, **more}
        return await self.client.post("/api/units/garage/needs", json=body)

    async def press(self, button: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/api/units/garage/{button}", json=body or None)

    def with_device(self, device: str, data: Path) -> StationConfig:
        """The same station at another serial device."""
        unit = self.config.units["garage"]
        moved = msgspec.structs.replace(unit, evse=EvseConfig(driver="evse-wb", device=device))
        return msgspec.structs.replace(
            self.config, station=msgspec.structs.replace(self.config.station, data=str(data)), units={"garage": moved}
        )

    @asynccontextmanager
    async def restarted(
        self, csms_url: str, data: Path, time_is_set: Callable[[], bool] = lambda: True
    ) -> AsyncIterator["Place"]:
        """The station ended and begun again, at the same hardware."""
        await self.running.aclose()
        table = msgspec.structs.replace(self.config.station, csms=csms_url, data=str(data))
        config = msgspec.structs.replace(self.config, station=table)
        async with running_place(self.clock, self.simulator, self.csms, config, self.listening, time_is_set) as place:
            yield place


@asynccontextmanager
async def running_place(
    clock: SetClock,
    simulator: Simulator,
    csms: TinyCsms,
    config: StationConfig,
    listening: AsyncExitStack,
    time_is_set: Callable[[], bool] = lambda: True,
) -> AsyncIterator[Place]:
    async with AsyncExitStack() as running:
        station = await running.enter_async_context(running_station(config, clock, time_is_set=time_is_set))
        client = await running.enter_async_context(
            # No connection is kept: on a fast loop the server may close it while the next request is under way.
            httpx.AsyncClient(
                base_url=station.web_url,
                timeout=None,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        )
        yield Place(clock, simulator, csms, config, station, client, running, listening)


@asynccontextmanager
async def charging_place(
    data: Path,
    *,
    versions: tuple[Version, ...] = (Version.V21, Version.V201),
    serve_csms: bool = True,
    web: str = "127.0.0.1:0",
    wired: Callable[[str], dict[str, Any]] = lambda _pins_url: {},
    hardware: SimulatorConfig | None = None,
    **unit: Any,
) -> AsyncIterator[Place]:
    clock = SetClock(asyncio.get_running_loop(), START)
    csms = TinyCsms(clock)
    async with AsyncExitStack() as stack:
        settings = on_free_ports(hardware or SimulatorConfig())
        simulator = await stack.enter_async_context(running_simulator(settings, clock))
        listening = await stack.enter_async_context(AsyncExitStack())
        if serve_csms:
            await listening.enter_async_context(csms.serving(versions))
        lock = LockConfig(driver="motor", pins=simulator.pins_url, lock_pin=23, unlock_pin=24)
        config = StationConfig(
            station=StationTable(identity="LW-0001", csms=csms.url, web=web, open=True, data=str(data), poll_s=3.0),
            units={
                "garage": UnitConfig(
                    evse_id=1,
                    evse=EvseConfig(driver="evse-wb", device=simulator.serial_device),
                    meter=MeterConfig(driver="shelly-3em", url=simulator.meter_url),
                    lock=lock,
                    **wired(simulator.pins_url),
                    **unit,
                )
            },
        )
        yield await stack.enter_async_context(running_place(clock, simulator, csms, config, listening))


@pytest.fixture
def place_at() -> Callable[..., AbstractAsyncContextManager[Place]]:
    """Simulated hardware, the station and a small CSMS, as a context."""
    return charging_place


@pytest.fixture
def paced() -> Callable[[Callable[[], Awaitable[None]]], None]:
    """Run a scenario as fast as the machine can."""
    return on_paced_loop


def on_paced_loop(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run ``scenario`` as fast as the machine can."""
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(_as_coroutine(scenario))


async def _as_coroutine(scenario: Callable[[], Awaitable[None]]) -> None:
    await scenario()
