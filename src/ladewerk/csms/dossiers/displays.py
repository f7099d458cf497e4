"""Messages on the display of a station. Pure. OCPP 2.1 part 2, block O."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import UNSET

from ladewerk.csms.dossiers.names import numbered
from ladewerk.ocpp import v21


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """``format`` may be HTML or a URI: whoever shows ``content`` shows it as text."""

    content: str
    format: str
    language: str | None = None


class DisplayMessage(msgspec.Struct, frozen=True, kw_only=True):
    """``state`` None: in all of them; ``transaction_id`` None: whatever runs."""

    message_id: int
    priority: str
    texts: tuple[Text, ...]
    state: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = None


def shown(said: Iterable[v21.MessageInfoType]) -> dict[str, DisplayMessage]:
    """Messages by their names."""
    return {numbered(one.id): _message(one) for one in said}


def _message(said: v21.MessageInfoType) -> DisplayMessage:
    more = () if said.message_extra is UNSET else said.message_extra
    return DisplayMessage(
        message_id=said.id,
        priority=str(said.priority),
        texts=tuple(_text(one) for one in (said.message, *more)),
        state=None if said.state is UNSET else str(said.state),
        starts_at=None if said.start_date_time is UNSET else said.start_date_time,
        ends_at=None if said.end_date_time is UNSET else said.end_date_time,
        transaction_id=None if said.transaction_id is UNSET else said.transaction_id,
    )


def _text(said: v21.MessageContentType) -> Text:
    return Text(
        content=said.content,
        format=str(said.format),
        language=None if said.language is UNSET else said.language,
    )
