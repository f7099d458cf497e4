"""Messages of stations that are kept as they came: so many of each kind from each station, in the database."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from ladewerk.csms.records import station_key
from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import KeptNotice, NoticeStore, Notification
from ladewerk.csms.store.reader import Reader

_TABLE = schema.notifications

MOST: Final = 10_000
"""Of one action from one station: whoever floods pushes out nothing but what it said itself."""

_LOOK_EACH: Final = 64
"""One in so many looks whether there are too many: to count them costs more than to keep one."""


class DatabaseNotices:
    """See :class:`ladewerk.csms.store.ports.NoticeStore`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def newest(
        self, limit: int, *, after: int | None, station: str | None, actions: Collection[str]
    ) -> list[KeptNotice]:
        columns = (_TABLE.c.id, schema.stations.c.station_id, _TABLE.c.action, _TABLE.c.at, _TABLE.c.payload)
        query = select(*columns).join_from(_TABLE, schema.stations).order_by(_TABLE.c.id.desc()).limit(limit)
        if after is not None:
            query = query.where(_TABLE.c.id < after)
        if station is not None:
            query = query.where(_TABLE.c.station_key == station_key(station))
        if actions:
            query = query.where(_TABLE.c.action.in_(actions))
        rows = await self._reader.read(lambda connection: connection.execute(query).all())
        return [
            KeptNotice(number, Notification(station_id=name, action=what, at=at, payload=payload))
            for number, name, what, at, payload in rows
        ]


_: type[NoticeStore] = DatabaseNotices


def add_notice(connection: Connection, notice: Notification) -> None:
    """Keep a message; beyond :data:`MOST`, and some more, the oldest of its kind go."""
    key = station_key(notice.station_id)
    row = {"station_key": key, "action": notice.action, "at": notice.at, "payload": notice.payload}
    added = connection.execute(insert(_TABLE).values(**row)).inserted_primary_key
    if added is not None and added[0] % _LOOK_EACH == 0:
        of_kind = (_TABLE.c.station_key == key, _TABLE.c.action == notice.action)
        newest_first = select(_TABLE.c.id).where(*of_kind).order_by(_TABLE.c.id.desc())
        last = connection.scalar(newest_first.offset(MOST).limit(1))
        if last is not None:
            connection.execute(delete(_TABLE).where(*of_kind, _TABLE.c.id <= last))
