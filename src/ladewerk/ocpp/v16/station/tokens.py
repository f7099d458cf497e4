"""Who may charge: the id tokens of a station as the idTags of OCPP 1.6, and what its CSMS says of them."""

from typing import Final

from msgspec import UNSET

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import refused
from ladewerk.ocpp.v16.tokens import token
from ladewerk.ocpp.v21 import types as v21

_LONGEST_TAG: Final = 20


def id_tag(said: v21.IdTokenType) -> str:
    """LocalProtocolError for one that 1.6 has no room for: a part of it could be another's."""
    if len(said.id_token) > _LONGEST_TAG:
        raise refused(f"say an id token of more than {_LONGEST_TAG} characters")
    return said.id_token


def token_info(info: v16.IdTagInfo) -> v21.IdTokenInfoType:
    """What the CSMS knows of a tag."""
    return v21.IdTokenInfoType(
        status=v21.AuthorizationStatusEnumType(info.status),
        cache_expiry_date_time=info.expiry_date,
        group_id_token=UNSET if info.parent_id_tag is UNSET else token(info.parent_id_tag),
    )
