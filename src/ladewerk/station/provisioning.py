"""What a board should have stored before it is trusted with a car, compared with what it has.

Registers from 2000 on are the board's stored memory: each is written once, when it differs, and read back. Source: datasheet
"EVSE Wallbox, DIN, W16", 2021-08-31; why the values from the factory are dangerous: ``docs/hardware.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

FIRST: Final = 2000
COUNT: Final = 8
"""Registers 2000 to 2007; from 2010 on nothing is touched: 65535 written there restores the factory settings."""

_POWER_ON_A, _MINIMUM_A, _ANALOG, _BUTTON_SAVES, _OPTIONS, _CABLE = 0, 2, 3, 4, 5, 7
_BUTTON_CHANGES = 1 << 0
_DISABLED = 1 << 13 | 1 << 14
_SAFE_POWER_ON_A: Final = 6


class Registers(Protocol):
    """A board's registers over its bus."""

    async def read(self, address: int, first: int, count: int) -> list[int]: ...

    async def write(self, address: int, register: int, value: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One register that should hold something else."""

    register: int
    now: int
    safe: int
    why: str


def changes(stored: Sequence[int]) -> tuple[Change, ...]:
    """What is to be changed in registers 2000 to 2007."""
    options = stored[_OPTIONS] & ~(_BUTTON_CHANGES | _DISABLED)
    found = (
        (_POWER_ON_A, _SAFE_POWER_ON_A, "amperes offered after a power cut, with no program running"),
        (_ANALOG, stored[_ANALOG] or 1, "with 0 the analog input rules, not this program"),
        (_BUTTON_SAVES, 0, "with 1 the board's own button changes register 2000"),
        (_OPTIONS, options, "the board's own button changes the current (bit 0), or the board is disabled (bits 13, 14)"),
    )
    return tuple(Change(FIRST + at, stored[at], safe, why) for at, safe, why in found if stored[at] != safe)


def hints(stored: Sequence[int]) -> tuple[str, ...]:
    """What a person has to decide."""
    found = []
    if stored[_MINIMUM_A] > _SAFE_POWER_ON_A:
        found.append(f"register 2002: offers below {stored[_MINIMUM_A]} A are refused; plans may go down to 6 A")
    if stored[_CABLE]:
        found.append(f"register 2007: every cable counts as one for {stored[_CABLE]} A; right for a fixed cable alone")
    return tuple(found)


async def stored_in(bus: Registers, address: int) -> list[int]:
    """Registers 2000 to 2007. Raises DeviceUnreachable, DeviceFault."""
    return await bus.read(address, FIRST, COUNT)


async def carry_out(bus: Registers, address: int, wanted: Sequence[Change]) -> tuple[Change, ...]:
    """Write each change once; those that the board did not keep. Raises DeviceUnreachable, DeviceFault."""
    for change in wanted:
        await bus.write(address, change.register, change.safe)
    kept = await stored_in(bus, address)
    return tuple(change for change in wanted if kept[change.register - FIRST] != change.safe)
