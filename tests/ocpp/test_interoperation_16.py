"""Our plain, synchronous station end against a central system of OCPP 1.6 that nobody here wrote: PyPI's ``ocpp``."""

import asyncio
import queue
from typing import Any

import pytest
from msgspec import UNSET, structs
from ocpp import v16
from ocpp.routing import after, on
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as plain_serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp import BegunTransactions, connect_sync, in_thread, v21
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from tests.ocpp.charging_talk import BOOT, HOST, NOW, PROFILE, STARTED, run

OCCUPIED = v21.StatusNotificationRequest(
    timestamp=NOW, connector_status=v21.ConnectorStatusEnumType.OCCUPIED, evse_id=1, connector_id=1
)
NEEDS = v21.NotifyEVChargingNeedsRequest(
    evse_id=1,
    charging_needs=v21.ChargingNeedsType(requested_energy_transfer=v21.EnergyTransferModeEnumType.AC_THREE_PHASE),
)


class CentralSystem(v16.ChargePoint):  # type: ignore[misc]  # the library is untyped
    """Theirs, of OCPP 1.6."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.heard: list[tuple[str, dict[str, Any]]] = []

    def note(self, action: str, payload: dict[str, Any], answer: Any) -> Any:
        self.heard.append((action, payload))
        return answer

    @on("BootNotification")  # type: ignore[untyped-decorator]
    async def boot(self, **payload: Any) -> Any:
        accepted = v16.call_result.BootNotification(current_time=NOW.isoformat(), interval=300, status="Accepted")
        return self.note("BootNotification", payload, accepted)

    @on("Authorize")  # type: ignore[untyped-decorator]
    async def authorize(self, **payload: Any) -> Any:
        return self.note("Authorize", payload, v16.call_result.Authorize(id_tag_info={"status": "Blocked"}))

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    async def status(self, **payload: Any) -> Any:
        return self.note("StatusNotification", payload, v16.call_result.StatusNotification())

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    async def start_transaction(self, **payload: Any) -> Any:
        started = v16.call_result.StartTransaction(transaction_id=77, id_tag_info={"status": "Accepted"})
        return self.note("StartTransaction", payload, started)

    @on("MeterValues")  # type: ignore[untyped-decorator]
    async def meter_values(self, **payload: Any) -> Any:
        return self.note("MeterValues", payload, v16.call_result.MeterValues())

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    async def stop_transaction(self, **payload: Any) -> Any:
        return self.note("StopTransaction", payload, v16.call_result.StopTransaction())

    @after("MeterValues")  # type: ignore[untyped-decorator]
    async def plan(self, **payload: Any) -> None:
        profile = {
            "charging_profile_id": 7,
            "transaction_id": payload["transaction_id"],
            "stack_level": 0,
            "charging_profile_purpose": "TxProfile",
            "charging_profile_kind": "Absolute",
            "charging_schedule": {
                "start_schedule": NOW.isoformat(),
                "duration": 3600,
                "charging_rate_unit": "A",
                "charging_schedule_period": [
                    {"start_period": 0, "limit": 16.0, "number_phases": 3},
                    {"start_period": 1800, "limit": 0.0, "number_phases": 3},
                ],
            },
        }
        answer = await self.call(v16.call.SetChargingProfile(connector_id=1, cs_charging_profiles=profile))
        self.heard.append(("answer", {"status": answer.status}))


def test_our_plain_station_end_against_their_central_system_of_16() -> None:
    router = Router[None]()
    installed: queue.Queue[v21.SetChargingProfileRequest] = queue.Queue()

    @router.on(v21.SetChargingProfileRequest)
    @in_thread
    def set_profile(_: Context[None], request: v21.SetChargingProfileRequest) -> v21.SetChargingProfileResponse:
        installed.put(request)
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)

    begun = BegunTransactions()

    def charge(url: str) -> None:
        versions = [Version.V21, Version.V16]
        with connect_sync(url, identity="LW-1", versions=versions, router=router, begun=begun) as csms:
            assert csms.call(BOOT).interval == 300
            tag = v21.IdTokenType(id_token="04A1", type="ISO14443")
            told = csms.call(v21.AuthorizeRequest(id_token=tag)).id_token_info.status
            assert told is v21.AuthorizationStatusEnumType.BLOCKED
            csms.call(OCCUPIED)
            csms.call(STARTED)
            asked = csms.call(later(v21.TransactionEventEnumType.UPDATED, 1, 120.0, id_token=tag))
            assert asked.id_token_info is not UNSET
            csms.call(later(v21.TransactionEventEnumType.UPDATED, 2, 500.0))
            request = installed.get(timeout=60)
            # The station's own name of the transaction, which 1.6 never said.
            assert request == with_schedule_id(PROFILE, 7)
            with pytest.raises(LocalProtocolError, match=r"OCPP 1\.6 has no way for a station to say NotifyEVChargingNeeds"):
                csms.call(NEEDS)
        # The connection is another one, the transaction is not.
        with connect_sync(url, identity="LW-1", versions=versions, router=router, begun=begun) as csms:
            csms.call(later(v21.TransactionEventEnumType.ENDED, 3, 900.0))

    async def test() -> None:
        met: list[CentralSystem] = []

        async def serve_theirs(connection: ServerConnection) -> None:
            met.append(CentralSystem("LW-1", connection))
            try:
                await met[-1].start()
            except ConnectionClosed:
                return

        async with plain_serve(serve_theirs, HOST, 0, subprotocols=[Subprotocol("ocpp1.6")]) as server:
            await asyncio.to_thread(charge, f"ws://{HOST}:{server.sockets[0].getsockname()[1]}")
        heard = [*met[0].heard, *met[1].heard]
        assert [action for action, _ in heard if action != "answer"] == [
            "BootNotification",
            "Authorize",
            "StatusNotification",
            "StatusNotification",
            "StartTransaction",
            "MeterValues",
            "MeterValues",
            "StopTransaction",
        ]
        assert ("answer", {"status": "Accepted"}) in heard
        by_action = dict(heard)
        assert (by_action["StartTransaction"]["meter_start"], by_action["StopTransaction"]["meter_stop"]) == (120, 900)
        assert (by_action["StopTransaction"]["transaction_id"], by_action["MeterValues"]["transaction_id"]) == (77, 77)

    run(test())


def later(kind: v21.TransactionEventEnumType, seq_no: int, register_wh: float, **more: Any) -> v21.TransactionEventRequest:
    sample = v21.SampledValueType(value=register_wh, measurand=v21.MeasurandEnumType.ENERGY_ACTIVE_IMPORT_REGISTER)
    return v21.TransactionEventRequest(
        event_type=kind,
        timestamp=NOW,
        trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id="t-1"),
        meter_value=(v21.MeterValueType(timestamp=NOW, sampled_value=(sample,)),),
        **more,
    )


def with_schedule_id(request: v21.SetChargingProfileRequest, number: int) -> v21.SetChargingProfileRequest:
    """1.6 does not number schedules."""
    profile = request.charging_profile
    schedules = (structs.replace(profile.charging_schedule[0], id=number),)
    return structs.replace(request, charging_profile=structs.replace(profile, charging_schedule=schedules))
