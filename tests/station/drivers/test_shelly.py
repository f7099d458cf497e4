"""The Shelly driver against a meter made of raw HTTP, faults and digest authentication included."""

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable, ReadingImplausible
from ladewerk.paced_loop import PacedLoop
from ladewerk.station.drivers.shelly import Shelly, open_shelly

ORIGIN = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
DEVICE = "shellypro3em-0cb815fc0a10"


def em_status(
    *, power_w: float | None = 375.5, voltage_v: float | None = 229.0, current_a: float | None = 2.392
) -> dict[str, Any]:
    """As a Pro 3EM answers; phase c tells nothing."""
    status: dict[str, Any] = {"id": 0, "n_current": None, "total_act_power": 1, "user_calibrated_phase": []}
    values = {"a": (voltage_v, current_a, power_w), "b": (230.1, 1.5, 320.0), "c": (None, None, None)}
    for phase, (voltage, current, power) in values.items():
        status |= {
            f"{phase}_voltage": voltage,
            f"{phase}_current": current,
            f"{phase}_act_power": power,
            f"{phase}_pf": 0.76,
        }
    return status


def em1_status(number: int, power_w: float = 375.5, **more: Any) -> dict[str, Any]:
    """As a Pro 3EM answers that is three meters of one phase."""
    values = {"current": 2.392, "voltage": 229.0, "act_power": power_w, "aprt_power": 547.4, "pf": 0.7, "freq": 50.0}
    return {"id": number, **values, "calibration": "factory", **more}


class RawMeter:
    """Answers RPC over HTTP, one request a connection, and writes down what it is asked."""

    def __init__(self, password: str | None = None) -> None:
        self.asked: list[str] = []
        self.authorized: list[str | None] = []
        """The nonce count of each request, None where it had no Authorization."""
        self.answers: dict[str, Any] = {
            "Shelly.GetDeviceInfo": {"id": DEVICE, "gen": 2, "app": "Pro3EM", "profile": "triphase"},
            "EM.GetStatus": em_status(),
            "EMData.GetStatus": {"id": 0, "total_act": 2589773.39, "total_act_ret": 1026.61},
            "EMData.ResetCounters": None,
            "Sys.GetStatus": {"mac": "0CB815FC0A10", "unixtime": 1767632400, "uptime": 5000},
        }
        self.most_at_once = 0
        self.open = 0
        self.statuses: list[int] = []
        """HTTP statuses of the next answers, instead of 200."""
        self.raw: bytes | None = None
        """Sent instead of the next answer."""
        self.silent = False
        self.password = password
        self.nonce = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        self.open += 1
        self.most_at_once = max(self.most_at_once, self.open)
        try:
            await self._serve(reader, writer)
        finally:
            self.open -= 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        self.asked.append(path.removeprefix("/rpc/"))
        if self.silent:
            return
        writer.write(self.raw or self._answer(path, head))
        self.raw = None
        writer.close()

    def _answer(self, path: str, head: str) -> bytes:
        method = path.removeprefix("/rpc/").partition("?")[0]
        status = self.statuses.pop(0) if self.statuses else 200
        extra = ""
        if (
            status == 200
            and self.password is not None
            and method != "Shelly.GetDeviceInfo"
            and not self._is_authorized(path, head)
        ):
            status = 401
        if status == 401:
            self.nonce += 1
            extra = f'WWW-Authenticate: Digest qop="auth", realm="{DEVICE}", nonce="{self.nonce}", algorithm=SHA-256\r\n'
        if status == 200 and method not in self.answers:
            status = 404
        answer = self.answers.get(path.removeprefix("/rpc/"), self.answers.get(method))
        body = json.dumps(answer if status == 200 else {"code": -status, "message": "no"}).encode()
        return f"HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body

    def _is_authorized(self, path: str, head: str) -> bool:
        line = next((line for line in head.split("\r\n") if line.lower().startswith("authorization:")), None)
        if line is None:
            self.authorized.append(None)
            return False
        fields = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', line)}
        self.authorized.append(fields["nc"])

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        expected = ":".join(
            (
                digest(f"admin:{DEVICE}:{self.password}"),
                str(self.nonce),
                fields["nc"],
                fields["cnonce"],
                "auth",
                digest(f"GET:{path}"),
            )
        )
        return (fields["nonce"], fields["response"]) == (str(self.nonce), digest(expected))


@asynccontextmanager
async def raw_meter(password: str | None = None) -> AsyncIterator[RawMeter]:
    meter = RawMeter(password)
    server = await asyncio.start_server(meter.serve, "127.0.0.1", 0)
    meter.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield meter
    finally:
        server.close()
        for writer in meter.writers:
            writer.close()
        await server.wait_closed()


def clock() -> LoopClock:
    return LoopClock(asyncio.get_running_loop(), ORIGIN)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(test())


def run_with_meter(
    test: Callable[[RawMeter, Shelly], Awaitable[None]], *, device: str | None = None, driver: str | None = None
) -> None:
    """Run ``test`` with an open driver; ``device`` and ``driver`` are the passwords each side knows."""

    async def body() -> None:
        async with raw_meter(device) as meter, open_shelly(meter.url, clock=clock(), password=driver) as shelly:
            await test(meter, shelly)

    run(body)


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


def test_one_request_is_under_way_at_most() -> None:
    async def body(meter: RawMeter, shelly: Shelly) -> None:
        await asyncio.gather(*(shelly.read() for _ in range(4)))
        assert meter.most_at_once == 1

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


@pytest.mark.parametrize("url", ["192.168.1.20", "https://192.168.1.20", "http://", "http://meter:99999", "http://[", ""])
def test_an_address_that_is_none_is_told_at_the_start(url: str) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match=r"meter.url.*http://192\.168\.1\.20"):
            async with open_shelly(url, clock=clock()):
                pass

    run(body)


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
