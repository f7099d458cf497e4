"""Acceptance cases B01 to B20 and G01 to G09, driven from outside: the API, the hardware, a CSMS."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ladewerk.ocpp import v21
from ladewerk.simulator.evse_board import BoardFailure
from tests.station.conftest import charging_place, on_paced_loop

READY_WITHIN_S = 60.0


def codes(place: Any) -> list[str]:
    """What the station has said, oldest first."""
    return [message["code"] for message in place.station.view()["messages"]]


def break_something(place: Any, **faults: object) -> None:
    """From now on these faults and no other."""
    world = place.simulator.world
    world.set_faults(msgspec.structs.replace(type(world.faults)(), **faults))


async def plugged(place: Any) -> None:
    """A vehicle comes to a station whose devices answer."""
    await place.until_true(lambda: place.unit()["error"] is None, within_s=READY_WITHIN_S)
    place.simulator.world.plug_in()
    await place.until("plugged")


async def planned(place: Any, **needs: Any) -> None:
    """... and asks for energy."""
    await plugged(place)
    assert (await place.submit(**needs)).status_code == 202
    await place.until("planned")


def energy_asked_wh(request: v21.NotifyEVChargingNeedsRequest) -> float:
    """What a request for a plan asks for."""
    parameters = request.charging_needs.ac_charging_parameters
    assert isinstance(parameters, v21.ACChargingParametersType)
    return parameters.energy_amount


def locked(place: Any) -> bool:
    """The bolt holds the plug."""
    return bool(place.simulator.world.lock.locked)


def dark(place: Any) -> bool:
    """Nothing is energised, and nothing is offered."""
    return not place.simulator.world.board.mains_on and place.simulator.world.board.configured_a == 0


def test_B01_B02_a_request_that_cannot_be_meant_names_its_fields_and_is_not_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await plugged(place)
            answer = await place.client.post(
                "/api/units/garage/needs",
                json={
                    "mode": "balanced",
                    "energy_wh": "much",
                    "depart_at": "2020-01-01T06:30:00+01:00",
                    "min_current_a": 12,
                    "max_current_a": 8,
                },
            )
            assert answer.status_code == 422
            found = {error["field"]: error["code"] for error in answer.json()["errors"]}
            assert found == {"energy_wh": "not_a_number", "depart_at": "in_the_past", "min_current_a": "above_maximum"}
            answer = await place.client.post("/api/units/garage/needs", json={"mode": "balanced"})
            assert {error["field"]: error["code"] for error in answer.json()["errors"]} == {
                "energy_wh": "missing",
                "depart_at": "missing",
            }
            await asyncio.sleep(10)
            assert place.csms.needs == []
            assert place.unit()["state"] == "plugged"

    on_paced_loop(scenario)


@pytest.mark.parametrize(
    ("case", "faults", "code"),
    [
        ("B03", {"board_failure": BoardFailure.DIODE}, "evse_error"),
        ("B03", {"board_silent": True}, "evse_silent"),
        ("B04", {"meter_silent": True}, "meter_silent"),
    ],
)
def test_B03_B04_a_device_that_cannot_be_used_halts_the_request(
    tmp_path: Path, case: str, faults: dict[str, object], code: str
) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await plugged(place)
            break_something(place, **faults)
            await place.until_true(lambda: place.unit()["error"] is not None)
            answer = await place.submit()
            assert (answer.status_code, answer.json()["code"]) == (409, code), case
            assert place.unit()["error"]["code"] == code
            assert place.csms.needs == []
            assert dark(place)

    on_paced_loop(scenario)


def test_B03_a_unit_in_use_takes_no_request_and_one_that_is_not_there_neither(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await plugged(place)
            await place.press("direct")
            await place.until("direct")
            assert (await place.submit()).json()["code"] == "in_use"
            depart_at = "2026-01-06T06:30:00+01:00"
            answer = await place.client.post(
                "/api/units/attic/needs", json={"mode": "balanced", "energy_wh": 1, "depart_at": depart_at}
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "no_such_unit")

    on_paced_loop(scenario)


def test_B05_B11_B13_B20_from_the_plug_to_a_plan_that_can_be_started(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await plugged(place)
            assert place.unit()["cable_limit_a"] == 20
            assert (await place.submit(energy_wh=2000)).status_code == 202
            unit = await place.until("planned")
            (asked,) = place.csms.needs
            assert energy_asked_wh(asked) == 2000
            assert [period["limit_a"] for period in unit["plan"]["periods"]] == [16.0]
            assert unit["sentence"]["code"] == "press_start"
            assert unit["allowed"]["start"]
            assert dark(place)

    on_paced_loop(scenario)


def test_B06_B07_B14_B15_B16_a_button_without_a_reason_gives_a_hint_and_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await plugged(place)
            before = {**place.unit(), "power_w": None, "voltage_v": None, "current_a": None}
            for button, hint in (("start", "nothing_prepared"), ("stop", "nothing_running"), ("reset", "no_error")):
                answer = await place.press(button)
                assert (answer.status_code, answer.json()["code"]) == (409, hint)
                assert answer.json()["text"]
            assert {**place.unit(), "power_w": None, "voltage_v": None, "current_a": None} == before

    on_paced_loop(scenario)


def test_B08_B09_a_request_waits_for_the_csms_and_goes_out_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            port = place.csms.port
            await place.listening.aclose()
            await place.until_true(lambda: not place.station.link.is_up)
            await plugged(place)
            assert (await place.submit()).status_code == 202
            await asyncio.sleep(30)
            assert place.unit()["sentence"]["code"] == "waiting_for_csms"
            assert not place.station.view()["station"]["csms"]["connected"]
            assert place.csms.needs == []
            place.csms.port = port
            async with place.csms.serving():
                await place.until("planned", within_s=600)
                assert len(place.csms.needs) == 1

    on_paced_loop(scenario)


def test_B10_a_refusal_of_the_optimizer_halts_with_the_reason_of_the_csms(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            place.csms.refuse_needs = "the grid limit leaves nothing"
            await plugged(place)
            await place.submit()
            await place.until_true(lambda: "needs_refused" in codes(place))
            said = place.station.view()["messages"][-1]
            assert said["params"]["reason"] == "the grid limit leaves nothing"
            assert place.unit()["state"] == "plugged"
            assert dark(place)

    on_paced_loop(scenario)


def test_B12_without_a_vehicle_nothing_begins(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await place.until_true(lambda: place.unit()["error"] is None, within_s=READY_WITHIN_S)
            assert (await place.submit()).json()["code"] == "no_vehicle"
            assert (await place.press("direct")).json()["code"] == "no_vehicle"
            assert place.unit()["sentence"]["code"] == "no_vehicle"
            assert dark(place)

    on_paced_loop(scenario)


def test_B17_B18_B19_only_a_reset_clears_the_latch_and_only_when_the_cause_is_gone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await planned(place)
            await place.press("start")
            await place.until("charging")
            break_something(place, board_failure=BoardFailure.DIODE)
            await place.until("fault")
            for button in ("start", "stop"):
                assert (await place.press(button)).json()["code"] == "error_latched"
            refused = (await place.press("reset")).json()
            assert (refused["code"], refused["params"]["cause"]) == ("cause_still_there", "evse_error")
            assert "DiodeFault" in refused["text"]
            break_something(place)
            await place.until_true(lambda: place.unit()["allowed"]["reset"])
            assert place.unit()["state"] == "fault"
            assert (await place.press("reset")).status_code == 200
            await place.until("plugged")
            assert place.unit()["error"] is None

    on_paced_loop(scenario)


def test_G01_a_vehicle_that_left_before_the_start_is_missed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await planned(place)
            assert place.simulator.world.unplug()
            await place.until("idle")
            assert (await place.press("start")).json()["code"] == "nothing_prepared"
            assert dark(place)

    on_paced_loop(scenario)


@pytest.mark.parametrize(
    ("case", "faults", "code"),
    [
        ("G02", {"board_failure": BoardFailure.DIODE}, "evse_error"),
        ("G04", {"meter_silent": True}, "meter_silent"),
    ],
)
def test_G02_G04_a_device_in_error_refuses_the_start_with_a_fault(
    tmp_path: Path, case: str, faults: dict[str, object], code: str
) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await planned(place)
            break_something(place, **faults)
            await place.until_true(lambda: place.unit()["error"] is not None)
            assert (await place.press("start")).json()["code"] == code, case
            unit = await place.until("fault")
            assert unit["error"]["code"] == code
            assert dark(place)

    on_paced_loop(scenario)


def test_G03_G05_G06_G07_G08_lock_then_self_test_then_current_and_nothing_before_start(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await planned(place)
            assert (place.unit()["error"], place.unit()["allowed"]["start"]) == (None, True)
            await asyncio.sleep(120)
            assert dark(place)
            assert not locked(place)
            order: list[str] = []

            def look(sample: Any) -> None:
                now = "locked" if place.simulator.world.lock.locked else "open"
                if place.unit()["state"] == "testing":
                    now = "testing"
                if sample.current_a > 0:
                    now = "current"
                if order[-1:] != [now]:
                    order.append(now)

            place.simulator.samples.connect(look)
            pressed_at = place.clock.monotonic()
            await place.press("start")
            await place.until("testing")
            assert dark(place)
            assert locked(place)
            await place.until_true(lambda: place.simulator.world.vehicle.current_a > 0)
            assert place.clock.monotonic() - pressed_at >= 30
            assert [step for step in order if step in ("testing", "current")] == ["testing", "current"]

    on_paced_loop(scenario)


def test_G08_a_plan_that_begins_later_is_waited_for_without_a_current(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            place.csms.periods = [(0, 0.0), (600, 10.0)]
            await planned(place)
            await place.press("start")
            unit = await place.until("waiting")
            assert unit["sentence"]["code"] == "waiting_until"
            assert place.simulator.world.vehicle.current_a == 0
            await place.until("charging", within_s=700)
            await place.until_true(lambda: place.simulator.world.board.configured_a == 10)

    on_paced_loop(scenario)


def test_G09_a_self_test_that_fails_is_a_fault(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await planned(place)
            await place.press("start")
            await place.until("testing")
            break_something(place, board_failure=BoardFailure.DIODE)
            unit = await place.until("fault")
            assert unit["error"]["code"] == "self_test_failed"
            assert dark(place)

    on_paced_loop(scenario)
