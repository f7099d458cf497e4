"""What a station was asked to do over a longer time, and how far it says it is: told apart by the request id. Pure."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, TypeVar

import msgspec

ASKED: Final = "Asked"
"""The station has not answered yet; perhaps it never got the request."""

CANCELED: Final = "Canceled"
"""A newer request took its place at the station."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """``status`` is :data:`ASKED`, what the station answered, what it has said since (its own words), or :data:`CANCELED`.

    ``asked_at`` None: it was nobody here who asked.
    """

    request_id: int
    status: str
    changed_at: datetime
    asked_at: datetime | None = None
    reason: str = ""


E = TypeVar("E", bound=Errand)


def after_answer(errand: E, status: str, reason: str, now: datetime) -> E:
    """The station has answered. It may have said more already, on its way past the answer: then that holds."""
    return _moved(errand, status, reason, now) if errand.status == ASKED else errand


def without_answer(errand: E, why: str, now: datetime) -> E:
    """Nobody knows whether the station got the request."""
    return _moved(errand, ASKED, why, now) if errand.status == ASKED else errand


def after_report(errand: E, status: str, reason: str, now: datetime, *, ends: Collection[str]) -> E:
    """The station says how far it is; what has come to one of its ``ends`` stays there."""
    return errand if errand.status in ends else _moved(errand, status, reason, now)


def superseded(errand: E, now: datetime, *, ends: Collection[str]) -> E:
    """A newer request took its place."""
    return errand if errand.status in ends else _moved(errand, CANCELED, "", now)


def _moved(errand: E, status: str, reason: str, now: datetime) -> E:
    return msgspec.structs.replace(errand, status=status, reason=reason, changed_at=now)
