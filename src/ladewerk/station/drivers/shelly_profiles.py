"""What a Shelly Pro 3EM tells in each of its profiles, made one: three phases in V, A and W, and counters in Wh.

Sources: the maker's Gen2 API pages EM, EMData, EM1 and EM1Data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

import msgspec

_Voltage = Annotated[float, msgspec.Meta(ge=0, le=500)] | None
_Current = Annotated[float, msgspec.Meta(ge=-500, le=500)] | None
_Power = Annotated[float, msgspec.Meta(ge=-250_000, le=250_000)] | None
_Wh = Annotated[float, msgspec.Meta(ge=0)]
_Errors = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase at one moment; None is what the meter does not tell. Power is negative where energy comes back."""

    voltage_v: float | None
    current_a: float | None
    power_w: float | None
    errors: _Errors
    """In the device's words, such as ``out_of_range:current``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All phases, and what the device says is wrong with it as a whole."""

    phases: tuple[Phase, Phase, Phase]
    errors: _Errors


class Profile(Protocol):
    """One way to be asked. The methods raise msgspec.DecodeError for answers that cannot be."""

    @property
    def status(self) -> Sequence[str]:
        """The requests for a reading, in order."""
        ...

    @property
    def counters(self) -> Sequence[str]: ...

    @property
    def resets(self) -> Sequence[str]: ...

    def measured(self, answers: Sequence[bytes]) -> Measured: ...

    def imported_wh(self, answers: Sequence[bytes]) -> float:
        """Imported since the last reset, over all phases."""
        ...


class _Em(msgspec.Struct):
    """EM.GetStatus. Beyond these bounds no wire of a house can be."""

    a_voltage: _Voltage
    b_voltage: _Voltage
    c_voltage: _Voltage
    a_current: _Current
    b_current: _Current
    c_current: _Current
    a_act_power: _Power
    b_act_power: _Power
    c_act_power: _Power
    a_errors: _Errors = ()
    b_errors: _Errors = ()
    c_errors: _Errors = ()
    errors: _Errors = ()


class _EmData(msgspec.Struct):
    """EMData.GetStatus: the sum of what each phase imported."""

    total_act: _Wh


class _Em1(msgspec.Struct):
    """EM1.GetStatus."""

    voltage: _Voltage
    current: _Current
    act_power: _Power
    errors: _Errors = ()


class _Em1Data(msgspec.Struct):
    """EM1Data.GetStatus."""

    total_act_energy: _Wh


_EM: Final = msgspec.json.Decoder(_Em)
_EM_DATA: Final = msgspec.json.Decoder(_EmData)
_EM1: Final = msgspec.json.Decoder(_Em1)
_EM1_DATA: Final = msgspec.json.Decoder(_Em1Data)


class Triphase:
    """One component with three phases."""

    status = ("EM.GetStatus?id=0",)
    counters = ("EMData.GetStatus?id=0",)
    resets = ("EMData.ResetCounters?id=0",)

    def measured(self, answers: Sequence[bytes]) -> Measured:
        told = _EM.decode(answers[0])
        return Measured(
            phases=(
                Phase(voltage_v=told.a_voltage, current_a=told.a_current, power_w=told.a_act_power, errors=told.a_errors),
                Phase(voltage_v=told.b_voltage, current_a=told.b_current, power_w=told.b_act_power, errors=told.b_errors),
                Phase(voltage_v=told.c_voltage, current_a=told.c_current, power_w=told.c_act_power, errors=told.c_errors),
            ),
            errors=told.errors,
        )

    def imported_wh(self, answers: Sequence[bytes]) -> float:
        return _EM_DATA.decode(answers[0]).total_act


class Monophase:
    """Three components with one phase each; the first clamp is L1."""

    status = tuple(f"EM1.GetStatus?id={number}" for number in range(3))
    counters = tuple(f"EM1Data.GetStatus?id={number}" for number in range(3))
    resets = tuple(f"EM1Data.ResetCounters?id={number}" for number in range(3))

    def measured(self, answers: Sequence[bytes]) -> Measured:
        first, second, third = (self._phase(answer) for answer in answers)
        return Measured(phases=(first, second, third), errors=())

    def imported_wh(self, answers: Sequence[bytes]) -> float:
        return sum(_EM1_DATA.decode(answer).total_act_energy for answer in answers)

    def _phase(self, answer: bytes) -> Phase:
        told = _EM1.decode(answer)
        return Phase(voltage_v=told.voltage, current_a=told.current, power_w=told.act_power, errors=told.errors)


PROFILES: Final[dict[str, Profile]] = {"triphase": Triphase(), "monophase": Monophase()}
"""By the name in Shelly.GetDeviceInfo."""
