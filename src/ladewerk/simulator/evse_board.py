"""The EVSE-WB board: control pilot, contactor and self-test behind its registers.

Source of registers and behaviour: the maker's datasheet "EVSE Wallbox, DIN, W16" of 2021-08-31, firmware revision 18.
Where it says nothing the choice made here is marked *assumed*.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import inf
from typing import Final

from ladewerk.simulator.vehicle import Pilot

FIRMWARE: Final = 18
_STATUS_FROM, _HUNDREDTHS_FROM = 16, 17
"""Firmware that knows registers 1007 to 1010, and currents in 0.01 A."""
FACTORY: Final[Mapping[int, int]] = {
    2000: 32,  # amps after boot
    2001: 0,  # Modbus off
    2002: 5,  # minimum amps
    2003: 1,  # the AN input steps the current by 1 A
    2004: 0,
    2005: 0x0209,  # button changes current, state D allowed, pilot auto-recover delay
    2006: 0,
    2007: 0,  # cable limit from the plug's resistor
    2008: 0xFFFF,  # reserved
    2009: 3,  # bootloader revision
    **dict(zip(range(2010, 2018), (6, 10, 16, 25, 32, 48, 63, 80), strict=True)),
}
_WRITABLE: Final[Mapping[int, range]] = {
    1000: range(8001),
    1004: range(8),
    2000: range(6, 81),
    2001: range(248),
    2002: range(14),
    2003: range(12),
    2004: range(2),
    2005: range(0x10000),
    2006: range(0x10000),
    2007: range(81),
    2010: range(0x10000),
    **dict.fromkeys(range(2011, 2018), range(81)),
}
_READABLE: Final = frozenset({*range(1000, 1011), *FACTORY})
_READABLE_BEFORE: Final = _READABLE - {1007, 1008, 1009, 1010}
"""By firmware before :data:`_STATUS_FROM`."""

_OFF, _SELF_TEST, _CLEAR_RCD = 1, 2, 4  # bits of 1004
_VENTILATED = 1 << 3  # of 2005: state D is allowed
_RCD_WIRED, _RCD_AUTO_CLEAR, _HUNDREDTHS, _PILOT_DELAY = 1 << 4, 1 << 5, 1 << 7, 1 << 9  # likewise
_DISABLED_AFTER_CHARGE, _DISABLED = 1 << 13, 1 << 14  # likewise
_RITUAL_S, _RITUAL_PULLS = 3.0, 5
"""So many pulls of AN to ground so soon after power-up switch Modbus on."""
_LEAST_OFFER_A = 6.0
_NO_CABLE_A = 6
"""What the plug detection reads with nothing on it, more than 1.5 kilo-ohm."""
_CLOSE_AFTER_S = 1.0  # IEC 61851-1, sequence 4: within 3 s
_OPEN_UNDER_LOAD_AFTER_S = 6.0  # sequence 10.2
_AUTO_CLEAR_S = 30.0
_PILOT_DELAY_S = 10.0  # assumed: how long the pilot must be right again before a failed diode check is forgotten
_TEST_S = 30.0
_TEST_STEPS_S = (5.0, 10.0, 15.0, 20.0, _TEST_S)
"""Default duty, half duty, contactor closed, test pulse to the RCD, end."""
_TEST_HALF_DUTY_A = 30.0  # 50 % duty cycle


class BoardFailure(StrEnum):
    """A fault that makes the board report state 5 (E)."""

    DIODE = "diode"  # lasts as long as its cause
    RCD = "rcd"  # latched: cleared by command, power cycle or, if so set, by itself


class RegisterRefused(Exception):
    """A register access that is answered with a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3


class EvseBoard:
    """One board; times are seconds on the world's own scale.

    ``address`` 0 is how it comes: Modbus is off until the ritual of :meth:`pull_an`.
    """

    def __init__(
        self,
        *,
        address: int = 1,
        cable_limit_a: int = 20,
        rcd_wired: bool = False,
        power_on_a: int = FACTORY[2000],
        firmware: int = FIRMWARE,
    ) -> None:
        self.relay_welded = False
        self.stored_writes = 0
        """Writes to the registers from 2000 on, which wear the board's memory."""
        self._cable_limit_a = cable_limit_a
        self._rcd_wired = rcd_wired
        self._firmware = firmware
        self._stored = dict(FACTORY) | {2000: power_on_a, 2001: address}
        self._powered = True
        self._pilot = Pilot.A
        self._at_s = 0.0
        self._diode_failed = False
        self._boot()

    def _boot(self) -> None:
        self._booted_s = self._at_s
        self._an_pulls = 0
        self._configured = self._stored[2000] * self._units_per_a
        self._command = 0
        self._diode_forgotten_s = -inf
        self._rcd_error_since_s: float | None = None
        self._test_since_s: float | None = None
        self._relay = False
        self._relay_due_s = inf

    # What the world sees

    @property
    def address(self) -> int:
        """The Modbus device id; 0 where Modbus, or the board, is off."""
        if not self._powered:
            return 0
        return self._stored[2001] or int(self._an_pulls >= _RITUAL_PULLS)

    def pull_an(self, times: int) -> None:
        """Connect AN to ground so often. Soon after power-up that switches Modbus on, at address 1 and until the next power
        cut: the first access to a register from 2000 on stores it."""
        if self._at_s - self._booted_s <= _RITUAL_S:
            self._an_pulls += times

    @property
    def offer_a(self) -> float:
        """Current that the pilot's duty cycle offers; 0 is a steady voltage."""
        if self._test_since_s is not None:
            return (0.0, float(self._stored[2000]), _TEST_HALF_DUTY_A)[min(2, self._test_step())]
        if self._pilot is Pilot.A or not self._powered or not self._supply_allowed:
            return 0.0
        amps = min(self.configured_a, self._cable_a)
        return amps if amps >= _LEAST_OFFER_A else 0.0

    @property
    def configured_a(self) -> float:
        """What register 1000 says, whatever its unit; the AN input overrules it where register 2003 is 0."""
        if self._stored[2003] == 0:
            return 0.0  # assumed: nothing is wired to AN, so it reads 0 V
        return min(80.0, self._configured / self._units_per_a)

    @property
    def _units_per_a(self) -> int:
        """Of registers 1000 and 1001."""
        return 100 if self._firmware >= _HUNDREDTHS_FROM and self._stored[2005] & _HUNDREDTHS else 1

    @property
    def mains_on(self) -> bool:
        """Whether the vehicle inlet is energised."""
        return self._relay or self.relay_welded

    @property
    def relay_driven(self) -> bool:
        """Whether the board drives its contactor; it does not know whether the contacts follow."""
        return self._relay

    @property
    def diode_failed(self) -> bool:
        """Whether the vehicle's diode is missing, as the board would find if it looked now."""
        return self._diode_failed

    @diode_failed.setter
    def diode_failed(self, failed: bool) -> None:
        if self._diode_failed and not failed and self._firmware >= _HUNDREDTHS_FROM and self._stored[2005] & _PILOT_DELAY:
            self._diode_forgotten_s = self._at_s + _PILOT_DELAY_S
        self._diode_failed = failed

    def trip_rcd(self) -> None:
        """The residual current device trips, or its test does so."""
        self._rcd_error_since_s = self._at_s

    def power_cycle(self) -> None:
        """Cut the board's own supply for a moment: what was set in the registers from 1000 on is gone."""
        self._boot()

    def supply(self, on: bool) -> None:
        """Cut the board's own supply, or give it back; as after :meth:`power_cycle`, what was set is gone."""
        if on is not self._powered:
            self._powered = on
            self._boot()

    # Time

    def next_change_s(self) -> float:
        """When it will do something by itself; inf for never."""
        due_s = min(self._relay_due_s, self._auto_clear_s)
        if self._waits_for_pilot:
            due_s = min(due_s, self._diode_forgotten_s)
        if self._test_since_s is not None:
            steps = (self._test_since_s + step for step in _TEST_STEPS_S)
            due_s = min(due_s, *(step for step in steps if step > self._at_s), inf)
        return due_s

    def pass_time(self, to_s: float) -> None:
        """Let the time come to ``to_s``, before which nothing is due."""
        self._at_s = to_s

    def update(self, pilot: Pilot) -> None:
        """See what the vehicle makes of the pilot, and do what is due now."""
        if self._pilot.asks and not pilot.asks and self._stored[2005] & _DISABLED_AFTER_CHARGE:
            self._stored[2005] |= _DISABLED  # assumed
        self._pilot = pilot
        if not self._powered:
            return
        if self._at_s >= self._auto_clear_s:
            self._rcd_error_since_s = None
        if self._test_since_s is None:
            self._switch_contactor()
        else:
            self._go_on_testing(self._test_step())

    def _test_step(self) -> int:
        """How many of the steps of the running self-test have begun."""
        assert self._test_since_s is not None
        return sum(self._at_s >= self._test_since_s + begins_s for begins_s in _TEST_STEPS_S)

    def _go_on_testing(self, step: int) -> None:
        if step == len(_TEST_STEPS_S):
            self._test_since_s = None
            self._command &= ~_SELF_TEST  # assumed: the command clears itself
            self._relay = False
            return
        if step >= 4 and self._rcd_wired and self._stored[2005] & _RCD_WIRED and self._rcd_error_since_s is None:
            self.trip_rcd()
        # Assumed: bit 0 keeps the contactor open in the test as at all other times.
        self._relay = step >= 3 and self._rcd_error_since_s is None and not self._command & _OFF

    def _switch_contactor(self) -> None:
        if not self._pilot.asks or not self._supply_allowed:
            self._relay, self._relay_due_s = False, inf
            return
        offering = self.offer_a > 0
        if self._relay == offering:
            self._relay_due_s = inf
        elif self._relay_due_s == inf:
            self._relay_due_s = self._at_s + (_CLOSE_AFTER_S if offering else _OPEN_UNDER_LOAD_AFTER_S)
        elif self._at_s >= self._relay_due_s:
            self._relay, self._relay_due_s = offering, inf

    @property
    def _auto_clear_s(self) -> float:
        """When an RCD error clears itself; inf for never."""
        if self._rcd_error_since_s is None or not self._stored[2005] & _RCD_AUTO_CLEAR:
            return inf
        return self._rcd_error_since_s + _AUTO_CLEAR_S

    @property
    def _waits_for_pilot(self) -> bool:
        return not self._diode_failed and self._at_s < self._diode_forgotten_s

    @property
    def _failed(self) -> bool:
        return self._diode_failed or self._waits_for_pilot or self._rcd_error_since_s is not None

    @property
    def _lacks_ventilation(self) -> bool:
        return self._pilot is Pilot.D and not self._stored[2005] & _VENTILATED

    @property
    def _supply_allowed(self) -> bool:
        return not (self._command & _OFF or self._stored[2005] & _DISABLED or self._failed or self._lacks_ventilation)

    @property
    def _cable_a(self) -> int:
        if self._stored[2007] > 0:
            return self._stored[2007]
        return _NO_CABLE_A if self._pilot is Pilot.A else self._cable_limit_a

    def registers(self) -> dict[int, int]:
        """Every register and its value; none while the board has no supply."""
        return {**self._status(), **self._stored} if self._powered else {}

    # The wire

    def read(self, first: int, count: int) -> list[int]:
        """The values of ``count`` registers from ``first``; RegisterRefused where one does not exist."""
        readable = _READABLE if self._firmware >= _STATUS_FROM else _READABLE_BEFORE
        if not readable.issuperset(range(first, first + count)):
            raise RegisterRefused(ILLEGAL_ADDRESS)
        self._store_address(first)
        values = self._stored if first >= 2000 else self._status()
        return [values[register] for register in range(first, first + count)]

    def write(self, first: int, values: Sequence[int]) -> None:
        """Write all of ``values`` or none; RegisterRefused where one may not be written, or not with this value."""
        for register, value in enumerate(values, first):
            if register not in _WRITABLE:
                raise RegisterRefused(ILLEGAL_ADDRESS)
            if value not in _WRITABLE[register] or (register == 1000 and value > self._most_configurable):
                raise RegisterRefused(ILLEGAL_VALUE)  # assumed: the datasheet names the ranges, not the answer
        self._store_address(first)
        for register, value in enumerate(values, first):
            self._write_one(register, value)

    def _store_address(self, first: int) -> None:
        if first >= 2000:
            self._stored[2001] = self.address

    @property
    def _most_configurable(self) -> int:
        return 80 * self._units_per_a

    def _status(self) -> dict[int, int]:
        return {
            1000: self._configured,
            1001: int(self.offer_a * self._units_per_a),  # assumed: the unit of 1000
            1002: 5 if self._failed else "ABCD".index(self._pilot) + 1,
            1003: self._cable_a,
            1004: self._command,
            1005: self._firmware,
            1006: self._state(),
            1007: self._status_bits(),
            1008: self._recovery_s(),
            1009: self._test_countdown(),
            1010: 0,
        }

    def _state(self) -> int:
        if self._test_since_s is None and (self._command & _OFF or self._stored[2005] & _DISABLED):
            return 3
        return 2 if self.offer_a > 0 else 1

    def _status_bits(self) -> int:
        return (
            int(self._relay)
            | self.diode_failed << 1
            | self._lacks_ventilation << 2
            | self._waits_for_pilot << 3
            | (self._rcd_error_since_s is not None) << 4
        )

    def _recovery_s(self) -> int:
        """Seconds until what is wrong is forgotten by itself; 0 where nothing is, or nothing will."""
        waits_until_s = [self._auto_clear_s] if self._auto_clear_s < inf else []
        waits_until_s += [self._diode_forgotten_s] if self._waits_for_pilot else []
        return max((round(until_s - self._at_s) for until_s in waits_until_s), default=0)

    def _test_countdown(self) -> int:
        """Tenths of a second that are left of the self-test."""
        if self._test_since_s is None:
            return 0
        return max(1, round((self._test_since_s + _TEST_S - self._at_s) * 10))

    def _write_one(self, register: int, value: int) -> None:
        if register == 1000:
            self._configured = value
        elif register == 1004:
            self._obey(value)
        elif register == 2010 and value == 0xFFFF:
            self.stored_writes += 1
            self._stored = dict(FACTORY)  # Modbus goes off with it
            self._an_pulls = 0
        else:
            self.stored_writes += 1
            self._stored[register] = value

    def _obey(self, command: int) -> None:
        """Take a command bit mask: a write without bit 0 allows the supply again, whatever else it wanted."""
        if command & _CLEAR_RCD:
            self._rcd_error_since_s = None
        if command & _SELF_TEST and self._test_since_s is None:
            self._test_since_s = self._at_s
            self._relay, self._relay_due_s = False, inf
        testing = _SELF_TEST if self._test_since_s is not None else 0
        self._command = command & _OFF | testing
