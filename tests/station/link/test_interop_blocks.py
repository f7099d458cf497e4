"""Every functional block at a CSMS that nobody here wrote: PyPI's ``ocpp`` asks, for 2.0.1 and for 2.1."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ocpp.routing import on
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

LIBRARIES = [("ocpp2.0.1", "ocpp.v201"), ("ocpp2.1", "ocpp.v21")]
CARD = {"id_token": "04A1B2", "type": "ISO14443"}


def csms_of(library: ModuleType, clock: Any) -> type[Any]:
    """A CSMS that accepts what comes, keeps it, and knows one card."""
    answers = library.call_result

    class ForeignCsms(library.ChargePoint):  # type: ignore[misc, name-defined]  # the library is untyped
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.heard: list[tuple[str, dict[str, Any]]] = []

        def said(self, action: str) -> list[dict[str, Any]]:
            return [payload for name, payload in self.heard if name == action]

        async def asks(self, action: str, **payload: Any) -> Any:
            return await self.call(getattr(library.call, action)(**payload), suppress=False)

        async def sets(self, component: str, variable: str, value: str) -> str:
            data = {"attribute_value": value, "component": {"name": component}, "variable": {"name": variable}}
            answer = await self.asks("SetVariables", set_variable_data=[data])
            return str(answer.set_variable_result[0]["attribute_status"])

        @on("BootNotification")  # type: ignore[untyped-decorator]
        async def boot(self, **payload: Any) -> Any:
            self.heard.append(("BootNotification", payload))
            return answers.BootNotification(current_time=clock.now().isoformat(), interval=600, status="Accepted")

        @on("Heartbeat")  # type: ignore[untyped-decorator]
        async def heartbeat(self) -> Any:
            self.heard.append(("Heartbeat", {}))
            return answers.Heartbeat(current_time=clock.now().isoformat())

        @on("StatusNotification")  # type: ignore[untyped-decorator]
        async def status(self, **payload: Any) -> Any:
            self.heard.append(("StatusNotification", payload))
            return answers.StatusNotification()

        @on("SecurityEventNotification")  # type: ignore[untyped-decorator]
        async def security(self, **payload: Any) -> Any:
            self.heard.append(("SecurityEventNotification", payload))
            return answers.SecurityEventNotification()

        @on("NotifyReport")  # type: ignore[untyped-decorator]
        async def report(self, **payload: Any) -> Any:
            self.heard.append(("NotifyReport", payload))
            return answers.NotifyReport()

        @on("MeterValues")  # type: ignore[untyped-decorator]
        async def meter_values(self, **payload: Any) -> Any:
            self.heard.append(("MeterValues", payload))
            return answers.MeterValues()

        @on("Authorize")  # type: ignore[untyped-decorator]
        async def authorize(self, **payload: Any) -> Any:
            self.heard.append(("Authorize", payload))
            known = payload["id_token"]["id_token"] == CARD["id_token"]
            return answers.Authorize(id_token_info={"status": "Accepted" if known else "Blocked"})

        @on("TransactionEvent")  # type: ignore[untyped-decorator]
        async def event(self, **payload: Any) -> Any:
            self.heard.append(("TransactionEvent", payload))
            return answers.TransactionEvent()

        @on("ReportChargingProfiles")  # type: ignore[untyped-decorator]
        async def profiles(self, **payload: Any) -> Any:
            self.heard.append(("ReportChargingProfiles", payload))
            return answers.ReportChargingProfiles()

    return ForeignCsms


@asynccontextmanager
async def foreign_csms(kind: type[Any], subprotocol: str) -> AsyncIterator[tuple[str, list[Any]]]:
    """Its address, and whom it has met."""
    met: list[Any] = []

    async def meet(connection: ServerConnection) -> None:
        met.append(kind("LW-0001", connection))
        try:
            await met[-1].start()
        except ConnectionClosed:
            return

    async with serve(meet, "127.0.0.1", 0, subprotocols=[Subprotocol(subprotocol)], ping_interval=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}", met


@pytest.mark.parametrize(("subprotocol", "library"), LIBRARIES)
def test_every_block_as_a_foreign_csms_asks_for_it(
    tmp_path: Path, place_at: Any, paced: Any, subprotocol: str, library: str
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False, self_test="never") as place:
            kind = csms_of(importlib.import_module(library), place.clock)
            async with (
                foreign_csms(kind, subprotocol) as (url, met),
                place.restarted(url, tmp_path / "journal") as again,
            ):
                await again.until_true(lambda: again.station.link.is_up)
                csms = met[0]
                await provisioning(again, csms)
                await authorization_and_transaction(again, csms)
                await availability_and_triggers(again, csms)
                assert (await csms.asks("Reset", type="OnIdle")).status == "Accepted"
                await again.until_true(again.station.reset_asked.is_set)
                assert len(met) == 1

    paced(scenario)


async def provisioning(place: Any, csms: Any) -> None:
    """Blocks A, B and N: variables and their reports, the security events of the start."""
    await place.until_true(lambda: bool(csms.said("SecurityEventNotification")))
    assert csms.said("SecurityEventNotification")[0]["type"] == "StartupOfTheDevice"
    for base in ("FullInventory", "ConfigurationInventory", "SummaryInventory"):
        assert (await csms.asks("GetBaseReport", request_id=len(base), report_base=base)).status == "Accepted"
        await place.until_true(lambda: csms.said("NotifyReport") and not csms.said("NotifyReport")[-1].get("tbc"))
    wanted = [{"component": {"name": "TxCtrlr"}}]
    assert (await csms.asks("GetReport", request_id=1, component_variable=wanted)).status == "Accepted"
    await place.until_true(lambda: csms.said("NotifyReport")[-1]["request_id"] == 1)
    names = {one["variable"]["name"] for one in csms.said("NotifyReport")[-1]["report_data"]}
    assert {"TxStartPoint", "TxStopPoint", "EVConnectionTimeOut", "StopTxOnInvalidId"} <= names
    assert await csms.sets("AuthCtrlr", "Enabled", "true") == "Accepted"
    assert await csms.sets("AuthCtrlr", "LocalPreAuthorize", "true") == "Accepted"
    assert await csms.sets("SampledDataCtrlr", "TxUpdatedInterval", "20") == "Accepted"
    assert await csms.sets("TxCtrlr", "TxStopPoint", "DataSigned") == "Rejected"
    profile = {
        "ocpp_interface": "Wired0",
        "ocpp_transport": "JSON",
        "message_timeout": 30,
        "ocpp_csms_url": "ws://127.0.0.1:9",
        "security_profile": 0,
        "ocpp_version": "OCPP20",
    }
    answer = await csms.asks("SetNetworkProfile", configuration_slot=1, connection_data=profile)
    assert answer.status == "Accepted"


async def authorization_and_transaction(place: Any, csms: Any) -> None:
    """Blocks C, D, E, F, J and K: a list, a card, a transaction, its values, a profile, its end."""
    entry = {"id_token": {"id_token": "LIST-1", "type": "Local"}, "id_token_info": {"status": "Accepted"}}
    listed = await csms.asks("SendLocalList", version_number=3, update_type="Full", local_authorization_list=[entry])
    assert listed.status == "Accepted"
    assert (await csms.asks("GetLocalListVersion")).version_number == 3
    assert (await csms.asks("ClearCache")).status == "Accepted"
    place.simulator.world.plug_in()
    await place.until("plugged")
    assert (await place.press("direct", id_token="04FFFF")).status_code == 409
    assert (await place.press("direct", id_token=CARD["id_token"])).status_code == 200
    await place.until("direct")
    assert [said["id_token"]["id_token"] for said in csms.said("Authorize")] == ["04FFFF", CARD["id_token"]]
    await place.until_true(
        lambda: "MeterValuePeriodic" in [event["trigger_reason"] for event in csms.said("TransactionEvent")]
    )
    transaction_id = csms.said("TransactionEvent")[0]["transaction_info"]["transaction_id"]
    status = await csms.asks("GetTransactionStatus", transaction_id=transaction_id)
    assert status.ongoing_indicator is True
    assert (await csms.asks("UnlockConnector", evse_id=1, connector_id=1)).status == "OngoingAuthorizedTransaction"
    schedule = {
        "id": 1,
        "charging_rate_unit": "A",
        "start_schedule": (place.clock.now() - timedelta(hours=1)).isoformat(),
        "charging_schedule_period": [{"start_period": 0, "limit": 8.0}],
    }
    limit = {
        "id": 5,
        "stack_level": 0,
        "charging_profile_purpose": "TxDefaultProfile",
        "charging_profile_kind": "Absolute",
        "charging_schedule": [schedule],
    }
    assert (await csms.asks("SetChargingProfile", evse_id=1, charging_profile=limit)).status == "Accepted"
    await place.until_true(lambda: place.unit()["set_current_a"] == 8.0)
    composite = await csms.asks("GetCompositeSchedule", duration=600, evse_id=1, charging_rate_unit="A")
    assert composite.schedule["charging_schedule_period"][0]["limit"] == 8.0
    asked = await csms.asks("GetChargingProfiles", request_id=2, charging_profile={"charging_profile_id": [5]})
    assert asked.status == "Accepted"
    await place.until_true(lambda: bool(csms.said("ReportChargingProfiles")))
    assert (await csms.asks("ClearChargingProfile", charging_profile_id=5)).status == "Accepted"
    await place.until_true(lambda: place.unit()["set_current_a"] == 16.0)
    assert (await csms.asks("RequestStopTransaction", transaction_id=transaction_id)).status == "Accepted"
    await place.until_true(lambda: csms.said("TransactionEvent")[-1]["event_type"] == "Ended")
    events = csms.said("TransactionEvent")
    assert [event["seq_no"] for event in events] == list(range(len(events)))
    assert events[-1]["transaction_info"]["stopped_reason"] == "Remote"


async def availability_and_triggers(place: Any, csms: Any) -> None:
    """Blocks F and G."""
    assert (await csms.asks("ChangeAvailability", operational_status="Inoperative")).status == "Accepted"
    await place.until_true(lambda: csms.said("StatusNotification")[-1]["connector_status"] == "Unavailable")
    assert (await csms.asks("ChangeAvailability", operational_status="Operative")).status == "Accepted"
    await place.until_true(lambda: csms.said("StatusNotification")[-1]["connector_status"] == "Occupied")
    for message in ("Heartbeat", "StatusNotification", "MeterValues"):
        before = len(csms.said(message))
        evse = {"id": 1, "connector_id": 1}
        assert (await csms.asks("TriggerMessage", requested_message=message, evse=evse)).status == "Accepted"
        await place.until_true(lambda name=message, known=before: len(csms.said(name)) > known)
    assert (await csms.asks("UnlockConnector", evse_id=1, connector_id=1)).status == "Unlocked"
    assert (await csms.asks("DataTransfer", vendor_id="Nobody")).status == "UnknownVendorId"
