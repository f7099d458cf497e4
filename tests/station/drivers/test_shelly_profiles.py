"""The Shelly Pro 3EM in both its profiles, and when it is given the other one."""

import asyncio

import pytest

from ladewerk.errors import DeviceUnreachable
from ladewerk.station.drivers.shelly import Shelly, open_shelly
from tests.station.drivers.raw_meter import (
    DEVICE,
    RawMeter,
    clock,
    em1_status,
    raw_meter,
    run,
    run_with_meter,
)

MONOPHASE = {
    "Shelly.GetDeviceInfo": {"id": DEVICE, "gen": 2, "app": "Pro3EM", "profile": "monophase"},
    **{f"EM1.GetStatus?id={number}": em1_status(number, power_w=100.0 * (number + 1)) for number in range(3)},
    **{f"EM1Data.GetStatus?id={number}": {"id": number, "total_act_energy": 1000.25} for number in range(3)},
    "EM1.GetStatus": None,
    "EM1Data.GetStatus": None,
    "EM1Data.ResetCounters": None,
}


def test_a_meter_of_one_phase_each_is_read_clamp_by_clamp() -> None:
    async def body() -> None:
        async with raw_meter() as meter:
            meter.answers |= MONOPHASE
            async with open_shelly(meter.url, clock=clock()) as shelly:
                reading = await shelly.read()
                await shelly.reset_counters()
            assert reading.power_w == (100.0, 200.0, 300.0)
            assert reading.voltage_v == (229.0,) * 3
            assert reading.energy_register_wh == 3000.75
            assert not [method for method in meter.asked if method.startswith(("EM.", "EMData."))]
            assert meter.asked[-3:] == [f"EM1Data.ResetCounters?id={number}" for number in range(3)]

    run(body)


def test_a_meter_that_is_given_another_profile_is_identified_again() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        await shelly.read()
        for method in ("EM.GetStatus", "EMData.GetStatus"):
            del meter.answers[method]
        meter.answers |= MONOPHASE
        with pytest.raises(DeviceUnreachable, match=r"HTTP 404 to EM\.GetStatus"):
            await shelly.read()
        assert (await shelly.read()).power_w == (100.0, 200.0, 300.0)

    run_with_meter(body)


def test_a_restart_is_told_and_the_meter_identified_again(caplog: pytest.LogCaptureFixture) -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        await shelly.read()
        await asyncio.sleep(61)
        meter.answers["Sys.GetStatus"] = {"uptime": 12}
        meter.asked.clear()
        await shelly.read()
        await shelly.read()
        assert meter.asked.count("Shelly.GetDeviceInfo") == 1

    run_with_meter(body)
    assert "it has restarted, 12 s ago" in caplog.text
