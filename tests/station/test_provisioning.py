"""Boot, variables, reports, heartbeats and triggers, as a CSMS orders them (B, F, G, J)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ladewerk.errors import CallRefused
from ladewerk.ocpp import Version, v21
from tests.station.asked import named, triggered, up, value
from tests.station.authorization.test_driver_authorization import set_variable

Registration = v21.RegistrationStatusEnumType


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
            assert abs(place.station.link.csms_clock.ahead_s) < 2
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
