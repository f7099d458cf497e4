"""One evening at one house: what is due when, and what holds for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

TIME_ZONE: Final = "Europe/Berlin"
IDENTITY: Final = "LW-DEMO"
UNIT: Final = "garage"
MODES: Final = ("balanced", "shortest", "cheapest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A person comes home at ``plug_in_at``, says what the car needs a minute later, and leaves at ``depart_at``.

    The house cooks in the evening; with the car at full current it would pass ``limit_w``. Prices are per kWh from a
    local time of day on: they drop at 22:00, and once more in the deep of the night.
    """

    mode: str
    seed: int
    energy_wh: float = 20_000.0
    limit_w: float = 13_000.0
    value_of_time_per_h: float = 0.25
    prices: tuple[tuple[str, float], ...] = (("00:00", 0.24), ("01:00", 0.21), ("05:00", 0.34), ("22:00", 0.24))
    start: datetime = datetime(2026, 1, 12, 17, 30, tzinfo=ZoneInfo(TIME_ZONE))

    @property
    def plug_in_at(self) -> datetime:
        return self.start + timedelta(minutes=10)

    @property
    def ask_at(self) -> datetime:
        return self.plug_in_at + timedelta(minutes=1)

    @property
    def depart_at(self) -> datetime:
        return (self.start + timedelta(days=1)).replace(hour=6, minute=30)

    def price_per_kwh(self, at: datetime) -> float:
        """What a kilowatt-hour costs at ``at``."""
        local = f"{at.astimezone(self.start.tzinfo):%H:%M}"
        return [price for start, price in self.prices if start <= local][-1]

    def site(self) -> dict[str, object]:
        """What the operator says of the site, as the CSMS's API takes it."""
        steps = [{"from": start, "price_per_kwh": price} for start, price in self.prices]
        return {
            "limit_w": self.limit_w,
            "value_of_time_per_h": self.value_of_time_per_h,
            "time_zone": TIME_ZONE,
            "tariff": {"steps": steps},
        }

    def needs(self) -> dict[str, object]:
        """What the driver says of the car, as the station's API takes it."""
        return {"mode": self.mode, "energy_wh": self.energy_wh, "depart_at": self.depart_at.isoformat()}
