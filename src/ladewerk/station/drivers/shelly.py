"""Shelly Pro 3EM (Gen2 and later) over its HTTP RPC, three-phase profile.

The meter closes the connection after each answer. Its energy counter advances once a minute; in between the register is
carried on by the measured power. Sources: the maker's Gen2 API pages EM, EMData, Shelly and Authentication.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable, ReadingImplausible
from ladewerk.station.drivers.live_register import LiveRegister
from ladewerk.station.drivers.ports import Meter, MeterReading

T = TypeVar("T")

_log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # else it reports each of 86,400 requests a day

_TIMEOUT_S: Final = 3.0
_COUNTER_EVERY_S: Final = 60.0
_DROPPED_NONCE_WAIT_S: Final = 2.0
"""How long the meter answers 429 once its table of nonces is full; replaying an old nonce prolongs it."""
_REFUSED_WAIT_S: Final = 120.0
"""The meter remembers 32 nonces for an hour each: one attempt in two minutes never fills the table."""

_Voltage = Annotated[float, msgspec.Meta(ge=0, le=500)] | None
_Current = Annotated[float, msgspec.Meta(ge=-500, le=500)] | None
_Power = Annotated[float, msgspec.Meta(ge=-250_000, le=250_000)] | None


class _EmStatus(msgspec.Struct):
    """EM.GetStatus: V, A, W; any value may be null. Beyond these bounds no wire of a house can be."""

    a_voltage: _Voltage
    b_voltage: _Voltage
    c_voltage: _Voltage
    a_current: _Current
    b_current: _Current
    c_current: _Current
    a_act_power: _Power
    b_act_power: _Power
    c_act_power: _Power


class _EmDataStatus(msgspec.Struct):
    """EMData.GetStatus: Wh since the last reset, the sum of what each phase imported."""

    total_act: Annotated[float, msgspec.Meta(ge=0)]


class _DeviceInfo(msgspec.Struct):
    """Shelly.GetDeviceInfo."""

    id: str
    gen: int = 1
    profile: str | None = None


_EM_STATUS: Final = msgspec.json.Decoder(_EmStatus)
_EM_DATA_STATUS: Final = msgspec.json.Decoder(_EmDataStatus)
_DEVICE_INFO: Final = msgspec.json.Decoder(_DeviceInfo)


class Shelly:
    """One meter. It is identified by the first request that it answers, so a silent meter delays nobody's start."""

    def __init__(self, client: httpx.AsyncClient, url: str, clock: Clock, password: str | None) -> None:
        self._client = client
        self._url = url
        self._clock = clock
        self._password = password
        self._identified = False
        self._register = LiveRegister()
        self._counter_due_s = -math.inf
        self._refused_until_s = -math.inf
        self._drop_nonce()

    async def identify(self) -> None:
        """Look what answers. DeviceFault when it is no three-phase meter of the second generation, with the remedy."""
        info = self._decode(_DEVICE_INFO, await self._ask("Shelly.GetDeviceInfo"))
        if info.gen < 2 or info.profile is None:
            raise DeviceFault(f"{self}: {info.id} is no Shelly Pro 3EM or 3EM-63 (Gen2 or later)")
        if info.profile != "triphase":
            raise DeviceFault(
                f'{self}: {info.id} has the profile "{info.profile}"; set it to "triphase" in the settings of its page'
            )
        self._identified = True

    async def read(self) -> MeterReading:
        if not self._identified:
            await self.identify()
        status = self._decode(_EM_STATUS, await self._ask("EM.GetStatus?id=0"))
        read_at, now_s = self._clock.now(), self._clock.monotonic()
        power_w = (status.a_act_power, status.b_act_power, status.c_act_power)
        if power_w == (None, None, None):
            raise ReadingImplausible(f"{self}: no phase has a power; look at the current clamps and the mains wires")
        self._register.measure(sum(value for value in power_w if value is not None and value > 0), now_s)
        if now_s >= self._counter_due_s:
            await self._count()
            self._counter_due_s = now_s + _COUNTER_EVERY_S
        return MeterReading(
            read_at=read_at,
            voltage_v=(status.a_voltage, status.b_voltage, status.c_voltage),
            current_a=(status.a_current, status.b_current, status.c_current),
            power_w=power_w,
            energy_register_wh=self._register.value_wh,
        )

    async def reset_counters(self) -> None:
        """Set the meter's energy counters to 0, for the person who asks for it; nothing in Ladewerk needs it."""
        await self._ask("EMData.ResetCounters?id=0")
        self._register = LiveRegister()
        self._counter_due_s = -math.inf

    async def _count(self) -> None:
        counter = self._decode(_EM_DATA_STATUS, await self._ask("EMData.GetStatus?id=0"))
        if self._register.count(counter.total_act):
            _log.warning("%s: its energy counter went back to %.1f Wh; somebody reset it", self, counter.total_act)

    async def _ask(self, method: str) -> bytes:
        """The JSON answer to ``method``."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._refused_until_s:
            raise self._wrong_password()
        response = await self._get(method)
        if response.status_code in (401, 429):
            self._drop_nonce()
            await asyncio.sleep(_DROPPED_NONCE_WAIT_S)
            response = await self._get(method)
        if response.status_code == 401:
            self._drop_nonce()
            self._refused_until_s = loop.time() + _REFUSED_WAIT_S
            raise self._wrong_password()
        if response.status_code != 200:
            raise DeviceUnreachable(
                f"{self}: answers HTTP {response.status_code} to {method}: {response.text[:120]!r}; "
                "restart the meter if that stays so"
            )
        return response.content

    async def _get(self, method: str) -> httpx.Response:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._client.get(f"/rpc/{method}")
        except TimeoutError as err:
            raise DeviceUnreachable(
                f"{self}: no answer within {_TIMEOUT_S:g} s; look at its Wi-Fi or network cable"
            ) from err
        except httpx.HTTPError as err:
            raise DeviceUnreachable(
                f"{self}: {str(err) or type(err).__name__}; look at the address, its power and the network"
            ) from err

    def _drop_nonce(self) -> None:
        """Forget the digest challenge: the next request goes out without one and gets a new one."""
        if self._password is not None:
            self._client.auth = httpx.DigestAuth("admin", self._password)

    def _wrong_password(self) -> DeviceUnreachable:
        why = "asks for a password; put it into the configuration" if self._password is None else "refuses the password"
        return DeviceUnreachable(f"{self}: {why} (it is asked again every {_REFUSED_WAIT_S:g} s)")

    def _decode(self, decoder: msgspec.json.Decoder[T], answer: bytes) -> T:
        try:
            return decoder.decode(answer)
        except msgspec.DecodeError as err:
            raise ReadingImplausible(f"{self}: {err}") from err

    def __str__(self) -> str:
        return f"Shelly meter at {self._url}"


@asynccontextmanager
async def open_shelly(url: str, *, clock: Clock, password: str | None = None) -> AsyncIterator[Shelly]:
    """The meter at ``url``, such as ``http://192.168.1.20``.

    ConfigError when that is no such URL; DeviceFault for a device that is no such meter. A silent one is returned all the
    same, with a warning.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
        base_url = httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as err:
        raise ConfigError("meter.url", f"{url!r}: {err}; expected such as http://192.168.1.20") from err
    if not usable:
        raise ConfigError("meter.url", f"{url!r} is no address such as http://192.168.1.20")
    # trust_env=False: a proxy of the environment is not for a device in the house. verify=False: the meter has no TLS, and
    # the store of certificates would be loaded for nothing.
    async with httpx.AsyncClient(base_url=base_url, timeout=None, trust_env=False, verify=False) as client:
        meter = Shelly(client, url, clock, password)
        try:
            await meter.identify()
        except DeviceUnreachable as err:
            _log.warning("%s; going on, it is asked again with every poll", err)
        yield meter


_: tuple[type[Meter], ...] = (Shelly,)
