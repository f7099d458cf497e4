"""The station at a 1.6 central system that nobody here wrote: PyPI's ``ocpp`` starts, plans, asks and stops."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ladewerk.station.config import AuthorizationConfig

TAG = "04A1B2"


@dataclass
class Heard:
    """What the central system was told over all connections, and the numbers it gave."""

    clock: Any
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(4711))
    given: dict[tuple[Any, ...], int] = field(default_factory=dict)
    points: list[Any] = field(default_factory=list)

    def said(self, action: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.messages if name == action]

    def statuses(self, connector: int = 1) -> list[str]:
        return [said["status"] for said in self.said("StatusNotification") if said["connector_id"] == connector]

    async def asks(self, request: Any) -> Any:
        return await self.points[-1].call(request, suppress=False)


class CentralSystem(ChargePoint):  # type: ignore[misc]  # the package has no types
    """Accepts what comes; a start that it knows gets the number it had."""

    def __init__(self, heard: Heard, *args: Any) -> None:
        super().__init__(*args)
        self.heard = heard

    @on("BootNotification")  # type: ignore[untyped-decorator]
    async def boot(self, **payload: Any) -> Any:
        self.heard.messages.append(("BootNotification", payload))
        now = self.heard.clock.now().isoformat()
        return call_result.BootNotification(current_time=now, interval=600, status="Accepted")

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    async def heartbeat(self) -> Any:
        self.heard.messages.append(("Heartbeat", {}))
        return call_result.Heartbeat(current_time=self.heard.clock.now().isoformat())

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    async def status(self, **payload: Any) -> Any:
        self.heard.messages.append(("StatusNotification", payload))
        return call_result.StatusNotification()

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    async def start_transaction(self, **payload: Any) -> Any:
        self.heard.messages.append(("StartTransaction", payload))
        start = tuple(sorted(payload.items()))
        number = self.heard.given.get(start) or next(self.heard.numbers)
        self.heard.given[start] = number
        return call_result.StartTransaction(transaction_id=number, id_tag_info={"status": "Accepted"})

    @on("MeterValues")  # type: ignore[untyped-decorator]
    async def meter_values(self, **payload: Any) -> Any:
        self.heard.messages.append(("MeterValues", payload))
        return call_result.MeterValues()

    @on("Authorize")  # type: ignore[untyped-decorator]
    async def authorize(self, **payload: Any) -> Any:
        self.heard.messages.append(("Authorize", payload))
        return call_result.Authorize(id_tag_info={"status": "Accepted" if payload["id_tag"] == TAG else "Blocked"})

    @on("SecurityEventNotification")  # type: ignore[untyped-decorator]
    async def security_event(self, **payload: Any) -> Any:
        self.heard.messages.append(("SecurityEventNotification", payload))
        return call_result.SecurityEventNotification()

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    async def stop_transaction(self, **payload: Any) -> Any:
        self.heard.messages.append(("StopTransaction", payload))
        return call_result.StopTransaction()


@asynccontextmanager
async def central_system(heard: Heard) -> AsyncIterator[str]:
    """Its address."""

    async def meet(connection: ServerConnection) -> None:
        heard.points.append(CentralSystem(heard, "LW-0001", connection))
        try:
            await heard.points[-1].start()
        except ConnectionClosed:
            return

    protocols = [Subprotocol("ocpp1.6")]
    async with serve(meet, "127.0.0.1", 0, subprotocols=protocols, ping_interval=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def patiently(paced: Any, scenario: Callable[[], Any]) -> None:
    async def with_patience() -> None:
        async with asyncio.timeout(7200):
            await scenario()

    paced(with_patience)


def profile(number: int, limit_a: float, now: str) -> dict[str, Any]:
    return {
        "charging_profile_id": number,
        "stack_level": 0,
        "charging_profile_purpose": "TxProfile",
        "charging_profile_kind": "Absolute",
        "transaction_id": 4711,
        "charging_schedule": {
            "start_schedule": now,
            "duration": 3600,
            "charging_rate_unit": "A",
            "charging_schedule_period": [{"start_period": 0, "limit": limit_a, "number_phases": 3}],
        },
    }


def test_a_session_by_a_plan_of_a_foreign_central_system(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place:
            heard = Heard(place.clock)
            async with central_system(heard) as url, place.restarted(url, tmp_path / "journal") as again:
                await again.until_true(lambda: heard.statuses() == ["Available"])
                assert again.station.link.version == "ocpp1.6"
                (boot,) = heard.said("BootNotification")
                assert (boot["charge_point_vendor"], boot["charge_point_model"]) == ("Ladewerk", "Station")
                assert heard.statuses(0) == ["Available"]
                again.simulator.world.plug_in()
                await again.until_true(lambda: heard.statuses()[-1] == "Preparing")
                assert heard.said("StartTransaction") == []
                # Somebody asks at the station: a tag, so the transaction begins. What the car needs 1.6 cannot say.
                assert (await again.submit(energy_wh=500)).status_code == 202
                await again.until_true(lambda: bool(heard.said("StartTransaction")))
                (start,) = heard.said("StartTransaction")
                assert (start["connector_id"], start["id_tag"]) == (1, "LOCAL")
                await again.until("plugged")
                assert any("OCPP 1.6" in message["text"] for message in again.station.view()["messages"])
                for number, limit_a in ((1, 10.0), (2, 16.0)):
                    # The second one takes the place of the first, as 1.6 has it.
                    request = call.SetChargingProfile(
                        connector_id=1, cs_charging_profiles=profile(number, limit_a, again.clock.now().isoformat())
                    )
                    assert (await heard.asks(request)).status == "Accepted"
                await again.until("planned")
                remote = call.RemoteStartTransaction(id_tag=TAG, connector_id=1)
                assert (await heard.asks(remote)).status == "Accepted"
                await again.until("charging")
                await again.until_true(lambda: "Charging" in heard.statuses())
                await again.until_true(lambda: len(_powers(heard)) > 1)
                assert max(_powers(heard)) == pytest.approx(16 * 230 * 3, rel=0.1)
                assert {values["transaction_id"] for values in heard.said("MeterValues")} == {4711}
                assert (await heard.asks(call.RemoteStopTransaction(transaction_id=4711))).status == "Accepted"
                await again.until_true(lambda: bool(heard.said("StopTransaction")))
                (stop,) = heard.said("StopTransaction")
                assert (stop["transaction_id"], stop["reason"]) == (4711, "Remote")
                assert stop["meter_stop"] > start["meter_start"]
                assert stop["transaction_data"][0]["sampled_value"][0]["context"] == "Transaction.End"
                await again.until_true(lambda: heard.statuses()[-1] == "Finishing")
                again.simulator.world.unplug()
                await again.until_true(lambda: heard.statuses()[-1] == "Available")
                assert len(heard.said("BootNotification")) == 1

    patiently(paced, scenario)


def _powers(heard: Heard) -> list[float]:
    return [
        float(sample["value"])
        for message in heard.said("MeterValues")
        for value in message["meter_value"]
        for sample in value["sampled_value"]
        if sample["measurand"] == "Power.Active.Import"
    ]


def test_a_restart_in_the_middle_keeps_the_number(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place:
            heard = Heard(place.clock)
            async with central_system(heard) as url, place.restarted(url, tmp_path / "journal") as again:
                await again.until_true(lambda: heard.statuses() == ["Available"])
                again.simulator.world.plug_in()
                await again.until("plugged")
                # Without a connector it is the only one there is.
                remote = call.RemoteStartTransaction(id_tag=TAG)
                assert (await heard.asks(remote)).status == "Accepted"
                await again.until_true(lambda: bool(heard.said("StartTransaction")))
                assert heard.said("StartTransaction")[0]["id_tag"] == TAG
                await again.until("direct")
                before = len(heard.said("MeterValues"))
                trigger = call.TriggerMessage(requested_message="MeterValues", connector_id=1)
                assert (await heard.asks(trigger)).status == "Accepted"
                await again.until_true(lambda: len(heard.said("MeterValues")) > before)
                contexts = [
                    value["meter_value"][0]["sampled_value"][0]["context"] for value in heard.said("MeterValues")[before:]
                ]
                assert "Trigger" in contexts
                async with again.restarted(url, tmp_path / "journal") as third:
                    await third.until_true(lambda: bool(heard.said("StopTransaction")))
                    (stop,) = heard.said("StopTransaction")
                    assert (stop["transaction_id"], stop["reason"]) == (4711, "PowerLoss")
                    assert stop["meter_stop"] >= heard.said("StartTransaction")[0]["meter_start"]
                    await third.until("plugged")
                    # The car is still there: another transaction, another number.
                    assert (await heard.asks(remote)).status == "Accepted"
                    await third.until_true(lambda: len(heard.said("StartTransaction")) == 2)
                assert len(heard.said("BootNotification")) == 2

    patiently(paced, scenario)


def test_what_a_central_system_may_ask(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place:
            heard = Heard(place.clock)
            async with central_system(heard) as url, place.restarted(url, tmp_path / "journal") as again:
                await again.until_true(lambda: heard.statuses() == ["Available"])
                for message in ("Heartbeat", "BootNotification", "StatusNotification"):
                    before = len(heard.said(message))
                    assert (await heard.asks(call.TriggerMessage(requested_message=message))).status == "Accepted"
                    await again.until_true(lambda name=message, known=before: len(heard.said(name)) > known)
                await again.until_true(lambda: heard.statuses() == ["Available", "Available"])
                answer = await heard.asks(call.GetConfiguration())
                values = {item["key"]: item["value"] for item in answer.configuration_key}
                assert (values["NumberOfConnectors"], values["MeterValueSampleInterval"]) == ("1", "60")
                assert "SmartCharging" in values["SupportedFeatureProfiles"].split(",")
                answer = await heard.asks(call.GetConfiguration(key=["NumberOfConnectors", "Colour"]))
                assert answer.unknown_key == ["Colour"]
                asked = call.ChangeConfiguration(key="MeterValueSampleInterval", value="5")
                assert (await heard.asks(asked)).status == "Accepted"
                answer = await heard.asks(call.GetConfiguration(key=["MeterValueSampleInterval"]))
                assert [item["value"] for item in answer.configuration_key] == ["5"]
                asked = call.ChangeConfiguration(key="MeterValueSampleInterval", value="often")
                assert (await heard.asks(asked)).status == "Rejected"
                asked = call.ChangeConfiguration(key="Colour", value="blue")
                assert (await heard.asks(asked)).status == "NotSupported"
                assert (await heard.asks(call.UnlockConnector(connector_id=1))).status == "Unlocked"
                assert (await heard.asks(call.UnlockConnector(connector_id=7))).status == "NotSupported"
                assert (await heard.asks(call.GetLocalListVersion())).list_version == 0
                assert (await heard.asks(call.RemoteStopTransaction(transaction_id=1))).status == "Rejected"
                assert (await heard.asks(call.ClearChargingProfile(id=3))).status == "Unknown"
                assert (await heard.asks(call.Reset(type="Soft"))).status == "Accepted"
                await again.until_true(again.station.reset_asked.is_set)

    patiently(paced, scenario)


def test_a_fault_says_its_error(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place:
            heard = Heard(place.clock)
            async with central_system(heard) as url, place.restarted(url, tmp_path / "journal") as again:
                await again.until_true(lambda: heard.statuses() == ["Available"])
                again.simulator.world.plug_in()
                await again.until("plugged")
                assert (await again.press("direct")).status_code == 200
                await again.until("direct")
                world = again.simulator.world
                world.set_faults(msgspec.structs.replace(world.faults, meter_silent=True))
                await again.until("fault")
                await again.until_true(lambda: heard.said("StatusNotification")[-1]["error_code"] == "PowerMeterFailure")
                assert heard.statuses()[-1] == "Faulted"
                assert heard.said("StopTransaction")[0]["transaction_id"] == 4711

    patiently(paced, scenario)


def test_lists_caches_keys_and_connectors_of_a_foreign_central_system(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False, self_test="never") as place:
            heard = Heard(place.clock)
            table = msgspec.structs.replace(place.config.station, authorization=AuthorizationConfig(required=True))
            place.config = msgspec.structs.replace(place.config, station=table)
            async with central_system(heard) as url, place.restarted(url, tmp_path / "journal") as again:
                await again.until_true(lambda: heard.statuses() == ["Available"])
                await again.until_true(lambda: bool(heard.said("SecurityEventNotification")))
                await keys(heard)
                entry = {"id_tag": "LISTED", "id_tag_info": {"status": "Accepted"}}
                listed = call.SendLocalList(list_version=2, update_type="Full", local_authorization_list=[entry])
                assert (await heard.asks(listed)).status == "Accepted"
                assert (await heard.asks(listed)).status == "Accepted"
                assert (await heard.asks(call.GetLocalListVersion())).list_version == 2
                assert (await heard.asks(call.ClearCache())).status == "Accepted"
                again.simulator.world.plug_in()
                await again.until("plugged")
                assert (await again.press("direct")).json()["code"] == "token_needed"
                assert (await again.press("direct", id_token="WRONG")).json()["code"] == "token_not_accepted"
                assert (await again.press("direct", id_token=TAG)).status_code == 200
                await again.until_true(lambda: bool(heard.said("StartTransaction")))
                assert [said["id_tag"] for said in heard.said("Authorize")] == ["WRONG", TAG]
                assert heard.said("StartTransaction")[0]["id_tag"] == TAG
                await again.until("direct")
                unlocked = await heard.asks(call.UnlockConnector(connector_id=1))
                assert unlocked.status in ("Unlocked", "UnlockFailed")
                await again.until_true(lambda: bool(heard.said("StopTransaction")))
                await again.until("plugged")
                order = call.ChangeAvailability(connector_id=1, type="Inoperative")
                assert (await heard.asks(order)).status == "Accepted"
                await again.until_true(lambda: heard.statuses()[-1] == "Unavailable")
                assert (await again.press("direct", id_token=TAG)).json()["code"] == "out_of_service"
                order = call.ChangeAvailability(connector_id=0, type="Operative")
                assert (await heard.asks(order)).status == "Accepted"
                assert (await again.press("direct", id_token=TAG)).json()["code"] == "out_of_service"
                order = call.ChangeAvailability(connector_id=1, type="Operative")
                assert (await heard.asks(order)).status == "Accepted"
                assert (await again.press("direct", id_token="LISTED")).status_code == 409
                changed = call.ChangeConfiguration(key="LocalPreAuthorize", value="true")
                assert (await heard.asks(changed)).status == "Accepted"
                assert (await again.press("direct", id_token="LISTED")).status_code == 200

    patiently(paced, scenario)


async def keys(heard: Heard) -> None:
    """Configuration keys that are set, and those that are not."""
    for key, value, status in (
        ("HeartbeatInterval", "120", "Accepted"),
        ("ClockAlignedDataInterval", "900", "Accepted"),
        ("MeterValuesSampledData", "Energy.Active.Import.Register,Voltage", "Accepted"),
        ("MeterValuesSampledData", "Colour", "Rejected"),
        ("ConnectionTimeOut", "60", "Accepted"),
        ("AllowOfflineTxForUnknownId", "true", "Accepted"),
        ("WebSocketPingInterval", "0", "Accepted"),
        ("TransactionMessageAttempts", "0", "Rejected"),
        ("StopTransactionOnEVSideDisconnect", "false", "Rejected"),
        ("SendLocalListMaxLength", "5", "Rejected"),
    ):
        answer = await heard.asks(call.ChangeConfiguration(key=key, value=value))
        assert answer.status == status, (key, value)
    answer = await heard.asks(call.GetConfiguration())
    values = {item["key"]: item["value"] for item in answer.configuration_key}
    assert (values["HeartbeatInterval"], values["ConnectionTimeOut"]) == ("120", "60")
    assert values["MeterValuesSampledData"] == "Energy.Active.Import.Register,Voltage"
    assert int(values["MaxChargingProfilesInstalled"]) > 0
    assert "LocalAuthListManagement" in values["SupportedFeatureProfiles"].split(",")
