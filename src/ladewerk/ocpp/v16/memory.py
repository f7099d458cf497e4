"""What must be remembered of an OCPP 1.6 station because its messages do not say it again."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Final, TypeVar
from zlib import crc32

from ladewerk.ocpp.transaction_numbers import StartedTransactions

T = TypeVar("T")

_REMOTE_STARTS_KEPT: Final = 16
_ENDS_KEPT: Final = 16
_CONNECTORS_KEPT: Final = 128
"""A station may name as many as there are numbers; none has that many."""
_IN_TRANSACTION: Final = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE"})
"""Statuses that a connector has in a transaction alone (1.6 part 2, 4.9)."""


@dataclass(frozen=True, slots=True)
class RemoteStart:
    """A RequestStartTransaction that the station accepted; ``connector`` is None where it may choose."""

    remote_start_id: int
    id_tag: str
    connector: int | None


class ByConnector(dict[int, T]):
    """Something by the number of a connector; with too many of them the one that came first is forgotten."""

    def __setitem__(self, connector: int, known: T) -> None:
        if connector not in self and len(self) >= _CONNECTORS_KEPT:
            del self[next(iter(self))]
        super().__setitem__(connector, known)


@dataclass(slots=True, kw_only=True)
class Memory:
    """One connection's."""

    identity: str
    started: StartedTransactions
    transactions: ByConnector[int] = field(default_factory=ByConnector)
    """The transaction that runs on a connector; read by all, changed by the methods."""
    statuses: ByConnector[str] = field(default_factory=ByConnector)
    """The newest status of a connector."""
    errors: ByConnector[str] = field(default_factory=ByConnector)
    """The error of a connector that has one."""
    log_request_id: int | None = None
    by_get_log: bool = False
    """Whether the newest log was asked for by GetLog, of the security extension."""
    firmware_request_id: int | None = None
    event_ids: "count[int]" = field(default_factory=lambda: count(1))
    _ended: deque[int] = field(default_factory=lambda: deque(maxlen=_ENDS_KEPT))
    _remote_starts: deque[RemoteStart] = field(default_factory=lambda: deque(maxlen=_REMOTE_STARTS_KEPT))

    def note_remote_start(self, start: RemoteStart) -> None:
        """The station accepted it; its StartTransaction will not say so."""
        self._remote_starts.append(start)

    def take_remote_start(self, id_tag: str, connector: int) -> RemoteStart | None:
        """The remote start that a StartTransaction carries out."""
        for start in self._remote_starts:
            if start.id_tag == id_tag and start.connector in (None, connector):
                self._remote_starts.remove(start)
                return start
        return None

    def note_running(self, connector: int, transaction: int) -> None:
        """Something was said of a transaction at a connector. What was queued may come after its end."""
        if transaction not in self._ended:
            self.transactions[connector] = transaction

    def note_ended(self, transaction: int) -> None:
        """The transaction is over."""
        self._ended.append(transaction)
        connector = self.connector_of(transaction)
        if connector is not None:
            del self.transactions[connector]

    def busy_connectors(self) -> set[int]:
        """On which a transaction runs, by all that was heard on this connection."""
        charging = {connector for connector, status in self.statuses.items() if status in _IN_TRANSACTION}
        return charging | self.transactions.keys()

    def connector_of(self, transaction: int) -> int | None:
        """Where a transaction runs, None if that was not heard on this connection."""
        return next((connector for connector, open_ in self.transactions.items() if open_ == transaction), None)


_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


def sequence_number(at: datetime, content: bytes) -> int:
    """Of an event after the first: by its time, then by its content.

    1.6 has none. Made like this they grow with time and a repeated message has its old one, whatever was forgotten between;
    they fit the 53 bits that JSON carries.
    """
    milliseconds = int((at - _EPOCH).total_seconds() * 1000)
    return max(1, milliseconds * 1000 + crc32(content) % 1000)
