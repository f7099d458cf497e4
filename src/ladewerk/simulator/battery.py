"""A vehicle's battery behind its on-board charger: what it takes from the AC side, and what of it arrives."""

from dataclasses import dataclass, replace
from math import exp, inf, log

_HAIR = 1e-9
"""Of the state of charge: less than a rounding error of the integral is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery with its on-board charger at one moment; all powers and drawn energies are on the AC side.

    Up to ``taper_from_soc`` it takes ``max_power_w``; from there the power falls in a straight line over the state of charge
    to ``end_power_fraction`` of it at 100 %. It stops at ``stop_soc``.
    """

    capacity_wh: float
    soc: float
    """State of charge, 0..1."""
    max_power_w: float
    efficiency: float = 0.92
    """Energy into the battery per energy drawn, 0..1."""
    taper_from_soc: float = 0.9
    end_power_fraction: float = 0.1
    stop_soc: float = 1.0

    @property
    def full(self) -> bool:
        return self.soc >= self.stop_soc - _HAIR

    @property
    def stored_wh(self) -> float:
        return self.soc * self.capacity_wh

    @property
    def missing_wh(self) -> float:
        """What has to be drawn until it stops."""
        return max(0.0, self.stop_soc - self.soc) * self.capacity_wh / self.efficiency

    def acceptable_power_w(self) -> float:
        """The most it takes now."""
        if self.full:
            return 0.0
        if self.soc <= self.taper_from_soc:
            return self.max_power_w
        return self.max_power_w * (1 - (self.soc - self.taper_from_soc) * self._slope)

    def charged(self, offered_w: float, duration_s: float) -> tuple["Battery", float]:
        """The battery after ``duration_s`` with up to ``offered_w`` at hand, and the energy in Wh it drew meanwhile.

        The integral is exact whatever the duration: constant power up to the bend of the curve, exponential after it.
        """
        if offered_w <= 0 or duration_s <= 0 or self.full:
            return self, 0.0
        soc = self.soc
        left_s = duration_s
        bend_soc = self._bend_soc(offered_w)
        power_w = min(offered_w, self.max_power_w)
        if soc < bend_soc:
            straight_s = min(left_s, (bend_soc - soc) / self._soc_per_s(power_w))
            soc = min(bend_soc, soc + straight_s * self._soc_per_s(power_w))
            left_s -= straight_s
        if left_s > 0 and soc < self.stop_soc:
            # The power is proportional to how far the state of charge is from the one at which it would be nothing.
            rate = self._soc_per_s(self.max_power_w)
            ceiling = self.taper_from_soc + 1 / self._slope
            soc = min(self.stop_soc, ceiling - (ceiling - soc) * exp(-rate * self._slope * left_s))
        drawn_wh = (soc - self.soc) * self.capacity_wh / self.efficiency
        return replace(self, soc=soc), drawn_wh

    def drained(self, power_w: float, duration_s: float) -> "Battery":
        """The battery after ``duration_s`` in which the vehicle itself took ``power_w`` out of it; never below empty."""
        return replace(self, soc=max(0.0, self.soc - power_w * duration_s / 3600 / self.capacity_wh))

    def drained_after_s(self, power_w: float, soc: float) -> float:
        """Seconds until the vehicle, taking ``power_w``, has brought it down to ``soc``; 0 where it is there already."""
        above = self.soc - max(0.0, soc)
        return 0.0 if above <= _HAIR else above * self.capacity_wh * 3600 / power_w

    def full_after_s(self, offered_w: float) -> float:
        """Seconds until it stops with up to ``offered_w`` at hand; inf without power."""
        if self.full:
            return 0.0
        if offered_w <= 0:
            return inf
        bend_soc = self._bend_soc(offered_w)
        soc = self.soc
        seconds = 0.0
        if soc < bend_soc:
            seconds += (bend_soc - soc) / self._soc_per_s(min(offered_w, self.max_power_w))
            soc = bend_soc
        if soc < self.stop_soc:
            rate = self._soc_per_s(self.max_power_w)
            ceiling = self.taper_from_soc + 1 / self._slope
            seconds += log((ceiling - soc) / (ceiling - self.stop_soc)) / (rate * self._slope)
        return seconds

    @property
    def _slope(self) -> float:
        """Share of the maximum power that is lost per unit of state of charge behind the beginning of the taper."""
        return (1 - self.end_power_fraction) / (1 - self.taper_from_soc)

    def _soc_per_s(self, power_w: float) -> float:
        return power_w * self.efficiency / (3600 * self.capacity_wh)

    def _bend_soc(self, offered_w: float) -> float:
        """Where the battery, no longer the offer, begins to limit; never behind the stop."""
        share = min(1.0, offered_w / self.max_power_w)
        return min(self.stop_soc, self.taper_from_soc + (1 - share) / self._slope)
