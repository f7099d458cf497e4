"""Whole lists that stations were asked for: when one is complete, what was not in it is gone. Pure."""

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
    """The newest of each kind of each station; in memory alone: what is lost with it is only that old things stay."""

    def __init__(self) -> None:
        self._going_on: dict[tuple[str, str], _Inventory] = {}

    def asked(self, kind: str, station_key: str, request_id: int, now: datetime) -> None:
        """A station is about to be asked for all of a ``kind``."""
        self._going_on[kind, station_key] = _Inventory(request_id, now)

    def refused(self, kind: str, station_key: str, request_id: int) -> None:
        """Nothing will come of it."""
        known = self._going_on.get((kind, station_key))
        if known is not None and known.request_id == request_id:
            del self._going_on[kind, station_key]

    def next_part(self, kind: str, station_key: str, request_id: int, *, is_last: bool) -> datetime | None:
        """Like :meth:`part`, of a report whose parts have no numbers: they are in the order in which they came."""
        known = self._going_on.get((kind, station_key))
        seq_no = 0 if known is None else len(known.seen)
        return self.part(kind, station_key, request_id, seq_no, is_last=is_last)

    def part(self, kind: str, station_key: str, request_id: int, seq_no: int, *, is_last: bool) -> datetime | None:
        """A part has come, in any order; when it makes the list whole, since when what is on it is all there is."""
        known = self._going_on.get((kind, station_key))
        if known is None or known.request_id != request_id or not 0 <= seq_no < _MOST_PARTS:
            return None
        known.seen.add(seq_no)
        if is_last:
            known.last = seq_no
        if known.last is None or len(known.seen) != known.last + 1:
            return None
        del self._going_on[kind, station_key]
        return known.asked_at
