"""An energy register that is live between the steps of a slow counter.

The counter is the truth, but late: it shows what had been counted at its last step. Power summed since then says how much
more it will show. Both together bound the true register, and the live value is kept within these bounds.
"""

from typing import Final

from ladewerk.electrical import energy_wh

_LONGEST_GAP_S: Final = 30.0
"""Between two measurements further apart than this nobody knows what was drawn: the counter will tell."""


class LiveRegister:
    """Values never go back, except when the counter itself did because somebody reset it.

    The value is at most the energy of one counter interval behind and never drifts away from the counter.
    """

    def __init__(self) -> None:
        self._counter_wh: float | None = None
        self._summed_wh = 0.0
        self._estimate_wh = 0.0
        self._shown_wh = 0.0
        self._last: tuple[float, float] | None = None

    def measure(self, power_w: float, now_s: float) -> None:
        """Take the imported power at the monotonic time ``now_s``; between two of them it is taken to change evenly."""
        if self._last is not None:
            last_power_w, last_s = self._last
            if now_s - last_s <= _LONGEST_GAP_S and self._counter_wh is not None:
                drawn_wh = energy_wh((last_power_w + power_w) / 2, now_s - last_s)
                self._summed_wh += drawn_wh
                self._estimate_wh += drawn_wh
                self._shown_wh = max(self._shown_wh, self._estimate_wh)
        self._last = (power_w, now_s)

    def count(self, counter_wh: float) -> bool:
        """Take what the counter shows now. True when it went back: it was reset, and the register starts anew with it."""
        reset = self._counter_wh is not None and counter_wh < self._counter_wh
        if reset or self._counter_wh is None:
            self._estimate_wh = self._shown_wh = counter_wh
        else:
            # The last step was some time since the last look, so the truth is from the counter to the counter plus the sum.
            self._estimate_wh = min(max(self._estimate_wh, counter_wh), counter_wh + self._summed_wh)
            self._shown_wh = max(self._shown_wh, self._estimate_wh)
        self._counter_wh = counter_wh
        self._summed_wh = 0.0
        return reset

    @property
    def value_wh(self) -> float:
        """The register at the last measurement; 0 before the first :meth:`count`."""
        return self._shown_wh
