"""Boot, variables, reports, triggers, availability, resets and connection profiles, as a CSMS orders them (B, F, G, A)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.errors import CallRefused
from ladewerk.ocpp import Version, v21
from tests.station.authorization.test_driver_authorization import set_variable

PASSWORD = "0123456789abcdef-new"
Registration = v21.RegistrationStatusEnumType


def named(component: str, name: str, instance: str = "", evse_id: int = 0) -> dict[str, Any]:
    place = UNSET if evse_id == 0 else v21.EVSEType(id=evse_id)
    return {
        "component": v21.ComponentType(name=component, evse=place),
        "variable": v21.VariableType(name=name, instance=instance or UNSET),
    }


async def value(place: Any, component: str, name: str, instance: str = "", evse_id: int = 0) -> Any:
    asked = v21.GetVariableDataType(**named(component, name, instance, evse_id))
    answer = await place.csms.peer.call(v21.GetVariablesRequest(get_variable_data=(asked,)))
    result = answer.get_variable_result[0]
    return result.attribute_value if result.attribute_status.value == "Accepted" else result.attribute_status.value


async def up(place: Any) -> None:
    await place.until_true(lambda: place.station.link.is_up)


async def triggered(place: Any, name: str) -> str:
    trigger = v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType(name))
    return str((await place.csms.peer.call(trigger)).status.value)


# Boot -----------------------------------------------------------------------------------------------------------------


def test_b02_while_the_boot_is_pending_it_is_set_up_and_says_nothing_of_its_own(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as first:
            first.csms.boot_answers = [(Registration.PENDING, 3000), (Registration.PENDING, 0)]
            booted, first.csms.statuses = len(first.csms.boots), []
            async with first.restarted(first.csms.url, tmp_path) as place:
                await place.until_true(lambda: len(place.csms.boots) == booted + 1)
                place.csms.heartbeats = 0
                place.simulator.world.plug_in()
                await place.until("plugged")
                assert await set_variable(place, "SampledDataCtrlr", "TxUpdatedInterval", "15") == "Accepted"
                start = v21.RequestStartTransactionRequest(
                    id_token=v21.IdTokenType(id_token="A", type="Central"), remote_start_id=1, evse_id=1
                )
                assert (await place.csms.peer.call(start)).status.value == "Rejected"
                stop = v21.RequestStopTransactionRequest(transaction_id="x")
                assert (await place.csms.peer.call(stop)).status.value == "Rejected"
                assert await triggered(place, "TransactionEvent") == "Rejected"
                report = v21.GetBaseReportRequest(request_id=3, report_base=v21.ReportBaseEnumType.SUMMARY_INVENTORY)
                assert (await place.csms.peer.call(report)).status.value == "Accepted"
                await place.until_true(lambda: [part.request_id for part in place.csms.device_reports] == [3])
                await asyncio.sleep(400)
                # A status that is asked for is said; nothing else goes out until the interval is over.
                assert (place.csms.statuses, place.csms.events, place.csms.heartbeats) == ([], [], 0)
                assert await triggered(place, "StatusNotification") == "Accepted"
                await place.until_true(lambda: place.csms.statuses == ["Occupied"])
                assert len(place.csms.boots) == booted + 1
                assert await triggered(place, "BootNotification") == "Accepted"
                await place.until_true(lambda: len(place.csms.boots) == booted + 2)
                # An interval of 0 is 30 s of its own.
                await place.until_true(lambda: place.station.link.is_up, within_s=60)
                await place.until_true(lambda: bool(place.csms.events))

    paced(scenario)


def test_b03_a_rejected_station_answers_nothing_and_comes_again_after_the_interval(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as first:
            first.csms.boot_answers = [(Registration.REJECTED, 200)]
            booted = len(first.csms.boots)
            async with first.restarted(first.csms.url, tmp_path) as place:
                await place.until_true(lambda: len(place.csms.boots) == booted + 1)
                with pytest.raises(CallRefused, match="SecurityError"):
                    await value(place, "TxCtrlr", "TxStartPoint")
                told_s = place.clock.monotonic()
                await place.until_true(lambda: place.station.link.is_up, within_s=300)
                assert 190 <= place.clock.monotonic() - told_s <= 220
                assert await value(place, "TxCtrlr", "TxStartPoint") == "EVConnected"

    paced(scenario)


# Variables ------------------------------------------------------------------------------------------------------------


def test_b05_each_variable_is_set_or_refused_by_itself_and_what_is_set_survives(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)
            wanted = [
                ("SampledDataCtrlr", "TxUpdatedInterval", "", "15", "Accepted"),
                ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent", "5", "Accepted"),
                ("OCPPCommCtrlr", "MessageAttempts", "", "5", "UnknownVariable"),
                ("SampledDataCtrlr", "TxUpdatedInterval", "", "16", "Rejected"),
                ("TxCtrlr", "TxStartPoint", "", "ParkingBayOccupancy", "Rejected"),
                ("SmartChargingCtrlr", "Enabled", "", "false", "Rejected"),
                ("TxCtrlr", "Colour", "", "blue", "UnknownVariable"),
                ("Colour", "TxStartPoint", "", "blue", "UnknownComponent"),
            ]
            data = tuple(
                v21.SetVariableDataType(attribute_value=text, **named(component, name, instance))
                for component, name, instance, text, _ in wanted
            )
            answer = await place.csms.peer.call(v21.SetVariablesRequest(set_variable_data=data))
            results = answer.set_variable_result
            assert [result.attribute_status.value for result in results] == [status for *_, status in wanted]
            assert {result.attribute_type for result in results} == {v21.AttributeEnumType.ACTUAL}
            assert results[5].attribute_status_info.reason_code == "ReadOnly"
            target = v21.GetVariableDataType(**named("TxCtrlr", "TxStartPoint"), attribute_type=v21.AttributeEnumType.TARGET)
            answer = await place.csms.peer.call(v21.GetVariablesRequest(get_variable_data=(target,)))
            assert answer.get_variable_result[0].attribute_status.value == "NotSupportedAttributeType"
            async with place.restarted(place.csms.url, tmp_path) as again:
                await up(again)
                assert await value(again, "SampledDataCtrlr", "TxUpdatedInterval") == "15"
                assert await value(again, "OCPPCommCtrlr", "MessageAttempts", "TransactionEvent") == "5"
                again.simulator.world.plug_in()
                await again.until("plugged")
                await again.press("direct")
                await again.until("direct")
                await asyncio.sleep(100)
                assert again.csms.triggers().count("MeterValuePeriodic") >= 5

    paced(scenario)


@pytest.mark.parametrize("version", [Version.V21, Version.V201])
def test_b07_b08_reports_come_in_parts(tmp_path: Path, place_at: Any, paced: Any, version: Version) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await up(place)
            bases = v21.ReportBaseEnumType
            for number, base in enumerate((bases.FULL_INVENTORY, bases.CONFIGURATION_INVENTORY, bases.SUMMARY_INVENTORY)):
                asked = v21.GetBaseReportRequest(request_id=number, report_base=base)
                assert (await place.csms.peer.call(asked)).status.value == "Accepted"
                await place.until_true(lambda: place.csms.device_reports[-1:] and place.csms.device_reports[-1].tbc is False)
                parts, place.csms.device_reports = place.csms.device_reports, []
                assert {part.request_id for part in parts} == {number}
                assert [part.seq_no for part in parts] == list(range(len(parts)))
                reported = {(one.component.name, one.variable.name) for part in parts for one in part.report_data}
                assert (("AuthCtrlr", "Enabled") in reported) is (base is not bases.SUMMARY_INVENTORY)
                assert (("Connector", "AvailabilityState") in reported) is (base is not bases.CONFIGURATION_INVENTORY)
            nothing = v21.GetReportRequest(request_id=9, component_criteria=(v21.ComponentCriterionEnumType.PROBLEM,))
            assert (await place.csms.peer.call(nothing)).status.value in ("EmptyResultSet", "Accepted")
            assert await value(place, "EVSE", "AvailabilityState", evse_id=1) == "Available"
            assert await value(place, "EVSE", "AvailabilityState", evse_id=2) == "UnknownComponent"
            assert await value(place, "SecurityCtrlr", "BasicAuthPassword") == "Rejected"

    paced(scenario)


def test_g02_a_heartbeat_comes_after_silence_and_the_clocks_are_compared(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)
            assert await value(place, "OCPPCommCtrlr", "HeartbeatInterval") == "600"
            assert await set_variable(place, "OCPPCommCtrlr", "HeartbeatInterval", "30") == "Accepted"
            place.csms.heartbeats = 0
            await asyncio.sleep(100)
            assert place.csms.heartbeats == 3
            assert abs(place.station.link.clock_ahead_s) < 2
            before = place.clock.now()

            class Ahead:
                def now(self) -> Any:
                    return before.replace(year=2027)

            place.csms.clock = Ahead()
            await place.until_true(
                lambda: "clocks_differ" in [message["code"] for message in place.station.view()["messages"]]
            )
            assert place.clock.now() >= before

    paced(scenario)


# Triggers and clock-aligned values --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201, Version.V16])
def test_j01_f06_meter_values_on_the_clock_and_on_demand(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await up(place)
            assert await set_variable(place, "AlignedDataCtrlr", "Measurands", "Voltage,Current.Import") == "Accepted"
            assert await set_variable(place, "AlignedDataCtrlr", "Interval", "60") == "Accepted"
            await place.until_true(lambda: len(place.csms.meter_values) == 2, within_s=900)
            times = [values.meter_value[0].timestamp for values in place.csms.meter_values]
            assert [at.second for at in times] == [0, 0]
            samples = place.csms.meter_values[0].meter_value[0].sampled_value
            assert [str(one.phase) for one in samples] == ["L1-N", "L2-N", "L3-N", "L1", "L2", "L3"]
            assert {str(one.context) for one in samples} == {"Sample.Clock"}
            assert await triggered(place, "MeterValues") == "Accepted"
            await place.until_true(lambda: len(place.csms.meter_values) == 3)
            assert {str(one.context) for one in place.csms.meter_values[2].meter_value[0].sampled_value} == {"Trigger"}
            if version is Version.V16:
                return
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.until_true(lambda: "MeterValueClock" in place.csms.triggers(), within_s=400)
            assert len(place.csms.meter_values) == 3
            assert await triggered(place, "LogStatusNotification") == "Accepted"
            status = v21.GetTransactionStatusRequest(transaction_id=place.unit()["transaction_id"])
            answer = await place.csms.peer.call(status)
            assert (answer.ongoing_indicator, answer.messages_in_queue) == (True, False)
            answer = await place.csms.peer.call(v21.GetTransactionStatusRequest(transaction_id="gone"))
            assert (answer.ongoing_indicator, answer.messages_in_queue) == (False, False)
            vendor = await place.csms.peer.call(v21.DataTransferRequest(vendor_id="Somebody"))
            assert vendor.status.value == "UnknownVendorId"

    paced(scenario)


# Availability and reset -------------------------------------------------------------------------------------------------


async def order(place: Any, wanted: str, evse: v21.EVSEType | Any = UNSET) -> str:
    request = v21.ChangeAvailabilityRequest(operational_status=v21.OperationalStatusEnumType(wanted), evse=evse)
    return str((await place.csms.peer.call(request)).status.value)


@pytest.mark.parametrize("version", [Version.V21, Version.V201, Version.V16])
def test_g03_out_of_service_is_told_refuses_and_survives(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await up(place)
            await place.until_true(lambda: place.csms.statuses[-1:] == ["Available"])
            assert await order(place, "Inoperative", v21.EVSEType(id=1)) == "Accepted"
            await place.until_true(lambda: place.csms.statuses[-1] == "Unavailable")
            async with place.restarted(place.csms.url, tmp_path) as again:
                await up(again)
                await again.until_true(lambda: again.csms.statuses[-1] == "Unavailable")
                again.simulator.world.plug_in()
                await again.until("plugged")
                answer = await again.press("direct")
                assert (answer.status_code, answer.json()["code"]) == (409, "out_of_service")
                assert again.csms.events == []
                assert await order(again, "Operative", v21.EVSEType(id=1)) == "Accepted"
                assert (await again.press("direct")).status_code == 200
                await again.until("direct")
                await again.until_true(lambda: again.csms.statuses[-1] == "Occupied")
                assert await order(again, "Inoperative") == "Scheduled"
                assert again.unit()["state"] == "direct"
                await again.press("stop")
                await again.until_true(lambda: again.csms.statuses[-1] == "Unavailable")
                assert await order(again, "Operative", v21.EVSEType(id=7)) == "Rejected"

    paced(scenario)


def test_b12_a_reset_on_idle_waits_for_the_transaction_and_none_begins_meanwhile(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await up(place)
            place.simulator.world.plug_in()
            await place.until("plugged")
            reset = v21.ResetRequest(type=v21.ResetEnumType.ON_IDLE)
            assert (await place.csms.peer.call(reset)).status.value == "Scheduled"
            single = v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE, evse_id=1)
            assert (await place.csms.peer.call(single)).status.value == "Rejected"
            await asyncio.sleep(60)
            assert not place.station.reset_asked.is_set()
            place.simulator.world.unplug()
            await place.until_true(place.station.reset_asked.is_set)
            assert place.station.next_boot is v21.BootReasonEnumType.SCHEDULED_RESET
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert (await place.press("direct")).json()["code"] == "out_of_service"
            assert len({event.transaction_info.transaction_id for event in place.csms.events}) == 1

    paced(scenario)


@pytest.mark.parametrize("charging", [True, False])
def test_b12_a_reset_at_once_ends_the_transaction_with_it(tmp_path: Path, place_at: Any, paced: Any, charging: bool) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await up(place)
            place.simulator.world.plug_in()
            await place.until("plugged")
            if charging:
                await place.press("direct")
                await place.until("direct")
            reset = v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE)
            assert (await place.csms.peer.call(reset)).status.value == "Accepted"
            await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
            last = place.csms.events[-1]
            assert (last.trigger_reason.value, last.transaction_info.stopped_reason) == ("ResetCommand", "ImmediateReset")
            assert place.station.reset_asked.is_set()
            await place.until_true(lambda: place.csms.security_events[-1].type == "ResetOrReboot")

    paced(scenario)


# The link ---------------------------------------------------------------------------------------------------------------


def test_a01_a_new_password_counts_at_once_and_after_a_restart(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)
            assert await set_variable(place, "SecurityCtrlr", "BasicAuthPassword", "short") == "Rejected"
            assert await set_variable(place, "SecurityCtrlr", "BasicAuthPassword", PASSWORD) == "Accepted"
            await place.until_true(lambda: place.csms.passwords == ["", PASSWORD])
            await up(place)
            reconfigured = "ReconfigurationOfSecurityParameters"
            await place.until_true(lambda: place.csms.security_events[-1].type == reconfigured)
            assert not any(PASSWORD in str(event.tech_info) for event in place.csms.security_events)
            assert await value(place, "SecurityCtrlr", "SecurityProfile") == "1"
            assert rights_of_others(tmp_path) == {0}
            async with place.restarted(place.csms.url, tmp_path) as again:
                await up(again)
                assert again.csms.passwords == ["", PASSWORD, PASSWORD]
                assert not any(PASSWORD in message["text"] for message in again.station.view()["messages"])

    paced(scenario)


def rights_of_others(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o077 for path in folder.glob("journal.sqlite3*")}


def profile(url: str, **more: Any) -> v21.NetworkConnectionProfileType:
    return v21.NetworkConnectionProfileType(
        **{
            "ocpp_interface": v21.OCPPInterfaceEnumType.WIRED0,
            "ocpp_transport": v21.OCPPTransportEnumType.JSON,
            "message_timeout": 30,
            "ocpp_csms_url": url,
            "security_profile": 0,
            **more,
        }
    )


def test_b09_b10_another_csms_is_called_after_the_next_reset_and_the_old_one_where_it_is_not_there(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)

            async def put(slot: int, given: v21.NetworkConnectionProfileType) -> str:
                request = v21.SetNetworkProfileRequest(configuration_slot=slot, connection_data=given)
                return str((await place.csms.peer.call(request)).status.value)

            priority = ("OCPPCommCtrlr", "NetworkConfigurationPriority")
            assert await set_variable(place, *priority, "1,0") == "Rejected"
            assert await put(1, profile("http://nowhere")) == "Rejected"
            assert await put(5, profile("ws://127.0.0.1:9")) == "Rejected"
            assert await put(1, profile("ws://127.0.0.1:9", security_profile=2)) == "Rejected"
            assert await put(0, profile("ws://127.0.0.1:9")) == "Rejected"
            assert await put(1, profile("ws://127.0.0.1:9")) == "Accepted"
            assert await set_variable(place, *priority, "1,0") == "Accepted"
            assert await set_variable(place, "OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "2") == "Accepted"
            assert await value(place, "OCPPCommCtrlr", "ActiveNetworkProfile") == "0"
            async with place.restarted(place.csms.url, tmp_path) as again:
                tried: list[Exception] = []
                again.station.link.failed.connect(tried.append)
                await again.until_true(lambda: again.station.link.is_up, within_s=600)
                assert tried
                assert all("127.0.0.1:9" in str(why) for why in tried)
                assert await value(again, "OCPPCommCtrlr", "ActiveNetworkProfile") == "0"
                assert await value(again, "OCPPCommCtrlr", "NetworkConfigurationPriority") == "1,0"

    paced(scenario)


def test_b04_all_connectors_are_told_after_a_long_outage_only(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)
            await place.until_true(lambda: place.csms.statuses == ["Available"])
            for threshold, told in (("3600", ["Available"]), ("1", ["Available", "Available"])):
                assert await set_variable(place, "OCPPCommCtrlr", "OfflineThreshold", threshold) == "Accepted"
                await place.csms.peer.close()
                await place.until_true(lambda: not place.station.link.is_up)
                await up(place)
                await asyncio.sleep(30)
                assert place.csms.statuses == told
            assert [event.type for event in place.csms.security_events] == ["StartupOfTheDevice"]

    paced(scenario)
