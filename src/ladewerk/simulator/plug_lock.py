"""The plug lock: a motor between two end stops, driven by two wires, with what it had to suffer."""

from dataclasses import dataclass
from math import inf
from typing import Literal

_RELEASE_S = 0.02
"""A relay needs this long to open: reversing the motor sooner closes both for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFaults:
    """What can be wrong with the mechanics and the wiring; the defaults are a sound lock."""

    jams_at: float | None = None
    """The bolt meets something at this position on its way to locked, and can only go back."""
    stuck: bool = False
    """The bolt does not move at all."""
    slowness: float = 1.0
    """How many times as long it takes."""
    feedback: Literal["open", "closed"] | None = None
    """What its contact says whatever the position."""
    wires_swapped: bool = False
    relay_stuck: Literal["lock", "unlock"] | None = None
    """The relay that stays closed."""
    unpowered: bool = False
    """The motor has no supply: the bolt stays where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that must never be done to the motor."""

    at_s: float
    what: str


class PlugLock:
    """``position`` 0 is open, 1 is locked; times are seconds on the world's own scale.

    The motor needs ``travel_s`` from one end to the other, stops where it is when the drive ends, and stalls at an end. Both
    wires at once short-circuit its supply: it stands still, and that is recorded. ``faults`` may be set at any time;
    ``update`` must have been called up to then.
    """

    def __init__(self, *, travel_s: float = 0.6) -> None:
        self.position = 0.0
        self.faults = LockFaults()
        self.violations: list[Violation] = []
        self.longest_drive_s = 0.0
        """The longest time one wire was powered without a break; at an end stop the motor burns slowly."""
        self._travel_s = travel_s
        self._at_s = 0.0
        self._locking = False
        self._unlocking = False
        self._driven_since_s: float | None = None
        self._last_direction = 0
        self._stopped_at_s = 0.0

    @property
    def locked(self) -> bool:
        """At the end stop: what a feedback contact reports."""
        return self.position >= 1.0

    @property
    def holds_plug(self) -> bool:
        """Whether the plug cannot be pulled."""
        return self.position > 0.5

    @property
    def contact_closed(self) -> bool:
        """What the feedback contact says: closed when locked, unless it is broken."""
        return self.locked if self.faults.feedback is None else self.faults.feedback == "closed"

    @property
    def moving(self) -> int:
        """1 while the bolt moves towards locked, -1 towards open, 0 while it stands."""
        direction = self._direction
        return direction if direction and self.position != self._end(direction) else 0

    def next_change_s(self) -> float:
        """When it reaches an end of its way; inf for never."""
        if not self.moving:
            return inf
        return self._at_s + abs(self._end(self.moving) - self.position) * self._whole_way_s

    def update(self, at_s: float) -> None:
        """Let it move until ``at_s``."""
        if moving := self.moving:
            end = self._end(moving)
            position = self.position + moving * (at_s - self._at_s) / self._whole_way_s
            # Within a rounding error of an end it stands at it.
            self.position = end if (end - position) * moving < 1e-6 else position
        self._at_s = at_s
        if self._driven_since_s is not None:
            self.longest_drive_s = max(self.longest_drive_s, at_s - self._driven_since_s)

    def drive(self, *, locking: bool, unlocking: bool) -> None:
        """Power the wires from now on; ``update`` must have been called up to now."""
        if (locking, unlocking) == (self._locking, self._unlocking):
            return
        if locking and unlocking:
            self.violations.append(Violation(at_s=self._at_s, what="both wires powered at once"))
        elif locking or unlocking:
            direction = int(locking) - int(unlocking)
            rested_s = 0.0 if self._locking != self._unlocking else self._at_s - self._stopped_at_s
            if direction == -self._last_direction and rested_s < _RELEASE_S:
                self.violations.append(Violation(at_s=self._at_s, what="direction reversed without a pause"))
            self._last_direction = direction
        self._locking, self._unlocking = locking, unlocking
        self._driven_since_s = self._at_s if locking or unlocking else None
        self._stopped_at_s = self._at_s

    def release(self) -> None:
        """Push the bolt open by hand."""
        self.position = 0.0

    @property
    def _direction(self) -> int:
        """Which way the motor is driven."""
        if self.faults.unpowered or self.faults.stuck:
            return 0
        locking = self._locking or self.faults.relay_stuck == "lock"
        unlocking = self._unlocking or self.faults.relay_stuck == "unlock"
        direction = int(locking) - int(unlocking)
        return -direction if self.faults.wires_swapped else direction

    def _end(self, direction: int) -> float:
        """Where it comes to rest on its way in a direction."""
        if direction < 0:
            return 0.0
        jams_at = self.faults.jams_at
        return 1.0 if jams_at is None or self.position > jams_at else jams_at

    @property
    def _whole_way_s(self) -> float:
        return self._travel_s * self.faults.slowness
