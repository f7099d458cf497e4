"""Full inventories that stations were asked for: when one is complete, variables that were not in it are gone. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

_MOST_PARTS: Final = 5000


@dataclass(slots=True)
class _Inventory:
    request_id: int
    asked_at: datetime
    seen: set[int] = field(default_factory=set)
    last: int | None = None


class Inventories:
    """The newest of each station; in memory alone: what is lost with it is only that old variables stay."""

    def __init__(self) -> None:
        self._going_on: dict[str, _Inventory] = {}

    def asked(self, station_key: str, request_id: int, now: datetime) -> None:
        """A station is about to be asked."""
        self._going_on[station_key] = _Inventory(request_id, now)

    def refused(self, station_key: str, request_id: int) -> None:
        """Nothing will come of it."""
        known = self._going_on.get(station_key)
        if known is not None and known.request_id == request_id:
            del self._going_on[station_key]

    def part(self, station_key: str, request_id: int, seq_no: int, *, is_last: bool) -> datetime | None:
        """A part has come, in any order; when it makes the inventory whole, since when its variables are the only ones."""
        known = self._going_on.get(station_key)
        if known is None or known.request_id != request_id or not 0 <= seq_no < _MOST_PARTS:
            return None
        known.seen.add(seq_no)
        if is_last:
            known.last = seq_no
        if known.last is None or len(known.seen) != known.last + 1:
            return None
        del self._going_on[station_key]
        return known.asked_at
