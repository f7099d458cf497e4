"""What stations have said about themselves and were asked for, by topic: a bounded number of sheets, kept in the store.

A station's dossier holds one :class:`Shelf` a topic; a sheet is a value with a name that is unique there. Where a shelf is
full the oldest sheets go: a station that says too much loses its own past, and nothing of anybody else's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import msgspec

from ladewerk.csms.certificates.issued import IssuedCertificate
from ladewerk.csms.dossiers.customers import CustomerReport
from ladewerk.csms.dossiers.displays import DisplayMessage
from ladewerk.csms.dossiers.firmware import FirmwareUpdate
from ladewerk.csms.dossiers.log_uploads import LogUpload
from ladewerk.csms.dossiers.monitoring import Monitor
from ladewerk.csms.dossiers.registrations import Registration
from ladewerk.csms.dossiers.reports import Variable
from ladewerk.csms.dossiers.reservations import Reservation
from ladewerk.csms.local_lists.entries import ListAtStation
from ladewerk.csms.records import station_key

T = TypeVar("T", bound=msgspec.Struct)


class Topic(StrEnum):
    """What a sheet is about."""

    CERTIFICATE = "certificate"
    CUSTOMER = "customer"
    DISPLAY_MESSAGE = "display-message"
    FIRMWARE = "firmware"
    LOCAL_LIST = "local-list"
    LOG = "log"
    MONITOR = "monitor"
    REGISTRATION = "registration"
    RESERVATION = "reservation"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet as the store keeps it; ``payload`` is JSON, ``at`` when it was last written."""

    station_key: str
    topic: str
    name: str
    at: datetime
    payload: str


Place = tuple[str, str]
"""The key of a station and the name of a sheet: the order in which sheets are listed."""


class SheetStore(Protocol):
    """Every method returns when its work is committed, and raises StoreError where the database refuses."""

    async def put(self, sheets: Sequence[Sheet], at_most: int) -> None:
        """Add or replace sheets of one station and topic; beyond ``at_most`` the oldest go."""
        ...

    async def change(
        self, station: str, topic: str, name: str, at: datetime, change: Callable[[str | None], str | None], at_most: int
    ) -> str | None:
        """Put what ``change`` makes of a payload in its place, and return it; None changes nothing. It may run twice."""
        ...

    async def get(self, station: str, topic: str, name: str) -> Sheet | None:
        """One sheet."""
        ...

    async def some(self, topic: str, station: str | None, search: str, after: Place, limit: int) -> list[Sheet]:
        """The first ``limit`` sheets behind ``after``, of one station or of all, with ``search`` in their names."""
        ...

    async def newest(self, topic: str, station: str, limit: int) -> list[Sheet]:
        """The ``limit`` sheets that were written last, the newest first."""
        ...

    async def drop(self, station: str, topic: str, names: Sequence[str]) -> None:
        """Take sheets away."""
        ...

    async def drop_before(self, station: str, topic: str, at: datetime) -> None:
        """Take away those that were last written before ``at``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed(Generic[T]):
    """A value, whose it is, what it is called and when it was written."""

    station: str
    name: str
    at: datetime
    value: T


class Shelf(Generic[T]):
    """The sheets of one topic, as values of one type. Everything raises StoreError where the database refuses."""

    def __init__(self, store: SheetStore, topic: Topic, kind: type[T], at_most: int) -> None:
        """``at_most`` sheets of each station."""
        self._store = store
        self._topic = topic
        self._decode = msgspec.json.Decoder(kind).decode
        self._at_most = at_most

    async def put(self, station: str, values: Mapping[str, T], at: datetime) -> None:
        """Add or replace values by their names."""
        if values:
            key = station_key(station)
            sheets = [
                Sheet(station_key=key, topic=self._topic, name=name, at=at, payload=_encode(value))
                for name, value in values.items()
            ]
            await self._store.put(sheets, self._at_most)

    async def change(self, station: str, name: str, at: datetime, change: Callable[[T | None], T | None]) -> T | None:
        """Put what ``change`` makes of a value in its place; None leaves it. ``change`` is pure: it may run twice."""

        def changed(payload: str | None) -> str | None:
            after = change(None if payload is None else self._decode(payload))
            return None if after is None else _encode(after)

        payload = await self._store.change(station_key(station), self._topic, name, at, changed, self._at_most)
        return None if payload is None else self._decode(payload)

    async def get(self, station: str, name: str) -> T | None:
        """The value of that name."""
        sheet = await self._store.get(station_key(station), self._topic, name)
        return None if sheet is None else self._decode(sheet.payload)

    async def some(
        self, station: str | None = None, *, search: str = "", after: Place = ("", ""), limit: int = 1000
    ) -> list[Filed[T]]:
        """The first ``limit`` values behind ``after``, of one station or of all."""
        key = None if station is None else station_key(station)
        return [self._filed(sheet) for sheet in await self._store.some(self._topic, key, search, after, limit)]

    async def newest(self, station: str, limit: int = 100) -> list[Filed[T]]:
        """The values written last, the newest first."""
        return [self._filed(sheet) for sheet in await self._store.newest(self._topic, station_key(station), limit)]

    async def drop(self, station: str, names: Iterable[str]) -> None:
        """Take values away."""
        await self._store.drop(station_key(station), self._topic, list(names))

    async def drop_before(self, station: str, at: datetime) -> None:
        """Take away what was last written before ``at``."""
        await self._store.drop_before(station_key(station), self._topic, at)

    def _filed(self, sheet: Sheet) -> Filed[T]:
        return Filed(station=sheet.station_key, name=sheet.name, at=sheet.at, value=self._decode(sheet.payload))


class Dossiers:
    """The shelves of all topics."""

    def __init__(self, store: SheetStore) -> None:
        self.certificates = Shelf(store, Topic.CERTIFICATE, IssuedCertificate, 20)
        self.customers = Shelf(store, Topic.CUSTOMER, CustomerReport, 20)
        self.display_messages = Shelf(store, Topic.DISPLAY_MESSAGE, DisplayMessage, 200)
        self.firmware = Shelf(store, Topic.FIRMWARE, FirmwareUpdate, 100)
        self.local_lists = Shelf(store, Topic.LOCAL_LIST, ListAtStation, 1)
        self.logs = Shelf(store, Topic.LOG, LogUpload, 100)
        self.monitors = Shelf(store, Topic.MONITOR, Monitor, 2000)
        self.registrations = Shelf(store, Topic.REGISTRATION, Registration, 1)
        self.reservations = Shelf(store, Topic.RESERVATION, Reservation, 200)
        self.variables = Shelf(store, Topic.VARIABLE, Variable, 5000)


def _encode(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
