"""How often somebody may guess: a few tries at once, then one now and then, for each address."""

import ipaddress
from collections import OrderedDict
from typing import Final

from ladewerk.clock import Clock

FREE_TRIES: Final = 5
ONE_MORE_AFTER_S: Final = 30.0
_MOST_ADDRESSES: Final = 1000


class Tries:
    """A leaking bucket for each address; the addresses of one IPv6 network are one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> float:
        """Use up a try of ``address``: 0, or in how many seconds there is one again."""
        key = _network(address)
        level = self._level(key)
        if level > FREE_TRIES - 1:
            return (level - (FREE_TRIES - 1)) * ONE_MORE_AFTER_S
        self._levels[key] = (level + 1, self._clock.monotonic())
        self._levels.move_to_end(key)
        while len(self._levels) > _MOST_ADDRESSES:
            self._levels.popitem(last=False)
        return 0.0

    def forgive(self, address: str) -> None:
        """A try was right: forget the wrong ones before it."""
        self._levels.pop(_network(address), None)

    def _level(self, key: str) -> float:
        level, at_s = self._levels.get(key, (0.0, 0.0))
        return max(0.0, level - (self._clock.monotonic() - at_s) / ONE_MORE_AFTER_S)


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else address
