"""Supervision of one unit's current: over-current, a welded contactor, a device that is silent or frozen.

The over-current rule is EVerest's: above (offered + 0.5 A) x 1.10 for 7 s lowers the offer once, then stops; a hard one
above 1.25 times for 2 s stops at once. A vehicle has 5 s to follow a lower offer (IEC 61851-1), so for 6 s after a change
the higher offer still counts.
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ladewerk.electrical import MINIMUM_OFFER_A
from ladewerk.station.drivers.ports import EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.fluctuation import Fluctuation, Swinging


class Finding(StrEnum):
    """What supervision found; each is a fault of the unit."""

    OVER_CURRENT = "over_current"
    SURGE = "surge"
    WELDED = "contactor_welded"
    FROZEN = "meter_frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a deviation becomes a fault."""

    tolerance_a: float = 0.5
    soft_factor: float = 1.10
    soft_for_s: float = 7.0
    hard_factor: float = 1.25
    hard_for_s: float = 2.0
    settle_s: float = 6.0
    welded_a: float = 1.0
    welded_for_s: float = 5.0
    evse_silent_s: float = 10.0
    meter_hold_s: float = 10.0
    """A meter reading this old allows no higher current than the present one."""
    meter_silent_s: float = 30.0
    """A meter reading this old ends the session."""
    meter_frozen_s: float = 60.0
    """A meter that shows the very same numbers for so long under an offer is broken: voltages alone never stand still."""
    band_a: float = 3.0
    """A current that swings to and fro by more than this is an alarm."""
    band_for_s: float = 30.0
    """... within this time."""
    imbalance_a: float = 20.0
    """More than this between two phases is told once a session: grid operators allow no more (VDE-AR-N 4100: 4.6 kVA)."""


class Watch(Struct, frozen=True, kw_only=True):
    """What supervision remembers from one reading to the next; times are monotonic seconds."""

    offered_a: float = 0.0
    earlier_a: float = 0.0
    changed_s: float | None = None
    soft_since_s: float | None = None
    hard_since_s: float | None = None
    welded_since_s: float | None = None
    board_seen_s: float | None = None
    """When the board last said where its contactor is."""
    shown: tuple[float | None, ...] = ()
    """The meter's last numbers, and since when they are the same."""
    shown_since_s: float | None = None
    swinging: Swinging = Swinging()
    cap_a: float | None = None
    """The most that is offered for the rest of the session, since the current fluctuated, or was too high once."""
    reduced: bool = False
    """The offer was lowered once because more was drawn."""
    unbalanced: bool = False
    """That the phases differ was told."""

    def forgotten(self) -> "Watch":
        """Without what belongs to a session that is over."""
        return replace(self, cap_a=None, reduced=False, unbalanced=False)

    def lowered(self, drawn_a: float) -> "Watch | None":
        """With a cap as far below the offer as ``drawn_a`` is above it; None where that was done, or nothing is left."""
        cap_a = max(2 * self.offered_a - drawn_a, MINIMUM_OFFER_A)
        if self.reduced or cap_a >= self.offered_a:
            return None
        return replace(self, reduced=True, cap_a=cap_a, soft_since_s=None)

    def offering(self, current_a: float, now: Moment, thresholds: Thresholds) -> "Watch":
        """From ``now`` on ``current_a`` is offered."""
        if current_a == self.offered_a:
            return self
        return replace(
            self,
            offered_a=current_a,
            earlier_a=self.permitted_a(now, thresholds),
            changed_s=now.monotonic_s,
            swinging=Swinging(),
        )

    def permitted_a(self, now: Moment, thresholds: Thresholds) -> float:
        """The current that may be drawn: the offer, or for a while still the higher one before it."""
        if self.changed_s is not None and now.since_s(self.changed_s) < thresholds.settle_s:
            return max(self.offered_a, self.earlier_a)
        return self.offered_a

    def rounded_off_a(self, evse: EvseReading | None) -> float:
        """How far the board is below its order because it knows whole amps only: so much less is offered."""
        below_a = 0.0 if evse is None else self.offered_a - evse.set_current_a
        return below_a if 0 < below_a < 1 else 0.0


def highest_current_a(reading: MeterReading) -> float:
    """The current of the most loaded phase, whichever way it flows: a wire is not cooler for a clamp that is reversed."""
    return max((abs(value) for value in reading.current_a if value is not None), default=0.0)


def unseen_phases(reading: MeterReading, phases: int) -> list[str]:
    """Those of a unit's ``phases`` whose current the meter does not tell."""
    return [f"L{number}" for number, value in enumerate(reading.current_a[:phases], 1) if value is None]


def supervise(
    watch: Watch, meter: MeterReading, evse: EvseReading | None, now: Moment, thresholds: Thresholds
) -> tuple[Watch, Finding | None]:
    """Judge a fresh meter reading; the finding, if any, has lasted as long as it must."""
    drawn_a = highest_current_a(meter)
    base_a = watch.permitted_a(now, thresholds) - watch.rounded_off_a(evse) + thresholds.tolerance_a
    should_be_open = evse is not None and (not evse.relay_closed or evse.pilot in (PilotState.A, PilotState.B))
    shown = (*meter.voltage_v, *meter.current_a, *meter.power_w)
    watch = replace(
        watch,
        shown=shown,
        shown_since_s=_since(watch.shown_since_s, watch.offered_a > 0 and shown == watch.shown, now),
        # With the contactor open the offer says nothing about a current: that is the welded contactor's case.
        soft_since_s=_since(watch.soft_since_s, not should_be_open and drawn_a > base_a * thresholds.soft_factor, now),
        hard_since_s=_since(watch.hard_since_s, not should_be_open and drawn_a > base_a * thresholds.hard_factor, now),
        welded_since_s=_since(watch.welded_since_s, should_be_open and drawn_a > thresholds.welded_a, now),
    )
    if _lasted(watch.welded_since_s, thresholds.welded_for_s, now) and _said_again(watch):
        return watch, Finding.WELDED
    if _lasted(watch.hard_since_s, thresholds.hard_for_s, now):
        return watch, Finding.SURGE
    if _lasted(watch.soft_since_s, thresholds.soft_for_s, now):
        return watch, Finding.OVER_CURRENT
    if _lasted(watch.shown_since_s, thresholds.meter_frozen_s, now):
        return watch, Finding.FROZEN
    return watch, None


def newly_unbalanced(watch: Watch, meter: MeterReading, phases: int, thresholds: Thresholds) -> bool:
    """Whether the phases of a unit differ by more than is allowed, and nobody was told in this session."""
    drawn_a = [abs(value) for value in meter.current_a if value is not None]
    return (
        not watch.unbalanced
        and phases > 1
        and max(drawn_a, default=0.0) - min(drawn_a, default=0.0) > thresholds.imbalance_a
    )


def fluctuating(watch: Watch, meter: MeterReading, now: Moment, thresholds: Thresholds) -> tuple[Watch, Fluctuation | None]:
    """Note a fresh meter reading under a steady offer; a fluctuation caps the offer and is told once."""
    if watch.changed_s is None or now.since_s(watch.changed_s) < thresholds.settle_s:
        return watch, None
    swinging = watch.swinging.seen(highest_current_a(meter), now.monotonic_s, thresholds.band_for_s)
    found = swinging.beyond(thresholds.band_a)
    if found is None:
        return replace(watch, swinging=swinging), None
    cap_a = found.cap_a if watch.cap_a is None else min(found.cap_a, watch.cap_a)
    return replace(watch, swinging=Swinging(), cap_a=cap_a), found


def _since(since_s: float | None, holds: bool, now: Moment) -> float | None:
    if not holds:
        return None
    return now.monotonic_s if since_s is None else since_s


def _said_again(watch: Watch) -> bool:
    """The board has said so since the current was first seen: one that is silent may have closed its contactor meanwhile."""
    return watch.board_seen_s is None or watch.welded_since_s is None or watch.board_seen_s > watch.welded_since_s


def _lasted(since_s: float | None, for_s: float, now: Moment) -> bool:
    return since_s is not None and now.since_s(since_s) >= for_s


def is_stale(seen_s: float | None, limit_s: float, now: Moment) -> bool:
    """True where the last good reading is older than ``limit_s``, or there never was one."""
    return seen_s is None or now.since_s(seen_s) > limit_s
