"""A plug lock driven by a motor over two relays, one for each direction.

Both relays on would short the motor's supply, and a motor that is not stopped burns: never both, a dead time between
directions, off after the drive time whatever happens, and no more moves than the motor can cool.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from ladewerk.errors import ConfigError, DeviceFault
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Lock

_DEAD_TIME_S: Final = 0.1
"""Between one relay off and any relay on: contacts need some 10 ms, the motor some more to come to rest."""
_LONGEST_DRIVE_S: Final = 5.0
_MINUTE_S: Final = 60.0
_SETTLES_S: Final = 0.05
"""A switch that is shaken opens for a moment."""
_ATTEMPTS: Final = 3
"""Drives until a lock with feedback counts as failed."""


class MotorLock:
    """Moves take ``drive_s`` each, one at a time, in loop time.

    Without a feedback pin a finished drive counts as a finished move. With one (on = locked) the drive is repeated until
    the pin agrees, three times at most. Small gear motors are rated for short duty: after ``moves_per_minute`` drives they
    must cool, and the last of these is for unlocking alone, so that a busy lock holds nobody's plug.
    """

    def __init__(
        self,
        pins: Pins,
        *,
        lock_pin: int,
        unlock_pin: int,
        drive_s: float = 1.0,
        feedback_pin: int | None = None,
        moves_per_minute: int = 10,
    ) -> None:
        if len({lock_pin, unlock_pin, feedback_pin}) < 3:
            raise ConfigError(
                "lock.unlock_pin", f"pins {lock_pin}, {unlock_pin} and {feedback_pin} must differ from each other"
            )
        if not 0 < drive_s <= _LONGEST_DRIVE_S:
            raise ConfigError(
                "lock.drive_s", f"more than 0 and at most {_LONGEST_DRIVE_S:g} s, or the motor burns; not {drive_s:g}"
            )
        self._pins = pins
        self._lock_pin = lock_pin
        self._unlock_pin = unlock_pin
        self._drive_s = drive_s
        self._feedback_pin = feedback_pin
        self._moving = asyncio.Lock()
        self._off_since_s: float | None = None
        self._moves_per_minute = moves_per_minute
        self._moves_at_s: deque[float] = deque(maxlen=moves_per_minute)
        self._switching_off: asyncio.Task[None] | None = None

    async def open(self, *, active_low: bool) -> None:
        """Claim the pins, both relays off."""
        await self._pins.claim_output(self._lock_pin, active_low=active_low)
        await self._pins.claim_output(self._unlock_pin, active_low=active_low)
        if self._feedback_pin is not None:
            await self._pins.claim_input(self._feedback_pin, active_low=True)  # a switch to ground

    async def close(self) -> None:
        """Both relays off; the bolt stays where it is."""
        await self._off()

    async def lock(self) -> None:
        await self._move(self._lock_pin, locked=True)

    async def unlock(self) -> None:
        await self._move(self._unlock_pin, locked=False)

    async def is_open(self) -> bool:
        pin = self._feedback_pin
        if pin is None or self._moving.locked() or await self._pins.read(pin):
            return False
        await asyncio.sleep(_SETTLES_S)
        return not (self._moving.locked() or await self._pins.read(pin))

    async def _move(self, pin: int, *, locked: bool) -> None:
        async with self._moving:
            for _ in range(_ATTEMPTS):
                self._spend_a_move(1 if locked else 0)
                await self._drive(pin)
                if self._feedback_pin is None or await self._pins.read(self._feedback_pin) == locked:
                    return
        wanted = "locked" if locked else "unlocked"
        raise DeviceFault(
            f"plug lock: not {wanted} after {_ATTEMPTS} drives of {self._drive_s:g} s; "
            f"look whether the bolt is blocked and the switch on pin {self._feedback_pin} works"
        )

    def _spend_a_move(self, reserved: int) -> None:
        now_s = asyncio.get_running_loop().time()
        recent = sum(now_s - at_s < _MINUTE_S for at_s in self._moves_at_s)
        if recent >= self._moves_per_minute - reserved:
            raise DeviceFault(
                f"plug lock: {recent} moves within {_MINUTE_S:g} s; the motor must cool, try again in a minute"
            )
        self._moves_at_s.append(now_s)

    async def _drive(self, pin: int) -> None:
        if self._switching_off is not None:
            await asyncio.wait([self._switching_off])  # of a move that was cancelled twice
        if self._off_since_s is not None:
            rest_s = self._off_since_s + _DEAD_TIME_S - asyncio.get_running_loop().time()
            if rest_s > 0:
                await asyncio.sleep(rest_s)
        try:
            # The other relay is written off each time, not only remembered as off: another program may share the pins.
            await self._pins.write(self._unlock_pin if pin == self._lock_pin else self._lock_pin, False)
            await self._pins.write(pin, True)
            await asyncio.sleep(self._drive_s)
        finally:
            # Shielded, because a second cancellation must not leave the motor running.
            self._switching_off = asyncio.ensure_future(self._off())
            await asyncio.shield(self._switching_off)

    async def _off(self) -> None:
        """Switch both off, the second even if the first fails."""
        try:
            await self._pins.write(self._lock_pin, False)
        finally:
            await self._pins.write(self._unlock_pin, False)
            self._off_since_s = asyncio.get_running_loop().time()


@asynccontextmanager
async def open_motor_lock(
    pins: Pins,
    *,
    lock_pin: int,
    unlock_pin: int,
    drive_s: float = 1.0,
    feedback_pin: int | None = None,
    moves_per_minute: int = 10,
    active_low: bool = False,
) -> AsyncIterator[MotorLock]:
    """The lock on ``pins``, both relays off on the way in and on the way out.

    ``active_low`` for relay boards that switch on at a low level. ConfigError when pins coincide or ``drive_s`` is out of
    range; DeviceUnreachable or DeviceFault when the pins cannot be had.
    """
    motor_lock = MotorLock(
        pins,
        lock_pin=lock_pin,
        unlock_pin=unlock_pin,
        drive_s=drive_s,
        feedback_pin=feedback_pin,
        moves_per_minute=moves_per_minute,
    )
    await motor_lock.open(active_low=active_low)
    try:
        yield motor_lock
    finally:
        await motor_lock.close()


_: tuple[type[Lock], ...] = (MotorLock,)
