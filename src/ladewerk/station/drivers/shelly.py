"""Shelly Pro 3EM and 3EM-63 (Gen2 and later), in the profile of three phases or of one phase each.

Its energy counter advances once a minute; in between the register is carried on by the measured power. Sources: the maker's
Gen2 API pages EM, EMData, EM1, EM1Data, Shelly and Sys.
"""

import logging
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import msgspec

from ladewerk.clock import Clock
from ladewerk.errors import DeviceFault, DeviceUnreachable, ReadingImplausible
from ladewerk.station.drivers.live_register import LiveRegister
from ladewerk.station.drivers.ports import Meter, MeterReading
from ladewerk.station.drivers.shelly_profiles import PROFILES, Measured, Profile
from ladewerk.station.drivers.shelly_rpc import NoSuchMethod, ShellyRpc, open_rpc

T = TypeVar("T")

_log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # else it reports each of 86,400 requests a day

_COUNTER_EVERY_S: Final = 60.0
_BACKWARDS_W: Final = -100.0
"""More than noise: nothing at a charging point gives so much back."""
_USELESS: Final = {
    "power_meter_failure": "restart it, and exchange it if that stays so",
    "ct_type_not_set": "choose the type of its clamps on its page",
}
"""Errors with which its values mean nothing, and the remedy."""
_HARMLESS: Final = frozenset({"no_load"})


class _DeviceInfo(msgspec.Struct):
    """Shelly.GetDeviceInfo."""

    id: str
    gen: int = 1
    profile: str | None = None


class _SysStatus(msgspec.Struct):
    """Sys.GetStatus."""

    uptime: int


_DEVICE_INFO: Final = msgspec.json.Decoder(_DeviceInfo)
_SYS_STATUS: Final = msgspec.json.Decoder(_SysStatus)


class Shelly:
    """One meter. It is identified by the first request that it answers, so a silent meter delays nobody's start."""

    def __init__(self, rpc: ShellyRpc, clock: Clock) -> None:
        self._rpc = rpc
        self._clock = clock
        self._profile: Profile | None = None
        self._register = LiveRegister()
        self._counter_due_s = -math.inf
        self._uptime_s = 0
        self._hints: frozenset[str] = frozenset()

    async def identify(self) -> None:
        """Look what answers. DeviceFault when it is no such meter, with the remedy."""
        info = self._decode(_DEVICE_INFO, await self._rpc.ask("Shelly.GetDeviceInfo"))
        if info.gen < 2 or info.profile is None:
            raise DeviceFault(f"{self}: {info.id} is no Shelly Pro 3EM or 3EM-63 (Gen2 or later)")
        if info.profile not in PROFILES:
            raise DeviceFault(
                f'{self}: {info.id} has the profile "{info.profile}"; set it to "triphase" in the settings of its page'
            )
        self._profile = PROFILES[info.profile]

    async def read(self) -> MeterReading:
        if self._profile is None:
            await self.identify()
            assert self._profile is not None
        try:
            return await self._read(self._profile)
        except NoSuchMethod:
            self._profile = None
            raise

    async def _read(self, profile: Profile) -> MeterReading:
        read_at = self._clock.now()
        answers = await self._ask(profile.status)
        now_s = self._clock.monotonic()
        try:
            measured = profile.measured(answers)
        except msgspec.DecodeError as err:
            raise ReadingImplausible(f"{self}: {err}") from err
        self._judge(measured)
        first, second, third = measured.phases
        power_w = (first.power_w, second.power_w, third.power_w)
        self._register.measure(sum(value for value in power_w if value is not None and value > 0), now_s)
        if now_s >= self._counter_due_s:
            await self._count(profile, now_s)
            self._counter_due_s = now_s + _COUNTER_EVERY_S
        return MeterReading(
            read_at=read_at,
            voltage_v=(first.voltage_v, second.voltage_v, third.voltage_v),
            current_a=(first.current_a, second.current_a, third.current_a),
            power_w=power_w,
            energy_register_wh=self._register.value_wh,
        )

    def _judge(self, measured: Measured) -> None:
        """ReadingImplausible for values that mean nothing, with the remedy; what else it says is logged when it changes."""
        for error in (*measured.errors, *(error for phase in measured.phases for error in phase.errors)):
            if error in _USELESS:
                raise ReadingImplausible(f"{self}: reports {error}; {_USELESS[error]}")
        for name, phase in zip(("L1", "L2", "L3"), measured.phases, strict=True):
            beyond = [error for error in phase.errors if error.startswith("out_of_range:")]
            if beyond:
                raise ReadingImplausible(f"{self}: {name} reports {beyond[0]}; its clamps are too small, or broken")
            if phase.power_w is not None and phase.power_w < _BACKWARDS_W:
                raise ReadingImplausible(
                    f"{self}: {name} shows {phase.power_w:g} W; its clamp is the wrong way round, or at another phase's wire"
                )
        if all(phase.power_w is None for phase in measured.phases):
            raise ReadingImplausible(f"{self}: no phase has a power; look at the current clamps and the mains wires")
        hints = frozenset(measured.errors) - _HARMLESS
        if hints - self._hints:
            _log.warning("%s: reports %s; look at its wiring", self, ", ".join(sorted(hints)))
        self._hints = hints

    async def reset_counters(self) -> None:
        """Set the meter's energy counters to 0, for the person who asks for it; nothing in Ladewerk needs it."""
        if self._profile is None:
            await self.identify()
            assert self._profile is not None
        await self._ask(self._profile.resets)
        self._counter_due_s = -math.inf

    async def _count(self, profile: Profile, now_s: float) -> None:
        """Bring the register up to the counter, and see whether the meter was restarted."""
        uptime_s = self._decode(_SYS_STATUS, await self._rpc.ask("Sys.GetStatus")).uptime
        if uptime_s < self._uptime_s:
            _log.warning("%s: it has restarted, %d s ago", self, uptime_s)
            self._profile = None  # it does so when it is given another profile, too
        self._uptime_s = uptime_s
        try:
            counter_wh = profile.imported_wh(await self._ask(profile.counters))
        except msgspec.DecodeError as err:
            raise ReadingImplausible(f"{self}: {err}") from err
        if self._register.count(counter_wh, now_s):
            _log.warning(
                "%s: its energy counter jumped to %.1f Wh: it was reset or exchanged; the register goes on at %.1f Wh",
                self,
                counter_wh,
                self._register.value_wh,
            )

    async def _ask(self, methods: Sequence[str]) -> list[bytes]:
        return [await self._rpc.ask(method) for method in methods]

    def _decode(self, decoder: msgspec.json.Decoder[T], answer: bytes) -> T:
        try:
            return decoder.decode(answer)
        except msgspec.DecodeError as err:
            raise ReadingImplausible(f"{self}: {err}") from err

    def __str__(self) -> str:
        return str(self._rpc)


@asynccontextmanager
async def open_shelly(url: str, *, clock: Clock, password: str | None = None) -> AsyncIterator[Shelly]:
    """The meter at ``url``, such as ``http://192.168.1.20``.

    ConfigError when that is no such URL; DeviceFault for a device that is no such meter. A silent one is returned all the
    same, with a warning.
    """
    async with open_rpc(url, password) as rpc:
        meter = Shelly(rpc, clock)
        try:
            await meter.identify()
        except DeviceUnreachable as err:
            _log.warning("%s; going on, it is asked again with every poll", err)
        yield meter


_: tuple[type[Meter], ...] = (Shelly,)
