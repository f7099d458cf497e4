"""Local authorization lists: what of the tokens each station is given to know by itself. Pure.

OCPP 2.1 part 2, block D: D01 (send), D02 (version). A version is made of the time, so that no other list has the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import UNSET

from ladewerk.csms.tokens import Status, Token, UnknownTokens, judge, told
from ladewerk.ocpp import Version, v21
from ladewerk.ocpp.messages import write

_EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)

_LONGEST: Final[Mapping[Version, int]] = {Version.V16: 20, Version.V201: 36, Version.V21: 255}
"""Characters of an id token."""

_MOST: Final = 2**31 - 100_000
"""Versions are 32 bits long; a station that has reached their end gets a whole list anyway."""

_LONGEST_TYPE: Final = 20

_TYPES_201: Final = frozenset({"Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress"})

_ROOM: Final = 300
"""Bytes of a message around its list."""

ITEMS: Final = 50
"""Tokens in a message to a station that does not say how many it takes."""


class ListState(StrEnum):
    """How the list of a station is."""

    CURRENT = "current"
    PENDING = "pending"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


class ListAtStation(msgspec.Struct, frozen=True, kw_only=True):
    """``version`` is what the station has, as far as it is known, 0 for none; it holds tokens up to change ``number``."""

    version: int = 0
    number: int = 0
    state: ListState = ListState.PENDING
    reason: str = ""
    updated_at: datetime | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a station takes in one message; ``most_bytes`` None: any."""

    items: int = ITEMS
    most_bytes: int | None = None


def entry(token: Token, station: str, version: Version, now: datetime) -> v21.AuthorizationData | None:
    """A token as it stands on the list of ``station``; None where it has no place there."""
    if len(token.id_token) > _LONGEST[version] or len(token.type) > _LONGEST_TYPE:
        return None
    if version is Version.V201 and token.type not in _TYPES_201:
        return None
    said = v21.IdTokenType(id_token=token.id_token, type=token.type)
    verdict = judge(said, token, unknown=UnknownTokens.REFUSE, station=station, elsewhere=(), now=now)
    if verdict.status is Status.NOT_AT_THIS_LOCATION:
        return None
    return v21.AuthorizationData(id_token=said, id_token_info=told(verdict))


def whole_list(tokens: Iterable[Token], station: str, version: Version, now: datetime) -> list[v21.AuthorizationData]:
    """Every token that has a place on the list."""
    return [one for token in tokens if (one := entry(token, station, version, now)) is not None]


def difference(
    tokens: Iterable[Token],
    changed: Collection[str],
    since: datetime,
    station: str,
    version: Version,
    now: datetime,
) -> list[v21.AuthorizationData]:
    """What has changed on the list: the tokens called ``changed``, and those that have become valid since.

    One that is gone, or has no place there any more, stands there without anything about it (D01.FR.17).
    """
    entries = []
    left = set(changed)
    for token in tokens:
        became_valid = token.valid_from is not None and since < token.valid_from <= now
        if token.key in left or became_valid:
            made = entry(token, station, version, now)
            if made is not None:
                left.discard(token.key)
                entries.append(made)
    entries += [
        v21.AuthorizationData(id_token=v21.IdTokenType(id_token=key, type="ISO14443"))
        for key in sorted(left)
        if len(key) <= _LONGEST[version]
    ]
    return entries


def next_version(after: int, now: datetime) -> int:
    """A version that no list had before, and that is above the one called ``after``."""
    return max(int((now - _EPOCH).total_seconds()), after + 1 if after < _MOST else 0)


def messages(
    kind: v21.UpdateEnumType, entries: Sequence[v21.AuthorizationData], version: int, batch: Batch
) -> list[v21.SendLocalListRequest]:
    """The messages that bring ``entries``: the first of this ``kind``, the others add to it, each with a version higher."""
    parts = _parts(entries, batch) or [[]]
    return [
        v21.SendLocalListRequest(
            version_number=version + place,
            update_type=kind if place == 0 else v21.UpdateEnumType.DIFFERENTIAL,
            local_authorization_list=tuple(part) if part else UNSET,
        )
        for place, part in enumerate(parts)
    ]


def _parts(entries: Sequence[v21.AuthorizationData], batch: Batch) -> list[list[v21.AuthorizationData]]:
    parts: list[list[v21.AuthorizationData]] = []
    room = 0
    for one in entries:
        size = len(write(one)) + 1
        full = batch.most_bytes is not None and size > room
        if not parts or len(parts[-1]) >= batch.items or full:
            parts.append([])
            room = (batch.most_bytes or 0) - _ROOM
        parts[-1].append(one)
        room -= size
    return parts
