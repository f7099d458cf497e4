from math import inf
from typing import Literal

import pytest

from ladewerk.simulator.plug_lock import LockFaults, PlugLock


def drive(lock: PlugLock, start_s: float, seconds: float, *, locking: bool = False, unlocking: bool = False) -> float:
    """Power the wires for a while, then let them go; the time then."""
    lock.update(start_s)
    lock.drive(locking=locking, unlocking=unlocking)
    lock.update(start_s + seconds)
    lock.drive(locking=False, unlocking=False)
    return start_s + seconds


def test_it_locks_and_unlocks_within_its_travel_time() -> None:
    lock = PlugLock(travel_s=0.6)
    at_s = drive(lock, 10, 0.6, locking=True)
    assert (lock.locked, lock.holds_plug) == (True, True)
    drive(lock, at_s + 1, 0.6, unlocking=True)
    assert (lock.position, lock.locked, lock.holds_plug) == (0, False, False)
    assert lock.violations == []


def test_it_stops_half_way_when_the_drive_ends_too_early() -> None:
    lock = PlugLock(travel_s=0.6)
    drive(lock, 0, 0.45, locking=True)
    lock.update(100)
    assert lock.position == pytest.approx(0.75)
    assert (lock.locked, lock.holds_plug) == (False, True)


def test_it_stalls_at_the_end_and_remembers_how_long_it_was_driven() -> None:
    lock = PlugLock(travel_s=0.6)
    at_s = drive(lock, 0, 7.5, locking=True)
    assert lock.position == 1
    drive(lock, at_s + 1, 1.0, unlocking=True)
    assert lock.longest_drive_s == 7.5


def test_both_wires_at_once_stand_still_and_are_a_violation() -> None:
    lock = PlugLock()
    drive(lock, 3, 1, locking=True, unlocking=True)
    assert lock.position == 0
    assert [(violation.at_s, violation.what) for violation in lock.violations] == [(3, "both wires powered at once")]


@pytest.mark.parametrize(("pause_s", "violations"), [(0, 1), (0.01, 1), (0.1, 0)])
def test_reversing_needs_a_pause(pause_s: float, violations: int) -> None:
    lock = PlugLock()
    at_s = drive(lock, 0, 1, locking=True)
    drive(lock, at_s + pause_s, 1, unlocking=True)
    assert len(lock.violations) == violations
    assert lock.position == 0


def test_reversing_directly_is_a_violation() -> None:
    lock = PlugLock()
    lock.drive(locking=True, unlocking=False)
    lock.update(0.3)
    lock.drive(locking=False, unlocking=True)
    assert [violation.what for violation in lock.violations] == ["direction reversed without a pause"]


def test_driving_on_in_the_same_direction_needs_no_pause() -> None:
    lock = PlugLock()
    at_s = drive(lock, 0, 0.3, locking=True)
    drive(lock, at_s, 0.3, locking=True)
    assert lock.locked
    assert lock.violations == []


def test_powering_what_is_powered_already_changes_nothing() -> None:
    lock = PlugLock()
    for at_s in (0.0, 0.2, 0.4):
        lock.update(at_s)
        lock.drive(locking=True, unlocking=False)
    lock.update(0.5)
    assert lock.longest_drive_s == 0.5


def test_it_says_when_it_reaches_an_end() -> None:
    lock = PlugLock(travel_s=0.6)
    assert lock.next_change_s() == inf
    lock.update(5)
    lock.drive(locking=True, unlocking=False)
    assert lock.next_change_s() == pytest.approx(5.6)
    lock.update(5.6)
    assert lock.next_change_s() == inf
    lock.drive(locking=False, unlocking=False)
    lock.update(7)
    lock.drive(locking=False, unlocking=True)
    assert lock.next_change_s() == pytest.approx(7.6)


class Bench:
    """A lock that needs a second, and the time on its bench."""

    def __init__(self, faults: LockFaults | None = None) -> None:
        self.lock = PlugLock(travel_s=1)
        self.lock.faults = faults or LockFaults()
        self._at_s = 0.0

    def wait(self, seconds: float) -> None:
        self._at_s += seconds
        self.lock.update(self._at_s)

    def driven(self, seconds: float, *, locking: bool) -> float:
        """Drive it one way for a while, and let go; where it is then."""
        self._at_s = 1 + drive(self.lock, self._at_s, seconds, locking=locking, unlocking=not locking)
        return self.lock.position


def test_a_bolt_that_meets_something_stops_there_and_comes_back() -> None:
    bench = Bench(LockFaults(jams_at=0.5))
    assert bench.driven(5, locking=True) == 0.5
    assert not bench.lock.locked
    assert bench.driven(5, locking=False) == 0


def test_a_bolt_already_past_the_obstacle_goes_on() -> None:
    bench = Bench()
    bench.driven(0.7, locking=True)
    bench.lock.faults = LockFaults(jams_at=0.5)
    assert bench.driven(5, locking=True) == 1


@pytest.mark.parametrize("faults", [LockFaults(stuck=True), LockFaults(unpowered=True)])
def test_a_bolt_that_is_stuck_or_has_no_power_stays_half_way(faults: LockFaults) -> None:
    bench = Bench()
    bench.driven(0.4, locking=True)
    bench.lock.faults = faults
    assert bench.driven(5, locking=True) == pytest.approx(0.4)
    assert bench.driven(5, locking=False) == pytest.approx(0.4)
    assert bench.lock.next_change_s() == inf


def test_a_slow_bolt_needs_so_many_times_as_long() -> None:
    bench = Bench(LockFaults(slowness=4))
    assert bench.driven(2, locking=True) == pytest.approx(0.5)
    assert bench.driven(2, locking=True) == 1


def test_swapped_wires_turn_the_motor_the_other_way() -> None:
    bench = Bench(LockFaults(wires_swapped=True))
    assert bench.driven(2, locking=True) == 0
    assert bench.driven(2, locking=False) == 1


def test_a_relay_that_sticks_drives_by_itself_and_shorts_against_the_other() -> None:
    bench = Bench(LockFaults(relay_stuck="lock"))
    bench.wait(0.5)
    assert bench.lock.position == 0.5
    bench.lock.drive(locking=False, unlocking=True)
    bench.wait(3)
    assert bench.lock.position == 0.5


@pytest.mark.parametrize(("feedback", "said"), [("open", False), ("closed", True)])
def test_a_broken_contact_says_the_same_in_every_position(feedback: Literal["open", "closed"], said: bool) -> None:
    bench = Bench(LockFaults(feedback=feedback))
    for locking in (True, False):
        bench.driven(2, locking=locking)
        assert bench.lock.contact_closed is said
