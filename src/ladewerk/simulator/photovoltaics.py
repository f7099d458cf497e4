"""The roof: what its modules give, from the sun's height and from clouds that depend on a seed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import asin, cos, exp, pi, radians, sin

from ladewerk.simulator.noise import symmetric, uniform

_FULL_SUN_W_PER_M2 = 1000.0
_LOSSES = 0.86
"""What of the modules' rating arrives as alternating current: inverter, heat, wiring."""
_CLOUD_MIN = 12
"""How long a cloud takes to pass."""
_DARKEST = 0.15
"""What of the clear sky is left under the thickest cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photovoltaics:
    """Modules that lie flat, ``peak_w`` in full sun, at a place on Earth in degrees (north and east are positive)."""

    seed: int
    peak_w: float
    latitude: float
    longitude: float

    def power_w(self, at: datetime) -> float:
        """What they give at ``at`` (aware): the same for the same seed and minute."""
        clear_w = self.clear_sky_w(at)
        return clear_w * self._cloudiness(int(at.timestamp() // 60)) if clear_w else 0.0

    def clear_sky_w(self, at: datetime) -> float:
        """What they would give under a clear sky.

        Irradiance by Haurwitz' formula (Journal of Meteorology 2, 1945), which needs the sun's height alone.
        """
        height = sin(sun_height(at, latitude=self.latitude, longitude=self.longitude))
        if height <= 0:
            return 0.0
        irradiance = 1098 * height * exp(-0.057 / height)
        return self.peak_w * _LOSSES * irradiance / _FULL_SUN_W_PER_M2

    def _cloudiness(self, minute: int) -> float:
        """What the clouds leave in a minute: some days are clear, some grey, and on the others clouds come and go."""
        grey = uniform(self.seed + 11, minute // 1440)
        cloud, passed = divmod(minute, _CLOUD_MIN)
        share = passed / _CLOUD_MIN
        thickness = (1 - share) * uniform(self.seed + 12, cloud) + share * uniform(self.seed + 12, cloud + 1)
        left = 1 - (1 - _DARKEST) * min(1.0, max(0.0, 2.2 * (grey - 0.5) + 0.9 * thickness - 0.2))
        return left * (1 + 0.02 * symmetric(self.seed + 13, minute))


def sun_height(at: datetime, *, latitude: float, longitude: float) -> float:
    """Angle of the sun above the horizon in radians, right to about half a degree.

    Source: Spencer's and Cooper's approximations of declination and equation of time (Duffie and Beckman, chapter 1).
    """
    utc = at.astimezone(UTC)
    day = utc.timetuple().tm_yday
    turn = 2 * pi * (day - 81) / 364
    declination = radians(23.45) * sin(2 * pi * (284 + day) / 365)
    equation_min = 9.87 * sin(2 * turn) - 7.53 * cos(turn) - 1.5 * sin(turn)
    solar_h = utc.hour + utc.minute / 60 + utc.second / 3600 + longitude / 15 + equation_min / 60
    hour_angle = radians(15 * (solar_h - 12))
    place = radians(latitude)
    return asin(sin(place) * sin(declination) + cos(place) * cos(declination) * cos(hour_angle))
