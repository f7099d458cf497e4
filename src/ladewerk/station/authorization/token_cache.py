"""The authorization cache as a value: what a CSMS has said of tokens lately, bounded (OCPP 2.x part 2, C10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.station.authorization.rules import CENTRAL, NO_AUTHORIZATION, Cached, Status, key_of

MOST_CACHED: Final = 500
_NEVER: Final = frozenset({CENTRAL, NO_AUTHORIZATION, "Local"})
"""Types of tokens that are made for one use (C02.FR.03, C05.FR.02)."""

_WORTH_WRITING: Final = timedelta(hours=1)
"""A token that is only used again is written this often: an SD card lives on it."""


@dataclass(frozen=True, slots=True)
class Change:
    """The cache after something was learned; ``put`` is to be kept, ``gone`` to be forgotten."""

    entries: Mapping[str, Cached]
    put: tuple[str, Cached] | None = None
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenCache:
    """Entries by the keys of their tokens, the longest unused first."""

    entries: Mapping[str, Cached] = field(default_factory=dict)

    def learned(self, token: v21.IdTokenType, info: v21.IdTokenInfoType, now: datetime) -> Change:
        """The cache once the CSMS has said ``info`` (C10.FR.04, FR.05); one that is over already is forgotten (FR.13)."""
        if token.type in _NEVER:
            return Change(self.entries)
        key = key_of(token)
        others = {known: one for known, one in self.entries.items() if known != key}
        if info.cache_expiry_date_time is not UNSET and info.cache_expiry_date_time < now:
            return Change(others, gone=(key,) if key in self.entries else ())
        cached = Cached(info=_without_additions(info), used_at=now)
        gone = _too_many(others)
        kept = {known: one for known, one in others.items() if known not in gone}
        before = self.entries.get(key)
        written = before is None or before.info != cached.info or now - before.used_at >= _WORTH_WRITING
        return Change({**kept, key: cached}, put=(key, cached) if written else None, gone=gone)


def _too_many(others: Mapping[str, Cached]) -> tuple[str, ...]:
    """C10.FR.07: those that are not accepted go first, then the longest unused."""
    surplus = len(others) + 1 - MOST_CACHED
    if surplus <= 0:
        return ()
    order = sorted(others, key=lambda key: others[key].info.status is Status.ACCEPTED)
    return tuple(order[:surplus])


def _without_additions(info: v21.IdTokenInfoType) -> v21.IdTokenInfoType:
    """C10.FR.14: additional information is not cached."""
    group = info.group_id_token
    return info if group is UNSET else replace(info, group_id_token=replace(group, additional_info=UNSET))
