"""An afternoon at a car park with one grid connection and a station at each of six places: who comes when, what breaks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ladewerk.csms.planning.site import Site, Tariff, TariffStep

TIME_ZONE: Final = "Europe/Berlin"
MOST_A: Final = 16.0
"""What a place gives on each of three phases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A car at the place with this number: it comes ``comes_min`` after the start and has to leave ``stays_min`` later."""

    place: int
    comes_min: int
    stays_min: int
    energy_wh: float
    mode: str

    @property
    def unit(self) -> str:
        """The place's charging unit."""
        return f"place-{self.place}"

    @property
    def station(self) -> str:
        """The identity of its station."""
        return f"P{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarPark:
    """Together the cars would draw more than the connection bears. The station ``cut_off`` is gone from ``cut_min`` to
    ``back_min``: a car leaves it meanwhile, and another one comes."""

    seed: int = 1
    limit_w: float = 22_000.0
    start: datetime = datetime(2026, 1, 12, 15, 50, tzinfo=ZoneInfo(TIME_ZONE))
    guests: tuple[Guest, ...] = (
        Guest(place=1, comes_min=10, stays_min=200, energy_wh=14_000, mode="balanced"),
        Guest(place=2, comes_min=20, stays_min=290, energy_wh=11_000, mode="cheapest"),
        Guest(place=3, comes_min=40, stays_min=80, energy_wh=7_000, mode="shortest"),
        Guest(place=4, comes_min=55, stays_min=195, energy_wh=8_000, mode="balanced"),
        Guest(place=5, comes_min=75, stays_min=45, energy_wh=5_000, mode="shortest"),
        Guest(place=6, comes_min=110, stays_min=205, energy_wh=6_000, mode="cheapest"),
        Guest(place=5, comes_min=128, stays_min=100, energy_wh=5_000, mode="shortest"),
    )
    cut_off: str = "P5"
    cut_min: int = 82
    back_min: int = 140
    lasts_min: int = 320
    prices: tuple[tuple[str, float], ...] = (("00:00", 0.28), ("17:00", 0.36), ("19:00", 0.30), ("20:00", 0.24))

    @property
    def end(self) -> datetime:
        """When the last car has left."""
        return self.start + timedelta(minutes=self.lasts_min)

    def at(self, minutes: float) -> datetime:
        """The moment so many minutes after the start."""
        return self.start + timedelta(minutes=minutes)

    @property
    def stations(self) -> tuple[str, ...]:
        """The identities of the stations, in order."""
        return tuple(sorted({guest.station for guest in self.guests}))

    def site(self) -> Site:
        """What the operator has set, but for the base load."""
        steps = tuple(TariffStep(from_=begin, price_per_kwh=price) for begin, price in self.prices)
        return Site(limit_w=self.limit_w, time_zone=TIME_ZONE, evse_max_current_a=MOST_A, tariff=Tariff(steps=steps))
