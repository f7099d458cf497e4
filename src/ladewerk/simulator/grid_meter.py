"""The meter of the grid connection: what household, roof and all vehicles together draw or feed in, phase by phase."""

from datetime import datetime
from typing import Final

from ladewerk.simulator.faults import Faults
from ladewerk.simulator.meter import EnergyMeter, Reading
from ladewerk.simulator.site import Site

_MINUTE_S: Final = 60.0
_PHASES: Final = range(3)


class GridMeter:
    """Household and roof count a third on each phase, a vehicle on those it draws from.

    It watches the site from now on. What grows between two looks is exact for the vehicles; sun and household are taken as
    they were at the look before, at most a minute ago.
    """

    def __init__(self, site: Site, *, seed: int, start_wh: float) -> None:
        self.faults = Faults()
        self.booted_s = 0.0
        self._site = site
        # One for each phase, on its first: the sign of each changes by itself.
        self._meters = [EnergyMeter(seed=seed + 1000 * (1 + phase), start_wh=start_wh) for phase in _PHASES]
        self._looked_s = site.at_s
        self._house_w = 0.0
        self._drawn_wh: dict[str, float] = {}
        self._minute_s = _MINUTE_S - site.start.timestamp() % _MINUTE_S
        site.watch(self._look)

    @property
    def meter(self) -> "GridMeter":
        """Itself: what a unit's world keeps apart is one here."""
        return self

    @property
    def at(self) -> datetime:
        """The moment the site has come to."""
        return self._site.at

    @property
    def at_s(self) -> float:
        """Seconds since the site began."""
        return self._site.at_s

    @property
    def registers_wh(self) -> tuple[float, float, float]:
        """Imported energy as the meter tells it."""
        first, second, third = (meter.registers_wh[0] for meter in self._meters)
        return first, second, third

    @property
    def returned_wh(self) -> tuple[float, float, float]:
        """Energy fed in, as the meter tells it."""
        first, second, third = (meter.returned_wh[0] for meter in self._meters)
        return first, second, third

    def reset(self) -> None:
        """Set all registers to 0."""
        for meter in self._meters:
            meter.reset()

    def reboot(self, at_s: float) -> None:
        """Restart: what was counted stays."""
        self.booted_s = at_s

    def power_w(self) -> tuple[float, float, float]:
        """What flows in on each phase; negative is fed in."""
        power_w = [(self._site.household_w - self._site.pv_w) / 3] * 3
        for unit in self._site.units.values():
            for phase in range(unit.vehicle.model.phases):
                power_w[phase] += unit.vehicle.power_w / unit.vehicle.model.phases
        return power_w[0], power_w[1], power_w[2]

    def meter_reading(self) -> Reading:
        """What it shows at the moment the site has come to."""
        voltage_v = next(iter(self._site.units.values())).vehicle.model.voltage_v
        readings = []
        for meter, power_w in zip(self._meters, self.power_w(), strict=True):
            meter.turn_clamps((0,) if power_w < 0 else ())
            readings.append(meter.read(int(self.at_s), voltage_v=voltage_v, power_w=abs(power_w), phases=1))
        first, second, third = (reading.phases[0] for reading in readings)
        return Reading(phases=(first, second, third), frequency_hz=readings[0].frequency_hz)

    def _look(self) -> float:
        """Count what has flowed since the look before; when the next minute begins."""
        at_s = self._site.at_s
        house_wh = self._house_w * (at_s - self._looked_s) / 3600
        energy_wh = [house_wh / 3] * 3
        for name, unit in self._site.units.items():
            drawn_wh = unit.drawn_wh - self._drawn_wh.get(name, 0.0)
            self._drawn_wh[name] = unit.drawn_wh
            for phase in range(unit.vehicle.model.phases):
                energy_wh[phase] += drawn_wh / unit.vehicle.model.phases
        for meter, flowed_wh in zip(self._meters, energy_wh, strict=True):
            meter.turn_clamps((0,) if flowed_wh < 0 else ())
            meter.count(abs(flowed_wh), 1)
        self._looked_s, self._house_w = at_s, self._site.household_w - self._site.pv_w
        while self._minute_s <= at_s:
            self._minute_s += _MINUTE_S
            for meter in self._meters:
                meter.publish()
        return self._minute_s
