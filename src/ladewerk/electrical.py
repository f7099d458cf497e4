"""Conversions between current, power and energy of an AC circuit, and what a current may be.

Amps are always per phase, watts always the sum over the phases in use (OCPP 2.0.1 part 2, K01.FR.50).
"""

from typing import Final

NOMINAL_VOLTAGE_V: Final = 230.0
"""Line to neutral, the set value that OCPP converts with (K01.FR.50)."""

MINIMUM_OFFER_A: Final = 6.0
"""The least current a control pilot can offer (IEC 61851-1, duty cycle 10 %); less is a pause."""


def power_w(current_a: float, *, phases: int, voltage_v: float = NOMINAL_VOLTAGE_V) -> float:
    """Power of ``current_a`` on each of ``phases``."""
    return current_a * phases * voltage_v


def current_a(power_w: float, *, phases: int, voltage_v: float = NOMINAL_VOLTAGE_V) -> float:
    """Current per phase that draws ``power_w`` in total."""
    return power_w / (phases * voltage_v)


def energy_wh(power_w: float, duration_s: float) -> float:
    """Energy of a constant ``power_w`` held for ``duration_s``."""
    return power_w * duration_s / 3600


def usable_current_a(limit_a: float, *, minimum_a: float = MINIMUM_OFFER_A) -> float:
    """``limit_a``, or 0 where it lies below the least current that can be offered: never rounded up."""
    return limit_a if limit_a >= minimum_a else 0.0
