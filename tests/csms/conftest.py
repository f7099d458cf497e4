"""A CSMS on free ports over a database of its own, and a station of a few lines that talks to it over a WebSocket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET, UnsetType

from ladewerk.clock import SystemClock
from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.ocpp import Context, Peer, Router, Version, connect, v21
from ladewerk.ocpp.messages import CustomData


@dataclass
class TinyStation:
    """Says what it is told to; keeps every TxProfile it gets and answers each with the next of ``answers``.

    A fallback is kept apart, and accepted.
    """

    peer: Peer[Any] | None = None
    profiles: "asyncio.Queue[v21.SetChargingProfileRequest]" = field(default_factory=asyncio.Queue)
    fallbacks: "asyncio.Queue[v21.SetChargingProfileRequest]" = field(default_factory=asyncio.Queue)
    answers: list[v21.SetChargingProfileResponse] = field(default_factory=list)

    async def call(self, request: Any) -> Any:
        assert self.peer is not None
        return await self.peer.call(request)

    async def boot(self) -> v21.BootNotificationResponse:
        about = v21.ChargingStationType(model="Tiny", vendor_name="Test", firmware_version="1.0")
        answer = await self.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))
        assert isinstance(answer, v21.BootNotificationResponse)
        return answer

    async def event(
        self,
        kind: str,
        seq_no: int,
        *,
        transaction_id: str = "tx-1",
        evse_id: int = 1,
        register_wh: float | None = None,
        token: bool | v21.IdTokenType = False,
        at: datetime | None = None,
    ) -> v21.TransactionEventResponse:
        answer = await self.call(
            transaction_event(
                kind, seq_no, transaction_id=transaction_id, evse_id=evse_id, register_wh=register_wh, token=token, at=at
            )
        )
        assert isinstance(answer, v21.TransactionEventResponse)
        return answer

    async def needs(
        self, *, evse_id: int = 1, energy_wh: float = 8000, departure: datetime | None = None, mode: int | None = None
    ) -> v21.NotifyEVChargingNeedsResponse:
        request = v21.NotifyEVChargingNeedsRequest(
            evse_id=evse_id,
            max_schedule_tuples=20,
            charging_needs=v21.ChargingNeedsType(
                requested_energy_transfer=v21.EnergyTransferModeEnumType.AC_THREE_PHASE,
                departure_time=UNSET if departure is None else departure,
                ac_charging_parameters=v21.ACChargingParametersType(
                    energy_amount=energy_wh, ev_min_current=6, ev_max_current=16, ev_max_voltage=400
                ),
            ),
            custom_data=UNSET if mode is None else CustomData(vendorId="Ladewerk", mode=mode),
        )
        answer = await self.call(request)
        assert isinstance(answer, v21.NotifyEVChargingNeedsResponse)
        return answer


def transaction_event(
    kind: str,
    seq_no: int,
    *,
    transaction_id: str = "tx-1",
    evse_id: int = 1,
    register_wh: float | None = None,
    token: bool | v21.IdTokenType = False,
    at: datetime | None = None,
) -> v21.TransactionEventRequest:
    now = datetime.now(UTC) if at is None else at  # noqa: TID251  # what a station says, not what anybody waits for
    reading = v21.MeterValueType(
        timestamp=now,
        sampled_value=(
            v21.SampledValueType(value=register_wh or 0.0, measurand=v21.MeasurandEnumType.ENERGY_ACTIVE_IMPORT_REGISTER),
        ),
    )
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType(kind),
        timestamp=now,
        trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(
            transaction_id=transaction_id, charging_state=v21.ChargingStateEnumType.CHARGING
        ),
        evse=v21.EVSEType(id=evse_id, connector_id=1),
        meter_value=UNSET if register_wh is None else (reading,),
        id_token=_token(token),
    )


def _token(token: bool | v21.IdTokenType) -> v21.IdTokenType | UnsetType:
    if isinstance(token, v21.IdTokenType):
        return token
    return v21.IdTokenType(id_token="abc", type="Local") if token else UNSET


async def _set_charging_profile(
    ctx: Context[TinyStation], request: v21.SetChargingProfileRequest
) -> v21.SetChargingProfileResponse:
    if request.charging_profile.charging_profile_purpose == "TxDefaultProfile":
        ctx.state.fallbacks.put_nowait(request)
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)
    ctx.state.profiles.put_nowait(request)
    if ctx.state.answers:
        return ctx.state.answers.pop(0)
    return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)


@asynccontextmanager
async def _tiny_station(
    port: int,
    identity: str = "S-1",
    *,
    version: Version = Version.V21,
    password: str | None = None,
    on_profile: Any = _set_charging_profile,
) -> AsyncIterator[TinyStation]:
    station = TinyStation()
    router: Router[TinyStation] = Router()
    router.on(v21.SetChargingProfileRequest)(on_profile)
    async with (
        connect(f"ws://127.0.0.1:{port}", identity=identity, versions=[version], password=password) as channel,
        Peer(channel, version=version, router=router, state=station, clock=SystemClock()) as peer,
    ):
        station.peer = peer
        yield station


StationMaker = Callable[..., AbstractAsyncContextManager[TinyStation]]
CsmsMaker = Callable[..., AbstractAsyncContextManager[Csms]]


@pytest.fixture
def tiny_station() -> StationMaker:
    """Connect a station: ``async with tiny_station(port, "S-1") as station``."""
    return _tiny_station


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of a database that does not exist yet."""
    return f"sqlite:///{tmp_path}/csms.sqlite3"


@pytest.fixture
def csms(database: str) -> CsmsMaker:
    """Run a CSMS: ``async with csms() as running``; every one of a test has the same database."""

    def make(**settings: Any) -> AbstractAsyncContextManager[Csms]:
        settings = {"accept_unknown": True, "open": True, **settings}
        config = CsmsConfig(listen="127.0.0.1:0", web="127.0.0.1:0", database=database, **settings)
        return running_csms(config, SystemClock())

    return make


@pytest.fixture
def until() -> Callable[[Csms, Callable[[], bool]], Any]:
    """Wait until something is so, looking whenever the ledger changes."""

    async def wait(csms: Csms, is_so: Callable[[], bool]) -> None:
        changed = asyncio.Event()
        disconnect = csms.ledger.changed.connect(lambda _none: changed.set())
        try:
            async with asyncio.timeout(120):
                while not is_so():
                    await changed.wait()
                    changed.clear()
        finally:
            disconnect()

    return wait
