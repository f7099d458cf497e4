"""What is known of a car's battery, and what its owner wants for it, as frozen values.

All energy is what the charging station would measure: ``capacity_wh`` is what fills the battery from empty, losses
included, so that energy needed, stored and asked for are the same kind of watt-hours.
"""

from dataclasses import dataclass

from ladewerk.errors import PlanError
from ladewerk.optimizer.checks import check_number


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRate:
    """A gentle current, and what each kWh drawn above it costs the battery."""

    above_a: float
    cost_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class V2g:
    """What the car may give back."""

    max_current_a: float
    """Most current it gives, per phase, as a positive number."""
    min_current_a: float = 0.0
    """Least current above 0 that it gives."""
    round_trip_efficiency: float = 0.85
    """What comes back of a kWh that went in."""
    wear_cost_per_kwh: float = 0.05
    """What each kWh given back costs the battery."""
    min_soc: float = 0.2
    """It gives nothing that would leave less than this."""
    max_soc: float = 1.0
    """It stores no more than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """The battery of one car: one ``evs[].battery``."""

    capacity_wh: float | None = None
    soc: float | None = None
    """State of charge at the arrival, 0 to 1."""
    low_rate: LowRate | None = None
    rest_cost_per_kwh_h: float = 0.0
    """What it costs that a kWh rests in the battery for an hour until the departure: the dearer, the later it charges."""
    hold_current_a: float | None = None
    """Offered from the completion to the departure, so that the car stays awake and can heat itself; None: nothing."""
    v2g: V2g | None = None


def check_battery(path: str, battery: Battery, *, energy_wh: float, max_current_a: float) -> None:
    """Raise PlanError with the JSON path of the first value that contradicts another or itself."""
    if battery.capacity_wh is not None:
        check_number(f"{path}.capacity_wh", battery.capacity_wh, at_least=100.0, at_most=10_000_000)
    if battery.soc is not None:
        check_number(f"{path}.soc", battery.soc, at_least=0.0, at_most=1.0)
    if battery.low_rate is not None:
        check_number(f"{path}.low_rate.above_a", battery.low_rate.above_a, at_least=0.0, at_most=10_000)
        check_number(f"{path}.low_rate.cost_per_kwh", battery.low_rate.cost_per_kwh, at_least=0.0, at_most=1000)
    check_number(f"{path}.rest_cost_per_kwh_h", battery.rest_cost_per_kwh_h, at_least=0.0, at_most=1000)
    if battery.hold_current_a is not None:
        check_number(f"{path}.hold_current_a", battery.hold_current_a, above=0.0, at_most=max_current_a)
    if battery.v2g is not None:
        _check_v2g(path, battery, battery.v2g, energy_wh)


def _check_v2g(path: str, battery: Battery, v2g: V2g, energy_wh: float) -> None:
    if battery.capacity_wh is None or battery.soc is None:
        missing = "capacity_wh" if battery.capacity_wh is None else "soc"
        raise PlanError(f"{path}.{missing}", "a number is expected: v2g needs to know what is in the battery")
    check_number(f"{path}.v2g.max_current_a", v2g.max_current_a, at_least=0.1, at_most=10_000)
    check_number(f"{path}.v2g.min_current_a", v2g.min_current_a, at_least=0.0, at_most=v2g.max_current_a)
    check_number(f"{path}.v2g.round_trip_efficiency", v2g.round_trip_efficiency, at_least=0.1, at_most=1.0)
    check_number(f"{path}.v2g.wear_cost_per_kwh", v2g.wear_cost_per_kwh, at_least=0.0, at_most=1000)
    check_number(f"{path}.v2g.max_soc", v2g.max_soc, above=0.0, at_most=1.0)
    check_number(f"{path}.v2g.min_soc", v2g.min_soc, at_least=0.0, at_most=v2g.max_soc)
    if battery.soc > v2g.max_soc:
        raise PlanError(f"{path}.soc", f"at most v2g.max_soc ({v2g.max_soc:g}) is expected, not {battery.soc:g}")
    fits_wh = (v2g.max_soc - battery.soc) * battery.capacity_wh
    if energy_wh > fits_wh + 1e-6:
        raise PlanError(
            f"{path}.soc", f"room for energy_wh ({energy_wh:g} Wh) up to max_soc is expected, there is {fits_wh:g} Wh"
        )
