"""How often somebody may guess: a few tries at once, then one now and then, for each address."""

from collections import OrderedDict
from typing import Final

from ladewerk.clock import Clock
from ladewerk.entrance import network_of

FREE_TRIES: Final = 5
ONE_MORE_AFTER_S: Final = 30.0
_MOST_ADDRESSES: Final = 1000


class Tries:
    """A leaking bucket for each address; the addresses of one IPv6 network are one."""

    def __init__(self, clock: Clock, *, free: int = FREE_TRIES, one_more_after_s: float = ONE_MORE_AFTER_S) -> None:
        self._clock = clock
        self._free = free
        self._one_more_after_s = one_more_after_s
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> float:
        """Use up a try of ``address``: 0, or in how many seconds there is one again."""
        wait_s = self.wait_s(address)
        if wait_s > 0:
            return wait_s
        key = network_of(address)
        self._levels[key] = (self._level(key) + 1, self._clock.monotonic())
        self._levels.move_to_end(key)
        while len(self._levels) > _MOST_ADDRESSES:
            self._levels.popitem(last=False)
        return 0.0

    def wait_s(self, address: str) -> float:
        """0 if ``address`` has a try left, or in how many seconds there is one again; uses none up."""
        over = self._level(network_of(address)) - (self._free - 1)
        return over * self._one_more_after_s if over > 0 else 0.0

    def forgive(self, address: str) -> None:
        """A try was right: forget the wrong ones before it."""
        self._levels.pop(network_of(address), None)

    def _level(self, key: str) -> float:
        level, at_s = self._levels.get(key, (0.0, 0.0))
        return max(0.0, level - (self._clock.monotonic() - at_s) / self._one_more_after_s)
