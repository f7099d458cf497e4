"""What a board should have stored before it is trusted with a car, compared with what it has.

Registers from 2000 on are the board's stored memory: each is written once, when it differs, and read back. Source: datasheet
"EVSE Wallbox, DIN, W16", 2021-08-31; why the values from the factory are dangerous: ``docs/hardware.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ladewerk.errors import DeviceFault
from ladewerk.station.drivers.evse_wb_registers import (
    ANALOG,
    BUTTON_SAVES,
    CABLE,
    FIRMWARE,
    MINIMUM_CURRENT,
    OPTIONS,
    POWER_ON_CURRENT,
    SAFE_POWER_ON_A,
    UNUSABLE,
    Option,
    generation_of,
)

FIRST: Final = 2000
COUNT: Final = 8
"""Registers 2000 to 2007; from 2010 on nothing is touched: 65535 written there restores the factory settings."""

_UNWANTED: Final = Option.BUTTON_CHANGES_CURRENT | Option.DISABLED_AFTER_CHARGE | Option.DISABLED


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
    has = dict(enumerate(stored, start=FIRST))
    found = (
        (POWER_ON_CURRENT, SAFE_POWER_ON_A, "amperes offered after a power cut, with no program running"),
        (ANALOG, has[ANALOG] or 1, "with 0 the analog input rules, not this program"),
        (BUTTON_SAVES, 0, "with 1 the board's own button changes register 2000"),
        (
            OPTIONS,
            has[OPTIONS] & ~_UNWANTED,
            "the board's own button changes the current (bit 0), or the board is disabled (bits 13, 14)",
        ),
    )
    return tuple(Change(register, has[register], safe, why) for register, safe, why in found if has[register] != safe)


def hints(firmware: int, stored: Sequence[int]) -> tuple[str, ...]:
    """What a person has to decide, or do."""
    has = dict(enumerate(stored, start=FIRST))
    generation = generation_of(firmware)
    found = []
    if not generation.rcd:
        found.append(f"firmware {firmware} tells nothing of relay, diode and RCD; 16 or later does")
    elif not has[OPTIONS] & Option.RCD_CONNECTED:
        found.append("register 2005: bit 4 is off, so no RCD at the board is tested; right where it is in the cabinet")
    if has[OPTIONS] & Option.VENTILATED:
        found.append(
            "register 2005: bit 3 lets vehicles charge that ask for ventilation; right outdoors and where there is some"
        )
    if has[MINIMUM_CURRENT] > SAFE_POWER_ON_A:
        found.append(f"register 2002: offers below {has[MINIMUM_CURRENT]} A are refused; plans may go down to 6 A")
    if has[CABLE]:
        found.append(f"register 2007: every cable counts as one for {has[CABLE]} A; right for a fixed cable alone")
    return tuple(found)


async def firmware_of(bus: Registers, address: int) -> int:
    """Of a board that can be used. Raises DeviceFault for one that must not be, DeviceUnreachable."""
    firmware = (await bus.read(address, FIRMWARE, 1))[0]
    if firmware in UNUSABLE:
        raise DeviceFault(UNUSABLE[firmware])
    return firmware


async def stored_in(bus: Registers, address: int) -> list[int]:
    """Registers 2000 to 2007. Raises DeviceUnreachable, DeviceFault."""
    return await bus.read(address, FIRST, COUNT)


async def carry_out(bus: Registers, address: int, wanted: Sequence[Change]) -> tuple[Change, ...]:
    """Write each change once; those that the board did not keep. Raises DeviceUnreachable, DeviceFault."""
    for change in wanted:
        await bus.write(address, change.register, change.safe)
    kept = await stored_in(bus, address)
    return tuple(change for change in wanted if kept[change.register - FIRST] != change.safe)
