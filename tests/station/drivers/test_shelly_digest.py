"""The meter's password: digest authentication with few nonces."""

import asyncio

import pytest

from ladewerk.errors import DeviceUnreachable
from ladewerk.station.drivers.shelly import Shelly
from tests.station.drivers.raw_meter import (
    RawMeter,
    run_with_meter,
)


def test_a_nonce_is_used_again_with_a_rising_count() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        for _ in range(3):
            await shelly.read()
        assert meter.authorized == [None, *(f"0000000{count}" for count in range(1, 6))]
        assert meter.nonce == 1

    run_with_meter(body, device="secret", driver="secret")


def test_a_nonce_the_meter_forgot_is_replaced_at_once() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        await shelly.read()
        meter.nonce = 100  # it was restarted
        started_s = asyncio.get_running_loop().time()
        assert (await shelly.read()).energy_register_wh
        assert asyncio.get_running_loop().time() == started_s

    run_with_meter(body, device="secret", driver="secret")


def test_after_429_the_nonce_is_dropped_and_asked_for_again_two_seconds_later() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        await shelly.read()
        meter.statuses = [429]
        meter.authorized.clear()
        started_s = asyncio.get_running_loop().time()
        assert (await shelly.read()).energy_register_wh
        assert asyncio.get_running_loop().time() - started_s >= 2
        assert meter.authorized == [None, "00000001"]

    run_with_meter(body, device="secret", driver="secret")


def test_a_meter_that_stays_at_429_is_unreachable() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.asked.clear()
        meter.statuses = [429, 429]
        with pytest.raises(DeviceUnreachable, match="HTTP 429"):
            await shelly.read()
        assert len(meter.asked) == 2

    run_with_meter(body)


def test_a_wrong_password_never_fills_the_meter_s_table_of_nonces() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        with pytest.raises(DeviceUnreachable, match="refuses the password"):
            await shelly.read()
        assert meter.nonce == 4
        for _ in range(59):
            await asyncio.sleep(60)
            with pytest.raises(DeviceUnreachable, match=r"refuses the password \(it is asked again every 10 minutes\)"):
                await shelly.read()
        assert meter.nonce <= 24  # of 32 in an hour
        meter.password = "guess"
        await asyncio.sleep(600)
        assert (await shelly.read()).energy_register_wh

    run_with_meter(body, device="secret", driver="guess")


def test_a_missing_password_is_told() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        with pytest.raises(DeviceUnreachable, match="asks for a password; put it into the configuration"):
            await shelly.read()

    run_with_meter(body, device="secret")
