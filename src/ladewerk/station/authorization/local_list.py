"""The local authorization list as a CSMS sends it: whole, or what has changed (OCPP 2.x part 2, D01)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.station.authorization.rules import key_of

Status = v21.SendLocalListStatusEnumType
Entries = Mapping[str, v21.AuthorizationData]

NO_VERSION: Final = 0
"""D02.FR.02: there is no list."""


@dataclass(frozen=True, slots=True)
class LocalList:
    """Version and entries by the keys of their tokens."""

    version: int = NO_VERSION
    entries: Entries = field(default_factory=dict)

    def info_of(self, token: v21.IdTokenType) -> v21.IdTokenInfoType | None:
        """What the list says of a token."""
        found = self.entries.get(key_of(token))
        return None if found is None or found.id_token_info is UNSET else found.id_token_info


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an update is not taken."""

    status: Status
    reason: str
    text: str


def updated(known: LocalList, request: v21.SendLocalListRequest, *, most: int, most_in_message: int) -> LocalList | Refused:
    """The list after ``request``, or why it stays as it is."""
    sent: Sequence[v21.AuthorizationData] = (
        () if request.local_authorization_list is UNSET else request.local_authorization_list
    )
    full = request.update_type is v21.UpdateEnumType.FULL
    if request.version_number <= NO_VERSION:
        return Refused(Status.FAILED, "InvalidValue", "a version number is above 0 (D01.FR.18)")
    if not full and request.version_number <= known.version:
        return Refused(Status.VERSION_MISMATCH, "InvalidValue", f"the list here has version {known.version} (D01.FR.19)")
    if len(sent) > most_in_message:
        return Refused(Status.FAILED, "TooManyElements", f"at most {most_in_message} entries in one message (D01.FR.11)")
    keys = [key_of(one.id_token) for one in sent]
    if len(set(keys)) != len(keys):
        return Refused(Status.FAILED, "InvalidValue", "a token stands twice (D01.FR.06)")
    if full and any(one.id_token_info is UNSET for one in sent):
        return Refused(Status.FAILED, "MissingParam", "a full list says of each token what it may: idTokenInfo is missing")
    entries = {} if full else dict(known.entries)
    for key, one in zip(keys, sent, strict=True):
        if one.id_token_info is UNSET:
            entries.pop(key, None)
        else:
            entries[key] = one
    if len(entries) > most:
        return Refused(Status.FAILED, "TooManyElements", f"at most {most} tokens (LocalAuthListCtrlr.Entries)")
    return LocalList(request.version_number, entries)
