"""The motor lock's rules, on pins that remember when they were switched."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable
from ladewerk.paced_loop import PacedLoop
from ladewerk.station.drivers.motor_lock import MotorLock, open_motor_lock
from ladewerk.station.drivers.pins import Pins

LOCK, UNLOCK, FEEDBACK = 23, 24, 25


class RecordingPins:
    """Pins with loop times. The bolt follows the relays at once, unless it is stuck."""

    def __init__(self) -> None:
        self.on: set[int] = set()
        self.active_low: dict[int, bool] = {}
        self.switched: list[tuple[float, int, bool]] = []
        """Changes alone: loop time, pin, on."""
        self.both_on = False
        self.locked = False
        self.stuck_for = 0
        """Drives that the bolt does not follow."""
        self.unreachable = False

    async def claim_output(self, pin: int, *, active_low: bool = False) -> None:
        self.active_low[pin] = active_low
        self.on.discard(pin)

    async def claim_input(self, pin: int, *, active_low: bool = False) -> None:
        self.active_low[pin] = active_low

    async def write(self, pin: int, on: bool) -> None:
        assert pin in self.active_low
        await asyncio.sleep(0)  # as a network would
        if self.unreachable and on:
            raise DeviceUnreachable("pins: gone")
        if on == (pin in self.on):
            return
        self.switched.append((asyncio.get_running_loop().time(), pin, on))
        if not on:
            self.on.discard(pin)
            return
        self.on.add(pin)
        self.both_on = self.both_on or {LOCK, UNLOCK} <= self.on
        if self.stuck_for:
            self.stuck_for -= 1
        else:
            self.locked = pin == LOCK

    async def read(self, pin: int) -> bool:
        assert pin == FEEDBACK
        return self.locked

    def drives(self) -> list[tuple[int, float]]:
        """Pin and seconds of each drive."""
        starts = [change for change in self.switched if change[2]]
        ends = [change for change in self.switched if not change[2]]
        return [(start[1], round(end[0] - start[0], 6)) for start, end in zip(starts, ends, strict=True)]


_: tuple[type[Pins], ...] = (RecordingPins,)


def run(
    test: Callable[[RecordingPins, MotorLock], Awaitable[None]], *, feedback: bool = False, active_low: bool = False
) -> RecordingPins:
    """Run ``test``; the pins are returned as they are after the lock was closed."""
    pins = RecordingPins()

    async def body() -> None:
        async with open_motor_lock(
            pins,
            lock_pin=LOCK,
            unlock_pin=UNLOCK,
            drive_s=0.8,
            feedback_pin=FEEDBACK if feedback else None,
            active_low=active_low,
        ) as motor_lock:
            await test(pins, motor_lock)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())
    assert not pins.on
    assert not pins.both_on
    return pins


def test_each_direction_is_driven_for_its_time() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        await motor_lock.lock()
        await motor_lock.unlock()

    assert run(body).drives() == [(LOCK, 0.8), (UNLOCK, 0.8)]


def test_a_move_is_over_when_the_call_returns() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        await motor_lock.lock()
        assert pins.locked
        assert not pins.on

    run(body)


def test_a_dead_time_lies_between_two_directions() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        await motor_lock.lock()
        await motor_lock.unlock()
        off_s, on_s = pins.switched[1][0], pins.switched[2][0]
        assert on_s - off_s == pytest.approx(0.1)

    run(body)


def test_opposite_orders_at_once_are_carried_out_one_after_the_other() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        await asyncio.gather(motor_lock.lock(), motor_lock.unlock(), motor_lock.lock())

    assert [pin for pin, _ in run(body).drives()] == [LOCK, UNLOCK, LOCK]


def test_a_relay_found_on_is_switched_off_first() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        pins.on.add(UNLOCK)  # somebody else did that
        await motor_lock.lock()

    run(body)


def test_a_cancelled_move_stops_the_motor() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        move = asyncio.ensure_future(motor_lock.lock())
        await asyncio.sleep(0.3)
        assert pins.on == {LOCK}
        move.cancel()
        with pytest.raises(asyncio.CancelledError):
            await move
        assert not pins.on

    assert run(body).drives() == [(LOCK, 0.3)]


def test_a_move_cancelled_twice_stops_the_motor() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        move = asyncio.ensure_future(motor_lock.lock())
        await asyncio.sleep(0.3)
        move.cancel()
        await asyncio.sleep(0)
        move.cancel()
        with pytest.raises(asyncio.CancelledError):
            await move
        await asyncio.sleep(0.01)
        assert not pins.on

    assert run(body).drives() == [(LOCK, 0.3)]


def test_a_move_after_one_cancelled_twice_gets_its_whole_time() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        move = asyncio.ensure_future(motor_lock.lock())
        await asyncio.sleep(0.3)
        move.cancel()
        await asyncio.sleep(0)
        move.cancel()
        await motor_lock.unlock()

    assert run(body).drives() == [(LOCK, 0.3), (UNLOCK, 0.8)]


def test_pins_lost_in_a_move_are_told_and_both_relays_written_off() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        pins.unreachable = True
        pins.on.add(LOCK)
        with pytest.raises(DeviceUnreachable, match="pins: gone"):
            await motor_lock.unlock()
        assert not pins.on

    run(body)


def test_with_feedback_a_move_is_repeated_until_the_bolt_follows() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        pins.stuck_for = 2
        await motor_lock.lock()
        assert pins.locked

    pins = run(body, feedback=True)
    assert pins.drives() == [(LOCK, 0.8)] * 3
    assert pins.active_low[FEEDBACK]


def test_with_feedback_a_bolt_that_never_follows_is_a_fault() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        pins.stuck_for = 99
        with pytest.raises(DeviceFault, match=r"not locked after 3 drives of 0\.8 s; look whether the bolt is blocked"):
            await motor_lock.lock()

    assert len(run(body, feedback=True).drives()) == 3


def test_the_eleventh_move_in_a_minute_is_refused_until_the_motor_has_cooled() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        for _ in range(5):
            await motor_lock.lock()
            await motor_lock.unlock()
        with pytest.raises(DeviceFault, match="10 moves within 60 s; the motor must cool"):
            await motor_lock.lock()
        assert len(pins.drives()) == 10
        await asyncio.sleep(60)
        await motor_lock.lock()

    assert len(run(body).drives()) == 11


def test_the_last_move_of_a_minute_is_kept_for_unlocking() -> None:
    async def body() -> None:
        pins = RecordingPins()
        async with open_motor_lock(pins, lock_pin=LOCK, unlock_pin=UNLOCK, moves_per_minute=3) as motor_lock:
            await motor_lock.lock()
            await motor_lock.lock()
            with pytest.raises(DeviceFault, match="2 moves within 60 s; the motor must cool, try again in a minute"):
                await motor_lock.lock()
            await motor_lock.unlock()
            assert not pins.locked
            with pytest.raises(DeviceFault, match="3 moves within 60 s"):
                await motor_lock.unlock()
            await asyncio.sleep(60)
            await motor_lock.lock()

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


def test_relays_that_switch_on_at_a_low_level_are_claimed_so() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        assert pins.active_low == {LOCK: True, UNLOCK: True}

    run(body, active_low=True)


@pytest.mark.parametrize("drive_s", [0, -1, 5.1, float("nan")])
def test_a_drive_time_that_burns_the_motor_is_refused(drive_s: float) -> None:
    with pytest.raises(ConfigError, match=r"lock\.drive_s: more than 0 and at most 5 s"):
        MotorLock(RecordingPins(), lock_pin=LOCK, unlock_pin=UNLOCK, drive_s=drive_s)


def test_with_feedback_a_bolt_that_slips_is_seen_but_not_one_that_moves_or_a_switch_that_is_shaken() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        assert await motor_lock.is_open()
        moving = asyncio.ensure_future(motor_lock.lock())
        await asyncio.sleep(0.3)
        pins.locked = False
        assert not await motor_lock.is_open()
        pins.locked = True
        await moving
        assert not await motor_lock.is_open()
        pins.locked = False
        looking = asyncio.ensure_future(motor_lock.is_open())
        await asyncio.sleep(0.01)
        pins.locked = True
        assert not await looking
        pins.locked = False
        assert await motor_lock.is_open()

    run(body, feedback=True)


def test_without_feedback_nobody_sees_a_bolt_slip() -> None:
    async def body(pins: RecordingPins, motor_lock: MotorLock) -> None:
        assert not await motor_lock.is_open()

    run(body)


@pytest.mark.parametrize(("unlock_pin", "feedback_pin"), [(LOCK, None), (LOCK, FEEDBACK), (UNLOCK, UNLOCK)])
def test_one_pin_for_two_things_is_refused(unlock_pin: int, feedback_pin: int | None) -> None:
    with pytest.raises(ConfigError, match="must differ"):
        MotorLock(RecordingPins(), lock_pin=LOCK, unlock_pin=unlock_pin, feedback_pin=feedback_pin)
