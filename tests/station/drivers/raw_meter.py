"""A Shelly Pro 3EM made of HTTP answers, which fails as it is told to."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from ladewerk.clock import LoopClock
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
