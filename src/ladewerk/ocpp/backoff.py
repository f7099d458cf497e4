"""How long a station waits before it tries to reach its CSMS again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOffSettings:
    """The three variables of OCPPCommCtrlr, in seconds and doublings (OCPP 2.x part 4, 5.3)."""

    wait_minimum_s: float = 10.0
    random_range_s: float = 10.0
    repeat_times: int = 5

    def __post_init__(self) -> None:
        if self.wait_minimum_s < 0 or self.random_range_s < 0 or self.repeat_times < 0:
            raise ValueError("a back-off has no negative part")


class BackOff:
    """Waiting times of one outage: the minimum plus a random part, then the last one doubled plus a new random part.

    After ``repeat_times`` doublings the wait stays as it is for ever. The random part keeps the stations of a CSMS
    that was restarted from returning all at once.
    """

    def __init__(self, settings: BackOffSettings, rng: random.Random) -> None:
        self._settings = settings
        self._rng = rng
        self._wait_s: float | None = None
        self._doublings = 0

    def next_wait_s(self) -> float:
        """Seconds to wait before the next attempt; call it once for each attempt."""
        random_s = self._rng.uniform(0, self._settings.random_range_s)
        if self._wait_s is None:
            self._wait_s = self._settings.wait_minimum_s + random_s
        elif self._doublings < self._settings.repeat_times:
            self._doublings += 1
            self._wait_s = 2 * self._wait_s + random_s
        return self._wait_s

    def reset(self) -> None:
        """Begin anew: the connection stood."""
        self._wait_s = None
        self._doublings = 0
