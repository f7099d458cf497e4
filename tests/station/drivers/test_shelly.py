"""What the Shelly driver makes of what its meter says."""

import asyncio
from typing import Any

import pytest

from ladewerk.errors import ReadingImplausible
from ladewerk.station.drivers.shelly import Shelly
from tests.station.drivers.raw_meter import (
    RawMeter,
    clock,
    em_status,
    run_with_meter,
)


def test_reading_says_what_the_meter_says() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        reading = await shelly.read()
        assert reading.voltage_v == (229.0, 230.1, None)
        assert reading.current_a == (2.392, 1.5, None)
        assert reading.power_w == (375.5, 320.0, None)
        assert reading.total_power_w == pytest.approx(695.5)
        assert reading.energy_register_wh == 2589773.39
        assert reading.read_at == clock().now()

    run_with_meter(body)


def test_the_counter_is_asked_once_a_minute() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.asked.clear()
        for _ in range(61):
            await shelly.read()
            await asyncio.sleep(2)
        assert meter.asked.count("EM.GetStatus?id=0") == 61
        assert meter.asked.count("EMData.GetStatus?id=0") == 3

    run_with_meter(body)


def test_the_register_goes_on_between_steps_with_what_is_imported() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.answers["EM.GetStatus"] = em_status(power_w=3600.0)
        first = await shelly.read()
        await asyncio.sleep(10)
        second = await shelly.read()
        assert second.energy_register_wh - first.energy_register_wh == pytest.approx((3600 + 320) / 360)

    run_with_meter(body)


def test_a_counter_reset_by_somebody_is_told_and_the_register_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        before_wh = (await shelly.read()).energy_register_wh
        meter.answers["EMData.GetStatus"] = {"total_act": 1.5}
        await asyncio.sleep(61)
        assert (await shelly.read()).energy_register_wh == before_wh
        meter.answers["EMData.GetStatus"] = {"total_act": 21.5}
        await asyncio.sleep(61)
        assert (await shelly.read()).energy_register_wh == pytest.approx(before_wh + 20)

    run_with_meter(body)
    assert "jumped to 1.5 Wh: it was reset or exchanged; the register goes on at 2589773.4 Wh" in caplog.text


def test_counters_are_reset_only_when_asked_to() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        before_wh = (await shelly.read()).energy_register_wh
        assert "EMData.ResetCounters?id=0" not in meter.asked
        await shelly.reset_counters()
        meter.answers["EMData.GetStatus"] = {"total_act": 0}
        assert meter.asked[-1] == "EMData.ResetCounters?id=0"
        assert (await shelly.read()).energy_register_wh == before_wh

    run_with_meter(body)


@pytest.mark.parametrize("name", ["a_voltage", "a_current", "a_act_power"])
@pytest.mark.parametrize("value", [1e6, "230", True])
def test_a_value_that_cannot_be_is_implausible(name: str, value: object) -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.answers["EM.GetStatus"][name] = value
        with pytest.raises(ReadingImplausible, match=rf"Shelly meter at http.*{name}"):
            await shelly.read()

    run_with_meter(body)


def test_a_reading_without_a_power_is_no_zero() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.answers["EM.GetStatus"] |= {"a_act_power": None, "b_act_power": None}
        with pytest.raises(ReadingImplausible, match="no phase has a power"):
            await shelly.read()

    run_with_meter(body)


@pytest.mark.parametrize(
    "raw", [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<htm>", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"]
)
def test_an_answer_that_is_no_status_is_implausible(raw: bytes) -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.raw = raw
        with pytest.raises(ReadingImplausible):
            await shelly.read()
        assert (await shelly.read()).energy_register_wh

    run_with_meter(body)


def test_a_clamp_the_wrong_way_round_is_implausible_with_the_remedy() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.answers["EM.GetStatus"] = em_status() | {"b_act_power": -3680.0}
        with pytest.raises(ReadingImplausible, match="L2 shows -3680 W; its clamp is the wrong way round"):
            await shelly.read()
        meter.answers["EM.GetStatus"] = em_status() | {"b_act_power": -4.0}  # noise
        assert (await shelly.read()).power_w[1] == -4

    run_with_meter(body)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"errors": ["power_meter_failure"]}, "reports power_meter_failure; restart it"),
        ({"errors": ["ct_type_not_set"]}, "reports ct_type_not_set; choose the type of its clamps"),
        ({"c_errors": ["out_of_range:current"]}, "L3 reports out_of_range:current; its clamps are too small"),
    ],
)
def test_values_that_the_meter_itself_does_not_trust_are_implausible(told: dict[str, Any], why: str) -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.answers["EM.GetStatus"] = em_status() | told
        with pytest.raises(ReadingImplausible, match=why):
            await shelly.read()

    run_with_meter(body)


def test_what_else_the_meter_complains_of_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.answers["EM.GetStatus"] = em_status() | {"errors": ["phase_sequence", "no_load"]}
        for _ in range(3):
            assert (await shelly.read()).power_w[0] == 375.5

    run_with_meter(body)
    assert [record.message.partition(": ")[2] for record in caplog.records] == ["reports phase_sequence; look at its wiring"]
