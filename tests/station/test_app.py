"""The whole station against simulated hardware and a small CSMS, over the real protocols."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ladewerk.errors import CallRefused, ConfigError
from ladewerk.ocpp import Version, v21
from ladewerk.station.app import running_station


def codes(place: Any) -> list[str]:
    return [message["code"] for message in place.station.view()["messages"]]


async def charge(place: Any, **needs: Any) -> None:
    """From the plug to a current."""
    await asyncio.sleep(3)
    place.simulator.world.plug_in()
    await place.until("plugged")
    assert (await place.submit(**needs)).status_code == 202
    await place.until("planned")
    assert (await place.press("start")).status_code == 200
    await place.until("charging")


@pytest.mark.parametrize("version", [Version.V21, Version.V201])
def test_from_plug_to_energy(tmp_path: Path, version: Version, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await charge(place, energy_wh=500, mode="cheapest")
            assert place.simulator.world.lock.locked
            await place.until("plugged")
            await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
            assert not place.simulator.world.lock.locked
            (asked,) = place.csms.needs
            assert asked.custom_data == {"vendorId": "Ladewerk", "mode": 2}
            parameters = asked.charging_needs.ac_charging_parameters
            assert (parameters.energy_amount, parameters.ev_min_current, parameters.ev_max_current) == (500, 6, 16)
            events = place.csms.events
            assert [event.seq_no for event in events] == list(range(len(events)))
            assert place.csms.triggers()[:2] == ["CablePluggedIn", "Authorized"]
            assert events[-1].transaction_info.stopped_reason == v21.ReasonEnumType.ENERGY_LIMIT_REACHED
            assert not any(event.offline is True for event in events)
            assert "MeterValuePeriodic" in place.csms.triggers()
            registers = [event.meter_value[0].sampled_value[0].value for event in (events[0], events[-1])]
            assert registers[1] - registers[0] == pytest.approx(500, abs=25)
            assert place.csms.statuses == ["Available", "Occupied"]
            assert [boot.reason for boot in place.csms.boots] == [v21.BootReasonEnumType.POWER_UP]

    paced(scenario)


def test_W07_W08_the_csms_goes_and_comes_back_and_nothing_is_lost(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place:
            place.csms.port = _free_port()
            async with place.restarted(place.csms.url, tmp_path / "b") as again:
                async with again.csms.serving():
                    await charge(again, energy_wh=3000)
                    before = len(again.csms.events)
                await again.until_true(lambda: not again.station.link.is_up)
                offered_a = set()
                for _ in range(50):
                    await asyncio.sleep(3)
                    offered_a.add(again.unit()["set_current_a"])
                assert offered_a == {16.0}
                assert len(again.csms.events) == before
                async with again.csms.serving():
                    await again.until_true(lambda: again.station.link.is_up)
                    await again.until_true(lambda: len(again.csms.events) > before + 2)
                    await again.press("stop")
                    await again.until("plugged")
                    await again.until_true(lambda: again.csms.events[-1].event_type.value == "Ended")
                    events = again.csms.events
                    assert [event.seq_no for event in events] == list(range(len(events)))
                    assert events[before + 1].offline is True
                    assert events[-1].offline is not True
                    assert len(again.csms.boots) == 1

    paced(scenario)


def test_a_csms_that_lost_its_memory_gets_a_boot_notification(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            place.csms.stale = True
            place.simulator.world.plug_in()
            await place.until_true(lambda: len(place.csms.boots) == 2, within_s=120)
            await place.until_true(lambda: bool(place.csms.events))

    paced(scenario)


def test_a_restart_offers_no_current_first_and_ends_what_was_open(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await charge(place, energy_wh=9000)
            open_id = place.unit()["transaction_id"]
            async with place.restarted(place.csms.url, tmp_path) as again:
                assert again.simulator.world.board.configured_a == 0
                assert "transaction_interrupted" in codes(again)
                await again.until("plugged")
                await again.until_true(lambda: again.csms.events[-1].trigger_reason.value == "CablePluggedIn")
                (ended,) = [event for event in again.csms.events if event.event_type.value == "Ended"]
                assert ended.transaction_info.transaction_id == open_id
                assert ended.transaction_info.stopped_reason == v21.ReasonEnumType.POWER_LOSS
                assert again.unit()["transaction_id"] not in (None, open_id)
                await again.until_true(lambda: not again.simulator.world.lock.locked)

    paced(scenario)


def test_direct_charging_over_the_api(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, direct_current_a=8.0) as place:
            await asyncio.sleep(3)
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert (await place.press("direct")).status_code == 200
            await place.until("direct")
            await place.until_true(lambda: place.unit()["power_w"] > 3000)
            assert place.unit()["set_current_a"] == 8.0
            assert (await place.submit()).json()["code"] == "in_use"
            assert not place.simulator.world.unplug(), "the lock holds the plug"
            assert (await place.press("stop")).status_code == 200
            await place.until("plugged")
            assert place.simulator.world.unplug()
            await place.until("idle")

    paced(scenario)


def test_needs_from_a_file_with_autostart_need_nobody(tmp_path: Path, place_at: Any, paced: Any) -> None:
    (tmp_path / "needs.json").write_text('{"mode": "shortest", "energy_wh": 300, "depart_at": "2026-01-06T06:30:00+01:00"}')

    async def scenario() -> None:
        async with place_at(tmp_path, autostart=True, needs_file=str(tmp_path / "needs.json")) as place:
            await asyncio.sleep(3)
            place.simulator.world.plug_in()
            await place.until("charging")
            await place.until("plugged")
            assert place.station.view()["messages"][-1]["params"]["reason"] == "EnergyLimitReached"

    paced(scenario)


def test_needs_from_a_file_that_cannot_be_used_are_told(tmp_path: Path, place_at: Any, paced: Any) -> None:
    (tmp_path / "needs.json").write_text('{"mode": "shortest", "energy_wh": "much"}')

    async def scenario() -> None:
        async with place_at(tmp_path, needs_file=str(tmp_path / "needs.json")) as place:
            place.simulator.world.plug_in()
            await place.until_true(lambda: "needs_file_refused" in codes(place))
            assert "energy_wh is a number of Wh" in place.station.view()["messages"][-1]["text"]

    paced(scenario)


def test_a_fault_and_its_end_are_reported_when_the_csms_is_back(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await charge(place)
            world = place.simulator.world
            assert place.csms.peer is not None
            await place.csms.peer.close("gone")
            world.set_faults(msgspec.structs.replace(world.faults, board_silent=True))
            await place.until("fault", within_s=30)
            world.set_faults(msgspec.structs.replace(world.faults, board_silent=False))
            await place.until_true(lambda: place.unit()["allowed"]["reset"], within_s=60)
            await place.press("reset")
            await place.until_true(lambda: len(place.csms.problems) == 2, within_s=600)
            assert place.csms.problems == [("evse_silent", "true"), ("fault_reset", "false")]

    paced(scenario)


def test_a_serial_device_that_is_not_there_starts_nothing(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path / "first") as place:
            missing = place.with_device("/dev/nothing-here", tmp_path / "second")
            with pytest.raises(ConfigError, match=r"units\.garage\.evse\.device: /dev/nothing-here is not there"):
                async with running_station(missing, place.clock):
                    raise AssertionError("started")

    paced(scenario)


# The CSMS asks ----------------------------------------------------------------------------------------------------------


def test_what_the_csms_may_ask(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            peer = place.csms.peer
            variables = await peer.call(
                v21.GetVariablesRequest(
                    get_variable_data=(_variable("TxCtrlr", "TxStartPoint"), _variable("TxCtrlr", "X"), _variable("Y", "Z"))
                )
            )
            assert [(result.attribute_status.value) for result in variables.get_variable_result] == [
                "Accepted",
                "UnknownVariable",
                "UnknownComponent",
            ]
            assert variables.get_variable_result[0].attribute_value == "EVConnected"
            triggers = v21.MessageTriggerEnumType
            for trigger, status in [
                (triggers.HEARTBEAT, "Accepted"),
                (triggers.STATUS_NOTIFICATION, "Accepted"),
                (triggers.BOOT_NOTIFICATION, "Rejected"),
                (triggers.TRANSACTION_EVENT, "Rejected"),
                (triggers.SIGN_V2G_CERTIFICATE, "NotImplemented"),
            ]:
                answer = await peer.call(v21.TriggerMessageRequest(requested_message=trigger))
                assert answer.status.value == status, trigger
            await place.until_true(lambda: place.csms.heartbeats == 1)
            assert len(place.csms.boots) == 1
            with pytest.raises(CallRefused, match="NotSupported"):
                await peer.call(v21.GetInstalledCertificateIdsRequest())
            refused = await place.csms.set_profile(peer, 1, transaction_id="another")
            assert (refused.status.value, refused.status_info.reason_code) == ("Rejected", "TxNotFound")
            stop = await peer.call(v21.RequestStopTransactionRequest(transaction_id="another"))
            assert stop.status.value == "Rejected"

    paced(scenario)


def _variable(component: str, name: str) -> v21.GetVariableDataType:
    return v21.GetVariableDataType(component=v21.ComponentType(name=component), variable=v21.VariableType(name=name))


def test_the_csms_starts_stops_clears_and_resets(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await asyncio.sleep(3)
            peer = place.csms.peer
            start = v21.RequestStartTransactionRequest(
                id_token=v21.IdTokenType(id_token="A", type="Central"), remote_start_id=1, evse_id=1
            )
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert (await peer.call(v21.ClearChargingProfileRequest(charging_profile_id=7))).status.value == "Unknown"
            await place.submit()
            await place.until("planned")
            assert (await peer.call(v21.ClearChargingProfileRequest(charging_profile_id=7))).status.value == "Accepted"
            assert place.unit()["state"] == "requested"
            await place.csms.set_profile(peer, 1)
            started = await peer.call(start)
            assert (started.status.value, started.transaction_id) == ("Accepted", place.unit()["transaction_id"])
            await place.until("charging")
            asked = v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.TRANSACTION_EVENT)
            assert (await peer.call(asked)).status.value == "Accepted"
            await place.until_true(lambda: "Trigger" in place.csms.triggers())
            assert (await peer.call(v21.ResetRequest(type=v21.ResetEnumType.ON_IDLE))).status.value == "Scheduled"
            stop = v21.RequestStopTransactionRequest(transaction_id=place.unit()["transaction_id"])
            assert (await peer.call(stop)).status.value == "Accepted"
            await place.until("plugged")
            await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
            assert place.csms.events[-1].transaction_info.stopped_reason is v21.ReasonEnumType.REMOTE
            assert (await peer.call(v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE))).status.value == "Accepted"
            await place.station.reset_asked.wait()
            await place.station.settled()

    paced(scenario)


HINTS = [("start", "nothing_prepared"), ("stop", "nothing_running"), ("reset", "no_error"), ("direct", "no_vehicle")]

# The API ----------------------------------------------------------------------------------------------------------------


def test_the_api_tells_and_refuses(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await asyncio.sleep(30)
            get, post = place.client.get, place.client.post
            assert (await get("/healthz")).status_code == 200
            state = (await get("/api/state")).json()
            assert state["station"]["identity"] == "LW-0001"
            assert state["units"][0]["allowed"] == dict.fromkeys(["submit", "start", "stop", "reset", "direct"], False)
            assert "/api/units/{unit_id}/needs" in (await get("/openapi.json")).json()["paths"]
            bad = await place.submit(energy_wh=-1, min_current_a="x")
            assert bad.status_code == 422
            assert [error["field"] for error in bad.json()["errors"]] == ["energy_wh", "min_current_a"]
            assert (await post("/api/units/garage/needs", content=b"{")).json()["errors"][0]["code"] == "not_an_object"
            assert (await place.submit()).json() == {
                "code": "no_vehicle",
                "params": {},
                "text": "no vehicle is plugged in",
            }
            for button, code in [
                ("start", "nothing_prepared"),
                ("stop", "nothing_running"),
                ("reset", "no_error"),
                ("direct", "no_vehicle"),
            ]:
                answer = await place.press(button)
                assert (answer.status_code, answer.json()["code"]) == (409, code)
            assert (await place.press("dance")).status_code == 404
            for path in ("needs", "start"):
                assert (await post(f"/api/units/attic/{path}", json={})).json()["code"] == "no_such_unit"
            samples = (await get("/api/units/garage/samples")).json()["samples"]
            assert len(samples) >= 3
            since = place.clock.now().isoformat()
            assert (await get("/api/units/garage/samples", params={"since": since})).json() == {"samples": []}
            assert (await get("/api/units/garage/samples", params={"since": "soon"})).status_code == 422
            assert (await get("/api/units/attic/samples")).status_code == 404

    paced(scenario)


def test_a_port_in_use_is_told(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(ConfigError, match="the port is in use"):
                async with place_at(tmp_path, web=f"127.0.0.1:{port}"):
                    raise AssertionError("started")

    paced(scenario)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
