"""Who may charge: the idTags of OCPP 1.6 and the id tokens of OCPP 2.1."""

from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.words import TAG_STATUS
from ladewerk.ocpp.v21 import types as v21

TOKEN_TYPE: Final = "ISO14443"
"""1.6 does not say what kind of token a tag is. Most are cards."""

_LONGEST_TAG: Final = 20


def token(id_tag: str) -> v21.IdTokenType:
    """The token of a tag."""
    return v21.IdTokenType(id_token=id_tag, type=TOKEN_TYPE)


def tag_info(info: v21.IdTokenInfoType | UnsetType, connector: int | None = None) -> v16.IdTagInfo:
    """What a station is told about a tag, for use at ``connector``; nothing said is accepted (2.1 part 2, C01)."""
    if info is UNSET:
        return v16.IdTagInfo(status=v16.AuthorizationStatus.ACCEPTED)
    status = v16.AuthorizationStatus(TAG_STATUS[info.status])
    if connector is not None and info.evse_id is not UNSET and connector not in info.evse_id:
        status = v16.AuthorizationStatus.INVALID
    return v16.IdTagInfo(status=status, expiry_date=info.cache_expiry_date_time, parent_id_tag=_parent(info))


def _parent(info: v21.IdTokenInfoType) -> str | UnsetType:
    if info.group_id_token is UNSET or len(info.group_id_token.id_token) > _LONGEST_TAG:
        return UNSET
    return info.group_id_token.id_token
