"""How messages of vendors are answered, by the settings. Pure. OCPP 2.1 part 2, P02."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET

from ladewerk.ocpp import v21

VendorId = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
MessageId = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class DataTransferRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[csms.data_transfer]]``: ``message_id`` None answers every message of the vendor that no other rule names."""

    vendor_id: VendorId
    message_id: MessageId | None = None
    status: Literal["Accepted", "Rejected"] = "Accepted"
    data: str | None = None


def answer(rules: Sequence[DataTransferRule], request: v21.DataTransferRequest) -> v21.DataTransferResponse:
    """What a station is answered."""
    of_vendor = [rule for rule in rules if rule.vendor_id == request.vendor_id]
    if not of_vendor:
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.UNKNOWN_VENDOR_ID)
    for message_id in (request.message_id, None):
        for rule in of_vendor:
            if rule.message_id == message_id:
                return v21.DataTransferResponse(
                    status=v21.DataTransferStatusEnumType(rule.status), data=UNSET if rule.data is None else rule.data
                )
    return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.UNKNOWN_MESSAGE_ID)
