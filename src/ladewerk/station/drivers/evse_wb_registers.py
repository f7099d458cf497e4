"""Registers of the EVSE-WB and what firmware makes of them, as data.

Source: the maker's datasheet "EVSE Wallbox, DIN, W16" of 2021-08-31, firmware up to 18.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

SET_CURRENT: Final = 1000
COMMAND: Final = 1004
FIRMWARE: Final = 1005
POWER_ON_CURRENT: Final = 2000
MINIMUM_CURRENT: Final = 2002
ANALOG: Final = 2003
BUTTON_SAVES: Final = 2004
OPTIONS: Final = 2005
CABLE: Final = 2007

SAFE_POWER_ON_A: Final = 6
"""The least that a control pilot can offer, for register 2000: 32 from the factory."""


# Masks, and no flags: a mask is laid over a register fifty times as fast, and every poll does it.


class Command(IntEnum):
    """Bits of register 1004. A command is written together with STOP as it stands: writing SELF_TEST alone starts the test
    and lets the supply on."""

    STOP = 1 << 0
    SELF_TEST = 1 << 1
    CLEAR_RCD_ERROR = 1 << 2


class Status(IntEnum):
    """Bits of register 1007; RELAY is no fault. The RCD is bit 4 in the datasheet, bit 5 on boards in the field."""

    RELAY = 1 << 0
    DIODE = 1 << 1
    VENTILATION = 1 << 2
    RCD = 1 << 4 | 1 << 5


class Option(IntEnum):
    """Bits of register 2005."""

    BUTTON_CHANGES_CURRENT = 1 << 0
    VENTILATED = 1 << 3
    RCD_CONNECTED = 1 << 4
    HUNDREDTHS = 1 << 7
    DISABLED_AFTER_CHARGE = 1 << 13
    DISABLED = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What firmware from ``first`` on can do."""

    first: int
    status_registers: int
    """Readable from 1000 onwards; one more is refused with exception 2."""
    rcd: bool
    hundredths: bool
    """Whether bit 7 of register 2005 makes the unit of register 1000 a hundredth of an ampere."""


GENERATIONS: Final = (
    Generation(first=17, status_registers=10, rcd=True, hundredths=True),
    Generation(first=16, status_registers=10, rcd=True, hundredths=False),
    Generation(first=0, status_registers=7, rcd=False, hundredths=False),
)
"""The newest first."""

UNUSABLE: Final = {9: "firmware 9 is defective; update the board to firmware 10 or later, best 18"}


def generation_of(firmware: int) -> Generation:
    """What a board of ``firmware`` (register 1005) can do."""
    return next(generation for generation in GENERATIONS if firmware >= generation.first)
