"""An energy register that is live between the steps of a slow counter, and goes on where others reset or exchange that.

The counter is the truth, but late: it shows what had been counted at its last step. Power summed since then says how much
more it will show. Both together bound the true register, and the live value is kept within these bounds.
"""

from typing import Final

from ladewerk.electrical import energy_wh

_LONGEST_GAP_S: Final = 30.0
"""Between two measurements further apart than this nobody knows what was drawn: the counter will tell."""
_MOST_W: Final = 100_000.0
"""More than any charging point for alternating current draws; a counter that runs faster is another one."""
_STEP_S: Final = 60.0
"""A counter may be so much behind."""

_NOISE: Final = 1.02
"""A sum of measured power may be so much less than what was counted."""


class LiveRegister:
    """Values never go back. It begins at the counter and stays within one counter interval of it.

    A counter that steps back, or further on than anything can draw, was reset or exchanged: the register goes on from where
    it is, and follows the new counter's steps.
    """

    def __init__(self) -> None:
        self._counter_wh: float | None = None
        self._counted_s = 0.0
        self._offset_wh = 0.0
        """What the register is ahead of the counter, since that was reset or exchanged."""
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

    def count(self, counter_wh: float, now_s: float) -> bool:
        """Take what the counter shows at ``now_s``. True when it was reset or exchanged since it was last looked at."""
        if self._counter_wh is None:
            self._estimate_wh = self._shown_wh = counter_wh
        changed = self._counter_wh is not None and not self._may_follow(self._counter_wh, counter_wh, now_s)
        if changed:
            # A counter that was reset begins at 0, another one anywhere. When that was since the last look nobody knows: to
            # count nothing twice, what the new counter will show counts from the last look on.
            began_wh = 0.0 if counter_wh <= self._summed_wh * _NOISE else counter_wh
            self._offset_wh = self._estimate_wh - self._summed_wh - began_wh
        # The last step was some time since the last look, so the truth is from the counter to the counter plus the sum.
        register_wh = counter_wh + self._offset_wh
        self._estimate_wh = min(max(self._estimate_wh, register_wh), register_wh + self._summed_wh)
        self._shown_wh = max(self._shown_wh, self._estimate_wh)
        self._counter_wh, self._counted_s = counter_wh, now_s
        self._summed_wh = 0.0
        return changed

    def _may_follow(self, before_wh: float, counter_wh: float, now_s: float) -> bool:
        most_wh = energy_wh(_MOST_W, now_s - self._counted_s + _STEP_S)
        return before_wh <= counter_wh <= before_wh + most_wh

    @property
    def value_wh(self) -> float:
        """The register at the last measurement; 0 before the first :meth:`count`."""
        return self._shown_wh
