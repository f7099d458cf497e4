"""The one owner of a Modbus line: one request at a time, silence between two, and again what got lost."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable
from ladewerk.station.drivers.modbus_frames import Answer, Read, Refusal, Request, Write
from ladewerk.station.drivers.modbus_ports import Ear, Port, port_of

_ATTEMPTS: Final = 3
_HELD_LOOKS: Final = 25
_HELD_LOOK_S: Final = 0.2
_PASSING: Final = frozenset({5, 6, 10, 11})
"""Exceptions that say "later": acknowledge, busy, and a bridge's "no path" and "the device did not answer"."""


class Bus:
    """``spacing_s`` of silence after each request, all boards of the line together. ``device`` as in the settings."""

    def __init__(self, device: str, *, spacing_s: float) -> None:
        self.device = device
        self._port: Port = port_of(device)
        self._spacing_s = spacing_s
        self._one_at_a_time = asyncio.Lock()
        self._quiet_until_s = -math.inf
        self._silent: set[int] = set()
        """Boards that did not answer when they were last asked: until they do, one attempt has to do."""

    def open(self) -> None:
        """ConfigError with the remedy for a line that cannot be had. A bridge may be silent: it is dialled when needed."""
        self._port.claim()

    def close(self) -> None:
        self._port.release()

    async def read(self, address: int, first: int, count: int) -> list[int]:
        """``count`` holding registers from ``first`` of the board at ``address``."""
        return list(await self._ask(Read(address=address, first=first, count=count)))

    async def write(self, address: int, register: int, value: int) -> None:
        """Write one register, with function code 16: the board does not know 6."""
        await self._ask(Write(address=address, register=register, value=value))

    async def _ask(self, request: Request) -> tuple[int, ...]:
        # Another board's request waits for all attempts of this one: side by side, each of many would take as long as all.
        async with self._one_at_a_time:
            attempts = 1 if request.address in self._silent else _ATTEMPTS
            for _ in range(attempts):
                answer = await self._exchange(request)
                if isinstance(answer, tuple):
                    self._silent.discard(request.address)
                    return answer
                if isinstance(answer, Refusal) and answer.code not in _PASSING:
                    raise DeviceFault(
                        f"{self._board(request)}: refuses {request} (Modbus exception {answer.code}); is it an EVSE-WB, "
                        "EVSE DIN or SimpleEVSE?"
                    )
        self._silent.add(request.address)
        raise DeviceUnreachable(
            f"{self._board(request)}: no answer to {attempts} request{'s' if attempts > 1 else ''}; look at its power, "
            f"{self._port.wiring}, and that Modbus is enabled on the board (register 2001)"
        )

    async def _exchange(self, request: Request) -> Answer | None:
        """One question, and what was heard of it; None is silence. DeviceUnreachable where there is no line to ask on."""
        loop = asyncio.get_running_loop()
        wait_s = self._quiet_until_s - loop.time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        if self._port.ear is not None and self._port.ear.lost is not None:
            self._port.close()
        ear = await self._port.open()
        try:
            async with asyncio.timeout(self._port.answer_s):
                return await self._answer(request, ear)
        except OSError as err:
            if self._port.drop_when_silent or not isinstance(err, TimeoutError):
                self._port.close()
            return None
        finally:
            self._quiet_until_s = loop.time() + self._spacing_s

    async def _answer(self, request: Request, ear: Ear) -> Answer:
        framing = self._port.framing
        ear.forget()
        self._port.send(framing.frame(request))
        while (answer := framing.answer(request, ear.heard)) is None:
            await ear.news()
        return answer

    def _board(self, request: Request) -> str:
        return f"EVSE board at {self.device}, address {request.address}"


async def _open_when_free(bus: Bus) -> None:
    looks = _HELD_LOOKS
    while True:
        try:
            return bus.open()
        except ConfigError as err:
            if looks == 0 or not isinstance(err.__cause__, BlockingIOError):
                raise
        looks -= 1
        await asyncio.sleep(_HELD_LOOK_S)


@asynccontextmanager
async def open_bus(device: str, *, spacing_s: float = 0.1) -> AsyncIterator[Bus]:
    """The line at ``device``, for all boards on it: a serial device, ``tcp://HOST:PORT`` or ``modbus-tcp://HOST:PORT``.

    ConfigError when it cannot be had. The supervisor of a program that died holds it until the boards are safe.
    """
    bus = Bus(device, spacing_s=spacing_s)
    await _open_when_free(bus)
    try:
        yield bus
    finally:
        bus.close()
