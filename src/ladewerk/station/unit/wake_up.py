"""Waking a vehicle that sleeps through the end of a pause.

Some vehicles do not notice that a current is offered again; a short new pause wakes most of them. Others stop for good after
too many pauses, and one that is full wants nothing: so a vehicle that has drawn a current since the pause is left alone, and
the attempts are few.
"""

from dataclasses import dataclass
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ladewerk.station.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUp:
    """The unit's settings: how long an offer may go unnoticed, how long the pause is that wakes, and how often."""

    after_s: float = 60.0
    pause_s: float = 10.0
    attempts: int = 3


class Slumber(Struct, frozen=True, kw_only=True):
    """What is known of the vehicle since a current was last offered; times are monotonic seconds."""

    awake: bool = False
    offered_s: float | None = None
    attempts: int = 0
    pause_until_s: float | None = None

    def pausing(self, now: Moment) -> bool:
        """A pause that is to wake it is going on."""
        return self.pause_until_s is not None and now.monotonic_s < self.pause_until_s


UNKNOWN: Final = Slumber()


def watched(slumber: Slumber, rule: WakeUp, *, offer_a: float, asks: bool, now: Moment) -> Slumber:
    """What is known after a look at the board; one attempt more, with its pause, where it is time to wake the vehicle."""
    if slumber.pausing(now):
        return slumber
    if offer_a <= 0:
        # A pause of the plan, after which everything begins anew; the end of a pause that was to wake keeps the count.
        return UNKNOWN if slumber.pause_until_s is None else replace(slumber, pause_until_s=None, offered_s=None)
    if asks:
        return replace(slumber, awake=True)
    if slumber.awake or slumber.attempts >= rule.attempts:
        return slumber
    if slumber.offered_s is None:
        return replace(slumber, offered_s=now.monotonic_s, pause_until_s=None)
    if now.since_s(slumber.offered_s) < rule.after_s:
        return slumber
    return replace(slumber, attempts=slumber.attempts + 1, offered_s=None, pause_until_s=now.monotonic_s + rule.pause_s)
