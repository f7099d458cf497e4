"""The plug lock: a motor between two end stops, driven by two wires, with what it had to suffer."""

from dataclasses import dataclass
from math import inf

_RELEASE_S = 0.02
"""A relay needs this long to open: reversing the motor sooner closes both for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that must never be done to the motor."""

    at_s: float
    what: str


class PlugLock:
    """``position`` 0 is open, 1 is locked; times are seconds on the world's own scale.

    The motor needs ``travel_s`` from one end to the other, stops where it is when the drive ends, and stalls at an end. Both
    wires at once short-circuit its supply: it stands still, and that is recorded.
    """

    def __init__(self, *, travel_s: float = 0.6) -> None:
        self.position = 0.0
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

    def next_change_s(self) -> float:
        """When it reaches an end stop; inf for never."""
        if self._direction > 0 and self.position < 1:
            return self._at_s + (1 - self.position) * self._travel_s
        if self._direction < 0 and self.position > 0:
            return self._at_s + self.position * self._travel_s
        return inf

    def update(self, at_s: float) -> None:
        """Let it move until ``at_s``."""
        moved = self._direction * (at_s - self._at_s) / self._travel_s
        position = self.position + moved
        # Within a rounding error of an end stop it stands at it.
        self.position = 1.0 if position > 1 - 1e-6 else 0.0 if position < 1e-6 else position
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
            rested_s = 0.0 if self._direction else self._at_s - self._stopped_at_s
            if direction == -self._last_direction and rested_s < _RELEASE_S:
                self.violations.append(Violation(at_s=self._at_s, what="direction reversed without a pause"))
            self._last_direction = direction
        self._locking, self._unlocking = locking, unlocking
        self._driven_since_s = self._at_s if locking or unlocking else None
        self._stopped_at_s = self._at_s

    @property
    def _direction(self) -> int:
        return int(self._locking) - int(self._unlocking)
