"""The way to the meter: errors, silence, addresses, and one request at a time."""

import asyncio
import logging

import pytest

from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable
from ladewerk.station.drivers.shelly import Shelly, open_shelly
from tests.station.drivers.raw_meter import (
    RawMeter,
    clock,
    raw_meter,
    run,
    run_with_meter,
)


def test_an_error_answer_is_unreachable_with_what_it_said() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.statuses = [500]
        with pytest.raises(DeviceUnreachable, match=r"answers HTTP 500 to EM.GetStatus\?id=0.*-500"):
            await shelly.read()
        assert (await shelly.read()).energy_register_wh

    run_with_meter(body)


def test_a_redirect_is_not_followed() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.raw = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        with pytest.raises(DeviceUnreachable, match="HTTP 302"):
            await shelly.read()

    run_with_meter(body)


def test_a_slow_meter_is_unreachable_after_three_seconds() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.silent = True
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        with pytest.raises(DeviceUnreachable, match="no answer within 3 s; look at its Wi-Fi"):
            await shelly.read()
        assert loop.time() - started_s == pytest.approx(3)
        meter.silent = False
        assert (await shelly.read()).energy_register_wh

    run_with_meter(body)


def test_a_broken_connection_is_unreachable() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"
        with pytest.raises(DeviceUnreachable, match=f"{meter.url}.*look at the address"):
            await shelly.read()

    run_with_meter(body)


def test_a_meter_that_is_not_there_at_the_start_is_identified_later(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with raw_meter() as meter:
            meter.raw = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
            async with open_shelly(meter.url, clock=clock()) as shelly:
                assert (await shelly.read()).energy_register_wh
                assert meter.asked[:3] == ["Shelly.GetDeviceInfo", "Shelly.GetDeviceInfo", "EM.GetStatus?id=0"]

    run(body)
    assert "HTTP 503" in caplog.text


def test_a_refused_connection_does_not_stop_the_start(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with raw_meter() as meter:
            url = meter.url
        async with open_shelly(url, clock=clock()) as shelly:
            with pytest.raises(DeviceUnreachable, match="look at the address, its power and the network"):
                await shelly.read()

    run(body)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("info", "why"),
    [
        ({"id": "x", "gen": 2, "profile": "cover"}, 'has the profile "cover"; set it to "triphase"'),
        ({"id": "shellyplug", "gen": 2}, "shellyplug is no Shelly Pro 3EM"),
        ({"id": "shellyem3", "profile": "triphase"}, "shellyem3 is no Shelly Pro 3EM"),
    ],
)
def test_another_device_is_refused(info: dict[str, object], why: str) -> None:
    async def body() -> None:
        async with raw_meter() as meter:
            meter.answers["Shelly.GetDeviceInfo"] = info
            with pytest.raises(DeviceFault, match=why):
                async with open_shelly(meter.url, clock=clock()):
                    pass

    run(body)


def test_one_request_is_under_way_at_most() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        await asyncio.gather(*(shelly.read() for _ in range(4)))
        assert meter.most_at_once == 1

    run_with_meter(body)


@pytest.mark.parametrize("url", ["192.168.1.20", "https://192.168.1.20", "http://", "http://meter:99999", "http://[", ""])
def test_an_address_that_is_none_is_told_at_the_start(url: str) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match=r"meter.url.*http://192\.168\.1\.20"):
            async with open_shelly(url, clock=clock()):
                pass

    run(body)


def test_a_read_that_is_cancelled_leaves_the_driver_usable() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        meter.silent = True
        reading = asyncio.ensure_future(shelly.read())
        await asyncio.sleep(1)  # of its three seconds
        assert not reading.done()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        meter.silent = False
        assert (await shelly.read()).energy_register_wh

    run_with_meter(body)


def test_the_library_does_not_log_each_request(caplog: pytest.LogCaptureFixture) -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        await shelly.read()

    with caplog.at_level(logging.INFO):
        run_with_meter(body)
    assert not caplog.records
