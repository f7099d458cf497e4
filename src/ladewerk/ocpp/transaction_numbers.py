"""The transactions of OCPP 1.6, whose numbers the CSMS gives: what each end has to remember of them beyond a connection."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

Start = tuple[str, int, str, datetime, int]
"""Identity of the station, connector, idTag, timestamp, meterStart: the same in each repetition of a StartTransaction."""

_FIRST_MOMENT: Final = datetime(2024, 1, 1, tzinfo=UTC)
_STARTS_KEPT: Final = 4096


class StartedTransactions:
    """The CSMS's end: hands out the numbers of transactions.

    They are seconds since 2024, or the next number if that one is gone: never used twice, and within 31 bits until 2092. A
    repeated start has the number it had; ``known`` are starts of before, with their numbers, as a database remembers them.
    """

    def __init__(self, known: Mapping[Start, int] | None = None) -> None:
        self._numbers: OrderedDict[Start, int] = OrderedDict(known or {})
        self._last = max(self._numbers.values(), default=0)

    def number(self, start: Start, now: datetime) -> int:
        """The number of a transaction that begins at ``now``, or did when its start was first said."""
        known = self._numbers.get(start)
        if known is not None:
            return known
        self._last = max(self._last + 1, int((now - _FIRST_MOMENT).total_seconds()))
        self._numbers[start] = self._last
        if len(self._numbers) > _STARTS_KEPT:
            self._numbers.popitem(last=False)
        return self._last


class Begun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The station's end: one transaction as far as it has been said in 1.6.

    It is said to have begun when the connector and somebody's tag are known (since ``tagged_at``) and the meter has been
    read (``meter_wh``, the register before that moment); ``number`` is what the CSMS then called it. ``read_wh`` is the
    newest reading.
    """

    connector: int | None = None
    state: str = ""
    energised: bool = False
    id_tag: str | None = None
    tagged_at: datetime | None = None
    reservation_id: int | None = None
    meter_wh: int | None = None
    read_wh: int | None = None
    number: int | None = None
    ended: bool = False

    @property
    def can_be_told(self) -> bool:
        """Whether 1.6 has all it wants to know of a beginning."""
        return self.connector is not None and self.tagged_at is not None and self.meter_wh is not None


class BegunTransactions:
    """The station's end: by their transactionId of 2.1, over every connection to a CSMS.

    A station that restarts hands in what :meth:`written` gave for each (``known``), or what it began before cannot be told
    on: 1.6 has no other way to name a transaction than the number of its CSMS.
    """

    def __init__(self, known: Iterable[tuple[str, bytes]] = ()) -> None:
        self._begun = {transaction_id: msgspec.json.decode(written, type=Begun) for transaction_id, written in known}

    def get(self, transaction_id: str) -> Begun | None:
        return self._begun.get(transaction_id)

    def put(self, transaction_id: str, begun: Begun) -> None:
        self._begun[transaction_id] = begun

    def forget(self, transaction_id: str) -> None:
        """Nothing more will be said of it."""
        self._begun.pop(transaction_id, None)

    def forget_ended(self, connector: int) -> None:
        """Nothing more will be said of those that have ended on a connector."""
        over = [known for known, begun in self._begun.items() if begun.ended and begun.connector == connector]
        for transaction_id in over:
            del self._begun[transaction_id]

    def written(self, transaction_id: str) -> bytes | None:
        """What to keep of a transaction until its last event is delivered; None if nothing was said of it in 1.6."""
        begun = self._begun.get(transaction_id)
        return None if begun is None else msgspec.json.encode(begun)

    def id_of(self, number: int) -> str | None:
        """The transaction that the CSMS calls by this number."""
        return next((known for known, begun in self._begun.items() if begun.number == number), None)

    def running_on(self, connector: int) -> str | None:
        """The transaction that the CSMS knows to run on a connector; connector 0 is any."""
        return next((known for known, begun in self._running() if connector in (0, begun.connector)), None)

    def newest_on(self, connector: int) -> Begun | None:
        """The transaction that began last on a connector, if it is still remembered."""
        return next((begun for begun in reversed(self._begun.values()) if begun.connector == connector), None)

    def _running(self) -> Iterable[tuple[str, Begun]]:
        return ((known, begun) for known, begun in self._begun.items() if begun.number is not None and not begun.ended)
