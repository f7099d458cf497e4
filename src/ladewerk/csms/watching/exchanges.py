"""Frames paired to exchanges: a CALL and what answered it. Structs, since one is made for every message."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from ladewerk.csms.records import station_key
from ladewerk.csms.watching.frame_log import LoggedFrame

MOST_TEXT: Final = 4000
"""Characters of a frame that are kept: a long report is found in the dossier of its station."""

_PARTS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_NUMBER: Final = msgspec.json.Decoder(int)
_TEXT: Final = msgspec.json.Decoder(str)

_MOST_OPEN: Final = 10_000
_MOST_NAME: Final = 255

_CALL, _RESULT, _ERROR, _SEND = 2, 3, 4, 6


class End(StrEnum):
    """How an exchange ended."""

    UNANSWERED = "unanswered"
    """As yet, or for ever."""
    ANSWERED = "answered"
    REFUSED = "refused"
    """By a CALLERROR."""
    SENT = "sent"
    """A SEND of OCPP 2.1, which nothing answers."""
    STRAY = "stray"
    """An answer to nothing that is known, or what is no frame of OCPP; it stands where a request would."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A CALL and its answer as they went over the wire, cut to :data:`MOST_TEXT`; ``sent`` by the CSMS."""

    number: int
    station_id: str
    at: datetime
    sent: bool
    action: str
    message_id: str
    request: str
    end: End
    answered_at: datetime | None = None
    answer: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What ended the exchange of that number."""

    number: int
    end: End
    at: datetime
    text: str


class Pairing:
    """Tells exchanges apart by station, direction and message id. ``number`` is that of the next one, and only grows."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._open: OrderedDict[tuple[str, bool, str], int] = OrderedDict()

    def paired(self, frames: Iterable[LoggedFrame]) -> Iterator[Exchange | Answer]:
        """What ``frames`` begin and what they end, in their order."""
        for frame in frames:
            kind, message_id, action = _head(frame.text)
            key = (station_key(frame.station_id), frame.sent, message_id)
            if kind == _CALL:
                yield self._begun(frame, message_id, action, End.UNANSWERED)
                self._open[key] = self.number - 1
                while len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
            elif kind == _SEND:
                yield self._begun(frame, message_id, action, End.SENT)
            else:
                asked = (key[0], not frame.sent, message_id)
                number = self._open.pop(asked, None) if kind in (_RESULT, _ERROR) else None
                if number is None:
                    yield self._begun(frame, message_id, "", End.STRAY)
                else:
                    end = End.ANSWERED if kind == _RESULT else End.REFUSED
                    yield Answer(number=number, end=end, at=frame.at, text=_cut(frame.text))

    def _begun(self, frame: LoggedFrame, message_id: str, action: str, end: End) -> Exchange:
        self.number += 1
        return Exchange(
            number=self.number - 1,
            station_id=frame.station_id,
            at=frame.at,
            sent=frame.sent,
            action=action,
            message_id=message_id,
            request=_cut(frame.text),
            end=end,
        )


def _head(text: str) -> tuple[int, str, str]:
    """Kind, message id and, of a CALL or SEND, the action of a frame; 0 and nothing where it is none."""
    try:
        parts = _PARTS.decode(text)
        kind = _NUMBER.decode(parts[0])
        message_id = _TEXT.decode(parts[1])
        action = _TEXT.decode(parts[2]) if kind in (_CALL, _SEND) else ""
    except (msgspec.DecodeError, IndexError, RecursionError):
        return 0, "", ""
    return kind, message_id[:_MOST_NAME], action[:_MOST_NAME]


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
