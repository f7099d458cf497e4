"""Who may charge: what is known of an id token, and what a station is told about it. Pure.

OCPP 2.1 part 2, block C: C01 (authorization), C05 (started by the CSMS), C06 (local id type), C09 (group), C16 (master pass:
a token whose group the station's ``MasterPassGroupId`` names).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import UNSET

from ladewerk.ocpp import v21

Status = v21.AuthorizationStatusEnumType

UNCHECKED: Final = "any token is accepted"
KNOWN: Final = "known token"
"""By what right a transaction's token was accepted."""

_NOT_OURS_TO_JUDGE: Final = {
    "Central": "started by the CSMS",
    "Local": "authorized at the station",
    "NoAuthorization": "started without a token",
}
"""Types of tokens that no list of the CSMS holds (C05, C06, C02)."""


class UnknownTokens(StrEnum):
    """What becomes of a token that nobody has entered."""

    ACCEPT = "accept"
    REFUSE = "refuse"


def token_key(id_token: str) -> str:
    """The form under which a token is found: case makes no difference (part 2, IdTokenType)."""
    return id_token.casefold()


Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Words = Annotated[str, msgspec.Meta(max_length=255)]


class Token(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An id token that somebody entered. ``stations`` empty: at all of them; ``concurrent``: several cars at a time.

    ``group_id``: tokens of one group may end each other's transactions (C09).
    """

    id_token: Id
    type: Id = "ISO14443"
    owner: Words = ""
    blocked: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    group_id: Id | None = None
    stations: tuple[str, ...] = ()
    concurrent: bool = True
    language: Annotated[str, msgspec.Meta(max_length=8)] = ""

    @property
    def key(self) -> str:
        """See :func:`token_key`."""
        return token_key(self.id_token)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``by`` is the right by which the token is accepted, empty where it is not."""

    status: Status
    token: Token | None
    by: str = ""


def judge(
    said: v21.IdTokenType,
    token: Token | None,
    *,
    unknown: UnknownTokens,
    station: str,
    elsewhere: Collection[str],
    now: datetime,
) -> Verdict:
    """Whether ``said`` may charge at ``station`` (its key); ``elsewhere`` are other transactions that it has open."""
    if token is None:
        if said.type in _NOT_OURS_TO_JUDGE:
            return Verdict(Status.ACCEPTED, None, _NOT_OURS_TO_JUDGE[said.type])
        return (
            Verdict(Status.ACCEPTED, None, UNCHECKED) if unknown is UnknownTokens.ACCEPT else Verdict(Status.UNKNOWN, None)
        )
    for applies, status in (
        (token.blocked, Status.BLOCKED),
        (token.valid_until is not None and now >= token.valid_until, Status.EXPIRED),
        (token.valid_from is not None and now < token.valid_from, Status.NOT_AT_THIS_TIME),
        (bool(token.stations) and station not in {name.casefold() for name in token.stations}, Status.NOT_AT_THIS_LOCATION),
        (bool(elsewhere) and not token.concurrent, Status.CONCURRENT_TX),
    ):
        if applies:
            return Verdict(status, token)
    return Verdict(Status.ACCEPTED, token, KNOWN)


def told(verdict: Verdict) -> v21.IdTokenInfoType:
    """What the station is told; its cache keeps the token until it ends."""
    token = verdict.token
    if token is None:
        return v21.IdTokenInfoType(status=verdict.status)
    group = UNSET if token.group_id is None else v21.IdTokenType(id_token=token.group_id, type="Central")
    return v21.IdTokenInfoType(
        status=verdict.status,
        cache_expiry_date_time=UNSET if token.valid_until is None else token.valid_until,
        group_id_token=group,
        language1=token.language or UNSET,
    )
