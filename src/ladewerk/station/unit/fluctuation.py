"""Whether a measured current swings to and fro beyond its band, and what the offer has to be kept below then.

A vehicle that draws less than is offered, or tapers off, moves one way; one that swings comes back. Three swings wider than
the band within the time looked at are an alarm: the band is then laid upwards from the lowest current seen, and its upper
end is the most that is offered for the rest of the session.
"""

from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from ladewerk.electrical import MINIMUM_OFFER_A

_SWINGS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fluctuation:
    """Seen from the lowest to the highest current; ``cap_a`` is the end of the band."""

    lowest_a: float
    highest_a: float
    cap_a: float


class Swinging(Struct, frozen=True):
    """The currents lately measured under one offer, oldest first, each with its monotonic second."""

    samples: tuple[tuple[float, float], ...] = ()

    def seen(self, drawn_a: float, at_s: float, within_s: float) -> "Swinging":
        """With one more, and without those that are older than ``within_s``."""
        old = 0
        while old < len(self.samples) and at_s - self.samples[old][0] > within_s:
            old += 1
        return Swinging((*self.samples[old:], (at_s, drawn_a)))

    def beyond(self, band_a: float) -> Fluctuation | None:
        """The fluctuation where the current has swung to and fro by more than ``band_a``."""
        drawn_a = [amps for _, amps in self.samples]
        lowest_a, highest_a = min(drawn_a, default=0.0), max(drawn_a, default=0.0)
        # At nearly every reading the first says it: to count the turns takes ten times as long.
        if highest_a - lowest_a <= band_a or _swings(drawn_a, band_a) < _SWINGS:
            return None
        return Fluctuation(lowest_a=lowest_a, highest_a=highest_a, cap_a=max(lowest_a + band_a, MINIMUM_OFFER_A))


def _swings(drawn_a: list[float], band_a: float) -> int:
    """How often the current has turned and gone more than ``band_a`` the other way."""
    count = 0
    low_a = high_a = drawn_a[0] if drawn_a else 0.0
    rising: bool | None = None
    for current_a in drawn_a:
        low_a, high_a = min(low_a, current_a), max(high_a, current_a)
        if rising is not True and current_a - low_a > band_a:
            count, rising, high_a = count + 1, True, current_a
        elif rising is not False and high_a - current_a > band_a:
            count, rising, low_a = count + 1, False, current_a
    return count
